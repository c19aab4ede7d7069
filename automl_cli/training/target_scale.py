"""The unit of the target: how it is transformed and standardised for training, and how far predictions may go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.records import Task
from automl_cli.training.task import TrialFailure

# Losses whose raw output is the logarithm of the mean of a target, as a multiple of that of the training targets.
LOG_LINKED = ("poisson", "tweedie")
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
        unit: Mean of the training targets, where raw outputs are the logarithm of a multiple of it; 0 where they are
            standardised values.
    """

    center: float
    scale: float
    low: float
    high: float
    log_offset: float = -np.inf
    unit: float = 0.0

    @property
    def is_log(self) -> bool:
        """Whether the logarithm of the target is fitted."""
        return bool(np.isfinite(self.log_offset))

    def standardise(self, target: NDArray[Any]) -> NDArray[Any]:
        """Returns the target with mean 0 and deviation 1, or in its unit; class indices stay as they are."""
        if self == NO_SCALE:
            return target
        if self.unit:
            return target / self.unit
        # Other rows than those of training may lie below the offset.
        values = np.log1p(np.maximum(target - self.log_offset, 0.0)) if self.is_log else target
        return (values - self.center) / self.scale


NO_SCALE = TargetScale(center=0.0, scale=1.0, low=-np.inf, high=np.inf)


def fit_scale(target: NDArray[Any], task: Task, *, transform: str = "none", loss: str = "mse") -> TargetScale:
    """Measures the training targets of a regression; classes have no scale.

    Args:
        target: `(rows,)`.
        task: What is predicted.
        transform: "log" for the logarithm of 1 + the target, or of 1 + its distance from the lowest if that is below 0.
            What is predicted without bias in this unit is rather a median than a mean in the target's own.
        loss: That is minimised; those of `LOG_LINKED` have a unit.

    Raises:
        TrialFailure: Values below 0 have no such loss, or two logarithms are asked for.
    """
    if task != "regression":
        return NO_SCALE
    low, high = float(np.min(target)), float(np.max(target))
    slack = _MARGIN * (high - low)
    if loss in LOG_LINKED:
        _require_amounts(low, loss=loss, transform=transform)
        return TargetScale(0.0, 1.0, 0.0, high + slack, unit=float(np.mean(target)) or 1.0)
    scale = TargetScale(0.0, 1.0, low - slack, high + slack, min(low, 0.0) if transform == "log" else -np.inf)
    values = scale.standardise(np.asarray(target, np.float64))
    return replace(scale, center=float(np.mean(values)), scale=float(np.std(values)) or 1.0)


def _require_amounts(low: float, *, loss: str, transform: str) -> None:
    if low < 0:
        raise TrialFailure(f"the loss '{loss}' is for counts and amounts from 0 on; the target goes down to {low:g}")
    if transform != "none":
        raise TrialFailure(f"the loss '{loss}' has a logarithm of its own: it needs target_transform=none")


def suits_log(target: NDArray[Any]) -> bool:
    """Says whether the logarithm of the target of a regression is worth a trial: never below 0, and of a long tail."""
    values = np.asarray(target, np.float64)
    deviation = values.std()
    if not len(values) or values.min() < 0 or deviation == 0:
        return False
    return float((((values - values.mean()) / deviation) ** 3).mean()) > _SKEWED
