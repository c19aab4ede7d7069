"""Plain values of hyperparameters: of what type they are, read from text, and scaled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

_Plain = bool | int | float | str


def are_same(value: object, known: object) -> bool:
    """Equal and of one type: True is not 1."""
    return type(value) is type(known) and value == known


def is_of(value: object, kind: str) -> bool:
    """True for a value of type "bool", or a number that is an "int", or a finite "float"; 1 is both."""
    if kind == "bool":
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return isinstance(value, int) if kind == "int" else kind == "float" and math.isfinite(value)


def holds(when: Mapping[str, Sequence[_Plain]], chosen: Mapping[str, _Plain]) -> bool:
    """True where every name has been chosen, and one of its values."""
    return all(
        name in chosen and any(are_same(chosen[name], value) for value in values) for name, values in when.items()
    )


def read_as(value: _Plain, kind: str) -> _Plain:
    """Reads text as "bool", "int" or "float"; what cannot be read, and words, come back as they are."""
    if kind == "bool":
        return {"true": True, "false": False}.get(str(value).lower(), value)
    if kind not in ("int", "float") or isinstance(value, bool):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if kind == "int" and number.is_integer() else number


def nearest_number(value: float, known: Sequence[_Plain]) -> int | float | None:
    """Returns the number among some values that is nearest; None where none is a number."""
    return min(numbers_among(known), key=lambda number: abs(number - value), default=None)


def numbers_among(values: Sequence[_Plain]) -> list[int | float]:
    """Returns those of some values that are numbers."""
    return [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]


def multiplied(value: _Plain, factor: float) -> _Plain:
    """Multiplies a number, to what a person can read."""
    return value if factor == 1.0 else float(f"{float(value) * factor:.6g}")
