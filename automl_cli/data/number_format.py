"""Finds out how the numbers of a column are written: marks, currency, unit, magnitude; or that it holds none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.levels import Levels
from automl_cli.data.missing import stand_for_missing
from automl_cli.data.numbers import BLANKS, MAGNITUDES, parse_numbers, plain_numbers
from automl_cli.spec.dataset import NumberFormat


@dataclass(frozen=True, slots=True)
class NumberReading:
    """How a column reads as numbers.

    Attributes:
        format: None when the numbers stand alone, as programs write them.
        numbers: Value of each level, shape `(levels,)`; NaN where the cell is no number.
        words: Cells that are no numbers and so count as missing.
        around: What stands around the digits: "$", "%", "GB"; empty for nothing.
        decimal_comma: True where only a decimal comma explains the cells.
    """

    format: NumberFormat | None
    numbers: NDArray[np.float64]
    words: tuple[str, ...]
    around: str = ""
    decimal_comma: bool = False


@dataclass(frozen=True, slots=True)
class _Parts:
    """A cell taken apart: currency, digits with their marks, unit; signs and brackets are gone."""

    currency: str
    body: str
    unit: str


@dataclass(frozen=True, slots=True)
class _Dress:
    """What the cells of a column wear around their digits; a cell may also go without."""

    currency: str
    unit: str
    magnitudes: bool

    def suits(self, parts: _Parts | None) -> bool:
        return (
            parts is not None
            and parts.currency in ("", self.currency)
            and (parts.unit in ("", self.unit) or (self.magnitudes and parts.unit.lower() in MAGNITUDES))
        )


# How digits look when written with care, in order of preference.
_BODIES: tuple[tuple[NumberFormat, re.Pattern[str]], ...] = tuple(
    (NumberFormat(decimal=decimal, thousands=thousands), re.compile(pattern))
    for decimal, thousands, pattern in (
        (".", "", r"\d+(?:\.\d*)?|\.\d+"),
        (".", ",", r"(?:[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}|\d+)(?:\.\d*)?|\.\d+"),  # Indian lakhs too: 1,00,000
        (",", "", r"\d+(?:,\d*)?|,\d+"),
        (",", ".", r"(?:[1-9]\d{0,2}(?:\.\d{3})+|\d+)(?:,\d*)?"),
        (",", " ", rf"(?:[1-9]\d{{0,2}}(?:[{BLANKS}]\d{{3}})+|\d+)(?:,\d*)?"),
        (".", " ", rf"(?:[1-9]\d{{0,2}}(?:[{BLANKS}]\d{{3}})+|\d+)(?:\.\d*)?"),
        (".", "'", r"(?:[1-9]\d{0,2}(?:'\d{3})+|\d+)(?:\.\d*)?"),
    )
)
# Digits that a decimal mark with three places and a thousands mark explain equally well.
_AMBIGUOUS = {",": re.compile(r"[1-9]\d{0,2},\d{3}|\d+"), ".": re.compile(r"[1-9]\d{0,2}\.\d{3}|\d{1,3}")}
_CELL = re.compile(rf"([^0-9]*[A-Za-z]\.?[{BLANKS}]*|[^0-9.,]*)([.,]?[0-9](?:[0-9.,'{BLANKS}]*[0-9])?[.,]?)([^0-9]*)")
_SIGNS = f"+-\u2212({BLANKS}"
_CURRENCY = re.compile(
    r"(?:[A-Z]{0,3}[$€£¥₹₽₩₺₫₴₦₱฿]|Rs\.?|R\$|kr\.?|USD|EUR|GBP|INR|CHF|JPY|CNY|CAD|AUD|SEK|NOK|DKK|PLN|BRL|~|≈)?"
)
_UNIT = re.compile(r"[A-Za-zµμ°Ω%‰$€£¥₹₽₩₺₫₴₦₱฿²³/.\"'·* -]{0,16}")
_ORDINALS = frozenset({"st", "nd", "rd", "th"})
_LETTERS_OF_UNITS_TOO = frozenset("mbtBT")  # metres, bits, tons: magnitudes only beside currency or other letters
_DIGIT = re.compile("[0-9]")
_SAMPLE = 400
_LONGEST_CELL = 40


def read_numbers(levels: Levels, *, expect_decimal_comma: bool = False) -> NumberReading | None:
    """Reads the levels as numbers, or returns None when they are something else.

    Args:
        levels: Distinct cells.
        expect_decimal_comma: Other columns of the file have decimal commas, so '1,234' and '1.234' are read so too.
    """
    numbers = plain_numbers(levels.values)
    words = levels.keep(np.isnan(numbers))
    if not stand_for_missing(words, levels.present - words.present):
        return _read_dressed(levels, expect_decimal_comma)
    if expect_decimal_comma and _all_ambiguous(levels.without(words.values).values, "."):
        form = NumberFormat(decimal=",", thousands=".")
        return NumberReading(form, parse_numbers(levels.values, form), words.values, "", True)
    # The few words may be numbers too: only those from 1,000 on need a thousands mark.
    dressed = _read_dressed(levels, expect_decimal_comma) if any(map(_DIGIT.search, words.values)) else None
    if dressed and len(dressed.words) < len(words.values):
        return dressed
    return NumberReading(None, numbers, words.values)


def closest_numbers(levels: Levels) -> NumberReading:
    """Reads the levels as numbers because the user says so: in whichever way most rows are numbers."""
    natural = read_numbers(levels)
    if natural:
        return natural
    dressed = (form.model_copy(update={"magnitudes": letters}) for form, _ in _BODIES for letters in (False, True))
    ways = [None, *dressed]
    read = {way: parse_numbers(levels.values, way) for way in ways}
    best = max(ways, key=lambda way: int(levels.counts[~np.isnan(read[way])].sum()))
    return NumberReading(best, read[best], levels.keep(np.isnan(read[best])).values)


def decimal_comma_is_certain(levels: Levels) -> bool:
    """Whether the column can only be read with a decimal comma, which then settles '1,234' in its neighbours."""
    if not any("," in value for value in levels.values[:1000]):
        return False
    reading = read_numbers(levels)
    return reading is not None and reading.decimal_comma


def _read_dressed(levels: Levels, expect_decimal_comma: bool) -> NumberReading | None:
    """Reads numbers that wear something: marks, currency, units."""
    if not _worth_a_look(levels.values):
        return None
    parts = [_take_apart(value) for value in levels.values]
    dress = _common_dress(parts, levels.counts.tolist())
    if dress is None:
        return None
    suited = np.array([dress.suits(part) for part in parts])
    bodies = Counter[str]()
    for part, suits, count in zip(parts, suited, levels.counts.tolist(), strict=True):
        if part and suits:
            bodies[part.body] += count
    form = _choose_format(bodies, expect_decimal_comma).model_copy(update={"magnitudes": dress.magnitudes})
    numbers = np.where(suited, parse_numbers(levels.values, form), np.nan)
    words = levels.keep(np.isnan(numbers))
    if not stand_for_missing(words, levels.present - words.present):
        return None
    around = " and ".join(filter(None, (dress.currency, dress.unit, "K, M, B" if dress.magnitudes else "")))
    certain = form.decimal == "," and not _all_ambiguous(bodies, ",")
    return NumberReading(form, numbers, words.values, around, certain)


def _worth_a_look(values: Sequence[str]) -> bool:
    """Whether a tenth of the distinct cells could be numbers; spares long columns of text the full inspection."""
    sample = values[:: max(1, len(values) // _SAMPLE)]
    return sum(_take_apart(value) is not None for value in sample) >= 0.1 * len(sample)


def _take_apart(cell: str) -> _Parts | None:
    match = _CELL.fullmatch(cell) if len(cell) <= _LONGEST_CELL else None
    if not match:
        return None
    currency, body, unit = match[1].strip(_SIGNS), match[2], match[3].strip(f") {BLANKS}")
    if not (_CURRENCY.fullmatch(currency) and _UNIT.fullmatch(unit)) or unit.casefold() in _ORDINALS:
        return None
    return _Parts(currency, body, unit)


def _common_dress(parts: Sequence[_Parts | None], counts: Sequence[int]) -> _Dress | None:
    """Finds the currency and the unit that most cells share; None when nothing could be taken apart."""
    currencies, units = Counter[str](), Counter[str]()
    for part, count in zip(parts, counts, strict=True):
        if part:
            currencies[part.currency] += count
            units[part.unit] += count
    if not units:
        return None
    del currencies[""]
    currency = currencies.most_common(1)[0][0] if currencies else ""
    letters = {unit for unit in units if unit.lower() in MAGNITUDES}
    magnitudes = bool(letters) and (
        bool(currency) or len({letter.lower() for letter in letters}) > 1 or not letters <= _LETTERS_OF_UNITS_TOO
    )
    for unit in ("", *(letters if magnitudes else ())):
        del units[unit]
    return _Dress(currency, units.most_common(1)[0][0] if units else "", magnitudes)


def _choose_format(bodies: Counter[str], expect_decimal_comma: bool) -> NumberFormat:
    """Chooses the marks that explain most rows; what is open goes to the first of `_BODIES`."""
    explained = [sum(count for body, count in bodies.items() if pattern.fullmatch(body)) for _, pattern in _BODIES]
    best = _BODIES[int(np.argmax(explained))][0]
    if best.thousands == "," and _all_ambiguous(bodies, ","):
        # A whole number of four digits without a mark beside '1,234' says that the comma is no thousands mark.
        without_mark = any(body.isdigit() and len(body) > 3 for body in bodies)
        return NumberFormat(decimal=",") if expect_decimal_comma or without_mark else best
    if best.thousands == "" and best.decimal == "." and expect_decimal_comma and _all_ambiguous(bodies, "."):
        return NumberFormat(decimal=",", thousands=".")
    return best


def _all_ambiguous(bodies: Iterable[str], mark: str) -> bool:
    """Whether '1,234' is all that the mark is seen in, and it is seen."""
    texts = [body.lstrip("+-") for body in bodies]
    return any(mark in text for text in texts) and all(_AMBIGUOUS[mark].fullmatch(text) for text in texts)
