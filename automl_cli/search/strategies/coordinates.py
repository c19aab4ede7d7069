"""Between values of KerasTuner's hyperparameters and points of a unit cube."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import keras_tuner


def varied(tree: Any) -> list[Any]:
    """Returns the hyperparameters of a `keras_tuner.HyperParameters` that are not fixed: the axes of the cube."""
    return [parameter for parameter in tree.space if not _is_fixed(parameter)]


def values_at(tree: Any, point: Sequence[float], *, held: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """Reads a point `(axes,)` as values, active ones alone; what KerasTuner does by building the tree anew.

    Args:
        tree: A `keras_tuner.HyperParameters`.
        point: In the unit cube.
        held: Values of what is no axis, where they differ from the tree's own.
    """
    coordinates, values = iter(point), dict[str, Any]()
    for parameter in tree.space:
        fixed = held.get(parameter.name, parameter.value) if _is_fixed(parameter) else None
        value = parameter.prob_to_value(next(coordinates)) if fixed is None else fixed
        if all(condition.is_active(values) for condition in parameter.conditions):
            values[parameter.name] = value
    return values


def point_of(tree: Any, values: Mapping[str, Any]) -> list[float]:
    """Returns values as a point; inactive ones stand at their default."""
    return [parameter.value_to_prob(values.get(parameter.name, parameter.default)) for parameter in varied(tree)]


def _is_fixed(parameter: Any) -> bool:
    return isinstance(parameter, keras_tuner.engine.hyperparameters.Fixed)
