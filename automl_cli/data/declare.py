"""Kinds that the user declares: the column is read as told, or the error says which cells forbid it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.data import describe
from automl_cli.data.booleans import whole_pair
from automl_cli.data.date_format import closest_dates
from automl_cli.data.levels import Levels, row_of
from automl_cli.data.missing import certain_marks, stand_for_missing
from automl_cli.data.number_format import closest_numbers
from automl_cli.data.phrases import count_of, share_of, shorten
from automl_cli.errors import ColumnError
from automl_cli.records import Kind
from automl_cli.spec.dataset import ColumnSpec

_DECLARED = "declared so"
_INSTEAD = "set kind: category in dataset.yaml, or --kind NAME=category"


def declare_column(name: str, column: NDArray[Any], *, levels: Levels, kind: Kind) -> ColumnSpec:
    """Describes a column as the user says it is.

    Args:
        name: For the error.
        column: Raw cells, shape `(rows,)`.
        levels: Its distinct cells.
        kind: What it is said to be.

    Raises:
        ColumnError: Too many cells are not what was declared; the first one is shown.
    """
    marks = certain_marks(levels)
    words = levels.without(marks)
    if kind in ("identifier", "constant", "ignored"):
        return ColumnSpec(kind=kind, reason=_DECLARED, missing=list(marks))
    if not words.values:
        raise ColumnError(f"Column '{name}' is declared {kind} but every cell is empty.")
    if kind == "number":
        numbers = closest_numbers(levels)
        strange = levels.keep(np.isnan(numbers.numbers))
        if not stand_for_missing(strange, levels.present - strange.present):
            raise _refusal(name, column, words=strange, kind="number", noun="numbers")
        return _told(describe.number_column(levels, numbers))
    if kind == "datetime":
        dates = closest_dates(levels)
        strange = levels if dates is None else levels.keep(np.isnat(dates.moments))
        if dates is None or not stand_for_missing(strange, levels.present - strange.present):
            raise _refusal(name, column, words=strange, kind="datetime", noun="dates of one format")
        return _told(describe.datetime_column(levels, dates))
    if kind == "boolean":
        if len({value.casefold() for value in words.values}) != 2 and not whole_pair(words.values):
            raise ColumnError(
                f"Column '{name}' is declared boolean but holds {count_of(len(words.values), 'value')}.",
                hint=_INSTEAD,
            )
        return _told(describe.boolean_column(words, marks))
    if kind == "category":
        return _told(describe.category_column(words, marks))
    return _told(describe.text_column(words, marks))


def _told(column: ColumnSpec) -> ColumnSpec:
    return column.model_copy(update={"reason": f"{_DECLARED}; {column.reason}"})


def _refusal(name: str, column: NDArray[Any], *, words: Levels, kind: Kind, noun: str) -> ColumnError:
    """Returns the error that counts the cells which are not of the kind, and shows the first."""
    wrong = words.without(certain_marks(words))  # marks such as '?' are not what is wrong with the column
    first = wrong.values[0]
    return ColumnError(
        f"Column '{name}' is declared {kind} but {share_of(wrong.present, len(column))} cells are no {noun} "
        f"(first: '{shorten(first)}', row {row_of(column, first):,}).",
        hint=_INSTEAD,
    )
