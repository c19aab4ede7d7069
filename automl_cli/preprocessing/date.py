"""Dates and times: parsed in the graph, then taken apart."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from automl_cli.data.dates import MONTHS, date_pattern
from automl_cli.errors import ColumnError
from automl_cli.preprocessing.cells import clean_cells
from automl_cli.preprocessing.reader import NAN, Reader
from automl_cli.spec.dataset import ColumnSpec

_SCALED_PARTS = ("days since 1970", "year", "month", "day", "weekday", "hour", "minute")
_CYCLES = ("month", "weekday", "day of year", "hour")
_DAY_MINUTES = 24 * 60


@keras.saving.register_keras_serializable(package="automl")
class ReadDates(keras.layers.Layer):
    """Parses dates as `automl_cli.data.dates.parse_dates` does, and takes them apart.

    Columns `(rows,)` become `(rows, 15 x columns)` in float64. Of each column: days since 1970 in UTC; then, as the
    clock on the spot shows them, year, month, day, weekday (Monday is 0), hour and minute; then sine and cosine of the
    place in the year by month, in the week, in the year by day, and in the day. NaN where a cell is no date.

    Args:
        date_format: The strptime format of all the columns.
        missing: For each column the marks that mean 'missing'.
    """

    parts = len(_SCALED_PARTS) + 2 * len(_CYCLES)

    def __init__(self, date_format: str, missing: Sequence[Sequence[str]], **keras_options: Any) -> None:
        super().__init__(autocast=False, **keras_options)
        self.date_format = date_format
        self.missing = [list(marks) for marks in missing]

    def call(self, columns: Sequence[tf.Tensor]) -> tf.Tensor:
        """Returns the parts of each date, column by column."""
        cells = tf.strings.lower(clean_cells(columns, missing=self.missing))
        # A day has many rows: each cell is parsed once.
        distinct, positions = tf.unique(tf.reshape(cells, [-1]))
        parts = tf.gather(_take_apart(distinct, self.date_format), positions)  # (rows x columns, parts)
        return tf.reshape(parts, [-1, len(columns) * self.parts])

    def get_config(self) -> dict[str, Any]:
        """Returns what the layer is made of again."""
        return {**super().get_config(), "date_format": self.date_format, "missing": self.missing}


def _take_apart(cells: tf.Tensor, date_format: str) -> tf.Tensor:
    """Returns the parts of the dates in cells `(cells,)`, shape `(cells, parts)` in float64."""
    pattern = f"(?i){date_pattern(date_format)}"
    matches = tf.strings.regex_full_match(cells, pattern)
    found = {
        directive: tf.where(matches, tf.strings.regex_replace(cells, f"^{pattern}$", rf"\{group}"), "1")
        for directive, group in re.compile(pattern).groupindex.items()
    }
    ones = tf.ones_like(matches, tf.int64)
    year, month, day = _read_day(found, ones)
    date = _days_since_1970(year, month, day)
    is_date = matches & (date < _days_since_1970(year + month // 12, month % 12 + 1, ones))
    weekday = (date + 3) % 7  # 1 January 1970 was a Thursday
    day_of_year = date - _days_since_1970(year, ones, ones)
    hour, minute, seconds = _read_clock(found, ones)
    minutes = tf.cast(hour * 60 + minute, tf.float64) + seconds / 60  # since midnight
    moment = tf.cast(date, tf.float64) + (minutes - _read_offset(found, ones)) / _DAY_MINUTES

    scaled = [moment, *(tf.cast(part, tf.float64) for part in (year, month, day, weekday, hour, minute))]
    cycles = [(month - 1, 12), (weekday, 7), (day_of_year, 365.25), (minutes, _DAY_MINUTES)]
    angles = [tf.cast(place, tf.float64) * (math.tau / period) for place, period in cycles]
    waves = [wave(angle) for angle in angles for wave in (tf.sin, tf.cos)]
    return tf.where(is_date[:, None], tf.stack(scaled + waves, axis=1), NAN)


def _read_day(found: Mapping[str, tf.Tensor], ones: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Returns year, month and day in int64; what is not told is that of 1 January 1900."""
    year, month, day = 1900 * ones, ones, ones
    if "Y" in found:
        year = _whole(found["Y"])
    if "y" in found:
        short = _whole(found["y"])
        year = tf.where(short < 69, 2000 + short, 1900 + short)  # as POSIX reads two digits
    if "m" in found:
        month = _whole(found["m"])
    for directive, letters in (("b", 3), ("B", None)):
        if directive in found:
            names = [name[:letters] for name in MONTHS]
            month = 1 + tf.argmax(found[directive][:, None] == names, axis=1)
    if "d" in found:
        day = _whole(found["d"])
    return year, month, day


def _read_clock(found: Mapping[str, tf.Tensor], ones: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Returns hour and minute in int64 and seconds in float64."""
    hour = minute = 0 * ones
    seconds = tf.cast(hour, tf.float64)
    if "H" in found:
        hour = _whole(found["H"])
    if "I" in found:
        hour = _whole(found["I"]) % 12
    if "p" in found:
        hour += tf.where(found["p"] == "pm", 12 * ones, 0 * ones)
    if "M" in found:
        minute = _whole(found["M"])
    if "S" in found:
        seconds = tf.strings.to_number(found["S"], tf.float64)
    if "f" in found:
        seconds += tf.strings.to_number("0." + found["f"], tf.float64)
    return hour, minute, seconds


def _read_offset(found: Mapping[str, tf.Tensor], ones: tf.Tensor) -> tf.Tensor:
    """Returns by how many minutes the clock is ahead of UTC, in float64."""
    if "z" not in found:
        return tf.zeros_like(ones, tf.float64)
    digits = tf.strings.regex_replace(found["z"], "[^0-9]", "")  # hhmm; nothing for 'z'
    digits = tf.where(tf.strings.length(digits) == 4, digits, "0000")
    minutes = 60 * _whole(tf.strings.substr(digits, 0, 2)) + _whole(tf.strings.substr(digits, 2, 2))
    is_behind = tf.strings.regex_full_match(found["z"], "-.*")
    return tf.cast(tf.where(is_behind, -minutes, minutes), tf.float64)


def _whole(text: tf.Tensor) -> tf.Tensor:
    return tf.strings.to_number(text, tf.int64)


def _days_since_1970(year: tf.Tensor, month: tf.Tensor, day: tf.Tensor) -> tf.Tensor:
    """Counts days of the Gregorian calendar in whole numbers, as Howard Hinnant's `days_from_civil` does.

    Years are taken to begin in March, so that the leap day is their last.
    """
    year = tf.where(month > 2, year, year - 1)
    era, year_of_era = year // 400, year % 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    day_of_era = 365 * year_of_era + year_of_era // 4 - year_of_era // 100 + day_of_year
    return 146_097 * era + day_of_era - 719_468


def date_readers(columns: Mapping[str, ColumnSpec]) -> Iterator[Reader]:
    """Yields a reader for each date format, for all the columns that are written so.

    Raises:
        ColumnError: A column has no format.
    """
    names_of: dict[str, list[str]] = {}
    for name, spec in columns.items():
        if spec.kind == "datetime":
            if spec.datetime is None:
                raise ColumnError(
                    f"Column '{name}' is declared datetime but has no format.",
                    hint="say how its dates are written, such as datetime: '%d.%m.%Y'",
                )
            names_of.setdefault(spec.datetime, []).append(name)
    for number, (date_format, names) in enumerate(names_of.items()):
        layer = ReadDates(date_format, [columns[name].missing for name in names], name=f"read_dates_{number}")
        owners = tuple(name for name in names for _ in range(layer.parts))
        bounded = [False] * len(_SCALED_PARTS) + [True] * (2 * len(_CYCLES))
        yield Reader(layer, tuple(names), owners=owners, bounded=tuple(bounded * len(names)))
