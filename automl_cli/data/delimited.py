"""CSV and its relatives: rows of text with something between the cells.

Which engine cuts the text was decided by trying. Of 25 files as people have them, each transcoded to UTF-8 first,
DuckDB's sniffer read 20 as a person would, pyarrow 16 and polars 15: none skips titles, totals or a second header line,
none but the csv module splits at runs of blanks, and a row with one cell too many stops them or is lost. So where the
table is had to be found here in any case (`automl_cli.data.layout`), and what remains is to make strings of cells. For
100,000 x 30 cells the csv module takes 0.9 s and 220 MB; DuckDB takes 0.8 s, polars and pyarrow 0.6 s, on two threads
and with 330 to 360 MB. The csv module also reads from any decoder and unpacker without a temporary file, row by row,
and never stops at an odd row; so text is read by it, and DuckDB reads Parquet (`automl_cli.data.columnar`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from automl_cli.data.column_names import name_columns
from automl_cli.data.compression import open_bytes
from automl_cli.data.dialect import Dialect, Record, parse, sniff_dialect
from automl_cli.data.encoding import detect_encoding, python_codec
from automl_cli.data.layout import MARGIN_ROWS, Layout, count_footers, is_blank, layout_of
from automl_cli.data.quotes import parse_chunks
from automl_cli.data.reading import Account, Reading
from automl_cli.data.table import Column, Table
from automl_cli.errors import ReadError
from automl_cli.spec.dataset import ReadSpec

_SAMPLE_CHARACTERS = 1 << 18
_SAMPLE_LINES = 50
_SAMPLE_ROWS = 500
# Columns of fewer different cells than this share one string per level, which saves memory for little time.
_SHARED_LEVELS = 500


def open_delimited(path: Path, read: ReadSpec | None, *, footer_rows: int | None = None) -> Reading:
    """Opens a text file; finds out how it is written where the spec does not say.

    Args:
        path: Packed or not.
        read: How it is written, if known.
        footer_rows: Lines below the data; found by their looks when None.

    Raises:
        ReadError: The file is empty or is no text.
    """
    account = Account()
    with open_bytes(path) as stream:
        encoding = detect_encoding(stream, read.encoding if read else None)
    if encoding.note:
        account.sentences.append(encoding.note)
    head, whole = _read_head(path, encoding.name)
    if not head.strip():
        raise ReadError(f"{path.name} is empty.", hint="was the export interrupted?")
    dialect = Dialect(read.delimiter, read.quote, read.escape) if read else sniff_dialect(head)
    records = list(parse(io.StringIO(head, newline=""), dialect))
    # Where the sample ends within a quoted cell, its last record is not whole.
    sample = (records if whole or len(records) < 2 else records[:-1])[:_SAMPLE_ROWS]
    layout = layout_of(sample, read)
    names, notes = name_columns(sample, layout)
    account.sentences.extend(notes)
    spec = ReadSpec(
        encoding=encoding.name,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        escape=dialect.escape,
        skip_rows=layout.skip_rows,
        header_rows=layout.header_rows,
    )

    def batches(batch_rows: int) -> Iterator[Table]:
        with open_bytes(path) as stream:
            lines = io.TextIOWrapper(stream, python_codec(encoding.name), errors="replace", newline="")
            chunks = parse_chunks(lines, dialect, width=len(names), chunk_rows=batch_rows, account=account)
            data = _without_footers(_without_head(chunks, layout, account), layout, account, footer_rows=footer_rows)
            pools: list[dict[str, str] | None] = [{} for _ in names]
            first_row = 1
            try:
                for chunk in data:
                    rows = _even_rows(chunk, len(names), account, first_row=first_row)
                    first_row += len(chunk)
                    if rows:
                        yield _to_table(names, rows, pools, account)
            except csv.Error as error:
                raise ReadError(
                    f"{path.name} cannot be split into cells: {error}.",
                    hint="a quote is probably never closed; set read: {quote: ''} in dataset.yaml",
                ) from error

    return Reading(names, spec, batches, account)


def _read_head(path: Path, encoding: str) -> tuple[str, bool]:
    """Returns the first lines, and whether that is all there is."""
    with open_bytes(path) as stream:
        text = io.TextIOWrapper(stream, python_codec(encoding), errors="replace", newline="")
        lines: list[str] = []
        characters = 0
        for line in text:
            lines.append(line)
            characters += len(line)
            if characters > _SAMPLE_CHARACTERS and len(lines) >= _SAMPLE_LINES:
                return "".join(lines), False
        return "".join(lines), True


def _without_head(chunks: Iterator[list[Record]], layout: Layout, account: Account) -> Iterator[list[Record]]:
    """Cuts the lines above the data, and the header wherever it occurs again, as in files put together by `cat`."""
    head = layout.skip_rows + layout.header_rows
    header: Record | None = None
    for chunk in chunks:
        if header is None and layout.header_rows and len(chunk) > layout.skip_rows:
            header = chunk[layout.skip_rows]
        data = [row for row in chunk[head:] if row != header]
        account.repeated_headers += len(chunk[head:]) - len(data)
        head = max(0, head - len(chunk))
        yield data


def _without_footers(
    chunks: Iterator[list[Record]], layout: Layout, account: Account, *, footer_rows: int | None
) -> Iterator[list[Record]]:
    """Holds back the last rows until it is known that they are the last, then cuts what is not data."""
    margin = MARGIN_ROWS if footer_rows is None else footer_rows
    held: list[Record] = []
    for chunk in chunks:
        held += chunk
        if len(held) > margin:
            yield held[: len(held) - margin]
            held = held[len(held) - margin :]
    account.footer_rows = count_footers(held, layout) if footer_rows is None else min(footer_rows, len(held))
    yield held[: len(held) - account.footer_rows]


def _even_rows(chunk: list[Record], width: int, account: Account, *, first_row: int) -> list[Record]:
    """Returns rows of exactly `width` cells; blank lines are left out."""
    if set(map(len, chunk)) == {width}:
        return chunk
    rows = []
    for number, row in enumerate(chunk, start=first_row):
        if not row:
            continue
        if len(row) < width:
            account.short_rows += not is_blank(row)
        elif not is_blank(row[width:]):
            account.first_long_row = account.first_long_row or number
            account.long_rows += 1
        rows.append((row + [""] * (width - len(row)))[:width])
    return rows


def _to_table(names: Sequence[str], rows: list[Record], pools: list[dict[str, str] | None], account: Account) -> Table:
    columns: list[Column] = []
    for position, cells in enumerate(zip(*rows, strict=True)):
        trimmed = list(map(str.strip, cells))
        pool = pools[position]
        if pool is not None:
            trimmed = list(map(pool.setdefault, trimmed, trimmed))
            if len(pool) > _SHARED_LEVELS:
                pools[position] = None
        columns.append(np.array(trimmed, dtype=object))
    table = Table(dict(zip(names, columns, strict=True)))
    blank = _blank_rows(columns)
    if not len(blank):
        return table
    account.blank_rows += len(blank)
    return table.take(np.delete(np.arange(table.rows), blank))


def _blank_rows(columns: Sequence[Column]) -> Column:
    """Returns the numbers of rows without any cell; looks at a column only for rows that are blank so far."""
    blank = np.flatnonzero(columns[0] == "")
    for column in columns[1:]:
        if not len(blank):
            break
        blank = blank[column[blank] == ""]
    return blank
