"""The grammar of a search space: hyperparameters as data, read from YAML that people copy and edit.

    parameters:
      depth: {type: int, low: 1, high: 5, default: 3, help: Hidden layers.}
      width: {type: int, low: 16, high: 1024, log: true, default: 256}
      optimizer: {type: choice, values: [adam, sgd], default: adam}
      momentum: {type: float, low: 0, high: 0.99, default: 0.9, when: {optimizer: [sgd]}}

A scalar in place of the braces, as in `depth: 3`, fixes a parameter that is known already. Nothing here knows a
network or a search library.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from search_spaces.document import Document

Value = bool | int | float | str
ParameterType = Literal["int", "float", "choice", "bool"]

_TYPES = ("int", "float", "choice", "bool")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One hyperparameter: what values it may take and when it matters.

    Attributes:
        name: How builders and the training recipe call it.
        type: "int" and "float" have a range, "choice" has values, "bool" has neither.
        default: A value that works well without any search.
        low: Smallest value of the range.
        high: Largest value of the range, included.
        step: Distance between neighbouring values; with `log`, the factor between them. None: no grid
            (integers then count by one, or are drawn evenly in the logarithm).
        log: Values are drawn evenly in the logarithm.
        values: Values of a choice, all of one type.
        when: Parent names and the values of theirs for which this parameter matters; all must hold.
        help: What it does, in a few words.

    Raises:
        ValueError: The fields contradict each other.
    """

    name: str
    type: ParameterType
    default: Value
    low: int | float | None = None
    high: int | float | None = None
    step: int | float | None = None
    log: bool = False
    values: tuple[Value, ...] = ()
    when: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    help: str = ""

    def __post_init__(self) -> None:
        if self.type not in _TYPES:
            raise ValueError(f"type must be one of {', '.join(_TYPES)}, not {self.type!r}")
        _check_range(self) if self.type in ("int", "float") else _check_values(self)
        if not self.allows(self.default):
            raise ValueError(f"default {self.default!r} is not {self.domain()}")

    @property
    def fixed(self) -> bool:
        """True when there is only one value to choose from."""
        return len(self.values) == 1 or (self.low is not None and self.low == self.high)

    def allows(self, value: object) -> bool:
        """True for a value of the right type inside the range, or among the values."""
        if self.type == "choice":
            return any(_same(value, allowed) for allowed in self.values)
        return _is_of(value, self.type) and (self.low is None or self.low <= value <= self.high)  # type: ignore[operator]

    def domain(self) -> str:
        """Says in words what is allowed, for messages and listings: "int from 1 to 5"."""
        if self.type == "bool":
            return "true or false"
        if self.type == "choice":
            return "one of " + ", ".join(str(value) for value in self.values)
        return f"{self.type} from {self.low:g} to {self.high:g}" + (", log" if self.log else "")


@dataclass(frozen=True, slots=True)
class Space:
    """Hyperparameters in order; a parent always comes before those that depend on it.

    Raises:
        ValueError: A name occurs twice, or `when` names a parent or a value that does not exist.
    """

    parameters: tuple[Parameter, ...] = ()

    def __post_init__(self) -> None:
        for position, parameter in enumerate(self.parameters):
            earlier = {other.name: other for other in self.parameters[:position]}
            try:
                _check_place(parameter, earlier)
            except ValueError as error:
                raise ValueError(f"parameter {parameter.name!r}: {error}") from None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all parameters, in order."""
        return tuple(parameter.name for parameter in self.parameters)

    def __getitem__(self, name: str) -> Parameter:
        """Returns the parameter of that name.

        Raises:
            KeyError: There is none.
        """
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)

    def defaults(self) -> dict[str, Value]:
        """Returns the default of every active parameter."""
        return self.active({})

    def active(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Returns every parameter that matters given these values, with its value or else its default.

        Raises:
            ValueError: A name is unknown.
        """
        self._require_known(values)
        chosen: dict[str, Value] = {}
        for parameter in self.parameters:
            if _holds(parameter.when, chosen):
                chosen[parameter.name] = values.get(parameter.name, parameter.default)
        return chosen

    def validate(self, values: Mapping[str, Value]) -> None:
        """Checks values that came from outside; parameters that are left out take their default.

        Raises:
            ValueError: A name is unknown or a value is not allowed.
        """
        self._require_known(values)
        for name, value in values.items():
            if not self[name].allows(value):
                raise ValueError(f"parameter {name!r}: {value!r} is not {self[name].domain()}")

    def with_pins(self, pins: Mapping[str, Value]) -> Space:
        """Fixes some parameters to one value each.

        A range says what is searched, not what works: a pinned number may lie outside of it.

        Raises:
            ValueError: A name is unknown, a value has the wrong type or is none of a choice's values.
        """
        self._require_known(pins)
        pinned = []
        for parameter in self.parameters:
            try:
                pinned.append(_pin(parameter, pins[parameter.name]) if parameter.name in pins else parameter)
            except ValueError as error:
                raise ValueError(f"parameter {parameter.name!r}: {error}") from None
        return Space(tuple(pinned))

    def join(self, *others: Space) -> Space:
        """Returns one space with the parameters of this one and of the others.

        Raises:
            ValueError: A name occurs in two of them.
        """
        return Space(self.parameters + tuple(p for other in others for p in other.parameters))

    def _require_known(self, values: Mapping[str, Value]) -> None:
        unknown = sorted(set(values) - set(self.names))
        if unknown:
            raise ValueError(f"unknown parameter {unknown[0]!r}; known are {', '.join(self.names)}")


def join_branches(branches: Mapping[str, Space], parent: str = "family") -> Space:
    """Returns one tree: a choice called `parent`, and below each of its values the space of that branch.

    Parameters of a branch are renamed to `branch/name`; the first branch is the default.
    """
    names = tuple(branches)
    parameters = [Parameter(parent, "choice", default=names[0], values=names)]
    for branch, space in branches.items():
        for parameter in space.parameters:
            when = {parent: (branch,)} | {f"{branch}/{name}": values for name, values in parameter.when.items()}
            parameters.append(dataclasses.replace(parameter, name=f"{branch}/{parameter.name}", when=when))
    return Space(tuple(parameters))


def read_space(document: Document, section: str = "parameters", base: Space | None = None) -> Space:
    """Reads a section of a YAML file as a space, or as changes to a base.

    With a base, parameters that the section leaves out stay as they are, and so do the fields that it leaves
    out of a parameter; parameters that the base lacks are errors.

    Raises:
        ValueError: Names the file, the line and the parameter of the first mistake.
    """
    known = {parameter.name: parameter for parameter in base.parameters} if base else {}
    entries = document.values.get(section) or {}
    if not isinstance(entries, Mapping):
        raise document.error((section,), f"{section!r} must list parameters by name")
    result = dict(known)
    for name, entry in entries.items():
        try:
            if base is not None and name not in known:
                raise ValueError(f"is not one of {', '.join(known)}")
            result[name] = _read_parameter(name, entry, known.get(name))
            _check_place(result[name], {other: result[other] for other in _before(name, result)})
        except ValueError as error:
            raise document.error((section, name), f"parameter {name!r}: {error}") from None
    try:
        return Space(tuple(result.values()))
    except ValueError as error:  # A change to a parent took away a value that a later parameter depends on.
        raise document.error((section,), str(error)) from None


def _read_parameter(name: str, entry: object, base: Parameter | None) -> Parameter:
    if not isinstance(entry, Mapping):
        if base is None:
            raise ValueError(f"expected fields such as {{type: int, low: 1, high: 5, default: 3}}, not {entry!r}")
        return _pin(base, entry)
    fields = {f.name for f in dataclasses.fields(Parameter)} - {"name"}
    unknown = sorted(set(map(str, entry)) - fields)
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; known are {', '.join(sorted(fields))}")
    given = dict(entry)
    if base is not None and given.get("type", base.type) == base.type:
        given = {f: getattr(base, f) for f in fields} | given
    for needed in ("type", "default"):
        if needed not in given:
            raise ValueError(f"lacks {needed!r}")
    if given["type"] in ("int", "float"):
        numbers = {key: _number(given[key]) for key in ("low", "high", "step", "default") if key in given}
        if given["type"] == "float":
            numbers = {key: float(number) if _is_of(number, "float") else number for key, number in numbers.items()}
        given |= numbers
    given["values"] = _sequence(given.get("values", ()), "values")
    when = given.get("when") or {}
    if not isinstance(when, Mapping):
        raise ValueError("'when' must map a parent to its values, as in {optimizer: [sgd]}")
    given["when"] = {str(parent): _sequence(values, "when") for parent, values in when.items()}
    return Parameter(name=name, **given)


def _number(value: Any) -> Any:
    """Reads `1e-3`, which YAML 1.1 takes for a word because it has no point."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _sequence(value: object, key: str) -> tuple[Any, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError(f"{key!r} must be a list, not {value!r}")
    return tuple(value)


def _pin(parameter: Parameter, value: Any) -> Parameter:
    if parameter.type in ("int", "float"):
        value = _number(value)
    if parameter.type == "float" and _is_of(value, "float"):
        value = float(value)
    allowed = parameter.allows(value) if parameter.type == "choice" else _is_of(value, parameter.type)
    if not allowed:
        expected = parameter.domain() if parameter.type in ("choice", "bool") else f"a number of type {parameter.type}"
        raise ValueError(f"{value!r} is not {expected}")
    return dataclasses.replace(
        parameter, type="choice", values=(value,), default=value, low=None, high=None, step=None, log=False
    )


def _check_range(parameter: Parameter) -> None:
    low, high, step = parameter.low, parameter.high, parameter.step
    if parameter.values:
        raise ValueError(f"'values' is for a choice; {parameter.type} takes 'low' and 'high'")
    if low is None or high is None:
        raise ValueError("lacks 'low' or 'high'")
    for key, number in (("low", low), ("high", high), ("step", step)):
        # The factor between the steps of a logarithmic range of integers need not be an integer.
        kind = "float" if key == "step" and parameter.log else parameter.type
        if number is not None and not _is_of(number, kind):
            raise ValueError(f"{key!r} must be of type {kind}, not {number!r}")
    if low > high:
        raise ValueError(f"low {low:g} is above high {high:g}")
    if parameter.log and low <= 0:
        raise ValueError(f"a logarithmic range must start above 0, not at {low:g}")
    smallest = 1 if parameter.log else 0
    if step is not None and step <= smallest:
        raise ValueError(f"step must be above {smallest}, not {step:g}")


def _check_values(parameter: Parameter) -> None:
    for key in ("low", "high", "step"):
        if getattr(parameter, key) is not None:
            raise ValueError(f"{key!r} is for ranges, not for a {parameter.type}")
    if parameter.log:
        raise ValueError(f"'log' is for ranges, not for a {parameter.type}")
    if parameter.type == "bool" and parameter.values:
        raise ValueError("a bool takes no 'values'")
    if parameter.type == "choice":
        if not parameter.values:
            raise ValueError("lacks 'values'")
        if len({type(value) for value in parameter.values}) > 1 or type(parameter.values[0]) not in (
            bool,
            int,
            float,
            str,
        ):
            raise ValueError(f"values must be all numbers of one type or all words, not {list(parameter.values)}")
        if len(set(parameter.values)) < len(parameter.values):
            raise ValueError(f"a value occurs twice in {list(parameter.values)}")


def _check_place(parameter: Parameter, earlier: Mapping[str, Parameter]) -> None:
    if parameter.name in earlier:
        raise ValueError("occurs twice")
    for parent, values in parameter.when.items():
        if parent not in earlier:
            raise ValueError(f"'when' names {parent!r}, which is not among the parameters above it")
        if not values:
            raise ValueError(f"'when' gives no value of {parent!r}")
        # A pinned parent has lost its other values; what depends on them is inactive, not wrong.
        stray = [value for value in values if not earlier[parent].fixed and not earlier[parent].allows(value)]
        if stray:
            raise ValueError(f"'when' asks for {parent} = {stray[0]!r}, which is not {earlier[parent].domain()}")


def _before(name: str, parameters: Mapping[str, Parameter]) -> list[str]:
    order = list(parameters)
    return order[: order.index(name)]


def _holds(when: Mapping[str, tuple[Value, ...]], chosen: Mapping[str, Value]) -> bool:
    return all(
        parent in chosen and any(_same(chosen[parent], value) for value in values) for parent, values in when.items()
    )


def _same(value: object, allowed: object) -> bool:
    """Equal and of one type, so that True is not 1; a NaN equals nothing."""
    return type(value) is type(allowed) and value == allowed


def _is_of(value: object, kind: str) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return isinstance(value, int) if kind == "int" else math.isfinite(value)
