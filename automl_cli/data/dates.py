"""Dates and times in text, by a strptime format; the meaning is strptime's, the speed is that of distinct cells.

Directives: %Y %y %m %d %b %B %a %A %H %I %M %S %f %p %z, day and month with or without a leading zero, names in any
case and in English. Two-digit years follow POSIX: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

MONTHS = (
    "january february march april may june july august september october november december".split()
)  # fmt: skip
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()

_DIRECTIVES = {
    "%Y": r"(?P<Y>1[5-9]\d\d|2[01]\d\d)",
    "%y": r"(?P<y>\d\d)",
    "%m": r"(?P<m>1[0-2]|0?[1-9])",
    "%d": r"(?P<d>3[01]|[12]\d|0?[1-9])",
    "%b": f"(?P<b>{'|'.join(month[:3] for month in MONTHS)})",
    "%B": f"(?P<B>{'|'.join(MONTHS)})",
    "%a": f"(?:{'|'.join(day[:3] for day in WEEKDAYS)})",
    "%A": f"(?:{'|'.join(WEEKDAYS)})",
    "%H": r"(?P<H>2[0-3]|[01]?\d)",
    "%I": r"(?P<I>1[0-2]|0?[1-9])",
    "%M": r"(?P<M>[0-5]\d)",
    "%S": r"(?P<S>[0-5]\d)",
    "%f": r"(?P<f>\d{1,6})",
    "%p": r"(?P<p>am|pm)",
    "%z": r"(?P<z>z|[+-]\d\d:?\d\d)",
}


def parse_dates(
    cells: Sequence[str] | NDArray[Any], date_format: str, *, missing: Collection[str] = ()
) -> NDArray[np.datetime64]:
    """Reads dates, times, or both; times alone fall on 1 January 1900, zones are brought to UTC.

    Args:
        cells: Shape `(rows,)`.
        date_format: A strptime format of the directives above.
        missing: Cells that mean 'missing' besides empty ones.

    Returns:
        datetime64[us], shape `(rows,)`; NaT where the cell does not follow the format.
    """
    pattern = _compiled(date_format)
    distinct = dict.fromkeys(cells)
    moments = {cell: None if cell in missing else _moment(pattern, cell.strip()) for cell in distinct}
    return np.array([moments[cell] for cell in cells], dtype="datetime64[us]")


def date_pattern(date_format: str) -> str:
    """Returns the expression that a whole cell must match, in any case; its groups have the names of directives.

    It is written in the part of the language that Python's `re` and RE2 (TensorFlow) share, so that the exported graph
    reads a cell as `parse_dates` does.
    """
    parts = re.split(r"(%[A-Za-z])", date_format)
    return "".join(_DIRECTIVES.get(part) or re.escape(part) for part in parts)


@lru_cache(maxsize=256)
def _compiled(date_format: str) -> re.Pattern[str]:
    return re.compile(date_pattern(date_format), re.IGNORECASE | re.ASCII)


def _moment(pattern: re.Pattern[str], cell: str) -> datetime | None:
    match = pattern.fullmatch(cell)
    if not match:
        return None
    found = {name: text for name, text in match.groupdict().items() if text is not None}
    try:
        moment = datetime(
            _year(found), _month(found), int(found.get("d", 1)),
            _hour(found), int(found.get("M", 0)), int(found.get("S", 0)), int(found.get("f", "0").ljust(6, "0")),
        )  # fmt: skip
    except ValueError:  # 31 February
        return None
    return moment - _offset(found.get("z", "z"))


def _year(found: dict[str, str]) -> int:
    if "y" in found:
        short = int(found["y"])
        return short + (1900 if short >= 69 else 2000)
    return int(found.get("Y", 1900))


def _month(found: dict[str, str]) -> int:
    name = (found.get("b") or found.get("B") or "").lower()
    if not name:
        return int(found.get("m", 1))
    return next(number for number, month in enumerate(MONTHS, start=1) if month[:3] == name[:3])


def _hour(found: dict[str, str]) -> int:
    if "I" not in found:
        return int(found.get("H", 0))
    return int(found["I"]) % 12 + (12 if found.get("p", "am").lower() == "pm" else 0)


def _offset(zone: str) -> timedelta:
    if zone.lower() == "z":
        return timedelta(0)
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
