"""Between our spaces and KerasTuner's: one tree of hyperparameters, declared whole before the first trial.

A replay only repeats the draws of the first run if no oracle discovers a hyperparameter on its way.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from automl_cli.records import Trial, Value
from search_spaces.family import Family
from search_spaces.grammar import Parameter, Space, join_branches
from search_spaces.values import nearest_number

# What a trial may cost, not how good it can be: the best weights are kept, so a search of these would learn to
# train for as long as it may.
_COSTS = ("epochs", "patience")


def make_tree(families: Mapping[str, Family]) -> Space:
    """Returns one space: a choice called "family" and, below each of its values, that family's parameters.

    Names read `mlp/width`: AutoKeras' greedy oracle takes what stands between slashes for groups.
    """
    return join_branches({name: _searched(family.full_space) for name, family in families.items()})


def declare(space: Space) -> Any:
    """Returns the space as `keras_tuner.HyperParameters`, conditions and fixed values included."""
    import keras_tuner

    tree = keras_tuner.HyperParameters()
    for parameter in space.parameters:
        with ExitStack() as scopes:
            for parent, values in parameter.when.items():
                scopes.enter_context(tree.conditional_scope(parent, list(values)))
            _declare(tree, parameter)
    return tree


def tree_values(trial: Trial) -> dict[str, Value]:
    """Returns a trial's hyperparameters under their names in the tree."""
    return {"family": trial.family, **{f"{trial.family}/{name}": v for name, v in trial.hyperparameters.items()}}


def nearest_values(trial: Trial, family: Family) -> dict[str, Value]:
    """Returns what `tree_values` does, with values that the tree does not hold moved to the nearest that it does."""
    space = _searched(family.full_space)
    known = {
        name: value if name not in space.names or space[name].allows(value) else _nearest(space[name], value)
        for name, value in trial.hyperparameters.items()
    }
    return tree_values(replace(trial, hyperparameters=known))


def make_trial(
    number: int, values: Mapping[str, Any], *, families: Mapping[str, Family], origin: str, epochs: int | None = None
) -> Trial:
    """Reads an oracle's values as a trial.

    Args:
        number: Of the trial.
        values: Active values by their names in the tree; others are passed over.
        families: By name.
        origin: Why it is tried.
        epochs: To train up to; the recipe's own number by default, 1 where there is none.
    """
    family = families[str(values["family"])]
    prefix = f"{family.name}/"
    own = {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}
    plain = {name: _plain(value, family.full_space[name]) for name, value in own.items()}
    hyperparameters = family.full_space.active(plain)
    epochs = epochs if epochs is not None else int(hyperparameters.get("epochs", 1))
    return Trial(number, family.name, hyperparameters, epochs=epochs, origin=origin)


def default_trial(number: int, family: Family, *, origin: str = "default") -> Trial:
    """Returns the family as its author would train it, with the user's fixed values."""
    return make_trial(number, {"family": family.name}, families={family.name: family}, origin=origin)


def _searched(space: Space) -> Space:
    held = space.with_pins({name: space[name].default for name in _COSTS if name in space.names})
    reached: dict[str, Parameter] = {}
    for parameter in held.parameters:
        if all(parent in reached and _takes(reached[parent], values) for parent, values in parameter.when.items()):
            # What no trial can have would be an axis for nothing, and follows from nothing else.
            known = {parent: factors for parent, factors in parameter.scales.items() if parent in reached}
            reached[parameter.name] = replace(parameter, scales=known)
    return Space(tuple(_listed(parameter) for parameter in reached.values()))


def _takes(parameter: Parameter, values: tuple[Value, ...]) -> bool:
    """Says whether a search may give a parameter one of these values."""
    return parameter.type != "choice" or bool({*parameter.values, parameter.default} & set(values))


def _nearest(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, (str, bool)):
        return parameter.default
    if parameter.low is not None and parameter.high is not None:
        return min(max(value, parameter.low), parameter.high)
    found = nearest_number(value, parameter.values)
    return parameter.default if found is None else found


def _listed(parameter: Parameter) -> Parameter:
    """Writes a range with steps as a choice.

    KerasTuner loses the last step of `0.5 // 0.1` and takes only whole factors between integers.
    """
    low, high, step = parameter.low, parameter.high, parameter.step
    if low is None or high is None or step is None:
        return parameter
    values, value = [], float(low)
    while value <= high + 1e-9 * max(abs(high), step):
        values.append(int(value + 1e-9) if parameter.type == "int" else float(f"{value:.9g}"))
        value = value * step if parameter.log else low + len(values) * step
    return as_choice(parameter, values)


def as_choice(parameter: Parameter, values: list[Any]) -> Parameter:
    """Returns a parameter that may take these values and its default, in ascending order."""
    known = tuple(sorted({*values, parameter.default}))
    return replace(parameter, type="choice", values=known, low=None, high=None, step=None, log=False)


def _declare(tree: Any, parameter: Parameter) -> None:
    name, default = parameter.name, parameter.default
    sampling = "log" if parameter.log else "linear"
    # A default may lie among the values that are not searched.
    values = list(dict.fromkeys((*parameter.values, default)))
    if parameter.fixed and default in (*parameter.values, parameter.low):
        tree.Fixed(name, default)
    elif parameter.type == "int":
        tree.Int(name, parameter.low, parameter.high, sampling=sampling, default=default)
    elif parameter.type == "float":
        tree.Float(name, parameter.low, parameter.high, sampling=sampling, default=default)
    elif isinstance(default, bool):  # KerasTuner would make integers of a choice between true and false.
        tree.Boolean(name, default=default)
    else:
        tree.Choice(name, values, default=default)


def _plain(value: Any, parameter: Parameter) -> Value:
    """Rounds what was drawn from a continuous range to what a person can copy, as a float of Python's own."""
    is_drawn = parameter.type == "float" and parameter.step is None
    return float(f"{value:.4g}") if is_drawn else value
