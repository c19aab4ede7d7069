"""Slow convergence: the loss falls as evenly at the end as at the beginning, far from where it would come to rest."""

from __future__ import annotations

from automl_cli.diagnosis.rule import TrialRule
from automl_cli.diagnosis.training import Training, has_full_rate, lowest_epoch
from automl_cli.records import Curves

# The shape of a shorter curve tells nothing.
_FEWEST_EPOCHS = 15
# Of the loss of the first epoch: less is no fall, and other rules speak of it.
_LEAST_FALL = 0.05
# Of the whole fall, done in the first half of the epochs: half by a straight line, nearly all by a curve that has
# come to rest.
_MOST_IN_FIRST_HALF = 0.65
# The best epoch is among the last tenth.
_LATE = 0.9
# A rate that has come down makes the fall what it is.
_FULL_RATE = 0.5


def _look(training: Training) -> str | None:
    return training.in_most_folds(_evidence) if training.is_whole else None


def _evidence(curves: Curves) -> str | None:
    losses, epochs = curves.loss, len(curves.loss)
    fall = losses[0] - min(losses)
    if epochs < _FEWEST_EPOCHS or fall < _LEAST_FALL * abs(losses[0]) or not has_full_rate(curves, _FULL_RATE):
        return None
    first_half = losses[0] - losses[epochs // 2]
    if first_half > _MOST_IN_FIRST_HALF * fall or lowest_epoch(curves.validation_loss) < _LATE * epochs:
        return None
    return (
        f"The training loss falls from {losses[0]:.3g} to {losses[-1]:.3g} in {epochs} epochs, and only "
        f"{100 * first_half / fall:.0f} % of that in the first half: it has not come to rest."
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
