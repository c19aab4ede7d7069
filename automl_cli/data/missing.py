"""Cells that mean 'there is nothing here'."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.levels import Levels

# Never a value, whatever the column holds. Compared without case.
CERTAIN_MARKS = frozenset(
    "? - -- --- . .. ... … – — na n/a n.a. n.a #n/a #na <na> nan -nan null (null) <null> nil \\n nat #value! #div/0! "
    "#ref! #name? #null! #num!".split()
)
# Missing among numbers and dates; among words they may be an answer: no alley, no second driver.
LIKELY_MARKS = frozenset(
    ("none", "unknown", "missing", "not available", "not applicable", "not known", "undefined", "unspecified", "unk",
     "no data", "not reported", "n.d.", "nd", "tbd", "tba", "x", "*", "**", "***", "/", "blank", "empty", "error")
)  # fmt: skip

# Values that loggers and statistics programs write where a measurement failed, besides runs of nines.
_SENTINELS = frozenset({-200.0, -32768.0, -1e30, -777.0, -888.0, -88.0, -77.0})
_STRAY_SHARE = 0.05


def certain_marks(levels: Levels) -> tuple[str, ...]:
    """Returns the cells that mean 'missing' in any column; '-' does not where '+' is its opposite."""
    if CERTAIN_MARKS.isdisjoint(map(str.casefold, levels.values)):
        return ()
    marks = tuple(value for value in levels.values if value.casefold() in CERTAIN_MARKS)
    return tuple(mark for mark in marks if mark != "-") if "+" in levels.values else marks


def stand_for_missing(words: Levels, good_rows: int) -> bool:
    """Decides whether the words in a column of numbers or dates are holes rather than values.

    They are when they are marks, or words such as 'unknown' in at most half of the rows, or strays: up to 5 % of the
    rows, or a single one.

    Args:
        words: The levels that are no number (no date).
        good_rows: Rows that hold a number (a date).
    """
    folded = [value.casefold() for value in words.values]
    certain = np.array([value in CERTAIN_MARKS for value in folded], dtype=bool)
    likely = np.array([value in LIKELY_MARKS for value in folded], dtype=bool) & ~certain
    strays = int(words.counts[~certain & ~likely].sum())
    few = strays <= _STRAY_SHARE * good_rows or (strays == 1 and good_rows >= 8)
    return good_rows > 0 and few and int(words.counts[likely].sum()) <= good_rows


def find_sentinels(numbers: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[float, ...]:
    """Finds numbers that mean 'missing': -999, 9999, -200; repeated, and far from all the others.

    Far means: beyond the rest by at least half their range and three times the distance between their quartiles, or
    the only negative value among quantities that cannot be negative.

    Args:
        numbers: Distinct values, shape `(values,)`, without NaN.
        counts: Rows of each.
    """
    found: list[float] = []
    rows = int(counts.sum())
    for index in (int(np.argmin(numbers)), int(np.argmax(numbers))) if len(numbers) > 3 else ():
        value, count = float(numbers[index]), int(counts[index])
        if not _looks_like_sentinel(value) or count < max(3, 0.001 * rows):
            continue
        others = np.arange(len(numbers)) != index
        rest, weights = numbers[others], counts[others]
        low, high = float(rest.min()), float(rest.max())
        lower, upper = _quartiles(rest, weights)
        gap = low - value if value < low else value - high
        only_negative = value < 0 <= low and count >= 0.01 * rows
        if only_negative or gap >= max(0.5 * (high - low), 3.0 * (upper - lower)):
            found.append(value)
    return tuple(found)


def _looks_like_sentinel(value: float) -> bool:
    if value in _SENTINELS:
        return True
    digits = str(abs(int(value))) if value == int(value) and abs(value) < 1e15 else ""
    return len(digits) >= 2 and set(digits) == {"9"}


def _quartiles(values: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[float, float]:
    order = np.argsort(values)
    cumulated = np.cumsum(counts[order])
    lower, upper = np.searchsorted(cumulated, [0.25 * cumulated[-1], 0.75 * cumulated[-1]])
    return float(values[order[lower]]), float(values[order[upper]])
