"""Numbers as people write them: what a `NumberFormat` means, exactly.

One regular expression says it, written in the part of the language that Python's `re` and RE2 (TensorFlow) share and
match alike, so that the exported graph reads a cell as this module does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.spec.dataset import NumberFormat

MAGNITUDES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}

# Blanks that stand between thousands: the common one, the unbreakable one and the narrow one.
BLANKS = " \u00a0\u202f"
NEGATIVE_SIGNS = "-\u2212("  # the second is the minus sign of typesetters
PLAIN_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"

_PLAIN = re.compile(PLAIN_NUMBER)
_FIRST_LOOK = 1_000
_CHARACTERS = b"0123456789eE+-.\n"
_POWERS = np.array([float(10**power) for power in range(16)])
# Fewer cells are read sooner one by one.
_WORTH_AN_ARRAY = 64


def number_pattern(number: NumberFormat) -> str:
    """Returns the expression that a whole cell must match to be a number.

    A cell is: a sign, currency or a word, a sign, digits, a unit; only the digits must be there, and there are no
    digits elsewhere, so that '5-10' and '128GB SSD + 1TB HDD' are not numbers.

    Its groups: 1 and 2, the signs (an opening bracket is a minus, as accountants write); 3, the whole part with its
    thousands marks; 4 or 5, the fraction with its decimal mark, behind a whole part or alone; 6, the exponent; 7, only
    with `magnitudes`, the letter K, M, B or T directly behind the digits or one blank away, and no letter behind it.
    """
    sign = f"([+{NEGATIVE_SIGNS.replace('-', '')}-]?)[{BLANKS}]*"
    mark = "[^0-9+.,()\u2212-]*"
    # The dot of 'Rs.500' ends a word; it is no decimal mark.
    prefix = rf"(?:{mark}[A-Za-z]\.?[{BLANKS}]*|{mark})"
    thousands = f"[{BLANKS}]" if number.thousands == " " else re.escape(number.thousands)
    whole = f"[0-9](?:{thousands}?[0-9])*" if number.thousands else "[0-9]+"
    decimal = re.escape(number.decimal)
    digits = f"(?:({whole})({decimal}[0-9]*)?|({decimal}[0-9]+))"
    exponent = "([eE][+-]?[0-9]+)?"
    unit = f"(?:[{BLANKS}]?([KMBTkmbt])(?:[^0-9A-Za-z][^0-9]*)?|[^0-9]*)" if number.magnitudes else "[^0-9]*"
    return sign + prefix + sign + digits + exponent + unit


def parse_numbers(
    cells: Sequence[str] | NDArray[Any], number: NumberFormat | None = None, *, missing: Collection[str] = ()
) -> NDArray[np.float64]:
    """Reads numbers out of text.

    The meaning, which the exported graph repeats: strip the cell; if it is empty or in `missing`, it is NaN; if it
    does not match `number_pattern` as a whole, it is NaN; otherwise join whole part (thousands marks removed),
    fraction (decimal mark as a dot) and exponent, multiply by the magnitude, and negate when a sign group is a minus
    or an opening bracket. A result equal to a member of `missing` that is itself a number (-999) is NaN.

    Args:
        cells: Shape `(rows,)`.
        number: How numbers are written; None for plain ones such as `-1.5e3`, with nothing around them.
        missing: Cells that mean 'missing' besides empty ones.

    Returns:
        Shape `(rows,)`.
    """
    listed = cells.tolist() if isinstance(cells, np.ndarray) else cells
    # Where most cells are levels of their own, sorting out the others takes longer than reading them again.
    distinct = listed if _differ(listed) else list(dict.fromkeys(listed))
    bare = ["" if cell in missing else cell.strip() for cell in distinct] if missing else list(map(str.strip, distinct))
    numbers = plain_numbers(bare) if number is None else np.array([_read(cell, number) for cell in bare])
    sentinels = plain_numbers(list(missing)) if number is None else np.array([_read(mark, number) for mark in missing])
    numbers[np.isin(numbers, sentinels)] = np.nan
    if distinct is listed:
        return numbers
    value_of = dict(zip(distinct, numbers.tolist(), strict=True))
    return np.fromiter(map(value_of.__getitem__, listed), dtype=np.float64, count=len(listed))


def _differ(cells: Sequence[str]) -> bool:
    """Whether most of the first cells occur once among them."""
    some = cells[:_FIRST_LOOK]
    return len(set(some)) > 0.5 * len(some)


def plain_numbers(cells: Sequence[str]) -> NDArray[np.float64]:
    """Reads numbers that stand alone, as programs write them; NaN for anything else, 'inf' and 'nan' included.

    Args:
        cells: Shape `(cells,)`, stripped.
    """
    lines = "\n".join(cells).encode(errors="replace")
    if not lines.translate(None, _CHARACTERS):
        numbers = _fixed_point(cells, lines) if len(cells) >= _WORTH_AN_ARRAY else None
        if numbers is not None:
            return numbers
        try:
            numbers = np.array([cell or "nan" for cell in cells], dtype=np.float64)
        except ValueError:  # characters of numbers that make none: '-', '1-2', '12e'
            pass
        else:
            return np.where(np.isinf(numbers), np.nan, numbers)
    return np.array([_finite(cell) if _PLAIN.fullmatch(cell) else np.nan for cell in cells], dtype=np.float64)


def _fixed_point(cells: Sequence[str], lines: bytes) -> NDArray[np.float64] | None:
    """Reads numbers such as -12.345 in half the time that `float` takes, with the same result.

    Numbers of 15 digits and powers of ten are exact in float64; their quotient is rounded once, as `float` rounds.

    Args:
        cells: Shape `(cells,)`.
        lines: The same cells, one a line, of characters of numbers.

    Returns:
        NaN for empty cells; None where a cell is written in another way, or is no number.
    """
    empty = [place for place, cell in enumerate(cells) if not cell] if "" in cells else []
    if empty:
        lines = b"\n".join([line or b"0" for line in lines.split(b"\n")])
    characters = np.frombuffer(lines + b"\n", dtype=np.uint8)
    ends = np.flatnonzero(characters == ord("\n"))
    starts = np.concatenate([[0], ends[:-1] + 1])
    if len(ends) != len(cells) or lines.translate(None, b"0123456789.-\n"):
        return None
    is_negative = characters[starts] == ord("-")
    dots = np.flatnonzero(characters == ord("."))
    of_dots = np.searchsorted(ends, dots) if len(dots) < len(ends) else np.arange(len(dots))
    if len(dots) > len(ends) or np.any(np.diff(of_dots) == 0) or lines.count(b"-") > is_negative.sum():
        return None
    digits = ends - starts - is_negative
    digits[of_dots] -= 1
    places = np.zeros(len(ends), dtype=np.int64)
    places[of_dots] = ends[of_dots] - dots - 1
    if digits.min() < 1 or digits.max() >= len(_POWERS) or places.min() < 0 or np.any(dots < starts[of_dots]):
        return None
    whole = np.fromstring(lines.replace(b".", b""), dtype=np.int64, sep="\n")
    numbers: NDArray[np.float64] = whole / _POWERS[places]
    numbers[is_negative & (whole == 0)] = -0.0
    numbers[empty] = np.nan
    return numbers


@lru_cache(maxsize=64)
def _compiled(number: NumberFormat) -> re.Pattern[str]:
    return re.compile(number_pattern(number))


def _read(cell: str, number: NumberFormat) -> float:
    match = _compiled(number).fullmatch(cell)
    if not match:
        return np.nan
    before, after, whole, fraction, lone_fraction, exponent, *magnitude = match.groups(default="")
    for mark in BLANKS if number.thousands == " " else number.thousands:
        whole = whole.replace(mark, "")
    fraction = (fraction or lone_fraction).replace(number.decimal, ".")
    value = _finite(f"{whole}{fraction}{exponent}") * MAGNITUDES.get("".join(magnitude).lower(), 1.0)
    negative = any(sign and sign in NEGATIVE_SIGNS for sign in (before, after))
    return -value if negative else value


def _finite(text: str) -> float:
    value = float(text)
    return value if np.isfinite(value) else np.nan
