"""The distinct cells of a column. Inference asks these, never the rows: 100,000 cells are often 20 levels."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.sampling import INFERRED_ROWS, MOST_ROWS_OF_TEXT, sample_rows

# A column of less than so many levels a row has groups, which are counted in full.
_FEW_LEVELS = 0.1


@dataclass(frozen=True, slots=True)
class Levels:
    """What occurs in a column, and how often.

    Attributes:
        values: Distinct cells, in the order in which they first appear; the empty cell is not among them.
        counts: Rows of each value, shape `(values,)`.
        missing: Rows that are empty or hold a mark for 'missing'.
    """

    values: tuple[str, ...]
    counts: NDArray[np.int64]
    missing: int

    @property
    def present(self) -> int:
        """Rows that hold a value."""
        return int(self.counts.sum())

    @property
    def rows(self) -> int:
        """All rows."""
        return self.present + self.missing

    def without(self, marks: Collection[str]) -> Levels:
        """Returns the levels with these values counted as missing."""
        gone = frozenset(marks)
        return self.keep(value not in gone for value in self.values) if gone else self

    def keep(self, which: Iterable[bool]) -> Levels:
        """Returns the levels for which `which` is true; the rest counts as missing."""
        kept = np.fromiter(which, dtype=bool, count=len(self.values))
        values = self.values if kept.all() else tuple(self.values[place] for place in np.flatnonzero(kept))
        return Levels(values, self.counts[kept], self.missing + int(self.counts[~kept].sum()))

    def by_frequency(self) -> list[str]:
        """Returns the values, the most frequent first."""
        return [self.values[index] for index in np.argsort(-self.counts, kind="stable")]


def text_cells(column: NDArray[Any]) -> NDArray[np.object_]:
    """Returns cells as text: numbers in their shortest form (3.0 is '3'), missing ones as ''.

    Args:
        column: Any column of a table, shape `(rows,)`.
    """
    if column.dtype == np.object_:
        return column
    values, positions = np.unique(column, return_inverse=True)
    if values.dtype == np.float32:
        # As float64, 0.1 would be 0.10000000149.
        values = values.astype(np.str_).astype(np.float64)
    texts = np.array([number_text(value) for value in values.tolist()], dtype=np.object_)
    return texts[positions] if len(texts) else np.empty(0, dtype=np.object_)


def number_text(number: float) -> str:
    """Returns a number in its shortest form, NaN as the empty string."""
    if math.isnan(number):
        return ""
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def count_levels(column: NDArray[Any]) -> Levels:
    """Counts the distinct cells of a column of any type, shape `(rows,)`."""
    counter = Counter(text_cells(column).tolist())
    empty = counter.pop("", 0)
    return Levels(tuple(counter), np.fromiter(counter.values(), dtype=np.int64, count=len(counter)), empty)


def judge_levels(column: NDArray[Any]) -> Levels:
    """Counts the distinct cells of a column; of a very large one where they are few, else those of a sample."""
    if len(column) <= MOST_ROWS_OF_TEXT:
        return count_levels(column)
    rows = sample_rows(np.arange(len(column)), INFERRED_ROWS, seed=0)
    sampled = count_levels(column[rows])
    return count_levels(column) if len(sampled.values) < _FEW_LEVELS * len(rows) else sampled


def row_of(column: NDArray[Any], cell: str) -> int:
    """Returns the first row that holds a cell, counted from 1 as people count."""
    return int(np.flatnonzero(text_cells(column) == cell)[0]) + 1
