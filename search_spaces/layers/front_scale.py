"""A weight for every feature, in front of a network."""

from __future__ import annotations

from typing import Any

import keras

from search_spaces.layers.rate_factor import add_weight


@keras.saving.register_keras_serializable("automl")
class FrontScale(keras.layers.Layer):
    """Multiplies every feature by a weight that starts at 1 and learns fast: a soft selection of features.

    Source: Holzmüller et al. 2024, "Better by Default" (arXiv 2407.04491).

    Args:
        rate_factor: Learning rate over that of the optimizer.
    """

    def __init__(self, *, rate_factor: float = 6.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate_factor = rate_factor

    def build(self, input_shape: Any) -> None:
        """Makes the weights `(features,)`, kept divided by the rate factor."""
        ones = keras.initializers.Constant(1 / self.rate_factor)
        self.scale = add_weight(self, "scale", shape=input_shape[-1:], initializer=ones, factor=self.rate_factor)

    def call(self, x: Any) -> Any:
        """Maps `(batch, features)` to the same shape."""
        return x * (self.scale * self.rate_factor)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape as it came."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns what makes the same layer again."""
        return {**super().get_config(), "rate_factor": self.rate_factor}
