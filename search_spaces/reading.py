"""Search spaces from YAML: whole ones, and changes to one that is known."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from search_spaces.document import Document
from search_spaces.grammar import Default, Parameter, Space, check_place

_FIELDS = tuple(field.name for field in dataclasses.fields(Parameter) if field.name not in ("name", "factor"))
_CASE_FIELDS = tuple(field.name for field in dataclasses.fields(Default))


def read_space(document: Document, section: str = "parameters", *, base: Space | None = None) -> Space:
    """Reads a section of a file as a space, or as changes to a base.

    With a base, parameters that the section leaves out stay as they are, and so do the fields that it leaves
    out of a parameter; parameters and words that the base lacks are errors. A bare value, as in `depth: 3`,
    fixes the parameter.

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
            order = list(result)
            check_place(result[name], {other: result[other] for other in order[: order.index(name)]})
        except ValueError as error:
            raise document.error((section, name), f"parameter {name!r}: {error}") from None
    try:
        return Space(tuple(result.values()))
    except ValueError as error:  # A change to a parent took away a value on which a later parameter depends.
        raise document.error((section,), str(error)) from None


def _read_parameter(name: str, entry: object, base: Parameter | None) -> Parameter:
    if not isinstance(entry, Mapping):
        if base is None:
            raise ValueError(f"expected fields such as {{type: int, low: 1, high: 5, default: 3}}, not {entry!r}")
        if not isinstance(entry, (bool, int, float, str)):
            raise ValueError(f"{entry!r} is neither one value nor a set of fields")
        return base.pinned(entry)
    _refuse_unknown(entry, _FIELDS)
    kind = entry.get("type", base.type if base else None)
    given = _plain(entry, is_float=kind == "float")
    if base is not None and kind == base.type:
        given = _over(base, given)
    for needed in ("type", "default"):
        if needed not in given:
            raise ValueError(f"lacks {needed!r}")
    return Parameter(name=name, **given)


def _plain(entry: Mapping[str, Any], *, is_float: bool) -> dict[str, Any]:
    """Turns what YAML gives into what `Parameter` takes."""
    given = dict(entry)
    for key in ("values", "also", "where_rare", "tasks"):
        if key in given:
            given[key] = _sequence(given[key], key)
    if "defaults" in given:
        given["defaults"] = tuple(
            _read_case(case, is_float=is_float) for case in _sequence(given["defaults"], "defaults")
        )
    if is_float:
        numbers = ("low", "high", "step", "default", "lowest")
        given |= {key: _number(given[key]) for key in numbers if key in given}
    if "when" in given:
        if not isinstance(given["when"], Mapping):
            raise ValueError("'when' must map a parent to its values, as in {optimizer: [sgd]}")
        given["when"] = {str(parent): _sequence(values, "when") for parent, values in given["when"].items()}
    if "scales" in given:
        given["scales"] = _read_scales(given["scales"])
    return given


def _read_scales(scales: object) -> dict[str, dict[Any, float]]:
    mappings = scales.values() if isinstance(scales, Mapping) else [scales]
    factors = [factor for factors in mappings if isinstance(factors, Mapping) for factor in factors.values()]
    plain = all(isinstance(factor, (int, float)) and factor > 0 for factor in factors)
    if not (plain and isinstance(scales, Mapping) and all(isinstance(one, Mapping) for one in mappings)):
        raise ValueError("'scales' must map a parent to factors above 0 by its values, as in {optimizer: {sgd: 10}}")
    return {
        str(parent): {value: float(factor) for value, factor in factors.items()} for parent, factors in scales.items()
    }


def _over(base: Parameter, given: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: getattr(base, name) for name in _FIELDS} | dict(given)
    if "default" in given and "defaults" not in given:
        fields["defaults"] = ()
    if "values" in given and "also" not in given:
        known = (*base.values, *base.also)
        strays = [value for value in given["values"] if isinstance(value, str) and value not in known]
        if strays:
            raise ValueError(f"{strays[0]!r} is not {base.domain()}")
        # Values that are not searched any more can still be pinned.
        fields["also"] = tuple(value for value in known if value not in given["values"])
    return fields


def _read_case(case: object, *, is_float: bool) -> Default:
    if not isinstance(case, Mapping) or "value" not in case:
        raise ValueError(f"'defaults' must list cases such as {{up_to_rows: 1000, value: 64}}, not {case!r}")
    _refuse_unknown(case, _CASE_FIELDS)
    value = _number(case["value"]) if is_float else case["value"]
    return Default(**{**case, "value": value})


def _refuse_unknown(entry: Mapping[str, Any], known: Sequence[str]) -> None:
    unknown = [str(key) for key in entry if key not in known]
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; known are {', '.join(known)}")


def _number(value: Any) -> Any:
    """Makes floats of integers, and of `1e-3`, which YAML 1.1 takes for a word because it has no point."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return value
    try:
        return float(value)
    except ValueError:
        return value


def _sequence(value: object, key: str) -> tuple[Any, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError(f"{key!r} must be a list, not {value!r}")
    return tuple(value)
