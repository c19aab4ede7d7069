"""Several models in one network that share all but a few weights: where they part, and where each answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("automl")
class ChunkedDraws(keras.initializers.Initializer):
    """Draws one number for each chunk of columns that belong together, such as the vector of one feature.

    Args:
        chunks: Columns of each chunk.
        signs: Draw -1 or 1, instead of from a standard normal distribution.
        seed: As for the initializers of Keras.
    """

    def __init__(self, chunks: Sequence[int], *, signs: bool, seed: Any = None) -> None:
        self.chunks = list(chunks)
        self.signs = signs
        self.seed = seed
        self._normal = keras.initializers.RandomNormal(stddev=1.0, seed=seed)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Returns draws `(rows, columns)`; the columns are those of all chunks."""
        draws = self._normal((shape[0], len(self.chunks)), dtype)
        if self.signs:
            draws = ops.where(draws < 0, -ops.ones_like(draws), ops.ones_like(draws))
        return ops.take(draws, np.repeat(np.arange(len(self.chunks)), self.chunks), axis=1)

    def get_config(self) -> dict[str, Any]:
        """Returns what makes the same initializer again, with draws of its own where no seed was given."""
        return {"chunks": self.chunks, "signs": self.signs, "seed": self.seed}


@keras.saving.register_keras_serializable("automl")
class MemberScaling(keras.layers.Layer):
    """Shows every member its own view of each row: all features times weights of the member's own.

    The rows of all members stand in one long batch behind it, so that shared layers are single large products.

    Args:
        members: How many.
        chunks: Columns of each feature; they start with the same weight.
        signs: Weights start at -1 or 1, instead of from a standard normal distribution.
    """

    def __init__(self, members: int, *, chunks: Sequence[int], signs: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.members = members
        self.chunks = list(chunks)
        self.signs = signs
        self.scale_initializer = ChunkedDraws(chunks, signs=signs)

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for inputs `(batch, columns)`."""
        self.scale = self.add_weight((self.members, input_shape[-1]), initializer=self.scale_initializer, name="scale")

    def call(self, x: Any) -> Any:
        """Maps `(batch, columns)` to `(batch * members, columns)`, the members of a row one after the other."""
        return ops.reshape(x[:, None] * self.scale, (-1, self.scale.shape[1]))

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Returns `(batch * members, columns)`."""
        rows = input_shape[0]
        return (None if rows is None else rows * self.members, *input_shape[1:])

    def get_config(self) -> dict[str, Any]:
        """Returns what makes the same layer again."""
        config = {"members": self.members, "chunks": self.chunks, "signs": self.signs}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable("automl")
class MemberHeads(keras.layers.Layer):
    """A linear output of its own for every member, on rows as `MemberScaling` gives them.

    Args:
        members: How many.
        outputs: Of each.
    """

    def __init__(self, members: int, *, outputs: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.members = members
        self.outputs = outputs

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for inputs `(batch * members, units)`."""
        units = int(input_shape[-1] or 0)
        bound = units**-0.5
        self.kernel_initializer = keras.initializers.RandomUniform(-bound, bound)
        self.bias_initializer = keras.initializers.RandomUniform(-bound, bound)
        self.kernel = self.add_weight(
            (self.members, units, self.outputs), initializer=self.kernel_initializer, name="kernel"
        )
        self.kernel.incoming_axis = 1
        self.bias = self.add_weight((self.members, self.outputs), initializer=self.bias_initializer, name="bias")
        self.bias.decay_factor = 0.0  # of two axes, but a bias

    def call(self, x: Any) -> Any:
        """Maps `(batch * members, units)` to `(batch, members, outputs)`."""
        x = ops.reshape(x, (-1, self.members, self.kernel.shape[1]))
        return ops.einsum("bmu,muo->bmo", x, self.kernel) + self.bias

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Returns `(batch, members, outputs)`."""
        rows = input_shape[0]
        return (None if rows is None else rows // self.members, self.members, self.outputs)

    def get_config(self) -> dict[str, Any]:
        """Returns what makes the same layer again."""
        return {**super().get_config(), "members": self.members, "outputs": self.outputs}
