"""The grammar of a search space: hyperparameters as data.

    parameters:
      depth: {type: int, low: 1, high: 5, default: 3, help: Hidden layers.}
      width: {type: int, low: 16, high: 1024, log: true, default: 256}
      optimizer: {type: choice, values: [adam, adamw], also: [sgd], default: adam}
      momentum: {type: float, low: 0, high: 0.99, default: 0.9, when: {optimizer: [sgd]}}

`search_spaces.reading` reads this from YAML. Nothing here knows a network or a search library.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from search_spaces.values import are_same, holds, is_of, multiplied, read_as

Value = bool | int | float | str
ParameterType = Literal["int", "float", "choice", "bool"]
Task = Literal["binary", "multiclass", "regression"]

_TYPES = ("int", "float", "choice", "bool")
_TASKS = ("binary", "multiclass", "regression")


@dataclass(frozen=True, slots=True)
class Default:
    """A default for some tables only.

    Attributes:
        value: The default there.
        task: Only for this task; None for any.
        up_to_rows: Only up to so many training rows; None for any number.
    """

    value: Value
    task: Task | None = None
    up_to_rows: int | None = None

    def fits(self, task: Task, rows: int) -> bool:
        """True for a table of that task and so many training rows."""
        return self.task in (None, task) and (self.up_to_rows is None or rows <= self.up_to_rows)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One hyperparameter: what values it may take and when it matters.

    Attributes:
        name: How builders and the training recipe call it.
        type: "int" and "float" have a range, "choice" has values, "bool" has neither.
        default: A value that works well without any search.
        defaults: Better defaults for some tables; the first that fits wins.
        low: Smallest value of the range.
        high: Largest value of the range, included.
        step: Distance between neighbouring values; with `log`, the factor between them. None: no grid
            (integers then count by one, or are drawn evenly in the logarithm).
        log: Values are drawn evenly in the logarithm.
        values: Values of a choice, all of one type.
        also: Further values of a choice that work but are not searched; they can be pinned.
        where_rare: Those of a choice's values that are searched too where a class is rare.
        lowest: Of a choice of numbers: any other number from here up can be pinned as well. Of a range: the smallest
            number that can be pinned. None: a choice has its values only, a range no such limit.
        scales: Parents and, for some of their values, what default and range are multiplied by: with another
            optimizer goes another learning rate. Of floats only.
        when: Parent names and the values of theirs for which this parameter matters; all must hold.
        tasks: Tasks for which it matters; empty for all.
        help: What it does, in a few words.
        factor: What default and range have been multiplied by, for parents that are pinned.

    Raises:
        ValueError: The fields contradict each other.
    """

    name: str
    type: ParameterType
    default: Value
    defaults: tuple[Default, ...] = ()
    low: int | float | None = None
    high: int | float | None = None
    step: int | float | None = None
    log: bool = False
    values: tuple[Value, ...] = ()
    also: tuple[Value, ...] = ()
    where_rare: tuple[Value, ...] = ()
    lowest: int | float | None = None
    scales: Mapping[str, Mapping[Value, float]] = field(default_factory=dict)
    when: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    help: str = ""
    factor: float = 1.0

    def __post_init__(self) -> None:
        if self.type not in _TYPES:
            raise ValueError(f"type must be one of {', '.join(_TYPES)}, not {self.type!r}")
        if self.type in ("int", "float"):
            _check_range(self)
        else:
            _check_values(self)
        if self.scales and self.type != "float":
            raise ValueError(f"'scales' is for floats, not for a {self.type}")
        for default in (self.default, *(case.value for case in self.defaults)):
            if not self.allows(default):
                raise ValueError(f"default {default!r} is not {self.domain()}")
        strays = [task for task in (*self.tasks, *(c.task for c in self.defaults if c.task)) if task not in _TASKS]
        if strays:
            raise ValueError(f"task must be one of {', '.join(_TASKS)}, not {strays[0]!r}")

    @property
    def fixed(self) -> bool:
        """True when a search has only one value to choose from."""
        return len(self.values) == 1 or (self.low is not None and self.low == self.high)

    def allows(self, value: object) -> bool:
        """True for a value of the right type inside the range, or among the values."""
        if self.type == "choice":
            return any(are_same(value, known) for known in (*self.values, *self.also))
        if not is_of(value, self.type):
            return False
        return self.low is None or self.high is None or self.low <= value <= self.high  # type: ignore[operator]

    def domain(self) -> str:
        """Says in words what is allowed, for messages and listings: "int from 1 to 5"."""
        if self.type == "bool":
            return "true or false"
        if self.type == "choice":
            known = "one of " + ", ".join(str(value) for value in (*self.values, *self.also))
            return known if self.lowest is None else f"{known}, or any from {self.lowest:g}"
        return f"{self.type} from {self.low:g} to {self.high:g}" + (", log" if self.log else "")

    def pinned(self, value: Value) -> Parameter:
        """Returns the same parameter with one value only.

        A range says what is searched, not what works: a pinned number may lie outside of it, down to `lowest`. Text
        is read as the parameter's type, so that values may come from a command line.

        Raises:
            ValueError: The value has the wrong type, is none of a choice's values, or is below what can be.
        """
        read = self._read(value)
        if not (self.allows(read) or self._can_be_pinned(read)):
            expected = f"a value of type {self.type}" if self.type in ("int", "float") else self.domain()
            if self.type != "choice" and self.lowest is not None:
                expected += f" from {self.lowest:g}"
            raise ValueError(f"{value!r} is not {expected}")
        return Parameter(
            self.name, "choice", default=read, values=(read,), when=self.when, tasks=self.tasks, help=self.help
        )

    def scaled(self, factor: float) -> Parameter:
        """Returns the same parameter with default and range multiplied by a factor."""

        def _times(number: int | float | None) -> float | None:
            return None if number is None else float(multiplied(number, factor))

        return dataclasses.replace(
            self,
            default=multiplied(self.default, factor),
            defaults=tuple(dataclasses.replace(c, value=multiplied(c.value, factor)) for c in self.defaults),
            low=_times(self.low),
            high=_times(self.high),
            step=self.step if self.log else _times(self.step),  # with `log`, a step is a factor itself
            factor=self.factor * factor,
        )

    def factor_for(self, chosen: Mapping[str, Value]) -> float:
        """Returns what default and range are multiplied by for values of the parents; see `scales`."""
        return math.prod(
            factor
            for parent, factors in self.scales.items()
            for value, factor in factors.items()
            if parent in chosen and are_same(chosen[parent], value)
        )

    def _can_be_pinned(self, value: Value) -> bool:
        """True for a number that is none of those that are searched, but works."""
        if self.type == "choice":
            is_number = self.lowest is not None and is_of(value, type(self.values[0]).__name__)
        else:
            is_number = is_of(value, self.type)
        return is_number and (self.lowest is None or value >= self.lowest)  # type: ignore[operator]

    def _read(self, value: Value) -> Value:
        if self.type != "choice":
            return read_as(value, self.type)
        found = [known for known in (*self.values, *self.also) if str(known) == str(value)]
        if found or self.lowest is None:
            return found[0] if found else value
        return read_as(value, type(self.values[0]).__name__)


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
                check_place(parameter, earlier)
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
            if holds(parameter.when, chosen):
                default = multiplied(parameter.default, parameter.factor_for(chosen))
                chosen[parameter.name] = values.get(parameter.name, default)
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
        """Fixes some parameters to one value each; see `Parameter.pinned`. Others follow where they have `scales`.

        Raises:
            ValueError: A name is unknown, a value has the wrong type or is none of a choice's values.
        """
        self._require_known(pins)
        parameters: list[Parameter] = []
        for parameter in self.parameters:
            try:
                if parameter.name in pins:
                    parameters.append(parameter.pinned(pins[parameter.name]))
                else:
                    parameters.append(_following(parameter, {known.name: known for known in parameters}, pins))
            except ValueError as error:
                raise ValueError(f"parameter {parameter.name!r}: {error}") from None
        return Space(tuple(parameters))

    def for_table(self, *, task: Task, rows: int, has_rare_class: bool = False) -> Space:
        """Returns what matters for a task, with the defaults for so many training rows.

        A choice of one value has one afterwards too: the default of the table, if that is another. Where a class is
        rare, choices have the values that are for it.
        """
        suited: dict[str, Parameter] = {}
        for parameter in self.parameters:
            if (parameter.tasks and task not in parameter.tasks) or not suited.keys() >= parameter.when.keys():
                continue  # Whatever depends on a parameter that goes, goes too.
            fitting = [case.value for case in parameter.defaults if case.fits(task, rows)]
            default = fitting[0] if fitting else parameter.default
            values, also = parameter.values, parameter.also
            if fitting and len(values) == 1 and values != (default,):  # as little searched as before
                values, also = (default,), tuple(value for value in (*values, *also) if value != default)
            if has_rare_class:
                added = tuple(value for value in also if value in parameter.where_rare)
                values, also = (*values, *added), tuple(value for value in also if value not in added)
            suited[parameter.name] = dataclasses.replace(
                parameter, default=default, defaults=(), values=values, also=also
            )
        return Space(tuple(suited.values()))

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

    Parameters of a branch are renamed to `branch/name`, without their `scales`; the first branch is the default.
    """
    names = tuple(branches)
    parameters = [Parameter(parent, "choice", default=names[0], values=names)]
    for branch, space in branches.items():
        for parameter in space.parameters:
            when = {parent: (branch,)} | {f"{branch}/{name}": values for name, values in parameter.when.items()}
            name = f"{branch}/{parameter.name}"
            parameters.append(dataclasses.replace(parameter, name=name, when=when, scales={}))
    return Space(tuple(parameters))


def check_place(parameter: Parameter, earlier: Mapping[str, Parameter]) -> None:
    """Checks that a parameter may follow those above it.

    Raises:
        ValueError: Its name is taken, or `when` names a parent or a value that is not among them.
    """
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
    strays = [parent for parent in parameter.scales if parent not in earlier]
    if strays:
        raise ValueError(f"'scales' names {strays[0]!r}, which is not among the parameters above it")


def _following(parameter: Parameter, earlier: Mapping[str, Parameter], pins: Mapping[str, Value]) -> Parameter:
    """Scales a parameter by those of its parents that have just been pinned."""
    known = {name: other.default for name, other in earlier.items() if name in pins}
    fixed = {
        parent: known[parent] for parent in parameter.scales if parent in pins and holds(earlier[parent].when, known)
    }
    if not fixed:
        return parameter
    rest = {parent: factors for parent, factors in parameter.scales.items() if parent not in fixed}
    return dataclasses.replace(parameter.scaled(parameter.factor_for(fixed)), scales=rest)


def _check_range(parameter: Parameter) -> None:
    low, high, step = parameter.low, parameter.high, parameter.step
    if parameter.values or parameter.also:
        raise ValueError(f"'values' and 'also' are for a choice; {parameter.type} takes 'low' and 'high'")
    if low is None or high is None:
        raise ValueError("lacks 'low' or 'high'")
    for key, number in (("low", low), ("high", high), ("step", step)):
        # The factor between the steps of a logarithmic range of integers need not be an integer.
        kind = "float" if key == "step" and parameter.log else parameter.type
        if number is not None and not is_of(number, kind):
            raise ValueError(f"{key!r} must be of type {kind}, not {number!r}")
    if low > high:
        raise ValueError(f"low {low:g} is above high {high:g}")
    if parameter.log and low <= 0:
        raise ValueError(f"a logarithmic range must start above 0, not at {low:g}")
    smallest = 1 if parameter.log else 0
    if step is not None and step <= smallest:
        raise ValueError(f"step must be above {smallest}, not {step:g}")


def _check_values(parameter: Parameter) -> None:
    for key in ("low", "high", "step", "log"):
        if getattr(parameter, key) not in (None, False):
            raise ValueError(f"{key!r} is for ranges, not for a {parameter.type}")
    values = (*parameter.values, *parameter.also)
    if parameter.type == "bool":
        if values:
            raise ValueError("a bool takes no 'values'")
        return
    if not parameter.values:
        raise ValueError("lacks 'values'")
    if len({type(value) for value in values}) > 1 or not isinstance(values[0], (bool, int, float, str)):
        raise ValueError(f"values must be numbers of one type or all words, not {list(values)}")
    strays = [value for value in parameter.where_rare if value not in values]
    if strays:
        raise ValueError(f"'where_rare' names {strays[0]!r}, which is not {parameter.domain()}")
    if len(set(values)) < len(values):
        raise ValueError(f"a value occurs twice in {list(values)}")
