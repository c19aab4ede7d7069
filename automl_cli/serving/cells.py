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
from automl_cli.data.phrases import count_of
from automl_cli.data.table import Table
from automl_cli.export.interface import Interface
from automl_cli.spec.dataset import ColumnSpec


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


def count_cells(raw: Table, typed: Table, *, columns: Mapping[str, ColumnSpec], interface: Interface) -> RowCounts:
    """Counts rows and strange cells.

    Args:
        raw: Rows as they were read.
        typed: The same rows and columns as the model takes them.
        columns: What the columns mean.
        interface: The categories of the training rows; columns with too many to list are not counted.
    """
    return RowCounts(
        rows=typed.rows,
        unseen=_count_unseen(typed, columns, interface),
        unreadable=_count_unreadable(raw, typed, columns),
    )


def _count_unseen(table: Table, columns: Mapping[str, ColumnSpec], interface: Interface) -> Counter[str]:
    counts: Counter[str] = Counter()
    for column in interface.inputs:
        if column.levels is None:
            continue
        spec = columns[column.name]
        known = {_clean(level, spec) for level in (*column.levels, *spec.missing, "")}
        cells = Counter(table[column.name].tolist())
        counts[column.name] = sum(count for cell, count in cells.items() if _clean(cell, spec) not in known)
    return +counts


def _count_unreadable(raw: Table, typed: Table, columns: Mapping[str, ColumnSpec]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name in typed.names:
        spec, cells = columns[name], raw[name]
        if cells.dtype != object or spec.kind not in ("number", "datetime"):
            continue
        suspects = cells[_without_value(typed[name], spec)]
        counts[name] = sum(cell.strip() not in ("", *spec.missing) for cell in suspects)
    return +counts


def _without_value(cells: NDArray[Any], spec: ColumnSpec) -> NDArray[np.bool_]:
    if spec.datetime is not None:
        return np.isnat(parse_dates(cells, spec.datetime))
    return np.isnan(cells if cells.dtype != object else parse_numbers(cells, spec.number))


def _clean(cell: str, spec: ColumnSpec) -> str:
    return cell.strip().casefold() if spec.fold_case else cell.strip()
