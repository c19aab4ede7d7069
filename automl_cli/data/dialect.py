"""Which character stands between the cells of a text file, and how cells that contain it are protected.

Every candidate parses the first lines; the one whose rows agree best about the number of cells wins. The csv module of
the standard library does the parsing, here and for whole files (`automl_cli.data.delimited` says why).
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _csv import Reader

Record = list[str]

# How far a candidate is believed before any row is seen. A comma is also a decimal mark and punctuation, a blank is in
# every sentence, a colon in every time of day; tabs, semicolons and bars are rarely anything but delimiters.
_BELIEF = {"\t": 1.05, ";": 1.03, "|": 1.03, "\x01": 1.03, ",": 1.0, "^": 0.9, "~": 0.9, "whitespace": 0.85, ":": 0.6}
_LEAST_AGREEMENT = 0.4
_SAMPLE_RECORDS = 200
# Large enough for whole documents in one cell, small enough to notice a quote that swallows the rest of a file.
_CELL_LIMIT = 1 << 24


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a line becomes cells.

    Attributes:
        delimiter: One character, or `whitespace` for runs of blanks and tabs.
        quote: Quote character; empty when quotes are plain text.
        escape: Character that takes the meaning from the quote behind it; empty when quotes are doubled instead.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""


def parse(lines: Iterable[str], dialect: Dialect) -> Reader:
    """Yields the cells of each record; a blank line is an empty list, a record may span several lines.

    Args:
        lines: Each with its line end; any of LF, CRLF and CR.
        dialect: How they are written. Blanks behind a delimiter do not count.
    """
    csv.field_size_limit(_CELL_LIMIT)
    if dialect.delimiter == "whitespace":
        lines = (line.replace("\t", " ").strip() for line in lines)
    return csv.reader(
        lines,
        delimiter=" " if dialect.delimiter == "whitespace" else dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape or None,
        skipinitialspace=True,
    )


def sniff_dialect(text: str) -> Dialect:
    """Finds the dialect of a text from its beginning.

    Args:
        text: The first lines, whole ones; a few hundred are enough.
    """
    # Not str.splitlines, which would also split at form feeds and other marks that cells may hold.
    lines = list(io.StringIO(text, newline=""))
    # Excel writes and reads such a line.
    declared = re.match(r"\s*sep=(.)\s*$", lines[0]) if lines else None
    if declared:
        return _with_quotes(lines, declared[1])
    agreement = {delimiter: _agreement(lines, Dialect(delimiter)) for delimiter in _BELIEF if _occurs(delimiter, text)}
    likely = {delimiter: share for delimiter, share in agreement.items() if share >= _LEAST_AGREEMENT}
    if not likely:
        # One column: a delimiter that splits nothing.
        return _with_quotes(lines, next(sign for sign in (",", "\t", "\x01") if sign not in text or sign == "\x01"))
    return _with_quotes(lines, max(likely, key=lambda delimiter: likely[delimiter] * _BELIEF[delimiter]))


def _occurs(delimiter: str, text: str) -> bool:
    return " " in text or "\t" in text if delimiter == "whitespace" else delimiter in text


def _agreement(lines: Sequence[str], dialect: Dialect) -> float:
    """Share of records that have the commonest number of cells, if that is more than one."""
    records = _first_records(lines, dialect)
    widths = Counter(map(len, records))
    if not widths:
        return 0.0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    if width == 1 or (dialect.delimiter == "whitespace" and width == 2 and not _has_numbers(lines)):
        return 0.0
    # What splits the header as well is more likely than what only splits the text of one column.
    return count / len(records) * (0.96 if len(records[0]) == 1 else 1.0)


def _has_numbers(lines: Sequence[str]) -> bool:
    """Two words a line are more likely a name than two columns; two numbers are not."""
    return sum(bool(re.search(r"\d", line)) for line in lines) > 0.5 * len(lines)


def _with_quotes(lines: Sequence[str], delimiter: str) -> Dialect:
    """Chooses between doubled quotes, escaped quotes, single quotes and none."""
    text = "".join(lines)
    doubled = Dialect(delimiter)
    if '"' not in text:
        return Dialect(delimiter, quote="'") if "'" in text and _is_single_quoted(lines, delimiter) else doubled
    plain = Dialect(delimiter, quote="")
    # Where every line is a whole row without them, quotes that join lines are inches, or speech, or dirt.
    if _agreement(lines, plain) > 0.99 and any(
        "\n" in cell for record in _first_records(lines, doubled) for cell in record
    ):
        return plain
    escaped = Dialect(delimiter, escape="\\") if re.search(r'[^\\]\\"', text) else doubled
    return max((doubled, escaped, plain), key=lambda dialect: _agreement(lines, dialect) - 0.01 * (dialect == plain))


def _is_single_quoted(lines: Sequence[str], delimiter: str) -> bool:
    """Whether the header or some column is wrapped in apostrophes; a name such as 'Aida' alone does not count."""
    header, *body = [[_is_wrapped(cell) for cell in record] for record in _first_records(lines, Dialect(delimiter))]
    wrapped = Counter(position for record in body for position, is_wrapped in enumerate(record) if is_wrapped)
    return all(header) or any(count > 0.9 * len(body) for count in wrapped.values())


def _is_wrapped(cell: str) -> bool:
    cell = cell.strip()
    return len(cell) > 1 and cell[0] == "'" == cell[-1]


def _first_records(lines: Sequence[str], dialect: Dialect) -> list[Record]:
    records: list[Record] = []
    try:
        for record in parse(lines, dialect):
            if record:
                records.append(record)
            if len(records) == _SAMPLE_RECORDS:
                break
    except csv.Error:
        pass
    return records
