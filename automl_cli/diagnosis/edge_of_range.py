"""Edge of the range: the best value is the last that could be tried, and the best of all may lie beyond."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Literal

from automl_cli.diagnosis.rule import RunRule
from automl_cli.diagnosis.searched import Searched
from search_spaces.family import Family
from search_spaces.grammar import Parameter, Value

End = Literal["lower", "upper"]

# Fewer trials of a family have not looked around.
FEWEST_TRIALS = 5
# As many different values of a hyperparameter, or it was hardly varied.
_FEWEST_VALUES = 3
# Of a continuous range, on its own scale: so near to the end, nothing would have been tried beyond it.
_NEAR = 0.02
# By how much a range is widened: a factor where it is logarithmic, a share of its width where it is not.
_FACTOR, _FACTOR_OF_STEPS, _SHARE = 3.0, 2, 0.25
# How long a training may take is planned by time, not searched.
_PLANNED = ("epochs", "patience")


def edges_of_best(search: Searched) -> Iterator[tuple[str, End]]:
    """Yields hyperparameters of the best trial whose value is at an end beyond which another one can be had.

    The ends of fitted families are limits of what can be exported.
    """
    if not search.tried:
        return
    best = search.tried[0].trial
    family = search.families.get(best.family)
    own = [result.trial.hyperparameters for result in search.tried if result.trial.family == best.family]
    if family is None or family.kind != "gradient" or len(own) < FEWEST_TRIALS:
        return
    for parameter in family.full_space.parameters:
        value = best.hyperparameters.get(parameter.name)
        if value is None or parameter.fixed or parameter.name in _PLANNED:
            continue
        end = _end(parameter, value)
        tried = {values[parameter.name] for values in own if parameter.name in values}
        if end and len(tried) >= _FEWEST_VALUES and beyond(parameter, end) is not None:
            yield parameter.name, end


def beyond(parameter: Parameter, end: End) -> Value | None:
    """Returns a value a step beyond an end of a range; None where a value there makes no sense, as a negative width."""
    low, high = _ends(parameter)
    if low is None or high is None:
        return None
    if parameter.type == "choice":  # batches
        return int(high * _FACTOR_OF_STEPS) if end == "upper" else max(1, int(low) // _FACTOR_OF_STEPS)
    if parameter.type == "int":
        more = max(1, round(_SHARE * (high - low)))
        upper = int(high * _FACTOR_OF_STEPS if parameter.log else high + more)
        lower = int(low) // _FACTOR_OF_STEPS if parameter.log else int(low) - 1
        return upper if end == "upper" else lower if lower >= 1 else None
    if parameter.log:
        return _plain(high * _FACTOR if end == "upper" else low / _FACTOR)
    step = _SHARE * (high - low)
    if end == "lower":
        return _plain(low - step) if low - step > 0 else None
    # A share cannot reach 1.
    return _plain(min(high + step, (1 + high) / 2)) if high < 1 else _plain(high + step) if high > 1 else None


def describe(name: str, value: Value, *, family: Family, end: End) -> str:
    """Says in words that a value is at the end of its range: "width = 1024, the upper end of its range"."""
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{name} = {shown} of {family.name}, the {end} end of its range"


def _end(parameter: Parameter, value: Value) -> End | None:
    low, high = _ends(parameter)
    if low is None or high is None or isinstance(value, (str, bool)):
        return None
    if parameter.type == "float":
        place = _place(value, low, high, log=parameter.log)
        return "lower" if place <= _NEAR else "upper" if place >= 1 - _NEAR else None
    # What lies outside was pinned or is the widened range of an earlier look.
    return "lower" if value == low else "upper" if value == high else None


def _place(value: float, low: float, high: float, *, log: bool) -> float:
    """Returns where a value lies between the ends, 0 to 1; NaN, and so at no end, where it lies outside."""
    if not low <= value <= high:
        return math.nan
    return math.log(value / low) / math.log(high / low) if log else (value - low) / (high - low)


def _ends(parameter: Parameter) -> tuple[float | None, float | None]:
    """Returns the ends of a range, or of a choice among whole numbers; none where words or shares are chosen among."""
    if parameter.type == "choice":
        numbers = [value for value in parameter.values if isinstance(value, int) and not isinstance(value, bool)]
        return (min(numbers), max(numbers)) if len(numbers) == len(parameter.values) > 1 else (None, None)
    return parameter.low, parameter.high


def _plain(value: float) -> float:
    return float(f"{value:.4g}")


def _look(search: Searched) -> Iterator[str]:
    for name, end in edges_of_best(search):
        best: Mapping[str, Value] = search.tried[0].trial.hyperparameters
        family = search.families[search.tried[0].trial.family]
        yield f"The best trial has {describe(name, best[name], family=family, end=end)}: better ones may lie beyond it."


EDGE_OF_RANGE = RunRule(
    code="edge-of-range",
    name="Best value at the edge of its range",
    row=24,
    cure="widen the range in a space file of your own (--space), or fix a value beyond it with --set",
    look=_look,
    severity="info",
)
