"""Between a network's raw outputs and what people are told: probabilities, or values in the target's unit."""

from __future__ import annotations

import math
from typing import Any

import keras

from automl_cli.records import Task
from automl_cli.training.correction import NO_CORRECTION, Correction, correct
from automl_cli.training.target_scale import TargetScale


def models_in(network: keras.Model) -> int:
    """Returns how many models a network holds that answer side by side; one for most."""
    return int(network.output.shape[1]) if len(network.output.shape) == 3 else 1


def average_models(outputs: Any, *, task: Task) -> Any:
    """Turns raw outputs of several models into raw outputs that mean the average of their predictions.

    Args:
        outputs: `(..., models, outputs)`.
        task: What is predicted.

    Returns:
        `(..., outputs)`: the mean of values in the unit that is fitted; for classes, logits of the mean of
        probabilities.
    """
    ops = keras.ops
    if task == "regression":
        return ops.mean(outputs, axis=-2)
    if task == "multiclass":
        return ops.logsumexp(ops.log_softmax(outputs, axis=-1), axis=-2)  # softmax forgets the number of models
    return ops.logsumexp(ops.log_sigmoid(outputs), axis=-2) - ops.logsumexp(ops.log_sigmoid(-outputs), axis=-2)


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
    values = _without_logarithm(logits * scale.scale + scale.center, scale.log_offset)
    return keras.ops.clip(_in_own_unit(values, logits, scale.unit), scale.low, scale.high)


def _in_own_unit(values: Any, logarithms: Any, unit: Any) -> Any:
    """Takes raw outputs for logarithms where there is a unit: a number, or a tensor of those of several members."""
    if isinstance(unit, float):
        return keras.ops.exp(logarithms) * unit if unit else values
    return keras.ops.where(unit > 0, keras.ops.exp(logarithms) * unit, values)


def _without_logarithm(values: Any, offset: Any) -> Any:
    """Turns logarithms back where there is an offset: a number, or a tensor of those of several members."""
    if isinstance(offset, float):
        return keras.ops.expm1(values) + offset if math.isfinite(offset) else values
    return keras.ops.where(keras.ops.isfinite(offset), keras.ops.expm1(values) + offset, values)


def with_head(
    core: keras.Model, scale: TargetScale, *, task: Task, correction: Correction = NO_CORRECTION
) -> keras.Model:
    """Returns a model that shares the core's layers and gives predictions instead of raw outputs."""
    raw = average_models(core.output, task=task) if len(core.output.shape) == 3 else core.output
    return keras.Model(core.input, apply_head(correct(raw, correction, task=task), scale, task=task), name=core.name)
