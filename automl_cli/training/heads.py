"""Between a network's raw outputs and what people are told: probabilities, or values in the target's unit."""

from __future__ import annotations

from typing import Any

import keras

from automl_cli.records import Task
from automl_cli.training.target_scale import TargetScale


def apply_head(logits: Any, scale: TargetScale, *, task: Task) -> Any:
    """Turns raw outputs into predictions; works on tensors and on symbols.

    Args:
        logits: `(..., 1)`; for several classes `(..., classes)`.
        scale: From `fit_scale`.
        task: What is predicted.

    Returns:
        Probabilities `(..., classes)`, two columns for a binary task; or values `(..., 1)`.
    """
    if task == "binary":
        return keras.ops.sigmoid(keras.ops.concatenate([-logits, logits], axis=-1))
    if task == "multiclass":
        return keras.ops.softmax(logits, axis=-1)
    return keras.ops.clip(logits * scale.scale + scale.center, scale.low, scale.high)


def with_head(core: keras.Model, scale: TargetScale, *, task: Task) -> keras.Model:
    """Returns a model that shares the core's layers and gives predictions instead of raw outputs."""
    return keras.Model(core.input, apply_head(core.output, scale, task=task), name=core.name)
