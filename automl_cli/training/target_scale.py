"""The unit of the target: how it is transformed and standardised for training, and how far predictions may go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.records import Task

# A target of this skewness or more has a long tail: that of an exponential distribution is 2, of a normal one 0.
_SKEWED = 1.0
# Predictions may leave the range of the training targets by this share of it: a tree could not, a line would.
_MARGIN = 0.05


@dataclass(frozen=True, slots=True)
class TargetScale:
    """How the target of a regression is standardised, and how far predictions may go.

    Attributes:
        center: Mean of the training targets, or of their logarithms.
        scale: Their standard deviation.
        low: Lowest prediction.
        high: Highest prediction.
        log_offset: What is taken off a target before the logarithm of 1 + the rest; -infinity for no logarithm.
    """

    center: float
    scale: float
    low: float
    high: float
    log_offset: float = -np.inf

    @property
    def is_log(self) -> bool:
        """Whether the logarithm of the target is fitted."""
        return bool(np.isfinite(self.log_offset))

    def standardise(self, target: NDArray[Any]) -> NDArray[Any]:
        """Returns the target with mean 0 and deviation 1; class indices stay as they are."""
        if self == NO_SCALE:
            return target
        # Other rows than those of training may lie below the offset.
        values = np.log1p(np.maximum(target - self.log_offset, 0.0)) if self.is_log else target
        return (values - self.center) / self.scale


NO_SCALE = TargetScale(center=0.0, scale=1.0, low=-np.inf, high=np.inf)


def fit_scale(target: NDArray[Any], task: Task, *, transform: str = "none") -> TargetScale:
    """Measures the training targets of a regression; classes have no scale.

    Args:
        target: `(rows,)`.
        task: What is predicted.
        transform: "log" for the logarithm of 1 + the target, or of 1 + its distance from the lowest if that is below 0.
            What is predicted without bias in this unit is rather a median than a mean in the target's own.
    """
    if task != "regression":
        return NO_SCALE
    low, high = float(np.min(target)), float(np.max(target))
    slack = _MARGIN * (high - low)
    scale = TargetScale(0.0, 1.0, low - slack, high + slack, min(low, 0.0) if transform == "log" else -np.inf)
    values = scale.standardise(np.asarray(target, np.float64))
    return replace(scale, center=float(np.mean(values)), scale=float(np.std(values)) or 1.0)


def suits_log(target: NDArray[Any]) -> bool:
    """Says whether the logarithm of the target of a regression is worth a trial: never below 0, and of a long tail."""
    values = np.asarray(target, np.float64)
    deviation = values.std()
    if not len(values) or values.min() < 0 or deviation == 0:
        return False
    return float((((values - values.mean()) / deviation) ** 3).mean()) > _SKEWED
