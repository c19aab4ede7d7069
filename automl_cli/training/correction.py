"""Makes probabilities true again of a network that was trained on other shares of the classes than there are.

Whoever is shown rare classes more often, or is punished more for missing them, learns to expect them more often. As
long as only the shares differ, what is learned differs by a constant for each class: the logarithm of its true share
over that which it was trained on (Elkan, 2001; Saerens et al., 2002). The focal loss does not ask for probabilities
either, but what it asks for tells them (Charoenphakdee et al., 2021, arXiv 2011.09172).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.records import Task

# Where a class has all but certainty, logarithms of the rest are no longer told apart; the limit is known.
_CERTAIN = -15.0
# Takes a class out of a sum of exponentials.
_NEVER = -1e9
# Name of the offsets among the values of a training.
OFFSETS = "offsets"


@dataclass(frozen=True, slots=True)
class Correction:
    """What is done to raw outputs before they are probabilities.

    Attributes:
        offsets: Added to them, `(outputs,)`; empty for none.
        focal_gamma: Of the focal loss that they were trained by; 0 for cross-entropy.
    """

    offsets: tuple[float, ...] = ()
    focal_gamma: float = 0.0


NO_CORRECTION = Correction()


@dataclass(frozen=True, slots=True)
class Balance:
    """How the classes of a fold count in training, and how that is taken back.

    Attributes:
        vectors: What the loss is given, by name: a weight for each class `(classes,)`, 1 for the mean row, or what is
            added to raw outputs in training `(outputs,)`.
        correction: Of raw outputs, before they are predictions.
    """

    vectors: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    correction: Correction = NO_CORRECTION

    @property
    def values(self) -> dict[str, NDArray[Any]]:
        """The vectors, and under `OFFSETS` what is added to raw outputs in prediction, if anything."""
        added = {OFFSETS: np.array(self.correction.offsets)} if self.correction.offsets else {}
        return {**self.vectors, **added}


NO_BALANCE = Balance()


def correct(logits: Any, correction: Correction, *, task: Task) -> Any:
    """Returns logits `(..., outputs)` of the true shares; works on tensors and on symbols."""
    from keras import ops

    if correction.focal_gamma:
        logits = unfocused(logits, correction.focal_gamma, task=task)
    return logits + ops.convert_to_tensor(correction.offsets, "float32") if any(correction.offsets) else logits


def unfocused(logits: Any, gamma: Any, *, task: Task) -> Any:
    """Turns raw outputs of a network that was trained by the focal loss into logits.

    Where the focal loss is smallest, its shares `q` stand for probabilities in proportion to `q / phi(q)`, with
    `phi(q) = (1 - q)^gamma - gamma (1 - q)^(gamma - 1) q log q`.

    Args:
        logits: `(..., outputs)`.
        gamma: A number, or a tensor that fits to the logits.
        task: What is predicted.

    Returns:
        `(..., outputs)`.
    """
    from keras import ops

    if task == "binary":
        own, other = ops.log_sigmoid(logits), ops.log_sigmoid(-logits)
        return _log_proportion(own, other, gamma) - _log_proportion(other, own, gamma)
    shares = ops.log_softmax(logits, axis=-1)
    # The rest of the likeliest class is a sum over the others; that of any other is more than a half.
    # No operation may have the name of a group that a network reads, as `ops.one_hot` would.
    likeliest = ops.equal(ops.argmax(shares, axis=-1, keepdims=True), np.arange(shares.shape[-1]))
    beside = ops.logsumexp(ops.where(likeliest, _NEVER, shares), axis=-1, keepdims=True)
    rest = ops.where(likeliest, beside, ops.log1p(-ops.exp(ops.minimum(shares, -0.5))))
    return _log_proportion(shares, rest, gamma)


def _log_proportion(share: Any, rest: Any, gamma: Any) -> Any:
    """Returns `log(q / phi(q))` from the logarithms of `q` and of `1 - q`."""
    from keras import ops

    quotient = -share * ops.exp(ops.minimum(share - rest, -_CERTAIN))  # -q log(q) / (1 - q), 1 at the limit
    return share - gamma * rest - ops.log1p(gamma * ops.where(rest < _CERTAIN, 1.0, quotient))
