"""Numbers as points on waves."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from search_spaces.layers.rate_factor import add_weight


@keras.saving.register_keras_serializable("automl")
class PeriodicEmbedding(keras.layers.Layer):
    """Every number x of a column becomes `(x, V cos(2 pi w x + b) + c)`; w, b, V and c are the column's own.

    A dense layer on x alone has to build every bend of a function from its units; waves give it bends to choose from.

    Source: Gorishniy et al. 2022, "On Embeddings for Numerical Features" (arXiv 2203.05556); with biases and x itself,
    RealMLP's PBLD embedding (Holzmüller et al. 2024, arXiv 2407.04491).

    Args:
        width: Values that stand for a number, itself among them; at least 2.
        frequencies: Waves of a column.
        frequency_scale: Standard deviation of the initial frequencies w, in periods per unit of x.
        rate_factor: Learning rate over that of the optimizer.
    """

    def __init__(
        self,
        width: int = 4,
        *,
        frequencies: int = 16,
        frequency_scale: float = 0.1,
        rate_factor: float = 0.1,
        **kwargs: Any,
    ) -> None:
        # Numbers and phases stay float32: waves of high frequency tell apart what bfloat16 does not.
        super().__init__(autocast=False, **kwargs)
        if width < 2:
            raise ValueError(f"A number and its waves take at least 2 values, not {width}")
        self.width = width
        self.frequencies = frequencies
        self.frequency_scale = frequency_scale
        self.rate_factor = rate_factor

    def build(self, input_shape: Any) -> None:
        """Makes frequencies and phases `(columns, waves)`, kernel `(columns, waves, width - 1)` and bias.

        All are kept divided by the rate factor.
        """
        shape, mixed = (input_shape[-1], self.frequencies), self.width - 1
        normal = keras.initializers.RandomNormal(stddev=self.frequency_scale / self.rate_factor)
        bound = self.frequencies**-0.5
        self.frequency = self._add("frequency", shape, initializer=normal)
        self.phase = self._add("phase", shape, initializer=self._uniform(math.pi))
        self.kernel = self._add("kernel", (*shape, mixed), initializer=self._uniform(bound))
        self.bias = self._add("bias", (shape[0], mixed), initializer=self._uniform(bound))

    def call(self, x: Any) -> Any:
        """Maps `(batch, columns)` to `(batch, columns * width)`."""
        x = ops.cast(x, "float32")[:, :, None]  # (batch, columns, 1)
        angles = x * (self.frequency * (2 * math.pi * self.rate_factor)) + self.phase * self.rate_factor
        waves = ops.cos(angles)  # (batch, columns, waves)
        mixed = ops.einsum("bcw,cwv->bcv", waves, self.kernel * self.rate_factor) + self.bias * self.rate_factor
        values = ops.concatenate([x, mixed], axis=-1)  # (batch, columns, width)
        return ops.cast(ops.reshape(values, (-1, values.shape[1] * self.width)), self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns `(batch, columns * width)`."""
        return (*input_shape[:-1], input_shape[-1] * self.width)

    def get_config(self) -> dict[str, Any]:
        """Returns what makes the same layer again."""
        own = {name: getattr(self, name) for name in ("width", "frequencies", "frequency_scale", "rate_factor")}
        return {**super().get_config(), **own}

    def _add(self, name: str, shape: tuple[int, ...], *, initializer: Any) -> Any:
        return add_weight(self, name, shape=shape, initializer=initializer, factor=self.rate_factor)

    def _uniform(self, bound: float) -> Any:
        return keras.initializers.RandomUniform(-bound / self.rate_factor, bound / self.rate_factor)
