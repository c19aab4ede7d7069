"""Unstable rate: steps so long that the loss jumps up and down."""

from __future__ import annotations

from itertools import pairwise

from automl_cli.diagnosis.rule import TrialRule
from automl_cli.diagnosis.training import Training
from automl_cli.records import Curves

_FEWEST_EPOCHS = 8
# The mean loss of an epoch rises by so much from one to the next, in that share of the epochs. Dropout and small
# batches make it tremble by some percent.
_JUMP, _LARGEST_SHARE = 0.2, 0.2
# Below that share of the first epoch's loss, a jump is large in proportion alone.
_NEAR_NOTHING = 0.05


def _look(training: Training) -> str | None:
    return training.in_most_folds(_evidence)


def _evidence(curves: Curves) -> str | None:
    losses = curves.loss
    if len(losses) < _FEWEST_EPOCHS:
        return None
    floor = _NEAR_NOTHING * abs(losses[0])
    jumps = [
        after / before - 1 for before, after in pairwise(losses) if before > floor and after > (1 + _JUMP) * before
    ]
    if len(jumps) < _LARGEST_SHARE * (len(losses) - 1):
        return None
    return (
        f"The training loss jumps up in {len(jumps)} of {len(losses) - 1} epochs, by up to {100 * max(jumps):.0f} %, "
        f"at a rate of {max(curves.learning_rate):.2g}."
    )


UNSTABLE_RATE = TrialRule(
    code="unstable-rate",
    name="Unstable rate",
    verb="is unstable",
    row=32,
    cure="a third of the learning rate, or larger batches",
    look=_look,
    explains=("plateau", "slow-convergence", "too-few-epochs"),
)
