"""What training minimises, on raw outputs: the loss of every row.

The arithmetic is that of Keras' losses; smoothing, the delta of Huber's loss and their like are tensors, one value per
member.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import tensorflow as tf

from automl_cli.records import Task
from automl_cli.training.class_losses import class_loss
from automl_cli.training.regression_losses import REGRESSION_LOSSES
from automl_cli.training.task import TaskSetup, TrialFailure
from search_spaces.grammar import Value

# From a target `(members, batch)`, float32 also for class indices, raw outputs `(members, batch, outputs)`, or
# `(members, batch, models, outputs)`, and named values `(members, 1)` to the loss of every row `(members, batch)`.
Loss = Callable[[Any, Any, Mapping[str, Any]], Any]

# What a loss does about classes that are rare: nothing, a weight for the rows of each class, something added to the
# logits of each class, or the focal loss.
Balancing = Literal["none", "weights", "offsets", "focal"]

# Hyperparameters of losses that are no part of a compiled graph.
LOSS_VALUES = ("label_smoothing", "huber_delta", "quantile", "tweedie_power", "focal_gamma")
# Those of them that the validation knows: it sees labels as they are.
VALIDATION_VALUES = ("huber_delta", "quantile", "tweedie_power", "focal_gamma")
# Names of the vectors `(members, width)` that losses of classes may be given beside these.
CLASS_WEIGHTS, CLASS_OFFSETS = "class_weights", "class_offsets"

_BALANCING: Mapping[str, Balancing] = {
    "class_weights": "weights",
    "class_balanced": "weights",
    "logit_adjustment": "offsets",
    "focal": "focal",
}


# Between which values, both excluded, a hyperparameter of a loss means something: a pinned one may be anything.
_OPEN_RANGES = (("quantile", "quantile", (0, 1)), ("tweedie", "tweedie_power", (1, 2)))


@dataclass(frozen=True, slots=True)
class Objective:
    """What a network is trained for.

    Attributes:
        task: What is predicted.
        classes: How many there are; 0 for regression.
        distance: Of a regression: a name among `REGRESSION_LOSSES`.
        balancing: What is done about rare classes.
    """

    task: Task
    classes: int = 0
    distance: str = "mse"
    balancing: Balancing = "none"

    @property
    def of_validation(self) -> Objective:
        """What rows are measured by that nothing is learned from: as they are, none counts more than another."""
        return replace(self, balancing="none")

    @property
    def vectors(self) -> dict[str, int]:
        """Widths of the vectors that the loss needs beside its values, by name."""
        if self.balancing == "weights":
            return {CLASS_WEIGHTS: self.classes}
        if self.balancing == "offsets":
            return {CLASS_OFFSETS: self.classes if self.task == "multiclass" else 1}
        return {}


def make_objective(setup: TaskSetup, recipe: Mapping[str, Value]) -> Objective:
    """Returns what the recipe asks for; it reads `loss`, the values that it has a use for, and `imbalance`.

    Raises:
        TrialFailure: There is no such loss for such a value.
    """
    if setup.task == "regression":
        for loss, name, (low, high) in _OPEN_RANGES:
            if recipe.get("loss") == loss and not low < float(recipe.get(name, high)) < high:
                raise TrialFailure(f"{name} must lie between {low} and {high}, it is {recipe.get(name)}")
        return Objective(setup.task, distance=str(recipe.get("loss", "mse")))
    balancing = _BALANCING.get(str(recipe.get("imbalance", "none")), "none")
    return Objective(setup.task, setup.classes, balancing=balancing)


def make_loss(objective: Objective) -> Loss:
    """Returns the loss; it reads those of `LOSS_VALUES` that it has a use for, and the vectors of the objective.

    `label_smoothing` may be absent for the labels as they are. Of a network that holds several models,
    `(members, batch, models, outputs)`, it is the mean of their losses: the loss of their mean would let one model's
    mistakes be another's task (Gorishniy et al., 2024, arXiv 2410.24210).
    """
    single = _make_single(objective)

    def _loss(target: Any, outputs: Any, values: Mapping[str, Any]) -> Any:
        numbers = {name: values[name] for name in LOSS_VALUES if name in values}
        several = len(outputs.shape) == 4
        if several:
            target = tf.broadcast_to(target[..., None], tf.shape(outputs)[:-1])
            numbers = {name: value[..., None] for name, value in numbers.items()}
        if objective.balancing == "offsets":
            added = values[CLASS_OFFSETS]
            outputs = outputs + (added[:, None, None] if several else added[:, None])
        losses = single(target, outputs, numbers)
        if objective.balancing == "weights":
            losses *= tf.gather(values[CLASS_WEIGHTS], tf.cast(target, tf.int32), batch_dims=1)
        return tf.reduce_mean(losses, axis=-1) if several else losses

    return _loss


def _make_single(objective: Objective) -> Loss:
    if objective.task == "regression":
        return REGRESSION_LOSSES[objective.distance]
    loss = class_loss(objective.task, classes=objective.classes)
    if objective.balancing == "focal":
        return loss
    return lambda target, logits, values: loss(target, logits, {n: v for n, v in values.items() if n != "focal_gamma"})
