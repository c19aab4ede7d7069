"""The target: whether its values are classes or amounts, and the values themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.data import describe, name_hints
from automl_cli.data.booleans import whole_pair
from automl_cli.data.labels import Classes, find_classes
from automl_cli.data.levels import Levels, text_cells
from automl_cli.data.missing import certain_marks, stand_for_missing
from automl_cli.data.number_format import NumberReading, closest_numbers, read_numbers
from automl_cli.data.numbers import parse_numbers
from automl_cli.data.phrases import count_of, figure, listing, share_of, shorten
from automl_cli.data.table import Table
from automl_cli.errors import TargetError
from automl_cli.records import Kind, Task
from automl_cli.spec.dataset import ColumnSpec, DatasetSpec

# Codes of classes are few and count from 0 or 1; under a name that says 'class' there may be more, and gaps.
_MOST_CODES = 10
_MOST_NAMED_CODES = 50


@dataclass(frozen=True, slots=True)
class TargetReading:
    """What a target turned out to be.

    Attributes:
        column: How its cells are read.
        task: What is predicted.
        reason: Why; reads on after "because".
        labels: Spellings by class; None for amounts.
    """

    column: ColumnSpec
    task: Task
    reason: str
    labels: dict[str, list[str]] | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The values to predict.

    Attributes:
        values: Class index (int64, -1 where not usable) or amount (float64, NaN where not usable), shape `(rows,)`.
        usable: Whether a row has a value, shape `(rows,)`.
        classes: Names by index; empty for amounts.
    """

    values: NDArray[Any]
    usable: NDArray[np.bool_]
    classes: tuple[str, ...]


def read_target(name: str, levels: Levels, *, task: Task | None = None, kind: Kind | None = None) -> TargetReading:
    """Decides what is predicted.

    Two values are classes. Words are classes. Numbers are amounts, unless they are whole, count from 0 or 1 without
    gaps and are at most 10, under no name of a quantity; or at most 50 under a name such as 'class' or 'type'.

    Args:
        name: Of the column.
        levels: Its distinct cells.
        task: What the user says is predicted.
        kind: What the user says the column is.

    Raises:
        TargetError: There is nothing to predict, or not what the user says.
    """
    marks = certain_marks(levels)
    words = levels.without(marks)
    if not words.values:
        raise TargetError(f"Target '{name}' is empty in {share_of(levels.rows, levels.rows)} rows.")
    if task == "regression" or (task is None and kind == "number"):
        return _declared_amounts(name, levels)
    numbers = read_numbers(levels) if task is None and kind is None else None
    because = _why_amounts(name, numbers) if numbers else ""
    if numbers and because:
        return TargetReading(describe.number_column(levels, numbers), "regression", because)
    classes = find_classes(words)
    _check_classes(name, words, classes=classes, task=task)
    strays = [spelling for spelling in words.values if spelling in classes.set_aside]
    kept = words.without(strays)
    describe_classes = describe.boolean_column if whole_pair(kept.values) else describe.category_column
    column = describe_classes(kept, (*marks, *strays))
    inferred: Task = "binary" if len(classes.spellings) == 2 else "multiclass"
    labels = {label: list(spellings) for label, spellings in classes.spellings.items()}
    return TargetReading(column, task or inferred, "it was said" if task else _why_classes(numbers, classes), labels)


def encode_target(table: Table, dataset: DatasetSpec) -> Target:
    """Turns the target's cells into class indices or amounts.

    Args:
        table: Raw cells, the target among them.
        dataset: Says how they are read.

    Raises:
        TargetError: The column is absent or no row has a value.
    """
    if dataset.target not in table.columns:
        raise TargetError(f"The target column '{dataset.target}' is not in the table.")
    cells, column = text_cells(table[dataset.target]), dataset.columns[dataset.target]
    if dataset.task == "regression":
        amounts = parse_numbers(cells, column.number, missing=column.missing)
        target = Target(amounts, ~np.isnan(amounts), ())
    else:
        indices = class_indices(cells, dataset.labels or {})
        target = Target(indices, indices >= 0, tuple(dataset.labels or ()))
    if not target.usable.any():
        raise TargetError(f"Target '{dataset.target}' has no usable value in {share_of(table.rows, table.rows)} rows.")
    return target


def class_indices(cells: NDArray[Any], labels: Mapping[str, Sequence[str]]) -> NDArray[np.int64]:
    """Returns the class of each cell, shape `(rows,)`; -1 for cells that are no spelling of any."""
    index_of = {spelling: index for index, spellings in enumerate(labels.values()) for spelling in spellings}
    return np.fromiter(map(index_of.get, cells.tolist(), repeat(-1)), dtype=np.int64, count=len(cells))


def repeats_target(
    column: NDArray[Any], spec: ColumnSpec, *, target: Target, labels: Mapping[str, Sequence[str]] | None
) -> bool:
    """Whether a raw column says what the target says, wherever the target says something."""
    first = np.flatnonzero(target.usable)[:1]
    for rows in (first, target.usable):  # the first row clears nearly every column
        cells = text_cells(column[rows])
        values = class_indices(cells, labels) if labels else parse_numbers(cells, spec.number, missing=spec.missing)
        if not np.array_equal(values, target.values[rows]):
            return False
    return True


def _declared_amounts(name: str, levels: Levels) -> TargetReading:
    reading = closest_numbers(levels)
    words = levels.keep(np.isnan(reading.numbers))
    if not stand_for_missing(words, levels.present - words.present):
        raise TargetError(
            f"Target '{name}' is declared regression but {share_of(words.present, levels.present)} cells are words "
            f"(first: '{shorten(words.values[0])}').",
            hint="use --task multiclass, or leave the task to be inferred",
        )
    numbers = reading.numbers[~np.isnan(reading.numbers)]
    if len(numbers) == 1:
        raise TargetError(f"Target '{name}' is {figure(numbers[0])} in every row: there is nothing to predict.")
    return TargetReading(describe.number_column(levels, reading), "regression", "it was said")


def _why_amounts(name: str, reading: NumberReading) -> str:
    """Returns why the numbers of a target are amounts, or an empty string when they are codes of classes."""
    numbers = np.unique(reading.numbers[~np.isnan(reading.numbers)])
    low, high, distinct = numbers[0], numbers[-1], len(numbers)
    if distinct <= 2:
        return ""
    if reading.around:
        return f"it holds amounts written with {reading.around}"
    if np.any(numbers != np.round(numbers)):
        return f"it holds numbers with fractions, from {figure(low)} to {figure(high)}"
    span = f"it holds {distinct:,} different whole numbers from {figure(low)} to {figure(high)}"
    if name_hints.names_class(name) and distinct <= _MOST_NAMED_CODES and low >= 0:
        return ""
    if name_hints.names_quantity(name):
        return f"{span}, and the name '{shorten(name)}' is that of an amount"
    if distinct > _MOST_CODES:
        return f"{span}, too many to be codes of classes"
    if low not in (0, 1) or high - low + 1 != distinct:
        return f"{span}, and codes of classes would count from 0 or 1 without gaps"
    return ""


def _why_classes(numbers: NumberReading | None, classes: Classes) -> str:
    """Returns why the values of a target are classes."""
    names = list(classes.spellings)
    if len(names) == 2:
        return f"it has two values, {listing(names)}"
    if numbers is not None:
        return f"its {len(names)} whole numbers look like codes of classes"
    return f"it has {len(names)} different words"


def _check_classes(name: str, words: Levels, *, classes: Classes, task: Task | None) -> None:
    """Refuses columns that are no set of classes.

    Raises:
        TargetError: There is one class, nearly one for each row, or not two in a binary task.
    """
    count = len(classes.spellings)
    if count == 1:
        raise TargetError(
            f"Target '{name}' is '{next(iter(classes.spellings))}' in every row: there is nothing to predict."
        )
    if count > 20 and count > 0.5 * words.present:
        raise TargetError(
            f"Target '{name}' has {count:,} values in {count_of(words.present, 'row')}: too many to be classes.",
            hint="choose another target; for numbers say --task regression",
        )
    if task == "binary" and count != 2:
        raise TargetError(
            f"Target '{name}' is declared binary but has {count:,} classes: {listing(list(classes.spellings), 5)}.",
            hint="use --task multiclass, or join spellings of one class under 'labels' in dataset.yaml",
        )
