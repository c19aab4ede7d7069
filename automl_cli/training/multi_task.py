"""Several targets, one network: how much the loss of each head counts, learned with the weights.

Losses of different kinds and units do not add up by themselves: the largest would decide. Here every head has a
variance of its own that is learned: what cannot be told well gets a large one and counts little, and a price on large
variances keeps it from giving up on what can.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import keras
from keras import ops

HeadKind = Literal["regression", "classification"]
# Of the weight of a loss: the squared error over twice the variance is the likelihood of a normal distribution, the
# cross-entropy over the variance about that of scaled logits.
_FACTORS = {"regression": 0.5, "classification": 1.0}


@keras.saving.register_keras_serializable("automl")
class UncertaintyWeighting(keras.layers.Layer):
    """Joins the losses of several heads to one, weighted by variances that are learned.

    With `s` the logarithm of a head's variance, it adds `exp(-s) * loss / 2 + s / 2` for a squared error, and
    `exp(-s) * loss + s / 2` for a cross-entropy. Source: Kendall et al. 2018, "Multi-Task Learning Using Uncertainty to
    Weigh Losses" (arXiv 1705.07115), equations 7 and 10.

    Args:
        kinds: Of each head, "regression" or "classification".

    Raises:
        ValueError: There is no head, or one of another kind.
    """

    def __init__(self, kinds: Sequence[HeadKind], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not kinds or not set(kinds) <= set(get_args(HeadKind)):
            raise ValueError(f"kinds must name one of {', '.join(get_args(HeadKind))} for each head, not {kinds!r}")
        self.kinds = list(kinds)
        # Variances of 1: at first all losses count as they are. They are no kernel, and do not decay.
        self.log_variances = self.add_weight((len(self.kinds),), initializer="zeros", name="log_variances")

    @property
    def weights_of_heads(self) -> Any:
        """What the loss of each head is multiplied by, `(heads,)`."""
        return ops.exp(-self.log_variances) * ops.array([_FACTORS[kind] for kind in self.kinds], self.dtype)

    def call(self, losses: Sequence[Any]) -> Any:
        """Joins losses.

        Args:
            losses: One for each head, scalars or `(batch,)`.

        Returns:
            Their weighted sum and the price of the variances, of the same shape.

        Raises:
            ValueError: There are not as many losses as heads.
        """
        if len(losses) != len(self.kinds):
            raise ValueError(f"Expected {len(self.kinds)} losses, one for each head, but {len(losses)} came")
        weights = self.weights_of_heads
        parts = [weights[head] * loss + self.log_variances[head] / 2 for head, loss in enumerate(losses)]
        return sum(parts[1:], start=parts[0])

    def compute_output_shape(self, input_shape: Sequence[Any]) -> Any:
        """Returns the shape of one loss."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """Returns what makes the same layer again."""
        return {**super().get_config(), "kinds": self.kinds}
