"""Dead units: rectifiers that give 0 for every row, and so get no gradient that would bring them back."""

from __future__ import annotations

from automl_cli.diagnosis.rule import TrialRule
from automl_cli.diagnosis.training import Training

# Up to a third are silent on a few hundred rows in trainings that go well; the rest of the network does not miss them.
_LARGEST_SHARE = 0.5


def _look(training: Training) -> str | None:
    shares = [curves.dead_units for curves in training.curves if curves.dead_units is not None]
    if not shares or max(shares) < _LARGEST_SHARE:
        return None
    return f"{100 * max(shares):.0f} % of the hidden units are 0 for every training row that was looked at."


DEAD_UNITS = TrialRule(
    code="dead-units",
    name="Dead units",
    verb="has dead units",
    row=31,
    cure="a lower learning rate, or an activation that has a slope everywhere, such as silu, gelu or mish",
    look=_look,
)
