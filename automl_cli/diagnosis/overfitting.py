"""Overfitting: the training loss goes on falling while that of rows that were not seen rises."""

from __future__ import annotations

from automl_cli.diagnosis.rule import TrialRule
from automl_cli.diagnosis.training import Training, level_at_end, lowest_epoch
from automl_cli.records import Curves

# Patience always sees a few epochs behind the best, in which the loss rises a little: that is no finding.
_FEWEST_EPOCHS_BEHIND = 3
_LEAST_RISE = 0.2
# At the end; dropout and penalties alone hold the training loss up to the other.
_LARGEST_RATIO = 0.6


def _look(training: Training) -> str | None:
    return training.in_most_folds(_evidence)


def _evidence(curves: Curves) -> str | None:
    best = lowest_epoch(curves.validation_loss)
    if len(curves.loss) - best < _FEWEST_EPOCHS_BEHIND:
        return None
    lowest, highest = curves.validation_loss[best - 1], level_at_end(curves.validation_loss)
    then, now = curves.loss[best - 1], level_at_end(curves.loss)
    if highest - lowest < _LEAST_RISE * abs(lowest) or now >= then or now > _LARGEST_RATIO * highest:
        return None
    return (
        f"The validation loss rises from {lowest:.3g} at epoch {best} to {highest:.3g} at epoch {len(curves.loss)}, "
        f"while the training loss falls from {then:.3g} to {now:.3g}."
    )


OVERFITTING = TrialRule(
    code="overfitting",
    name="Overfitting",
    verb="overfits",
    row=29,
    cure="more dropout or weight decay, a smaller network, or more rows; the weights of the best epoch are kept anyway",
    look=_look,
    explains=("plateau", "slow-convergence", "too-few-epochs"),
)
