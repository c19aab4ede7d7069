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
    if kind == "number":
        numbers = closest_numbers(levels)
        _refuse_words(name, column, kind=kind, levels=levels, is_good=~np.isnan(numbers.numbers))
        return _told(describe.number_column(levels, numbers))
    if kind == "datetime":
        dates = closest_dates(levels)
        is_good = np.zeros(len(levels.values), dtype=bool) if dates is None else ~np.isnat(dates.moments)
        _refuse_words(name, column, kind=kind, levels=levels, is_good=is_good)
        assert dates is not None
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
    if kind == "text":
        return _told(describe.text_column(words, marks))
    return ColumnSpec(kind=kind, reason=_DECLARED, missing=list(marks))


def _told(column: ColumnSpec) -> ColumnSpec:
    return column.model_copy(update={"reason": f"{_DECLARED}; {column.reason}"})


def _refuse_words(name: str, column: NDArray[Any], *, kind: Kind, levels: Levels, is_good: NDArray[np.bool_]) -> None:
    """Raises ColumnError unless the cells that are not of the kind may be taken for missing ones."""
    words = levels.keep(~is_good)
    if stand_for_missing(words, levels.present - words.present):
        return
    # Marks such as '?' are not what is wrong with the column.
    wrong = words.without(certain_marks(words))
    first = wrong.values[0] if wrong.values else (words.values or ("",))[0]
    noun = {"number": "numbers", "datetime": "dates of one format"}[kind]
    raise ColumnError(
        f"Column '{name}' is declared {kind} but {share_of(wrong.present, levels.rows)} cells are no {noun} "
        f"(first: '{shorten(first)}', row {row_of(column, first):,}).",
        hint=_INSTEAD,
    )
