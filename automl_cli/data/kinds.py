"""What a column is, decided from all of its rows. The rules are asked in order; the first that fits decides."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from automl_cli.data import describe, name_hints
from automl_cli.data.booleans import whole_pair
from automl_cli.data.date_format import read_dates
from automl_cli.data.levels import Levels
from automl_cli.data.missing import certain_marks
from automl_cli.data.number_format import NumberReading, read_numbers
from automl_cli.data.numbers import plain_numbers
from automl_cli.data.phrases import figure, shorten
from automl_cli.spec.dataset import ColumnSpec

# From this share of distinct cells on, a column names its rows rather than describing them; in fewer rows than this
# many, distinct cells are no evidence; and numbers that rise by one are a row count only in a table of some length.
_NEARLY_UNIQUE = 0.95
_ENOUGH_TO_NAME = 20
_ENOUGH_TO_COUNT = 50
# Whole numbers under a name like 'type' are groups up to so many.
_MOST_GROUPS = 50
# Below this share of distinct cells, words are names of groups, however long; up to half, their length decides.
_TEXT_SHARE = 0.2
_WORDS_OF_A_TEXT = 2
_WORDS_OF_A_SENTENCE = 8

_LEADING_ZERO = re.compile(r"0\d+")
_LINK = re.compile(
    r"(?:https?|ftp|s3|file)://\S+|[^@\s]+@[^@\s]+\.[a-z]+|(?:[A-Za-z]:)?[\\/]\S+[\\/]\S+", re.IGNORECASE
)


def infer_column(
    name: str, levels: Levels, *, is_first: bool = False, expect_decimal_comma: bool = False
) -> ColumnSpec:
    """Decides what a column is and how its cells are read.

    Args:
        name: As in the file; tips the scales where the cells leave doubt.
        levels: Distinct cells of all rows.
        is_first: Whether it is the first column, where row numbers stand.
        expect_decimal_comma: Other columns of the file have decimal commas.
    """
    marks = certain_marks(levels)
    words = levels.without(marks)
    if not words.values:
        return ColumnSpec(kind="constant", reason="every cell is empty", missing=list(marks))
    if len(words.values) == 1:
        return describe.single_column(words, marks)
    if whole_pair(words.values):
        return describe.boolean_column(words, marks)
    strays = _stray_words(words)
    if strays and whole_pair(words.without(strays).values):
        return describe.boolean_column(words.without(strays), marks + strays)
    numbers = read_numbers(levels, expect_decimal_comma=expect_decimal_comma)
    dates = read_dates(levels) if numbers is None or _has_eight_digits(words) else None
    if dates:
        return describe.datetime_column(levels, dates)
    if numbers and numbers.format:
        return describe.number_column(levels, numbers)
    if numbers:
        return _plain_numbers(name, levels, reading=numbers, is_first=is_first)
    return _words(name, words, marks)


def _stray_words(words: Levels) -> tuple[str, ...]:
    """Returns what stands in a single row of many, such as the 'Response' of a second header line among yes and no."""
    is_single = words.counts == 1
    if words.present < _ENOUGH_TO_COUNT * is_single.sum():
        return ()
    single = words.keep(is_single).values
    return single if np.isnan(plain_numbers(single)).all() else ()


def _plain_numbers(name: str, levels: Levels, *, reading: NumberReading, is_first: bool) -> ColumnSpec:
    """Decides whether numbers are amounts, codes of groups, or names of rows."""
    good, marks = levels.without(reading.words), reading.words
    numbers = reading.numbers[~np.isnan(reading.numbers)]
    if len(numbers) == 1:
        return describe.single_column(good, marks)
    if any(value[0] == "0" and _LEADING_ZERO.fullmatch(value) for value in good.values):
        return _codes(good, marks, because="with leading zeros, so codes rather than amounts")
    if np.any((numbers != np.round(numbers)) | (numbers < 0)):
        return describe.number_column(levels, reading)
    because = _why_identifier(name, good, numbers=numbers, is_first=is_first)
    if because:
        return describe.identifier_column(good, marks, because=because)
    if len(numbers) == 2:
        return describe.category_column(good, marks, because="whole numbers")
    if name_hints.names_code(name):
        return _codes(good, marks, because=f"codes by the name '{shorten(name)}'")
    if name_hints.names_group(name) and len(numbers) <= _MOST_GROUPS:
        return describe.category_column(good, marks, because=f"groups by the name '{shorten(name)}'")
    return describe.number_column(levels, reading)


def _codes(words: Levels, marks: tuple[str, ...], *, because: str) -> ColumnSpec:
    if _names_rows(words):
        return describe.identifier_column(words, marks, because="codes are distinct")
    return describe.category_column(words, marks, because=because)


def _why_identifier(name: str, levels: Levels, *, numbers: NDArray[np.float64], is_first: bool) -> str:
    """Returns why whole numbers name their rows, or an empty string when they do not.

    Args:
        name: Of the column.
        levels: Its levels without missing marks, in order of first appearance.
        numbers: Value of each level.
        is_first: Whether it is the first column.
    """
    said_by_name = name_hints.names_identifier(name)
    if said_by_name and len(numbers) == levels.present:
        return f"whole numbers are distinct, and the name '{shorten(name)}' says so"
    if not _names_rows(levels) or name_hints.names_calendar(name):
        return ""
    if said_by_name:
        return f"whole numbers are distinct, and the name '{shorten(name)}' says so"
    if len(numbers) == levels.present >= _ENOUGH_TO_COUNT and np.all(np.diff(numbers) == 1):
        return f"rows are counted from {figure(numbers[0])} to {figure(numbers[-1])}"
    if is_first and len(numbers) == levels.present and name_hints.is_unnamed(name):
        return "whole numbers are distinct, in a first column without a name"
    digits = {len(value) for value in levels.values}
    if len(digits) == 1 and max(digits) >= 10 and not _are_moments(numbers):
        return f"whole numbers are distinct and of {max(digits)} digits"
    return ""


def _are_moments(numbers: NDArray[np.float64]) -> bool:
    """Whether numbers may count the seconds or milliseconds since 1970, of the years from 2000 to 2035."""
    low, high = float(numbers.min()), float(numbers.max())
    return any(9.4e8 * unit < low and high < 2.1e9 * unit for unit in (1.0, 1e3))


def _words(name: str, words: Levels, marks: tuple[str, ...]) -> ColumnSpec:
    """Decides whether words are names of groups, free text, or names of rows."""
    share = len(words.values) / words.present
    if words.present < _ENOUGH_TO_NAME or share < _TEXT_SHARE:
        return describe.category_column(words, marks)
    if share > 0.5 and np.mean([_LINK.fullmatch(value) is not None for value in words.values[:200]]) > 0.9:
        return describe.identifier_column(words, marks, because="links, addresses or paths are distinct")
    mean_words = float(np.average([len(value.split()) for value in words.values], weights=words.counts))
    if _names_rows(words) and mean_words < _WORDS_OF_A_TEXT:
        said = f", and the name '{shorten(name)}' says so" if name_hints.names_identifier(name) else " and short"
        return describe.identifier_column(words, marks, because=f"cells are distinct{said}")
    if mean_words >= _WORDS_OF_A_SENTENCE or (mean_words >= _WORDS_OF_A_TEXT and share > 0.5):
        return describe.text_column(words, marks)
    return describe.category_column(words, marks)


def _names_rows(levels: Levels) -> bool:
    """Whether nearly every row has a cell of its own."""
    return levels.present >= _ENOUGH_TO_NAME and len(levels.values) >= _NEARLY_UNIQUE * levels.present


def _has_eight_digits(words: Levels) -> bool:
    """Whether whole numbers may be dates such as 20140131."""
    return all(len(value) == 8 and value.isdigit() for value in words.values[:20])
