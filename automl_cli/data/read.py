"""Reads whatever holds a table: CSV in any dialect, Parquet, JSON, Excel, Arrow; one file or many parts."""

from __future__ import annotations

from dataclasses import dataclass

from automl_cli.data.delimited import open_delimited
from automl_cli.data.sources import find_parts
from automl_cli.data.table import Table, concatenate
from automl_cli.errors import ReadError
from automl_cli.spec.dataset import ReadSpec


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A table as it was found, and how it was read.

    Attributes:
        table: Raw cells: trimmed strings from text files; from typed formats float64 or int64 for numbers,
            'true' and 'false' for booleans, ISO strings for dates.
        read: Reads another file of the same kind in the same way.
        path: The file, or the first of the parts; the source as typed where there is no file.
        notes: What was done to the file, in short sentences: "Dropped 2 lines above the header."
    """

    table: Table
    read: ReadSpec
    path: str
    notes: tuple[str, ...]


def read_table(source: str, read: ReadSpec | None = None) -> ReadResult:
    """Reads a whole table into memory.

    Args:
        source: A path, a glob, a folder of parts, `-` for standard input, or `example:NAME`.
        read: How to read it; found out from the file when None.

    Raises:
        ReadError: The file is missing, empty, broken or of an unknown kind; the message says which.
        MissingExtraError: The format needs an optional dependency.
    """
    parts = find_parts(source)
    reading = open_delimited(parts[0], read, footer_rows=read.footer_rows if read else None)
    tables = list(reading.batches(1000))
    if not any(table.rows for table in tables):
        raise ReadError(
            f"{parts[0].name} has a header ({len(reading.names)} columns) but no rows below it.",
            hint="was the export filtered down to nothing?",
        )
    return ReadResult(concatenate(tables), reading.read, str(parts[0]), reading.account.notes())
