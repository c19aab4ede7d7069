"""What training minimises, on raw outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras

from automl_cli.training.task import TaskSetup
from search_spaces.grammar import Value

# From a target `(batch,)`, float32 also for class indices, and raw outputs `(batch, outputs)` to a mean over the batch.
Loss = Callable[[Any, Any], Any]


def make_loss(setup: TaskSetup, recipe: Mapping[str, Value], *, smooth: bool = True) -> Loss:
    """Returns the loss that the recipe asks for.

    Args:
        setup: What is predicted.
        recipe: Reads `label_smoothing`, or `loss` and `huber_delta`.
        smooth: False for the same loss of labels as they are, which is what validation should see.
    """
    smoothing = float(recipe.get("label_smoothing", 0.0)) if smooth else 0.0
    if setup.task == "regression":
        distance = _distance(recipe)
        return lambda target, values: distance(target[:, None], values)
    if setup.task == "binary":
        binary = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)
        return lambda target, logits: binary(target[:, None], logits)
    categorical = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)

    def of_classes(target: Any, logits: Any) -> Any:
        indices = keras.ops.cast(target, "int32")
        return categorical(keras.ops.one_hot(indices, setup.classes), logits)

    return of_classes


def _distance(recipe: Mapping[str, Value]) -> keras.losses.Loss:
    name = str(recipe.get("loss", "mse"))
    if name == "huber":
        return keras.losses.Huber(delta=float(recipe["huber_delta"]))
    return {"mse": keras.losses.MeanSquaredError, "mae": keras.losses.MeanAbsoluteError}[name]()
