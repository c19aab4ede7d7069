"""Underfitting: not even the training rows are predicted better than by a constant."""

from __future__ import annotations

from automl_cli.diagnosis.rule import TrialRule
from automl_cli.diagnosis.training import Training
from automl_cli.records import Curves

# Of the loss of a constant: a tenth less is what chance finds in a few hundred rows.
_HARDLY_LESS = 0.9
# Of the loss of a constant: with a gap as wide, something was learned, if only by heart.
_WIDEST_GAP = 0.1


def _look(training: Training) -> str | None:
    chance = training.chance
    if chance is None or not training.is_whole:
        return None

    def evidence(curves: Curves) -> str | None:
        loss, validation = min(curves.loss), min(curves.validation_loss)
        if loss <= _HARDLY_LESS * chance or abs(validation - loss) > _WIDEST_GAP * chance:
            return None
        return (
            f"The training loss comes down to {loss:.3g} only, where a constant has {chance:.3g}; "
            f"the validation loss is no further, {validation:.3g}."
        )

    return training.in_most_folds(evidence)


UNDERFITTING = TrialRule(
    code="underfitting",
    name="Underfitting",
    verb="underfits",
    row=30,
    cure="a wider or deeper network, a higher rate or less regularisation; or the columns do not tell the target",
    look=_look,
    explains=("plateau", "slow-convergence", "too-few-epochs"),
)
