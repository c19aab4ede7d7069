"""Names for columns: trimmed, unique, none empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from automl_cli.data.layout import Layout, Record
from automl_cli.data.phrases import count_of, listing


def name_columns(rows: Sequence[Record], layout: Layout) -> tuple[tuple[str, ...], list[str]]:
    """Names the columns of a file, and says in sentences which lines are no data and which names were made.

    A table without a header gets `column_0`, `column_1`, ...

    Args:
        rows: The first rows of the file.
        layout: Where the header is among them.
    """
    notes = []
    if layout.skip_rows:
        titles = [cell.strip() for row in rows[: layout.skip_rows] for cell in row if cell.strip()]
        quoted = f": {listing(titles)}." if titles else "."
        notes.append(f"Skipped {count_of(layout.skip_rows, 'line')} above the data{quoted}")
    start = layout.skip_rows + layout.header_rows
    header = rows[layout.skip_rows : start]
    if not header:
        names = tuple(f"column_{position}" for position in range(layout.width))
        notes.append("There is no header line; columns are named by position, from column_0.")
        return names, notes
    if len(header) > 1:
        notes.append("There are two header lines; the second is part of the names, not a row of data.")
    if _lacks_name_of_first(header[0], rows[start:], layout.width):
        header = [["", *row] for row in header]
    names = header_names(header, layout.width)
    return names, notes + _describe_names(header, names)


def _lacks_name_of_first(header: Record, body: Sequence[Record], width: int) -> bool:
    """Whether every row is one cell longer than the header, as R writes row names; a trailing delimiter is no cell."""
    return len(header) == width - 1 and all(header) and any(row[-1].strip() for row in body if len(row) == width)


def header_names(header: Sequence[Record], width: int) -> tuple[str, ...]:
    """Makes names of one or two header lines.

    A column that stands alone keeps its upper name ("Gender" over "Response"); columns that share one
    ("Films you saw" over "Alien", then nothing over "Brazil") are told apart by both: "Films you saw / Brazil".

    Args:
        header: The lines as they are written.
        width: Number of columns; what the lines do not name becomes `unnamed_13` for the thirteenth.
    """
    upper, *lower = [_line(row, width) for row in header]
    return unique_names(_join(upper, lower[0]) if lower else upper)


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Numbers names that occur more than once: `Region`, `Region (2)`; names those that are empty."""
    filled = [name or f"unnamed_{position}" for position, name in enumerate(names, start=1)]
    taken = set(filled)
    seen: Counter[str] = Counter()
    unique = []
    for name in filled:
        seen[name] += 1
        if seen[name] == 1:
            unique.append(name)
            continue
        while (numbered := f"{name} ({seen[name]})") in taken:
            seen[name] += 1
        taken.add(numbered)
        unique.append(numbered)
    return tuple(unique)


def _describe_names(header: Sequence[Record], names: Sequence[str]) -> list[str]:
    """Says in sentences what was done to the names of a header."""
    upper = _line(header[0], len(names))
    repeated = [name for name, count in Counter(upper).items() if name and count > 1]
    unnamed = [name for name, written in zip(names, upper, strict=True) if not written and name.startswith("unnamed_")]
    notes = []
    if unnamed:
        notes.append(f"{count_of(len(unnamed), 'column')} without a name: {listing(unnamed)}.")
    if repeated and len(header) == 1:
        numbered = [name for name, written in zip(names, upper, strict=True) if written and name != written]
        notes.append(f"{count_of(len(numbered), 'column')} with the name of an earlier one: {listing(numbered)}.")
    return notes


def _line(row: Record, width: int) -> list[str]:
    # Names lost their line breaks to blanks, as a terminal would show them; other blanks inside stay.
    cells = [cell.replace("\r\n", " ").replace("\n", " ").replace("\r", " ").strip() for cell in row[:width]]
    return cells + [""] * (width - len(cells))


def _join(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    names, group = [], ""
    for position, (above, below) in enumerate(zip(upper, lower, strict=True)):
        group = above or group
        shares = not above or (position + 1 < len(upper) and not upper[position + 1] and lower[position + 1])
        ruled = not below.strip("-=+: ")
        names.append(f"{group} / {below}" if group and shares and not ruled else above or ("" if ruled else below))
    return names
