"""What raw outputs mean and cost, in NumPy: what `heads` and `losses` say in Keras, for models that need none."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.records import Task
from automl_cli.training.target_scale import TargetScale


def to_predictions(raw: NDArray[Any], scale: TargetScale, *, task: Task) -> NDArray[np.float32]:
    """Turns raw outputs into predictions; see `heads.apply_head`."""
    if task == "regression":
        values = raw * scale.scale + scale.center
        if scale.is_log:
            with np.errstate(over="ignore"):  # infinity is clipped as well
                values = np.expm1(values) + scale.log_offset
        if scale.unit:
            with np.errstate(over="ignore"):
                values = np.exp(raw) * scale.unit
        predictions = np.clip(values, scale.low, scale.high)
    else:
        # Of two classes, 0 and the logit are logits of both.
        logits = np.concatenate([np.zeros_like(raw), raw], axis=1) if task == "binary" else raw
        predictions = np.exp(logits - _log_of_sum(logits))
    return predictions.astype(np.float32)


def row_losses(raw: NDArray[Any], target: NDArray[Any], *, task: Task) -> NDArray[np.float64]:
    """Measures raw outputs: by squared error or cross-entropy, the losses of `losses.make_loss` without a recipe.

    Args:
        raw: `(rows, outputs)`.
        target: `(rows,)` class indices, or values as they were fitted.
        task: What is predicted.

    Returns:
        `(rows,)`.
    """
    values = raw.astype(np.float64)
    if task == "regression":
        losses = (values[:, 0] - target) ** 2
    elif task == "binary":
        losses = np.logaddexp(0.0, values[:, 0]) - values[:, 0] * target
    else:
        losses = (_log_of_sum(values) - np.take_along_axis(values, target[:, None], axis=1))[:, 0]
    return np.asarray(losses)


def _log_of_sum(logits: NDArray[Any]) -> NDArray[Any]:
    """Logarithm of the summed exponentials `(rows, 1)`, for logits of any size."""
    highest = logits.max(axis=1, keepdims=True)
    return np.asarray(highest + np.log(np.exp(logits - highest).sum(axis=1, keepdims=True)))
