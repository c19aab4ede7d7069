"""The rule that turns gradients into steps: Keras' optimizers, by the names of the recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from search_spaces.grammar import Value

_OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "nadam": keras.optimizers.Nadam,
    "lion": keras.optimizers.Lion,
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adagrad": keras.optimizers.Adagrad,
}
# Recipe names that are Keras' names too. A recipe holds only those that its optimizer knows.
_OPTIONS = ("beta_2", "momentum", "nesterov", "weight_decay")


def make_optimizer(recipe: Mapping[str, Value], variables: Sequence[Any]) -> keras.optimizers.Optimizer:
    """Returns the optimizer that the recipe asks for, with all its variables made.

    Args:
        recipe: Reads `optimizer`, `learning_rate`, `gradient_clip_norm` and what the optimizer knows besides.
        variables: What it will train. Only those of two or more axes decay: shrinking a bias or the scale of a
            normalisation regularises nothing.
    """
    options: dict[str, Any] = {name: recipe[name] for name in _OPTIONS if name in recipe}
    optimizer = _OPTIMIZERS[str(recipe["optimizer"])](
        learning_rate=float(recipe["learning_rate"]),
        global_clipnorm=float(recipe.get("gradient_clip_norm", 0.0)) or None,
        **options,
    )
    if optimizer.weight_decay:
        optimizer.exclude_from_weight_decay(var_list=[v for v in variables if len(v.shape) < 2])
    # Made now, so that a parent's state can be loaded before the first step.
    optimizer.build(variables)
    return optimizer
