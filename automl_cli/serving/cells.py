"""Cells of new rows that mean nothing to a model: categories it has never seen, and what cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.dates import parse_dates
from automl_cli.data.numbers import parse_numbers
from automl_cli.data.phrases import count_of, share_of, shorten
from automl_cli.data.table import Table
from automl_cli.errors import ColumnError
from automl_cli.export.interface import Interface
from automl_cli.spec.dataset import ColumnSpec

# In fewer rows, most cells may be strange by chance.
_FEWEST_CELLS = 10


@dataclass(frozen=True, slots=True)
class RowCounts:
    """What there was to predict.

    Attributes:
        rows: Rows predicted.
        unseen: For each column, cells of categories that did not occur in training; columns without any are absent.
        unreadable: For each column, cells that are no number or no date though they should be; likewise.
    """

    rows: int = 0
    unseen: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Self) -> Self:
        return type(self)(self.rows + other.rows, self.unseen + other.unseen, self.unreadable + other.unreadable)

    def remarks(self) -> tuple[str, ...]:
        """Returns what a user should know, in sentences."""
        unseen = (
            f"Column '{name}': {count_of(count, 'cell')} of a category that did not occur in training."
            for name, count in self.unseen.items()
        )
        unreadable = (
            f"Column '{name}': {count_of(count, 'cell')} could not be read and went in as missing."
            for name, count in self.unreadable.items()
        )
        return (*unseen, *unreadable)


def drop_unreadable(raw: Table, columns: Mapping[str, ColumnSpec]) -> tuple[Table, Counter[str]]:
    """Empties cells of number and date columns that are neither one nor mean 'missing'.

    Args:
        raw: Rows as they were read.
        columns: What the columns mean.

    Returns:
        The table without those cells, and how many there were in each column.

    Raises:
        ColumnError: Most cells of a column cannot be read: it is another column, or written in another way.
    """
    cleaned, counts = dict(raw.columns), Counter[str]()
    for name, cells in raw.columns.items():
        spec = columns[name]
        # Whole numbers beyond float32 cannot be missing: typing the table says what is wrong with them.
        if cells.dtype != object or spec.kind not in ("number", "datetime") or spec.dtype == "int64":
            continue
        present = ~np.isin(cells, ["", *spec.missing])
        unreadable = present & _has_no_value(cells, spec)
        if unreadable.any():
            _refuse_if_most(name, spec, cells[unreadable], present=int(present.sum()))
            cleaned[name] = np.where(unreadable, "", cells)
            counts[name] = int(unreadable.sum())
    return Table(cleaned), counts


def count_unseen(table: Table, columns: Mapping[str, ColumnSpec], *, interface: Interface) -> Counter[str]:
    """Counts, for each column, the cells whose category did not occur in the training rows.

    Args:
        table: Typed rows.
        columns: What the columns mean.
        interface: The categories of the training rows; columns with too many to list are not counted.
    """
    counts = Counter[str]()
    for column in interface.inputs:
        if column.levels is None:
            continue
        spec = columns[column.name]
        known = {_clean(level, spec) for level in (*column.levels, *spec.missing, "")}
        cells = Counter(table[column.name].tolist())
        counts[column.name] = sum(count for cell, count in cells.items() if _clean(cell, spec) not in known)
    return +counts


def _has_no_value(cells: NDArray[Any], spec: ColumnSpec) -> NDArray[np.bool_]:
    if spec.datetime is not None:
        return np.isnat(parse_dates(cells, spec.datetime))
    return np.isnan(parse_numbers(cells, spec.number))


def _refuse_if_most(name: str, spec: ColumnSpec, unreadable: NDArray[Any], *, present: int) -> None:
    if present >= _FEWEST_CELLS and len(unreadable) > present / 2:
        raise ColumnError(
            f"Column '{name}' should hold {'dates' if spec.datetime else 'numbers'} as in training, but "
            f"{share_of(len(unreadable), present)} cells cannot be read so (first: '{shorten(unreadable[0])}').",
            hint="is it the same column, written in the same way?",
        )


def _clean(cell: str, spec: ColumnSpec) -> str:
    return cell.strip().casefold() if spec.fold_case else cell.strip()
