"""Small phrases for reasons, findings and errors."""

from __future__ import annotations

from collections.abc import Sequence


def count_of(number: int, noun: str) -> str:
    """Returns a number with its noun: `1 cell`, `1,204 cells`, `3 classes`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun}{'es' if noun.endswith('s') else 's'}"


def share_of(part: int, whole: int) -> str:
    """Returns a part of a whole as people say it: `11 of 7,043 (0.16 %)`, `all 7,043`."""
    if part == whole:
        return f"all {whole:,}"
    return f"{part:,} of {whole:,} ({percent(part / whole)})"


def percent(share: float) -> str:
    """Returns a share with about two figures that count: `45 %`, `0.16 %`, `99.5 %`."""
    hundredths = 100.0 * share
    if 0.0 < hundredths < 10.0:
        return f"{hundredths:.2g} %"
    if 90.0 < hundredths < 100.0:
        return f"{min(hundredths, 99.9):.1f} %"
    return f"{hundredths:.0f} %"


def listing(items: Sequence[str], limit: int = 3) -> str:
    """Returns quoted items: `'a', 'b', 'c' and 5 more`."""
    quoted = [f"'{shorten(item)}'" for item in items[:limit]]
    rest = len(items) - limit
    if rest > 0:
        return f"{', '.join(quoted)} and {rest:,} more"
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}" if quoted else "none"


def shorten(text: str, length: int = 40) -> str:
    """Returns one line of at most `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def figure(number: float) -> str:
    """Returns a number in as few characters as tell it apart: `3`, `0.42`, `45,400`."""
    if number == int(number) and abs(number) < 1e15:
        whole = int(number)
        return f"{whole:,}" if abs(whole) >= 10_000 else str(whole)
    return f"{number:.4g}"
