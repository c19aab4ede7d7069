"""Slow convergence: after many epochs the loss still falls in long strides, far from where it would come to rest."""

from __future__ import annotations

from automl_cli.diagnosis.rule import TrialRule
from automl_cli.diagnosis.training import Training, has_full_rate, lowest_epoch
from automl_cli.records import Curves

# A shorter training may simply have been too short.
_FEWEST_EPOCHS = 15
# Fall over the last quarter of the epochs, as a share of the first epoch's loss. A curve that comes to rest has next to
# none; a straight line to half of where it began, an eighth.
_LONG_STRIDE = 0.05
# The best epoch is among the last tenth.
_LATE = 0.9
# A rate that has come down makes the fall what it is.
_FULL_RATE = 0.5


def _look(training: Training) -> str | None:
    return training.in_most_folds(_evidence) if training.is_whole else None


def _evidence(curves: Curves) -> str | None:
    losses, epochs = curves.loss, len(curves.loss)
    if epochs < _FEWEST_EPOCHS or not has_full_rate(curves, _FULL_RATE):
        return None
    quarter = epochs // 4
    before = losses[-1 - quarter]
    if before - losses[-1] < _LONG_STRIDE * abs(losses[0]) or lowest_epoch(curves.validation_loss) < _LATE * epochs:
        return None
    return (
        f"After {epochs - quarter} epochs the training loss has come from {losses[0]:.3g} to {before:.3g}, and in the "
        f"{quarter} behind them it falls to {losses[-1]:.3g}: it has not come to rest."
    )


SLOW_CONVERGENCE = TrialRule(
    code="slow-convergence",
    name="Slow convergence",
    verb="converges slowly",
    row=33,
    cure="three times the learning rate, a better optimizer, or normalisation",
    look=_look,
    explains=("too-few-epochs",),
)
