"""What every check looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.dataset import input_columns
from automl_cli.data.dates import parse_dates
from automl_cli.data.levels import text_cells
from automl_cli.data.numbers import parse_numbers
from automl_cli.data.table import Table
from automl_cli.data.target import Target
from automl_cli.records import Rows, Split
from automl_cli.spec.dataset import ColumnSpec, DatasetSpec

_SAMPLE_ROWS = 10_000


@dataclass(frozen=True)
class Examined:
    """A table with all that is known of it.

    Attributes:
        table: Raw cells.
        target: What is predicted.
        dataset: What the columns are.
        split: Which rows serve what.
    """

    table: Table
    target: Target
    dataset: DatasetSpec
    split: Split

    @cached_property
    def inputs(self) -> Mapping[str, ColumnSpec]:
        """The columns that a model is fed."""
        return input_columns(self.dataset)

    @cached_property
    def sample(self) -> Rows:
        """Training rows, at most 10,000 of them, always the same: enough to see what is nearly certain."""
        rows = self.split.train
        if len(rows) <= _SAMPLE_ROWS:
            return rows
        return np.sort(np.random.default_rng(0).choice(rows, _SAMPLE_ROWS, replace=False))

    @cached_property
    def answers(self) -> NDArray[Any]:
        """The target of the sample."""
        return self.target.values[self.sample]

    @cached_property
    def numbers(self) -> Mapping[str, NDArray[np.float64]]:
        """Numbers, or moments in seconds, of the sample; NaN where missing. Columns of words are not among them."""
        read = {name: self._read(name, column) for name, column in self.inputs.items()}
        return {name: numbers for name, numbers in read.items() if numbers is not None}

    @cached_property
    def words(self) -> Mapping[str, NDArray[Any]]:
        """Cells of the other columns, of the sample; '' where missing."""
        return {name: self._clean(name) for name in self.inputs if name not in self.numbers}

    def _read(self, name: str, column: ColumnSpec) -> NDArray[np.float64] | None:
        cells = text_cells(self.table[name][self.sample])
        if column.kind == "number":
            return parse_numbers(cells, column.number, missing=column.missing)
        if column.kind == "datetime" and column.datetime:
            moments = parse_dates(cells, column.datetime, missing=column.missing)
            return np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / 1e6)
        return None

    def _clean(self, name: str) -> NDArray[Any]:
        marks = frozenset(self.dataset.columns[name].missing)
        cells = text_cells(self.table[name][self.sample])
        return np.array(["" if cell in marks else cell for cell in cells], dtype=np.object_) if marks else cells
