"""The rules that turn gradients into steps, on all weights of all members at once.

The arithmetic is that of Keras' optimizers, written as functions from state to state: the weights of a network are one
row of a matrix `(members, parameters)`, and rates, decay, momentum, memory and clipping are columns `(members, 1)`. So
no hyperparameter is part of a compiled graph, and the state of an optimizer is plain tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_cli.training.averaging import AVERAGE
from automl_cli.training.flat import decay_factor
from search_spaces.grammar import Value

# What an optimizer remembers, by name: `(members, parameters)`, or `(members, 1)` for `steps` and products of rates.
Memory = dict[str, Any]

_EPSILON = 1e-7
_BETA_1 = 0.9
_LION_BETA_2 = 0.99
_RHO = 0.9  # of RMSprop
_NADAM_DECAY = 0.96

# Hyperparameters of optimizers that are no part of a compiled graph.
OPTIMIZER_VALUES = (
    "beta_2", "momentum", "weight_decay", "gradient_clip_norm", "gradient_clip_value", "l1", "l2", "max_norm",
)  # fmt: skip
# Those of them that are left out of the graph where they are 0: most trainings do without, and pay nothing for them.
ABSENT_AT_ZERO = ("gradient_clip_value", "l1", "l2", "max_norm")
# Those that become weaker where regularisation does.
STRENGTHS = ("weight_decay", "l1", "l2")


@dataclass(frozen=True, slots=True)
class Rule:
    """An optimizer.

    Attributes:
        change: From gradient, memory, rate and values to what is added to the weights and the new memory.
        matrices: What is remembered of every weight, by name, with the value before the first step.
        columns: What is remembered of every member.
    """

    change: Callable[[Any, Memory, Any, Mapping[str, Any]], tuple[Any, Memory]]
    matrices: Mapping[str, float]
    columns: Mapping[str, float]

    def fresh(self, parameters: int) -> dict[str, NDArray[np.float32]]:
        """Returns the memory of one member before its first step."""
        matrices = {name: np.full(parameters, value, np.float32) for name, value in self.matrices.items()}
        return matrices | {name: np.full(1, value, np.float32) for name, value in self.columns.items()}


def with_average(rule: Rule) -> Rule:
    """Returns the optimizer with a place in its memory for an average of the weights; the first step fills it."""
    return replace(rule, matrices={**rule.matrices, AVERAGE: 0.0})


def rule_name(recipe: Mapping[str, Value]) -> str:
    """Returns the name of the rule that the recipe asks for; it reads `optimizer` and `nesterov`."""
    name = str(recipe["optimizer"])
    return "sgd_nesterov" if name == "sgd" and recipe.get("nesterov") else name


def apply_rule(
    rule: Rule, weights: Any, *, gradient: Any, memory: Memory, rate: Any, values: Mapping[str, Any]
) -> tuple[Any, Memory]:
    """Takes one step.

    Args:
        rule: The optimizer.
        weights: `(members, parameters)`.
        gradient: Likewise; already clipped.
        memory: What the rule remembers.
        rate: Learning rates `(members, 1)`.
        values: Reads what the rule knows, and `decay`: the share of a weight `(members, parameters)` that the step
            takes away for each unit of the rate.

    Returns:
        New weights and new memory.
    """
    if "decay" in values:
        weights -= weights * values["decay"] * rate
    change, kept = rule.change(gradient, memory, rate, values)
    return weights + change, kept | {"steps": memory["steps"] + 1}


def clip(gradient: Any, norm: Any) -> Any:
    """Shortens gradients `(members, parameters)` to a length `(members, 1)`; 0 leaves them as they are."""
    length = tf.sqrt(tf.reduce_sum(tf.square(gradient), axis=1, keepdims=True))
    limit = tf.where(norm > 0, norm, 1.0)
    scale = limit * tf.minimum(1 / length, 1 / limit) + (length - length)  # NaN where the length is no number
    return gradient * tf.where(norm > 0, scale, 1.0)


def clip_values(gradient: Any, limit: Any) -> Any:
    """Limits every gradient `(members, parameters)` to `-limit` to `limit`, `(members, 1)`."""
    return tf.clip_by_value(gradient, -limit, limit)


def names_of_values(recipe: Mapping[str, Value]) -> tuple[str, ...]:
    """Returns the names of the hyperparameters of the optimizer that a graph is made for."""
    return tuple(n for n in OPTIMIZER_VALUES if n in recipe and (n not in ABSENT_AT_ZERO or float(recipe[n])))


def _adam(gradient: Any, memory: Memory, rate: Any, values: Mapping[str, Any]) -> tuple[Any, Memory]:
    step, beta_2 = memory["steps"] + 1, values["beta_2"]
    alpha = rate * tf.sqrt(1 - tf.pow(beta_2, step)) / (1 - tf.pow(_BETA_1, step))
    mean = memory["mean"] + (gradient - memory["mean"]) * (1 - _BETA_1)
    square = memory["square"] + (tf.square(gradient) - memory["square"]) * (1 - beta_2)
    return -mean * alpha / (tf.sqrt(square) + _EPSILON), {"mean": mean, "square": square}


def _nadam(gradient: Any, memory: Memory, rate: Any, values: Mapping[str, Any]) -> tuple[Any, Memory]:
    step, beta_2 = memory["steps"] + 1, values["beta_2"]
    now = _BETA_1 * (1 - 0.5 * tf.pow(_NADAM_DECAY, step))
    following = _BETA_1 * (1 - 0.5 * tf.pow(_NADAM_DECAY, step + 1))
    product = memory["product"] * now
    mean = memory["mean"] + (gradient - memory["mean"]) * (1 - _BETA_1)
    square = memory["square"] + (tf.square(gradient) - memory["square"]) * (1 - beta_2)
    ahead = following * mean / (1 - product * following) + (1 - now) * gradient / (1 - product)
    change = -ahead * rate / (tf.sqrt(square / (1 - tf.pow(beta_2, step))) + _EPSILON)
    return change, {"mean": mean, "square": square, "product": product}


def _lion(gradient: Any, memory: Memory, rate: Any, values: Mapping[str, Any]) -> tuple[Any, Memory]:
    change = -rate * tf.sign(memory["mean"] * _BETA_1 + gradient * (1 - _BETA_1))
    return change, {"mean": memory["mean"] * _LION_BETA_2 + gradient * (1 - _LION_BETA_2)}


def _sgd(gradient: Any, memory: Memory, rate: Any, values: Mapping[str, Any]) -> tuple[Any, Memory]:
    velocity = memory["velocity"] * values["momentum"] - gradient * rate
    return velocity, {"velocity": velocity}


def _sgd_nesterov(gradient: Any, memory: Memory, rate: Any, values: Mapping[str, Any]) -> tuple[Any, Memory]:
    velocity = memory["velocity"] * values["momentum"] - gradient * rate
    return velocity * values["momentum"] - gradient * rate, {"velocity": velocity}


def _rmsprop(gradient: Any, memory: Memory, rate: Any, values: Mapping[str, Any]) -> tuple[Any, Memory]:
    square = _RHO * memory["square"] + (1 - _RHO) * tf.square(gradient)
    return -rate * gradient / tf.sqrt(square + _EPSILON), {"square": square}


def _adagrad(gradient: Any, memory: Memory, rate: Any, values: Mapping[str, Any]) -> tuple[Any, Memory]:
    square = memory["square"] + tf.square(gradient)
    return -rate * gradient / tf.sqrt(square + _EPSILON), {"square": square}


_STEPS = {"steps": 0.0}
RULES = {
    "adam": Rule(_adam, {"mean": 0.0, "square": 0.0}, _STEPS),
    "adamw": Rule(_adam, {"mean": 0.0, "square": 0.0}, _STEPS),
    "nadam": Rule(_nadam, {"mean": 0.0, "square": 0.0}, {"product": 1.0, **_STEPS}),
    "lion": Rule(_lion, {"mean": 0.0}, _STEPS),
    "sgd": Rule(_sgd, {"velocity": 0.0}, _STEPS),
    "sgd_nesterov": Rule(_sgd_nesterov, {"velocity": 0.0}, _STEPS),
    "rmsprop": Rule(_rmsprop, {"square": 0.0}, _STEPS),
    "adagrad": Rule(_adagrad, {"square": 0.1}, _STEPS),
}

_KERAS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "nadam": keras.optimizers.Nadam,
    "lion": keras.optimizers.Lion,
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adagrad": keras.optimizers.Adagrad,
}


def keras_optimizer(recipe: Mapping[str, Value], variables: Any) -> keras.optimizers.Optimizer:
    """Returns Keras' own optimizer of the same arithmetic, with all its variables made.

    Args:
        recipe: Reads `optimizer`, `learning_rate`, `gradient_clip_norm`, `gradient_clip_value` and what the optimizer
            knows besides.
        variables: What it will train. Only those of two or more axes decay: shrinking a bias or the scale of a
            normalisation regularises nothing.
    """
    # Recipe names that are Keras' names too. A recipe holds only those that its optimizer knows.
    options = {name: recipe[name] for name in ("beta_2", "momentum", "nesterov", "weight_decay") if name in recipe}
    optimizer = _KERAS[str(recipe["optimizer"])](
        learning_rate=float(recipe["learning_rate"]),
        global_clipnorm=float(recipe.get("gradient_clip_norm", 0.0)) or None,
        clipvalue=float(recipe.get("gradient_clip_value", 0.0)) or None,
        **options,
    )
    if optimizer.weight_decay:
        optimizer.exclude_from_weight_decay(var_list=[v for v in variables if not decay_factor(v)])
    optimizer.build(variables)
    return optimizer
