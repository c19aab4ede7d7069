"""Trainings that do not begin with everything: rows, depth and transferred weights join in over the epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from search_spaces.grammar import Value

Pacing = Literal["none", "linear", "root", "step"]

# Where weights start that are not drawn: the value of the recipe's `start`.
TRANSFER = "transfer"

# Share of all epochs after which all rows and the whole depth are there: the other half is for what they add up to.
_GROWN_AT = 0.5


@dataclass(frozen=True, slots=True)
class Stages:
    """What of a training joins in at which epoch.

    Attributes:
        pacing: Course of the share of the training rows that an epoch takes.
        pacing_start: That share in the first epoch.
        grown: Epochs until all rows and the whole depth are there.
        gates: Parts of the network that are switched on one after the other.
        frozen: Epochs in which transferred weights stay as they are.
        backbone_rate: Learning rate of transferred weights behind that, over that of the others.
    """

    pacing: Pacing = "none"
    pacing_start: float = 1.0
    grown: int = 0
    gates: int = 0
    frozen: int = 0
    backbone_rate: float = 1.0

    @property
    def settled(self) -> int:
        """Epochs until nothing joins in any more; before, no patience ends a training."""
        paced = self.grown if self.pacing != "none" or self.gates > 1 else 0
        return max(paced, self.frozen)

    def rows(self, done: int, count: int) -> int:
        """Returns how many of so many rows the epoch behind `done` epochs takes, at least one."""
        share = pace(self.pacing, done / self.grown if self.grown else 1.0, start=self.pacing_start)
        return min(count, max(1, round(share * count)))

    def open_gates(self, done: int) -> int:
        """Returns how many gates are open in the epoch behind `done` epochs; the first always is."""
        if done >= self.grown:
            return self.gates
        return min(self.gates, 1 + int(self.gates * done / self.grown))

    def backbone_factor(self, done: int) -> float:
        """Returns by what the rate of transferred weights is multiplied in the epoch behind `done` epochs."""
        return self.backbone_rate if done >= self.frozen else 0.0


# Everything is there from the first epoch.
WHOLE = Stages()


def is_paced(recipe: Mapping[str, Value]) -> bool:
    """True where training rows join in one after another; it reads `pacing`, absent for "none"."""
    return recipe.get("pacing", "none") != "none"


def make_stages(recipe: Mapping[str, Value], end: int, *, gates: int = 0) -> Stages:
    """Reads the stages of a training from its recipe.

    Args:
        recipe: Reads `pacing`, `start` and what belongs to them, where they are there.
        end: Epoch at which schedules end.
        gates: That the network has.
    """
    is_transferred = recipe.get("start") == TRANSFER
    pacing: Pacing = recipe.get("pacing", "none")  # type: ignore[assignment]
    return Stages(
        pacing=pacing,
        pacing_start=float(recipe.get("pacing_start", 1.0)),
        grown=round(_GROWN_AT * end),
        gates=gates,
        frozen=round(float(recipe.get("frozen_fraction", 0.0)) * end) if is_transferred else 0,
        backbone_rate=float(recipe.get("backbone_rate", 1.0)) if is_transferred else 1.0,
    )


def pace(pacing: Pacing, progress: float, *, start: float) -> float:
    """Returns the share of the rows, 0 to 1, by the pacing function.

    "step" holds the first share until all rows join in at once (single-step pacing of Hacohen & Weinshall 2019, "On
    The Power of Curriculum Learning", arXiv 1904.03626); "linear" and "root" let them join in evenly, or more of them
    early so that each new row is met about equally often (Platanios et al. 2019, arXiv 1903.09848).

    Args:
        pacing: Name of the function.
        progress: Of the growth, from 0; all rows are there at 1.
        start: Share at 0.
    """
    if pacing == "none" or progress >= 1:
        return 1.0
    if pacing == "step":
        return start
    if pacing == "linear":
        return start + (1 - start) * progress
    return math.sqrt(start**2 + (1 - start**2) * progress)
