"""Losses of classes, from class indices `(members, batch)` and logits `(members, batch, outputs)`.

`label_smoothing` and `focal_gamma` are read where they are given. The focal loss (Lin et al., 2017, arXiv 1708.02002)
multiplies the cross-entropy of a row by the `focal_gamma`-th power of the probability that its class did not get: rows
that are easy, most of those of a frequent class, count for little.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import tensorflow as tf

from automl_cli.records import Task

# Takes a class out of a sum of exponentials.
_NEVER = -1e9


def class_loss(task: Task, *, classes: int) -> Callable[[Any, Any, Mapping[str, Any]], Any]:
    """Returns the cross-entropy of two classes, or of so many."""
    return _binary if task == "binary" else partial(_multiclass, classes=classes)


def _binary(target: Any, logits: Any, values: Mapping[str, Any]) -> Any:
    """Cross-entropy of two classes, from the logit of the second."""
    smoothing = values.get("label_smoothing", 0.0)
    smooth = target * (1.0 - smoothing) + 0.5 * smoothing
    losses = tf.nn.sigmoid_cross_entropy_with_logits(smooth, logits[..., 0])
    if "focal_gamma" not in values:
        return losses
    missed = tf.math.log_sigmoid((1.0 - 2.0 * target) * logits[..., 0])
    return tf.exp(values["focal_gamma"] * missed) * losses


def _multiclass(target: Any, logits: Any, values: Mapping[str, Any], *, classes: int) -> Any:
    """Cross-entropy of several classes."""
    true = tf.one_hot(tf.cast(target, tf.int32), classes)
    labels = true
    if "label_smoothing" in values:
        smoothing = values["label_smoothing"][..., None]
        labels = true * (1.0 - smoothing) + smoothing / classes
    losses = tf.nn.softmax_cross_entropy_with_logits(labels, logits)
    if "focal_gamma" not in values:
        return losses
    others = tf.reduce_logsumexp(logits + _NEVER * true, axis=-1)
    missed = others - tf.reduce_logsumexp(logits, axis=-1)
    return tf.exp(values["focal_gamma"] * missed) * losses
