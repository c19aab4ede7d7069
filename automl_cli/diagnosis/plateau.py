"""Plateau: for many epochs nothing moves, although there is further to go, as the epochs behind it show.

A loss that stands to the end may be as low as it can be: nobody knows of a single training. That is no finding.
"""

from __future__ import annotations

import numpy as np

from automl_cli.diagnosis.rule import TrialRule
from automl_cli.diagnosis.training import Training
from automl_cli.records import Curves

# Shorter stretches are what patience with the rate is for: schedules wait for about six epochs before they lower it.
_FEWEST_EPOCHS, _LEAST_SHARE = 8, 0.2
# Between the highest and the lowest loss of the stretch, as a share of it.
_STILL = 0.02
# What the loss falls by afterwards.
_LEAST_FALL = 0.1
# A loss near 0 trembles by more than its size.
_NEAR_NOTHING = 0.05


def _look(training: Training) -> str | None:
    return training.in_most_folds(_evidence)


def _evidence(curves: Curves) -> str | None:
    losses, epochs = np.array(curves.loss), len(curves.loss)
    length = max(_FEWEST_EPOCHS, round(_LEAST_SHARE * epochs))
    for start in range(epochs - length):
        if losses[start] < _NEAR_NOTHING * losses[0] or not _stands(losses[start : start + length]):
            continue
        end = start + length
        while end < epochs and _stands(losses[start : end + 1]):
            end += 1
        lowest = losses[end:].min(initial=np.inf)
        if lowest > (1 - _LEAST_FALL) * losses[end - 1]:
            return None
        return (
            f"The training loss stands at {losses[start]:.3g} from epoch {start + 1} to {end}, "
            f"and falls to {lowest:.3g} after that."
        )
    return None


def _stands(losses: np.ndarray) -> bool:
    return bool(losses.max() - losses.min() <= _STILL * abs(losses[0]))


PLATEAU = TrialRule(
    code="plateau",
    name="Plateau",
    verb="stands on a plateau",
    row=35,
    cure="another learning rate, one that rises at first and then comes down (schedule warmup_cosine), or optimizer",
    look=_look,
    severity="info",
)
