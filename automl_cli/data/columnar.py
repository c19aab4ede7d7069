"""Parquet and Arrow files, through DuckDB: columns keep the types they have.

DuckDB is 65 MB installed where pyarrow and polars are 170, and hands over NumPy columns as fast. Arrow's own files are
the one thing it cannot open; for these pyarrow is an extra.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from automl_cli.data.column_names import unique_names
from automl_cli.data.reading import Account, Reading, slices
from automl_cli.data.table import Column, Table
from automl_cli.errors import MissingExtraError, ReadError
from automl_cli.spec.dataset import FileFormat, ReadSpec

_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
_REAL = {"UBIGINT", "HUGEINT", "UHUGEINT", "FLOAT", "DOUBLE"}
# Few rows at a time would mean to open and skip the same row groups again and again.
_GROUP_ROWS = 100_000


def open_parquet(path: Path) -> Reading:
    """Opens a Parquet file.

    Raises:
        ReadError: It is damaged.
    """
    connection = duckdb.connect()
    escaped = glob.escape(str(path)).replace("'", "''")
    source = f"read_parquet('{escaped}', file_row_number = true)"

    def part(start: int, stop: int) -> str:
        where = f"file_row_number >= {start} and file_row_number < {stop}"
        return f"(select * exclude (file_row_number) from {source} where {where})"

    with _damage_named(path):
        (rows,) = connection.execute(f"select count(*) from {source}").fetchall()[0]
    return _reading(connection, part, path=path, kind="parquet", rows=rows)


def open_arrow(path: Path) -> Reading:
    """Opens an Arrow or Feather file, or a file that holds an Arrow stream.

    Raises:
        MissingExtraError: pyarrow is not installed.
        ReadError: It is damaged.
    """
    try:
        import pyarrow
        from pyarrow import feather, ipc
    except ImportError as error:
        raise MissingExtraError("Arrow and Feather files", "arrow") from error
    connection = duckdb.connect()
    with _damage_named(path, (pyarrow.ArrowException, OSError)):
        with path.open("rb") as file:
            stream = file.read(4) == b"\xff\xff\xff\xff"
        table = ipc.open_stream(path.read_bytes()).read_all() if stream else feather.read_table(path)

    def part(start: int, stop: int) -> str:
        connection.register("part", table.slice(start, stop - start))
        return "part"

    return _reading(connection, part, path=path, kind="arrow", rows=table.num_rows)


def _reading(
    connection: duckdb.DuckDBPyConnection, part: Callable[[int, int], str], *, path: Path, kind: FileFormat, rows: int
) -> Reading:
    """Makes a reading of rows that `part(start, stop)` names in SQL."""
    # Moments with a time zone are written as UTC, wherever this runs.
    connection.execute("set TimeZone = 'UTC'")
    with _damage_named(path):
        described = connection.execute(f"describe select * from {part(0, 0)}").fetchall()
    names = unique_names([name.strip() for name, *_ in described])
    cells = ", ".join(
        f"{_as_cells(name, type_)} as c{position}" for position, (name, type_, *_) in enumerate(described)
    )

    def batches(batch_rows: int) -> Iterator[Table]:
        step = max(batch_rows, _GROUP_ROWS)
        for start in range(0, rows, step):
            with _damage_named(path):
                columns = connection.execute(f"select {cells} from {part(start, start + step)}").fetchnumpy()
            whole = Table({name: _filled(columns[f"c{position}"]) for position, name in enumerate(names)})
            yield from slices(whole)(batch_rows)

    return Reading(names, ReadSpec(format=kind), batches, Account())


def _as_cells(name: str, type_: str) -> str:
    """Writes the SQL that makes a column int64, float64 or text."""
    escaped = name.replace('"', '""')
    column = f'"{escaped}"'
    if type_ in _WHOLE:
        return f"{column}::bigint"
    if type_ in _REAL or type_.startswith("DECIMAL"):
        return f"{column}::double"
    if type_.startswith("TIMESTAMP"):
        return f"coalesce(replace({column}::timestamp::varchar, ' ', 'T'), '')"
    # Booleans turn into true and false, dates into 2024-02-03, lists and structures into what they look like.
    return f"coalesce(trim({column}::varchar, E' \\t\\r\\n'), '')"


def _filled(column: Any) -> Column:
    if isinstance(column, np.ma.MaskedArray):
        return np.ma.filled(column.astype(np.float64), np.nan)
    return np.asarray(column)


@contextmanager
def _damage_named(path: Path, kinds: tuple[type[Exception], ...] = (duckdb.Error,)) -> Iterator[None]:
    try:
        yield
    except kinds as error:
        cause = str(error).splitlines()[0]
        raise ReadError(f"{path.name} is damaged: {cause}", hint="copy or export it again") from error
