"""Between a network's raw outputs and what people are told: probabilities, or values in the target's unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
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


def apply_head(logits: Any, scale: TargetScale, *, task: Task) -> Any:
    """Turns raw outputs into predictions; works on tensors and on symbols.

    Args:
        logits: `(batch, 1)`; for several classes `(batch, classes)`.
        scale: From `fit_scale`.
        task: What is predicted.

    Returns:
        Probabilities `(batch, classes)`, two columns for a binary task; or values `(batch, 1)`.
    """
    if task == "binary":
        return keras.ops.sigmoid(keras.ops.concatenate([-logits, logits], axis=1))
    if task == "multiclass":
        return keras.ops.softmax(logits, axis=1)
    return keras.ops.clip(logits * scale.scale + scale.center, scale.low, scale.high)


def with_head(core: keras.Model, scale: TargetScale, *, task: Task) -> keras.Model:
    """Returns a model that shares the core's layers and gives predictions instead of raw outputs."""
    return keras.Model(core.input, apply_head(core.output, scale, task=task), name=core.name)
