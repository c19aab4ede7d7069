"""The unit of the target: how it is standardised for training, and how far predictions may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.records import Task

# Predictions may leave the range of the training targets by this share of it: a tree could not, a line would.
_MARGIN = 0.05


@dataclass(frozen=True, slots=True)
class TargetScale:
    """How the target of a regression is standardised, and how far predictions may go.

    Attributes:
        center: Mean of the training targets.
        scale: Their standard deviation.
        low: Lowest prediction.
        high: Highest prediction.
    """

    center: float
    scale: float
    low: float
    high: float

    def standardise(self, target: NDArray[Any]) -> NDArray[Any]:
        """Returns the target with mean 0 and deviation 1; class indices stay as they are."""
        return target if self == NO_SCALE else (target - self.center) / self.scale


NO_SCALE = TargetScale(center=0.0, scale=1.0, low=-np.inf, high=np.inf)


def fit_scale(target: NDArray[Any], task: Task) -> TargetScale:
    """Measures the training targets of a regression; classes have no scale."""
    if task != "regression":
        return NO_SCALE
    low, high = float(np.min(target)), float(np.max(target))
    slack = _MARGIN * (high - low)
    deviation = float(np.std(target, dtype=np.float64))
    return TargetScale(float(np.mean(target, dtype=np.float64)), deviation or 1.0, low - slack, high + slack)
