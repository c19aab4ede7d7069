"""Dense layer in the neural tangent parametrisation."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from search_spaces.layers.rate_factor import add_weight

# Rows of whose outputs the first bias of a unit is an average.
_ROWS_OF_A_BIAS = 5
# Units that vary less than this over all rows read constants: there is nothing to scale.
_LEAST_DEVIATION = 1e-6


@keras.saving.register_keras_serializable("automl")
class NtpDense(keras.layers.Layer):
    """`x W / sqrt(features) + b` with weights of about 1, so that one learning rate suits every width.

    Source: Jacot et al. 2018, "Neural Tangent Kernel" (arXiv 1806.07572), as RealMLP has it (Holzmüller et al. 2024,
    arXiv 2407.04491).

    Args:
        units: Width of the output.
        start: Initial weights and biases: "normal", drawn from a standard normal distribution; "zeros"; or "rows",
            normal until `adapt` fits them to rows.
        rate_factor: Learning rate of weights over that of the optimizer.
        bias_rate_factor: Learning rate of biases over that of the weights.
    """

    def __init__(
        self,
        units: int,
        *,
        start: str = "normal",
        rate_factor: float = 1.0,
        bias_rate_factor: float = 0.1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if start not in ("normal", "zeros", "rows"):
            raise ValueError(f"start must be one of normal, zeros, rows, not {start!r}")
        self.units = units
        self.start = start
        self.rate_factor = rate_factor
        self.bias_rate_factor = bias_rate_factor

    def build(self, input_shape: Any) -> None:
        """Makes kernel `(features, units)` and bias `(units,)`, both kept divided by their rate factors."""
        shape, factor = (input_shape[-1], self.units), self.rate_factor
        self._kernel_factor, self._bias_factor = factor / shape[0] ** 0.5, factor * self.bias_rate_factor
        self.kernel = add_weight(self, "kernel", shape=shape, initializer=self._draw(factor), factor=factor)
        self.kernel.norm_factor = self._kernel_factor  # so a limit counts weights as they are used
        # Shrinking a bias regularises nothing.
        self.bias = add_weight(
            self,
            "bias",
            shape=shape[1:],
            initializer=self._draw(self._bias_factor),
            factor=self._bias_factor,
            decays=False,
        )

    def call(self, x: Any) -> Any:
        """Maps `(batch, features)` to `(batch, units)`."""
        return ops.matmul(x, self.kernel) * self._kernel_factor + self.bias * self._bias_factor

    def adapt(self, rows: NDArray[Any], *, generator: np.random.Generator) -> None:
        """Draws weights and biases anew, so that units spread over the rows alike.

        Without its bias, each unit has a standard deviation of 1 over the rows. Its bias takes away an average of what
        it says of a few rows, with random weights: so the bend of its activation lies inside the data.

        Args:
            rows: Inputs `(rows, features)`.
            generator: Draws weights, rows and the weights of rows.
        """
        kernel = generator.normal(size=(rows.shape[1], self.units))
        outputs = rows @ kernel / rows.shape[1] ** 0.5  # (rows, units)
        deviations = outputs.std(axis=0)
        scales = 1 / np.where(deviations > _LEAST_DEVIATION, deviations, 1.0)
        picked = generator.integers(0, len(rows), (_ROWS_OF_A_BIAS, self.units))
        shares = generator.exponential(size=picked.shape)
        bias = -np.sum(shares / shares.sum(axis=0) * np.take_along_axis(outputs * scales, picked, axis=0), axis=0)
        self.kernel.assign(kernel * scales / self.rate_factor)
        self.bias.assign(bias / self._bias_factor)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns `(batch, units)`."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """Returns what makes the same layer again."""
        own = {name: getattr(self, name) for name in ("units", "start", "rate_factor", "bias_rate_factor")}
        return {**super().get_config(), **own}

    def _draw(self, factor: float) -> Any:
        if self.start == "zeros":
            return keras.initializers.Zeros()
        return keras.initializers.RandomNormal(stddev=1 / factor)
