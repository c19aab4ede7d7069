"""A switch in front of a part of a network, so that depth can grow while it trains."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable("automl")
class Gate(keras.layers.Layer):
    """Multiplies by a weight that is not trained: 1 lets a branch through, 0 switches it off.

    Where the gate of a residual branch is shut, the block is the identity. Whoever trains opens one gate after the
    other, in the order of the layers; a network that is built has all of them open.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.open = self.add_weight(name="gate", initializer="ones", trainable=False, autocast=False)

    def call(self, x: Any) -> Any:
        """Maps `(batch, ...)` to the same shape."""
        return x * keras.ops.cast(self.open.value, x.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape as it came."""
        return input_shape
