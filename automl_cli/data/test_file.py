"""Test rows that come in a file of their own."""

from __future__ import annotations

import numpy as np

from automl_cli.data.numbers import parse_numbers
from automl_cli.data.parts import join_tables
from automl_cli.data.read import read_table
from automl_cli.data.sampling import MOST_ROWS_OF_TEXT
from automl_cli.data.table import Column, Table, match_column
from automl_cli.errors import ColumnError
from automl_cli.records import Rows
from automl_cli.spec.dataset import ColumnSpec, DatasetSpec


def join_test_file(table: Table, dataset: DatasetSpec) -> tuple[Table, Rows | None]:
    """Appends the rows of the test file, if the spec names one.

    Args:
        table: Raw cells to learn from.
        dataset: Its `split` section may name the file.

    Returns:
        The table with the test rows at its end, and their row numbers; None without a file.

    Raises:
        ReadError: The file cannot be read.
        ColumnError: It lacks columns of the table.
    """
    path = dataset.split.test_file
    if path is None:
        return table, None
    test = read_table(path).table
    found = {name: match_column(test.names, name) for name in table.names}
    missing = [name for name, match in found.items() if match is None and dataset.columns[name].kind != "ignored"]
    if missing:
        raise ColumnError(
            f"The test file '{path}' lacks {len(missing)} of {len(found)} columns: {', '.join(missing[:8])}.",
            hint="it must have the columns of the table that is learned from, the target included",
        )
    shared = [name for name in table.names if found[name] is not None]
    renamed = Table({name: _alike(test[str(found[name])], table[name], dataset.columns[name]) for name in shared})
    joined = join_tables([table.select(shared), renamed])
    return joined, np.arange(table.rows, joined.rows, dtype=np.int64)


def _alike(cells: Column, column: Column, spec: ColumnSpec) -> Column:
    """Returns cells as numbers where they belong below the packed numbers of a very large table."""
    if len(column) <= MOST_ROWS_OF_TEXT or column.dtype == object or cells.dtype != object:
        return cells
    return parse_numbers(cells, missing=spec.missing).astype(column.dtype if column.dtype.kind == "f" else np.float64)
