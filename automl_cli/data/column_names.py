"""Names for columns: trimmed, unique, none empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def positional_names(width: int) -> tuple[str, ...]:
    """Returns the names of a table without a header: `column_0`, `column_1`, ..."""
    return tuple(f"column_{position}" for position in range(width))


def header_names(header: Sequence[Sequence[str]], width: int) -> tuple[str, ...]:
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


def describe_names(header: Sequence[Sequence[str]], names: Sequence[str]) -> list[str]:
    """Says in sentences what was done to the names of a header."""
    upper = _line(header[0], len(names))
    repeated = [name for name, count in Counter(upper).items() if name and count > 1]
    unnamed = [name for name, written in zip(names, upper, strict=True) if not written and name.startswith("unnamed_")]
    notes = []
    if unnamed:
        notes.append(f"{_count(unnamed)} without a name: {_some(unnamed)}.")
    if repeated and len(header) == 1:
        numbered = [name for name, written in zip(names, upper, strict=True) if written and name != written]
        notes.append(f"{_count(numbered)} with the name of an earlier column: {_some(numbered)}.")
    return notes


def _line(row: Sequence[str], width: int) -> list[str]:
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


def _count(names: Sequence[str]) -> str:
    return "1 column" if len(names) == 1 else f"{len(names)} columns"


def _some(names: Sequence[str]) -> str:
    return ", ".join(name if len(name) <= 40 else f"{name[:40]}..." for name in names[:3]) + (
        ", ..." if len(names) > 3 else ""
    )
