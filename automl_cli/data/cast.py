"""From raw cells to the exact types that the model takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.levels import count_levels, row_of, text_cells
from automl_cli.data.missing import stand_for_missing
from automl_cli.data.numbers import parse_numbers, plain_numbers
from automl_cli.data.phrases import listing, share_of, shorten
from automl_cli.data.table import Table
from automl_cli.errors import ColumnError
from automl_cli.spec.dataset import ColumnSpec


def type_table(table: Table, columns: Mapping[str, ColumnSpec]) -> Table:
    """Selects and converts the columns of a model.

    String columns stay as they are written: their marks for 'missing' are known to the model. In float32 columns
    empty cells, marks and stray words become NaN; numbers that mean 'missing' (-999) stay, the model knows them too.

    Args:
        table: Raw cells; more columns than needed, in any order.
        columns: What the model takes, as `input_columns` returns it.

    Returns:
        One column for each of `columns`, of exactly the type that its `dtype` names.

    Raises:
        ColumnError: A column is absent, or its cells are not what they were when the model was made.
    """
    absent = [name for name in columns if name not in table.columns]
    if absent:
        noun = "Column" if len(absent) == 1 else "Columns"
        raise ColumnError(
            f"{noun} {listing(absent, 10)} {'is' if len(absent) == 1 else 'are'} missing from the table.",
            hint=f"the table has {listing(table.names, 12)}",
        )
    return Table({name: _convert(name, table[name], column) for name, column in columns.items()})


def _convert(name: str, cells: NDArray[Any], column: ColumnSpec) -> NDArray[Any]:
    if column.dtype == "string":
        return text_cells(cells)
    if column.dtype == "int64":
        return _integers(name, cells)
    return (_numbers(name, cells, column) if cells.dtype == np.object_ else cells).astype(np.float32, copy=False)


def _numbers(name: str, cells: NDArray[Any], column: ColumnSpec) -> NDArray[np.float64]:
    """Reads plain numbers; the marks of the column and a few stray words become NaN.

    Raises:
        ColumnError: More cells are words than strays or marks could be.
    """
    marks = [mark for mark in column.missing if np.isnan(plain_numbers([mark])[0])]
    numbers = parse_numbers(cells, missing=marks)
    levels = count_levels(cells[np.isnan(numbers)]).without(marks)
    if levels.values and not stand_for_missing(levels, int((~np.isnan(numbers)).sum())):
        first = levels.values[0]
        raise ColumnError(
            f"Column '{name}' should hold numbers but {share_of(levels.present, len(cells))} cells are words "
            f"(first: '{shorten(first)}', row {row_of(cells, first):,}).",
            hint="set kind: category in dataset.yaml and search again, or correct the cells",
        )
    return numbers


def _integers(name: str, cells: NDArray[Any]) -> NDArray[np.int64]:
    """Reads whole numbers too large for float32, for which there is no way to be missing.

    Raises:
        ColumnError: A cell is empty or no whole number.
    """
    if cells.dtype == np.int64:
        return cells
    if cells.dtype != np.object_ and np.all(cells == np.round(cells)):
        return cells.astype(np.int64)
    for row, cell in enumerate(texts := text_cells(cells), start=1):
        if not cell.removeprefix("-").isdecimal():
            came = f"'{shorten(cell)}'" if cell else "empty"
            raise ColumnError(
                f"Column '{name}' should hold whole numbers but row {row:,} is {came}.",
                hint="set dtype: float32 in dataset.yaml and search again, and empty cells will be allowed",
            )
    return np.array([int(cell) for cell in texts], dtype=np.int64)
