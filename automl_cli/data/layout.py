"""Where the table is inside the rows of a file: titles above it, header lines, the data, totals below it.

People put more into a file than a table. What is decided here is decided by comparing rows with the rows below them,
never by their words alone, except for the last line of a table, which is a total when it says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from automl_cli.spec.dataset import ReadSpec

Record = Sequence[str]

# As many lines as are looked at for titles above the header and for totals and sources below the data.
MARGIN_ROWS = 25
# Enough to know a header by; a table of genes has tens of thousands.
_VOTING_COLUMNS = 300
# Marks of a missing cell that say nothing about its column.
_MISSING = frozenset({"", "?", "-", ".", "na", "n/a", "#n/a", "nan", "null", "none", "nil"})
_NUMBER = re.compile(r"[-+(]?[$€£]?\s?[-+]?(\d[\d.,' ]*|\.\d+)([eE][-+]?\d+)?\s?%?\)?")
_TOTAL = re.compile(r"(grand |sub)?totals?:?|sums?:?", re.IGNORECASE)
_REMARK = re.compile(
    r"(grand |sub)?total|sum\b|source|notes?\b|generated|created|exported|end of|rows?:|\*|©", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The lines around the data, and what a row of data looks like.

    Attributes:
        skip_rows: Lines above the header.
        header_rows: 0, 1 or 2.
        width: Cells of a row.
        typical: Median number of cells that are filled.
        even: Whether every row seen has at least `width` cells.
        gapless: Whether no blank line was seen between the rows.
        counts_first: Whether the first column holds numbers.
        repeated_firsts: Cells that the first column holds more than once.
    """

    skip_rows: int
    header_rows: int
    width: int
    typical: float
    even: bool
    gapless: bool
    counts_first: bool
    repeated_firsts: frozenset[str]


def layout_of(rows: Sequence[Record], read: ReadSpec | None) -> Layout:
    """Returns the layout that a spec tells of these rows, or else the one that they show."""
    if read is None:
        return find_layout(rows)
    return describe_layout(rows, skip_rows=read.skip_rows, header_rows=read.header_rows)


def find_layout(rows: Sequence[Record]) -> Layout:
    """Finds titles and header lines in the first rows of a file.

    Args:
        rows: Cells of each row, trimmed or not; a blank line has none, or only blank ones.
    """
    width = _usual_width(rows)
    skip = _count_titles(rows, width)
    filled = [row[:_VOTING_COLUMNS] for row in rows[skip:] if not is_blank(row)]
    header = 0
    if filled and (len(filled) == 1 or _is_header(filled[0], filled[1:])):
        header = 2 if _is_second_header(filled[1:], filled[0]) else 1
    elif _is_group_header(filled):
        header = 2
    return describe_layout(rows, skip_rows=skip, header_rows=header)


def describe_layout(rows: Sequence[Record], *, skip_rows: int, header_rows: int) -> Layout:
    """Describes the data below lines that are known."""
    body = [row for row in rows[skip_rows + header_rows :] if not is_blank(row)] or [row for row in rows if row]
    header = rows[skip_rows] if header_rows and skip_rows < len(rows) else []
    width = max(_usual_width(body), len(header))
    # A delimiter at the end of each line makes no column.
    while width > 1 and not any(row[width - 1 :] and row[width - 1].strip() for row in [header, *body]):
        width -= 1
    firsts = [row[0].strip() for row in body if row]
    return Layout(
        skip_rows=skip_rows,
        header_rows=header_rows,
        width=width,
        typical=median(map(_count_filled, body)) if body else 0,
        even=all(len(row) >= width for row in body),
        gapless=not any(is_blank(row) for row in rows[skip_rows:-MARGIN_ROWS]),
        counts_first=_share_of_numbers(firsts) > 0.8,
        repeated_firsts=frozenset(cell for cell, count in Counter(firsts).items() if count > 1),
    )


def count_footers(tail: Sequence[Record], layout: Layout) -> int:
    """Counts the rows at the end that are not data: totals, sources, remarks and the blank lines among them.

    Args:
        tail: The last rows of the file, at most `MARGIN_ROWS` of them count.
        layout: What the rows of data look like.
    """
    footers = 0
    for distance in range(1, min(len(tail), MARGIN_ROWS) + 1):
        row = tail[-distance]
        if is_blank(row):
            continue
        above = tail[-distance - 1] if distance < len(tail) else row
        if not _is_footer(row, layout, after_gap=layout.gapless and is_blank(above)):
            break
        footers = distance
    if footers and footers < len(tail):
        footers += _count_blank(tail[:-footers])
    return footers


def is_blank(row: Record) -> bool:
    """Whether no cell of the row holds anything."""
    return not any(row) or not any(map(str.strip, row))


def _count_filled(row: Record) -> int:
    return len(row) - list(map(str.strip, row)).count("")


def _count_blank(rows: Sequence[Record]) -> int:
    return next((count for count, row in enumerate(reversed(rows)) if not is_blank(row)), len(rows))


def _usual_width(rows: Sequence[Record]) -> int:
    widths = Counter(len(row) for row in rows if row)
    return max(widths, key=lambda width: (widths[width], width), default=0)


def _count_titles(rows: Sequence[Record], width: int) -> int:
    """Counts the leading rows that hold a title or nothing, above a row that holds much more."""
    if width < 2:
        return _leading_blank(rows)
    typical = median(_count_filled(row) for row in rows if row)
    titles = 0
    for number, row in enumerate(rows[:MARGIN_ROWS], start=1):
        if is_blank(row):
            continue
        if not _is_title(row, width, typical):
            break
        titles = number
    else:
        titles = 0
    titles += _count_prose(rows[titles:], width)
    return titles + _leading_blank(rows[titles:])


def _count_prose(rows: Sequence[Record], width: int) -> int:
    """Counts leading lines that have more words than the table has columns, above a row that names every column."""
    if not rows or len(rows[0]) <= width:
        return 0
    for number in range(min(MARGIN_ROWS, len(rows) - 3), 0, -1):
        if len(rows[number]) == width == _votes(rows[number], rows[number + 1 :]):
            return number
    return 0


def _leading_blank(rows: Sequence[Record]) -> int:
    return next((count for count, row in enumerate(rows) if not is_blank(row)), 0)


def _is_title(row: Record, width: int, typical: float) -> bool:
    cells = [cell for cell in row if cell.strip()]
    sparse = len(cells) <= max(1, width // 3) or len(row) <= width // 2
    starts_left = bool(row[0].strip()) or (len(cells) == 1 and width > 2)
    return sparse and starts_left and typical >= 2 * len(cells) and not all(map(_is_number, cells))


def _is_header(row: Record, body: Sequence[Record]) -> bool:
    """Lets every column say whether the first row is unlike the others; without any opinion it is a header."""
    if _counts_up(row):
        return True
    if len(row) > 2 and not row[0].strip() and all(row[1:]) and all(other[0].strip() for other in body if other):
        # Nothing stands above the row names, whatever the other names look like.
        return True
    # Files that were put together line by line repeat their header.
    votes = _votes(row, [other for other in body if other != row] if len(row) > 1 else body)
    return votes > 0 or (votes == 0 and not all(map(_is_number, filter(str.strip, row))))


def _is_group_header(rows: Sequence[Record]) -> bool:
    """Whether the first row has names for groups of columns (2019, then nothing, 2020) and the second those within."""
    if len(rows) < 4 or not 0 < _count_filled(rows[0]) < _count_filled(rows[1]) == len(rows[1]):
        return False
    return _votes(rows[1], rows[2:]) > len(rows[1]) / 2


def _is_second_header(rows: Sequence[Record], header: Record) -> bool:
    """Whether the row below the header explains it further: units, the same word all over, or a ruled line.

    A row of data is not thrown away for being odd: it must be unlike the others in several columns of numbers, repeat
    one word that no other row uses, or fill gaps in the header, and be like the others in no column.
    """
    if len(rows) < 2:
        return False
    row, body = rows[0], rows[1:]
    cells = [cell.strip() for cell in row if cell.strip()]
    if all(re.fullmatch(r"[-=+:]{2,}", cell) for cell in cells):
        return True
    if len(body) < 3 or len(cells) < 2:
        return False
    votes = [_vote(cell, _column(body, position)) for position, cell in enumerate(row)]
    if min(votes) < 0:
        return False
    counting = [vote for position, vote in enumerate(votes) if _share_of_numbers(_column(body, position)) > 0.8]
    word, repeats = Counter(cells).most_common(1)[0]
    # Half of the columns of numbers, empty ones such as that of a respondent's id included.
    unlike_numbers = sum(counting) >= max(2, len(counting) / 2)
    fills_gaps = any(not above.strip() and below.strip() for above, below in zip(header, row, strict=False))
    if unlike_numbers or (fills_gaps and sum(votes) > 1):
        return True
    return repeats >= max(3, 0.3 * len(cells)) and not any(word in other for other in body)


def _column(rows: Sequence[Record], position: int) -> list[str]:
    return [row[position].strip() for row in rows if len(row) > position]


def _votes(row: Record, below: Sequence[Record]) -> int:
    return sum(_vote(cell, _column(below, position)) for position, cell in enumerate(row))


def _vote(cell: str, column: Sequence[str]) -> int:
    """Says how a cell stands to the cells below it: 1 is a name of the column, -1 is one of them, 0 is unknown."""
    cell = cell.strip()
    known = [other for other in column if other.lower() not in _MISSING]
    if not known or cell.lower() in _MISSING:
        return 0
    if _share_of_numbers(known) > 0.8:
        return -1 if _is_number(cell) else 1
    if sum(any(map(str.isdigit, other)) for other in known) > 0.9 * len(known):
        # Dates, times, codes.
        if not any(map(str.isdigit, cell)):
            return 1
        return -1 if _mask(cell) in map(_mask, known) else 0
    levels = set(known)
    if len(levels) == 1:
        return 0
    if cell in levels:
        return -1
    return 1 if len(levels) <= max(2, len(known) / 2) else 0


def _mask(cell: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", cell))


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell.strip()) is not None


def _share_of_numbers(cells: Sequence[str]) -> float:
    known = [cell for cell in cells if cell.strip().lower() not in _MISSING]
    return sum(map(_is_number, known)) / len(known) if known else 0.0


def _counts_up(row: Record) -> bool:
    """Whether the numbers of a row count columns or years: 0, 1, 2, ... or 1990, 1995, ..."""
    cells = [cell.strip() for cell in row if cell.strip()]
    numbers = [int(cell) for cell in cells if re.fullmatch(r"\d{1,4}", cell)]
    steps = {later - former for former, later in pairwise(numbers)}
    if len(numbers) < 3 or len(steps) > 1 or min(steps) < 1:
        return False
    years = numbers[0] >= 1900 and numbers[-1] <= 2100
    return years or (numbers[0] in (0, 1) and steps == {1} and len(numbers) == len(cells) >= 5)


def _is_footer(row: Record, layout: Layout, *, after_gap: bool) -> bool:
    cells = [cell.strip() for cell in row if cell.strip()]
    if layout.width < 2:
        return False
    if _TOTAL.fullmatch(cells[0]) and cells[0] not in layout.repeated_firsts:
        return True
    if len(cells) > max(1, layout.width // 3) or layout.typical < 2 * len(cells):
        return False
    odd_first = layout.counts_first and bool(row[0].strip()) and not _is_number(row[0])
    shorter = layout.even and len(row) < layout.width
    return after_gap or odd_first or shorter or _REMARK.match(cells[0]) is not None
