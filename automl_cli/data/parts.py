"""One table in several files: each is opened by itself, then all are brought to the columns of the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from automl_cli.data.delimited import open_delimited
from automl_cli.data.formats import detect_format
from automl_cli.data.json_rows import open_json
from automl_cli.data.levels import text_cells
from automl_cli.data.phrases import listing
from automl_cli.data.reading import Reading
from automl_cli.data.table import Column, Table
from automl_cli.errors import ReadError
from automl_cli.spec.dataset import ReadSpec


def open_part(path: Path, read: ReadSpec | None, *, footer_rows: int | None = None) -> Reading:
    """Opens one file of any format.

    Args:
        path: The file.
        read: How it is written; ignored when the file turns out to be of another format.
        footer_rows: Lines below the data; found by their looks when None.

    Raises:
        ReadError: It is empty, broken or of an unknown kind.
        MissingExtraError: The format needs an optional dependency.
    """
    kind = detect_format(path)
    known = read if read and read.format == kind else None
    match kind:
        case "parquet":
            from automl_cli.data.columnar import open_parquet

            return open_parquet(path)
        case "arrow":
            from automl_cli.data.columnar import open_arrow

            return open_arrow(path)
        case "excel":
            from automl_cli.data.excel import open_excel

            return open_excel(path, known, footer_rows=footer_rows)
        case "json":
            return open_json(path)
        case _:
            return open_delimited(path, known, footer_rows=footer_rows)


def open_further_part(path: Path, first: Reading) -> Reading:
    """Opens a part of a table whose first part is known; the order of its columns does not matter.

    Raises:
        ReadError: A column of the first part is missing, or the part cannot be read.
    """
    part = open_part(path, None)
    if first.read.header_rows and not part.read.header_rows and len(part.names) == len(first.names):
        # Lines of a longer file that was cut into pieces: only the first piece has the header.
        return _renamed(part, first.names)
    missing = [name for name in first.names if name not in part.names]
    # JSON leaves out what is missing, so a part may lack a column altogether.
    if missing and part.read.format != "json":
        raise ReadError(
            f"{path.name} lacks {listing(missing)}, which the first part of the table has.",
            hint="parts of one table have the same columns; name the files that belong together",
        )
    return part


def join_tables(tables: Sequence[Table]) -> Table:
    """Puts tables below each other.

    The columns are those of all tables, in the order of their first appearance; where one lacks a column its cells
    are missing. A column that holds numbers in one table and text in another becomes text.
    """
    names = dict.fromkeys(name for table in tables for name in table.names)
    return Table({name: _join([(table, table.columns.get(name)) for table in tables]) for name in names})


def _join(pieces: Sequence[tuple[Table, Column | None]]) -> Column:
    present = [column for _, column in pieces if column is not None]
    text = any(column.dtype == object for column in present)
    filler: object = "" if text else np.nan
    return np.concatenate(
        [
            np.full(table.rows, filler, dtype=object if text else np.float64)
            if column is None
            else (text_cells(column) if text else column)
            for table, column in pieces
        ]
    )


def _renamed(part: Reading, names: tuple[str, ...]) -> Reading:
    def batches(batch_rows: int) -> Iterator[Table]:
        for table in part.batches(batch_rows):
            yield Table(dict(zip(names, table.columns.values(), strict=True)))

    return replace(part, names=names, batches=batches)
