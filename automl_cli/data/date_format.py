"""Finds the one format that the dates of a column follow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.dates import MONTHS, WEEKDAYS, parse_dates
from automl_cli.data.levels import Levels
from automl_cli.data.missing import CERTAIN_MARKS, stand_for_missing


@dataclass(frozen=True, slots=True)
class DateReading:
    """How a column reads as dates.

    Attributes:
        format: strptime format.
        moments: datetime64[us] of each level, shape `(levels,)`; NaT where the cell is no date.
        words: Cells that are no dates and so count as missing.
        is_guess: No cell decides between day first and month first.
    """

    format: str
    moments: NDArray[np.datetime64]
    words: tuple[str, ...]
    is_guess: bool = False


_TIME = re.compile(
    r"(?P<gap>[T ]?)(?P<clock>\d{1,2}:\d{2}(?P<second>:\d{2}(?P<fraction>\.\d{1,6})?)?)"
    r"(?P<half> ?[AaPp][Mm])?(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_NAMES = {
    **{month: "%B" for month in MONTHS if month != "may"},
    **{month[:3]: "%b" for month in MONTHS},
    **dict.fromkeys(WEEKDAYS, "%A"),
    **{day[:3]: "%a" for day in WEEKDAYS},
}
_NUMERIC = re.compile(r"(\d{1,4})([-/. ])(\d{1,2})(?:\2(\d{1,4}))?")
_SAMPLE = 300
_LONGEST_CELL = 40


def read_dates(levels: Levels) -> DateReading | None:
    """Reads the levels as dates, or returns None when they are something else."""
    reading = closest_dates(levels)
    if reading is None:
        return None
    words = levels.keep(np.isnat(reading.moments))
    return reading if stand_for_missing(words, levels.present - words.present) else None


def closest_dates(levels: Levels) -> DateReading | None:
    """Reads the levels in the format that most rows follow; None when no cell looks like a date."""
    values = [value for value in levels.values if value.casefold() not in CERTAIN_MARKS]
    sample = values[:: max(1, len(values) // _SAMPLE)]
    formats = dict.fromkeys(form for value in sample[:20] for form in _formats_of(value))
    promising = [form for form in formats if np.mean(~np.isnat(parse_dates(sample, form))) > 0.3]
    if not promising:
        return None
    moments = {form: parse_dates(levels.values, form) for form in promising}
    rows = {form: int(levels.counts[~np.isnat(moments[form])].sum()) for form in promising}
    best = max(promising, key=lambda form: rows[form])  # the first of equals: the order of `_formats_of`
    words = tuple(value for value, bad in zip(levels.values, np.isnat(moments[best]), strict=True) if bad)
    is_guess = any(rows[form] == rows[best] for form in promising if form != best and _same_letters(form, best))
    return DateReading(best, moments[best], words, is_guess)


def _same_letters(one: str, other: str) -> bool:
    """Whether two formats differ in the order of their fields only."""
    return sorted(one) == sorted(other)


def _formats_of(cell: str) -> Iterator[str]:
    """Yields the formats that a cell may follow, the likelier first."""
    if len(cell) > _LONGEST_CELL:
        return
    time = _TIME.search(cell)
    if time and time.end() == len(cell):
        date, clock = cell[: time.start()], _clock_format(time)
        if not date:
            yield clock
            return
    else:
        date, clock = cell, ""
    for form in _date_formats(date):
        yield form + clock


def _clock_format(time: re.Match[str]) -> str:
    form = (
        ("%I:%M" if time["half"] else "%H:%M") + (":%S" if time["second"] else "") + (".%f" if time["fraction"] else "")
    )
    if time["half"]:
        form += " %p" if time["half"].startswith(" ") else "%p"
    return time["gap"] + form + ("%z" if time["zone"] else "")


def _date_formats(date: str) -> Iterator[str]:
    numeric = _NUMERIC.fullmatch(date)
    if numeric:
        yield from _numeric_formats(numeric)
    elif re.fullmatch(r"(?:19|20)\d{6}", date):
        yield "%Y%m%d"
    else:
        yield from _named_formats(date)


def _numeric_formats(match: re.Match[str]) -> Iterator[str]:
    first, mark, second, third = len(match[1]), match[2], len(match[3]), len(match[4] or "")
    if third == 0:
        # Two fields are a date only with a year of four digits; '3-12' or '10.2019' may be anything else.
        if first == 4 and mark in "-/":
            yield f"%Y{mark}%m"
        return
    if first == 4 and third <= 2:
        yield f"%Y{mark}%m{mark}%d"
    elif first <= 2 and third in (2, 4) and second <= 2:
        year = "%Y" if third == 4 else "%y"
        day_first, month_first = f"%d{mark}%m{mark}{year}", f"%m{mark}%d{mark}{year}"
        # Slashes are American unless a day beyond 12 says otherwise; dots and hyphens are not.
        yield from (month_first, day_first) if mark == "/" else (day_first, month_first)
        if third == 2:
            yield f"%y{mark}%m{mark}%d"


def _named_formats(date: str) -> Iterator[str]:
    """Yields formats of dates with the name of a month: `3-Aug-11`, `Aug-62`, `January 5, 2014`, `Mon, 5 May 2014`."""
    pieces = re.findall(r"[A-Za-z]+|\d+|[^A-Za-z\d]+", date)
    names = [_NAMES.get(piece.lower()) for piece in pieces if piece.isalpha()]
    numbers = [piece for piece in pieces if piece.isdigit()]
    if None in names or not ({"%b", "%B"} & set(names)) or not 1 <= len(numbers) <= 2:
        return
    for order in _field_orders(numbers, name_is_first=pieces[0].isalpha()):
        directives = iter(order)
        form = "".join(
            _NAMES[piece.lower()] if piece.isalpha() else next(directives) if piece.isdigit() else piece
            for piece in pieces
        )
        yield form
        if "may" in date.lower():
            yield form.replace("%b", "%B")


def _field_orders(numbers: list[str], *, name_is_first: bool) -> list[list[str]]:
    """Returns what the numbers beside the name of a month may be, the likelier first."""
    first, last = numbers[0], numbers[-1]
    if len(numbers) == 1:
        if len(first) == 4:
            return [["%Y"]]
        return [["%y"], ["%d"]] if name_is_first else [["%d"], ["%y"]]
    if len(first) == 4:
        return [["%Y", "%d"]]
    return [["%d", "%Y" if len(last) == 4 else "%y"]]
