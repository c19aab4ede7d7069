"""Reads whatever holds a table: CSV in any dialect, Parquet, JSON, Excel, Arrow; one file or many parts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from automl_cli.data.packing import DisprovedError, Stack
from automl_cli.data.parts import open_further_part, open_part
from automl_cli.data.reading import Reading
from automl_cli.data.sources import find_parts
from automl_cli.data.table import Table, match_column
from automl_cli.errors import ReadError
from automl_cli.spec.dataset import ReadSpec

# Small batches stay in the processor's cache: 8,000 rows at a time take half as long again.
_BATCH_ROWS = 1000


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A table as it was found, and how it was read.

    Attributes:
        table: Raw cells: trimmed strings from text files; from typed formats float64 or int64 for numbers,
            'true' and 'false' for booleans, ISO strings for dates.
        read: Reads another file of the same kind in the same way.
        path: The file, or the first of the parts; `-` for standard input.
        notes: What was done to the file, in short sentences: "Dropped 2 lines below the data."
        words: In a very large table, what stood in cells that are missing now among the numbers of a column.
    """

    table: Table
    read: ReadSpec
    path: str
    notes: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_table(source: str, read: ReadSpec | None = None, *, as_written: Collection[str] = ()) -> ReadResult:
    """Reads a whole table into memory.

    Args:
        source: A path, a glob, a folder of parts, `-` for standard input, or `example:NAME`.
        read: How to read it; found out from the file when None.
        as_written: Columns, as `match_column` finds them, that stay text even in a very large table; the others may
            be packed, see `automl_cli.data.packing`.

    Raises:
        ReadError: The file is missing, empty, broken or of an unknown kind; the message says which.
        MissingExtraError: The format needs an optional dependency.
    """
    paths = find_parts(source)
    first = open_part(paths[0], read, footer_rows=read.footer_rows if read else None)
    parts = [first, *(open_further_part(path, first) for path in paths[1:])]
    stack = Stack(match_column(first.names, name) or name for name in as_written)
    try:
        for part in parts:
            for batch in part.batches(_BATCH_ROWS):
                stack.add(batch)
        table, words = stack.finish()
    except DisprovedError as disproved:
        return read_table(source, read, as_written=[*as_written, *disproved.names])
    if not table.rows:
        raise _without_rows(paths[0], first.names)
    spec = first.read.model_copy(update={"footer_rows": first.account.footer_rows})
    return ReadResult(table, spec, "-" if source == "-" else str(paths[0]), _notes(parts, paths), words)


def iterate_tables(
    source: str, read: ReadSpec, *, batch_rows: int = 10_000, needed: Sequence[str] = ()
) -> Iterator[Table]:
    """Reads a table batch by batch, in the order of the file; text and Parquet files are never whole in memory.

    The file is read as `read` says. If a needed column is not found so, the way of writing is found out again: a new
    file may come with another delimiter, or without the titles. Lines below the data are found by their looks, because
    cutting a number of lines that was right for another file would lose rows.

    Args:
        source: As for `read_table`.
        read: How the file is expected to be written.
        batch_rows: Rows of a batch; the last ones of a part may be fewer.
        needed: Columns that the reader of the table cannot do without, as `match_column` finds them.

    Raises:
        ReadError: As for `read_table`.
    """
    paths = find_parts(source)
    first = open_part(paths[0], read)
    if _lacking(first, needed):
        again = open_part(paths[0], None)
        if _lacking(again, needed) < _lacking(first, needed):
            first = again
    empty = True
    for path in paths:
        part = first if path == paths[0] else open_further_part(path, first)
        for table in part.batches(batch_rows):
            if table.rows:
                empty = False
                yield table
    if empty:
        raise _without_rows(paths[0], first.names)


def _lacking(part: Reading, needed: Sequence[str]) -> int:
    return sum(match_column(part.names, name) is None for name in needed)


def _notes(parts: Sequence[Reading], paths: Sequence[Path]) -> tuple[str, ...]:
    """Names the file in the notes of further parts, where they say something new."""
    notes = list(parts[0].account.notes())
    if len(parts) > 1:
        notes.insert(0, f"Read {len(parts)} parts, {paths[0].name} to {paths[-1].name}.")
    for part, path in zip(parts[1:], paths[1:], strict=True):
        notes += [f"{path.name}: {note}" for note in part.account.notes() if note not in notes]
    return tuple(notes)


def _without_rows(path: Path, names: Sequence[str]) -> ReadError:
    return ReadError(
        f"{path.name} has a header ({len(names)} columns) but no rows below it.",
        hint="was the export filtered down to nothing?",
    )
