"""Column specs with their reasons: what a kind was decided on, in figures. `kinds` decides; this puts it into words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.date_format import DateReading
from automl_cli.data.levels import Levels, number_text
from automl_cli.data.missing import find_sentinels
from automl_cli.data.number_format import NumberReading
from automl_cli.data.order import find_order
from automl_cli.data.phrases import count_of, figure, listing, share_of, shorten
from automl_cli.spec.dataset import ColumnSpec, Dtype

Marks = tuple[str, ...]


def identifier_column(words: Levels, marks: Marks, *, because: str) -> ColumnSpec:
    """Describes a column that names its rows; `because` says what was noticed of its distinct cells."""
    said = f"{share_of(len(words.values), words.present)} {because}"
    return ColumnSpec(kind="identifier", reason=said + _holes(words, marks), missing=list(marks))


def single_column(words: Levels, marks: Marks) -> ColumnSpec:
    """Describes a column of one value: never varying, or a box that was ticked in some rows."""
    kind = "constant" if words.missing < max(2, 0.01 * words.rows) else "category"
    rows = share_of(words.present, words.rows)
    reason = f"only one value, '{shorten(words.values[0])}', in {rows} rows"
    return ColumnSpec(kind=kind, reason=reason, missing=list(marks))


def boolean_column(words: Levels, marks: Marks) -> ColumnSpec:
    """Describes a column of two answers."""
    folded = len({value.casefold() for value in words.values})
    reason = f"{listing(sorted(words.values))} in {count_of(words.present, 'row')}"
    reason += ", all of them yes or no" if folded > 2 else ""
    fold_case = folded < len(words.values)
    return ColumnSpec(kind="boolean", reason=reason + _holes(words, marks), missing=list(marks), fold_case=fold_case)


def datetime_column(levels: Levels, reading: DateReading) -> ColumnSpec:
    """Describes a column of dates or times."""
    good = levels.without(reading.words)
    moments = reading.moments[~np.isnat(reading.moments)]
    has_date = "%Y" in reading.format or "%y" in reading.format
    first, last = (str(moment.astype("datetime64[m]")) for moment in (moments.min(), moments.max()))
    first, last = (text.split("T")[0 if has_date else 1] for text in (first, last))
    noun = "date" if has_date else "time"
    guess = "; no day is beyond 12, so day and month may be the other way round" if reading.is_guess else ""
    reason = f"{count_of(good.present, noun)} from {first} to {last}{guess}"
    return ColumnSpec(
        kind="datetime",
        reason=reason + _holes(good, reading.words),
        missing=list(reading.words),
        datetime=reading.format,
    )


def number_column(levels: Levels, reading: NumberReading) -> ColumnSpec:
    """Describes a column of amounts; numbers that mean 'missing' are told apart here."""
    good = levels.without(reading.words)
    is_number = ~np.isnan(reading.numbers)
    numbers, counts = reading.numbers[is_number], levels.counts[is_number]
    sentinels = find_sentinels(numbers, counts)
    amounts = numbers[~np.isin(numbers, sentinels)]
    reason = f"{good.present:,} {_written(amounts, reading)} from {figure(amounts.min())} to {figure(amounts.max())}"
    for sentinel in sentinels:
        rows = int(counts[numbers == sentinel].sum())
        reason += f"; {number_text(sentinel)} in {count_of(rows, 'row')} lies far apart and counts as missing"
    has_holes = good.missing > 0 or bool(sentinels)
    spelled = [levels.values[place] for place in np.flatnonzero(np.isin(reading.numbers, sentinels))]
    return ColumnSpec(
        kind="number",
        reason=reason + _holes(good, reading.words),
        dtype="string" if reading.format else "float32" if has_holes else _number_dtype(good.values, amounts),
        missing=[*reading.words, *(spelled if reading.format else map(number_text, sentinels))],
        number=reading.format,
    )


def category_column(words: Levels, marks: Marks, *, because: str = "") -> ColumnSpec:
    """Describes a column of groups; `because` is the evidence where they look like numbers."""
    folded = {value.casefold() for value in words.values}
    # Single letters are codes: 'm' may be a month where 'M' is a man.
    fold_case = len(folded) < len(words.values) and all(len(value) > 1 for value in folded)
    order = None if fold_case else find_order(words.values)
    values = count_of(len(folded) if fold_case else len(words.values), "value")
    values += f" ({listing(words.by_frequency())})" if len(words.values) <= 3 else ""
    reason = f"{values} in {count_of(words.present, 'row')}"
    reason += f", {because}" if because else ""
    reason += f", in order from '{shorten(order[0], 24)}' to '{shorten(order[-1], 24)}'" if order else ""
    reason += "; some differ in case only" if fold_case else ""
    return ColumnSpec(
        kind="category",
        reason=reason + _holes(words, marks),
        missing=list(marks),
        fold_case=fold_case,
        order=list(order) if order else None,
    )


def text_column(words: Levels, marks: Marks) -> ColumnSpec:
    """Describes a column of free text."""
    length = float(np.average([len(value.split()) for value in words.values], weights=words.counts))
    reason = f"{share_of(len(words.values), words.present)} cells are distinct, of {length:.1f} words on average"
    return ColumnSpec(kind="text", reason=reason + _holes(words, marks), missing=list(marks))


def _written(amounts: NDArray[np.float64], reading: NumberReading) -> str:
    """Returns what the amounts are: `whole numbers`, `numbers written with $ and a decimal comma`."""
    noun = "whole numbers" if bool(np.all(amounts == np.round(amounts))) else "numbers"
    comma = "a decimal comma" if reading.format and reading.format.decimal == "," else ""
    dress = " and ".join(filter(None, (reading.around, comma)))
    return f"{noun} written with {dress}" if dress else noun


def _number_dtype(cells: Sequence[str], numbers: NDArray[np.float64]) -> Dtype:
    """Returns int64 where float32 would make one of distinct whole numbers; only whole columns can be int64."""
    if not 2**24 < np.abs(numbers).max() < 2**53 or not all(cell.removeprefix("-").isdecimal() for cell in cells):
        return "float32"
    return "int64" if len(np.unique(numbers.astype(np.float32))) < 0.99 * len(numbers) else "float32"


def _holes(levels: Levels, marks: Marks) -> str:
    """Returns the end of a reason: how many cells are missing, and how they are marked."""
    if levels.missing == 0:
        return ""
    how = f"count as missing, {listing(marks)} among them" if marks else "are empty"
    return f"; {share_of(levels.missing, levels.rows)} cells {how}"
