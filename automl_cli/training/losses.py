"""What training minimises, on raw outputs: the loss of every row.

The arithmetic is that of Keras' losses; smoothing and the delta of Huber's loss are tensors, one value per member.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from automl_cli.records import Task
from automl_cli.training.task import TaskSetup
from search_spaces.grammar import Value

# From a target `(members, batch)`, float32 also for class indices, raw outputs `(members, batch, outputs)`, or
# `(members, batch, models, outputs)`, and named values `(members, 1)` to the loss of every row `(members, batch)`.
Loss = Callable[[Any, Any, Mapping[str, Any]], Any]

# Hyperparameters of losses that are no part of a compiled graph.
LOSS_VALUES = ("label_smoothing", "huber_delta")
# Those of them that the validation loss knows: it sees labels as they are.
VALIDATION_VALUES = ("huber_delta",)


@dataclass(frozen=True, slots=True)
class Objective:
    """What a network is trained for.

    Attributes:
        task: What is predicted.
        classes: How many there are; 0 for regression.
        distance: Of a regression: "mse", "mae" or "huber".
    """

    task: Task
    classes: int = 0
    distance: str = "mse"


def make_objective(setup: TaskSetup, recipe: Mapping[str, Value]) -> Objective:
    """Returns what the recipe asks for; it reads `loss`."""
    return Objective(setup.task, setup.classes, str(recipe.get("loss", "mse")))


def make_loss(objective: Objective) -> Loss:
    """Returns the loss; it reads `label_smoothing`, absent for the labels as they are, and `huber_delta`.

    Of a network that holds several models, `(members, batch, models, outputs)`, it is the mean of their losses: the
    loss of their mean would let one model's mistakes be another's task (Gorishniy et al., 2024, arXiv 2410.24210).
    """
    single = _make_single(objective)

    def _loss(target: Any, outputs: Any, values: Mapping[str, Any]) -> Any:
        if len(outputs.shape) == 3:
            return single(target, outputs, values)
        target = tf.broadcast_to(target[..., None], tf.shape(outputs)[:-1])
        return tf.reduce_mean(single(target, outputs, {name: v[..., None] for name, v in values.items()}), axis=-1)

    return _loss


def _make_single(objective: Objective) -> Loss:
    if objective.task == "binary":
        return _binary
    if objective.task == "multiclass":
        return lambda target, logits, values: _multiclass(target, logits, values, objective.classes)
    return {"mse": _squared, "mae": _absolute, "huber": _huber}[objective.distance]


def _binary(target: Any, logits: Any, values: Mapping[str, Any]) -> Any:
    smoothing = values.get("label_smoothing", 0.0)
    smooth = target * (1.0 - smoothing) + 0.5 * smoothing
    return tf.nn.sigmoid_cross_entropy_with_logits(smooth, logits[..., 0])


def _multiclass(target: Any, logits: Any, values: Mapping[str, Any], classes: int) -> Any:
    one_hot = tf.one_hot(tf.cast(target, tf.int32), classes)
    if "label_smoothing" in values:
        smoothing = values["label_smoothing"][..., None]
        one_hot = one_hot * (1.0 - smoothing) + smoothing / classes
    return tf.nn.softmax_cross_entropy_with_logits(one_hot, logits)


def _squared(target: Any, outputs: Any, values: Mapping[str, Any]) -> Any:
    return tf.square(outputs[..., 0] - target)


def _absolute(target: Any, outputs: Any, values: Mapping[str, Any]) -> Any:
    return tf.abs(outputs[..., 0] - target)


def _huber(target: Any, outputs: Any, values: Mapping[str, Any]) -> Any:
    delta = values["huber_delta"]
    error = tf.abs(outputs[..., 0] - target)
    return tf.where(error <= delta, 0.5 * tf.square(error), delta * error - 0.5 * tf.square(delta))
