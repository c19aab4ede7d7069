"""Repairs records that a stray quote has run together.

A quote that opens a cell and is never closed takes everything up to the next quote into one cell, lines and all. This
shows: the lines of such a record are whole rows when each is parsed by itself, and its quotes do not come in pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice, tee

from automl_cli.data.dialect import Dialect, Record, parse
from automl_cli.data.reading import Account

# A cell may hold a line or two that look like rows; not several of the same width.
_LEAST_LINES = 4
_LEAST_SHARE = 0.8


def parse_chunks(
    lines: Iterable[str], dialect: Dialect, *, width: int, chunk_rows: int, account: Account
) -> Iterator[list[Record]]:
    """Yields lists of `chunk_rows` records (more where some were repaired), with swallowed rows set free.

    Args:
        lines: Each with its line end.
        dialect: How they are written.
        width: Cells of a row.
        chunk_rows: Records to parse at a time.
        account: Counts the lines that were repaired.
    """
    lines, again = tee(lines)
    records = parse(lines, dialect)
    before = 0
    while chunk := list(islice(records, chunk_rows)):
        seen = list(islice(again, records.line_num - before))
        before = records.line_num
        # Where every record is one line nothing can have been swallowed.
        yield chunk if len(seen) == len(chunk) else _repaired(chunk, seen, dialect, width=width, account=account)


def _remembered(lines: Iterable[str], seen: list[str]) -> Iterator[str]:
    for line in lines:
        seen.append(line)
        yield line


def _repaired(chunk: list[Record], lines: list[str], dialect: Dialect, *, width: int, account: Account) -> list[Record]:
    # One comma is in every other sentence, so two columns of text would look like rows everywhere.
    if width < (2 if dialect.delimiter in "\t;|" else 3) or not dialect.quote:
        return chunk
    repaired: list[Record] = []
    span: list[str] = []
    # Parsed once more, to know which lines each record came from.
    for record in parse(_remembered(lines, span), dialect):
        alone = _parse_alone(span, dialect, width)
        account.stray_quotes += len(alone) > 0
        repaired += alone or [record]
        span.clear()
    return repaired


def _parse_alone(span: list[str], dialect: Dialect, width: int) -> list[Record]:
    """Returns the rows in the lines of one record if these were run together; nothing if they belong together."""
    # Only the first test is made for every text of several lines, so it is a quick one.
    if len(span) < 2 or any(line.count(dialect.delimiter) < width - 1 for line in span[:2]):
        return []
    rows = [_parse_line(line, dialect) for line in span]
    whole = sum(len(row) == width for row in rows)
    # Quotes that belong together come in pairs.
    unpaired = sum(line.count(dialect.quote) for line in span) % 2 == 1
    run_together = whole == len(rows) if unpaired else len(rows) >= _LEAST_LINES and whole >= _LEAST_SHARE * len(rows)
    return rows if run_together else []


def _parse_line(line: str, dialect: Dialect) -> Record:
    """Parses one line; where its quote is not closed within it, quotes are nothing but dirt before a cell."""
    record = next(parse([line], dialect), [])
    if record and record[-1].endswith(("\n", "\r")):
        return [cell.removeprefix(dialect.quote) for cell in next(parse([line], replace(dialect, quote="")), [])]
    return record
