"""Too few epochs: the last one is the best, and the next would have been better."""

from __future__ import annotations

from automl_cli.diagnosis.rule import TrialRule
from automl_cli.diagnosis.training import Training, has_full_rate, lowest_epoch
from automl_cli.records import Curves

_FEWEST_EPOCHS = 4
# Fall of the validation loss over the last quarter of the epochs: less is not worth a longer training.
_LEAST_FALL = 0.03
# A schedule that comes down has its best epoch at its end.
_FULL_RATE = 0.5


def _look(training: Training) -> str | None:
    return training.in_most_folds(_evidence) if training.is_whole else None


def _evidence(curves: Curves) -> str | None:
    losses, epochs = curves.validation_loss, len(curves.validation_loss)
    if epochs < _FEWEST_EPOCHS or lowest_epoch(losses) < epochs or not has_full_rate(curves, _FULL_RATE):
        return None
    before = losses[-1 - max(1, epochs // 4)]
    if before - losses[-1] < _LEAST_FALL * abs(before):
        return None
    return (
        f"The last of {epochs} epochs is the best: the validation loss has just come down from {before:.3g} "
        f"to {losses[-1]:.3g}."
    )


TOO_FEW_EPOCHS = TrialRule(
    code="too-few-epochs",
    name="Too few epochs",
    verb="ends too early",
    row=33,
    cure="more epochs (--set epochs=...), for which --time has to allow, or a higher learning rate",
    look=_look,
    severity="info",
)
