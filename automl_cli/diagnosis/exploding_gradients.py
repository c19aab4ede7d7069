"""Exploding gradients: steps so long that each makes the next one longer, up to numbers that are none any more."""

from __future__ import annotations

import math

import numpy as np

from automl_cli.diagnosis.rule import TrialRule
from automl_cli.diagnosis.training import Training
from automl_cli.records import Curves

# Over the loss of a constant; initial weights of any use give one or two.
_BLOWN_UP = 10.0
# A rare class makes the loss of a constant small, but initial weights do not know: they guess like a coin.
_COIN = math.log(2)
# Where the loss of a constant is not known: over the lowest loss of the same training.
_BLOWN_UP_BY_ITSELF = 100.0
# Whatever the loss is: targets and columns are standardised.
_BEYOND_ALL = 1e6


def _look(training: Training) -> str | None:
    if training.diverged:
        what = f"{(training.reason or 'a number became infinite').capitalize().replace('nan', 'NaN')}"
        return f"{what}, {_steps(training)}{_length(training)}."

    def evidence(curves: Curves) -> str | None:
        limit = _limit(curves, training.chance)
        worst = int(np.argmax(curves.loss))
        if curves.loss[worst] <= limit:
            return None
        return (
            f"The training loss is {curves.loss[worst]:.3g} in epoch {worst + 1}, over {limit:.3g}, "
            f"{_steps(training)}{_length(training)}."
        )

    return training.in_most_folds(evidence)


def _limit(curves: Curves, chance: float | None) -> float:
    if chance is None:
        return min(_BLOWN_UP_BY_ITSELF * max(abs(min(curves.loss)), _COIN), _BEYOND_ALL)
    return _BLOWN_UP * max(chance, _COIN)


def _steps(training: Training) -> str:
    values = training.trial.hyperparameters
    clipped = float(values.get("gradient_clip_norm", 0.0))
    clipping = f"gradients clipped to a length of {clipped:g}" if clipped else "gradients of any length"
    return f"at a learning rate of {float(values.get('learning_rate', math.nan)):g} with {clipping}"


def _length(training: Training) -> str:
    """Says how long the longest gradient was, where that is known."""
    lengths = [norm for curves in training.curves for norms in curves.gradient_norms.values() for norm in norms]
    finite = [length for length in lengths if math.isfinite(length)]
    return f" (the longest that was seen: {max(finite):.1e})" if finite else ""


EXPLODING_GRADIENTS = TrialRule(
    code="exploding-gradients",
    name="Exploding gradients",
    verb="explodes",
    row=32,
    cure="a tenth of the learning rate, and gradients clipped to a length of 1",
    look=_look,
    explains=(
        "overfitting",
        "underfitting",
        "vanishing-gradients",
        "dead-units",
        "unstable-rate",
        "plateau",
        "slow-convergence",
        "too-few-epochs",
    ),
)
