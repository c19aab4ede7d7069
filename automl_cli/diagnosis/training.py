"""One training, as the rules look at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from automl_cli.records import Curves, Trial

# Epochs whose mean stands for where a curve is: the noise of a single one would decide otherwise.
_SMOOTHED = 3


@dataclass(frozen=True, slots=True)
class Training:
    """A trial with what its training recorded.

    Attributes:
        trial: What was trained.
        curves: Of each fold, those of a failed trial among them.
        chance: Loss of the best constant answer, in the unit of the training loss; None where that is not known.
        reason: Why it failed or was cut short; None where it came to its end.
        diverged: Whether it failed because numbers grew beyond all bounds.
    """

    trial: Trial
    curves: Sequence[Curves]
    chance: float | None = None
    reason: str | None = None
    diverged: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it was trained for as long as its recipe says, neither for a look only nor cut short."""
        planned = self.trial.hyperparameters.get("epochs", self.trial.epochs)
        return self.reason is None and self.trial.epochs >= int(planned)

    def in_most_folds(self, look: Callable[[Curves], str | None]) -> str | None:
        """Returns the evidence of the first fold that has any, if at least half of the folds have."""
        found = [evidence for curves in self.curves if len(curves.loss) > 0 and (evidence := look(curves))]
        return found[0] if found and 2 * len(found) >= len(self.curves) else None


def level_at_end(losses: Sequence[float]) -> float:
    """Returns the mean of the last three epochs."""
    return float(np.mean(losses[-_SMOOTHED:]))


def has_full_rate(curves: Curves, share: float) -> bool:
    """Whether the learning rate of the last epoch is at least that share of the largest."""
    return len(curves.learning_rate) > 0 and curves.learning_rate[-1] >= share * max(curves.learning_rate)


def lowest_epoch(losses: Sequence[float]) -> int:
    """Returns the epoch of the lowest loss, from 1."""
    return int(np.argmin(losses)) + 1
