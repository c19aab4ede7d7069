"""Which rows are learned from, which choose the model, and which are sealed for the test."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.dates import parse_dates
from automl_cli.data.divide import ByGroup, ByTime, Divider, Stratified
from automl_cli.data.levels import text_cells
from automl_cli.data.numbers import parse_numbers
from automl_cli.data.phrases import count_of, listing, percent
from automl_cli.data.sampling import MOST_SCORED_ROWS
from automl_cli.data.table import Table, match_column
from automl_cli.data.target import Target
from automl_cli.errors import ColumnError, DataError, UsageError
from automl_cli.records import Fold, Rows, Split
from automl_cli.spec.dataset import DatasetSpec

_FEWEST_ROWS = 5
# Hold-outs beside the one that trials are compared on, of half its rows: that is enough to end a training by. Most of
# what a mean of models gains comes with the first few.
_FURTHER = 3


def split_table(
    table: Table,
    target: Target,
    *,
    dataset: DatasetSpec,
    seed: int = 0,
    test_rows: Rows | None = None,
    folds: int = 1,
) -> Split:
    """Divides the rows of a table as its dataset spec says.

    Args:
        table: Raw cells.
        target: As `encode_target` returns it.
        dataset: Its `split` section says how.
        seed: Any whole number from 0 on.
        test_rows: The very rows of the test, where they came from a file of their own.
        folds: Number of folds, 1 for a hold-out.

    Raises:
        ColumnError: The group or time column is absent or cannot serve.
        DataError: There are too few rows or groups.
        UsageError: Both a group and a time column are named.
    """
    wanted = dataset.split
    return make_split(
        target,
        test=wanted.test_fraction if test_rows is None else test_rows,
        folds=folds,
        groups=None if wanted.group is None else text_cells(table[_column(table, wanted.group)]),
        times=None if wanted.time_column is None else _times(table, dataset, wanted.time_column),
        seed=seed,
    )


def make_split(
    target: Target,
    *,
    test: float | Rows = 0.2,
    folds: int = 1,
    groups: NDArray[Any] | None = None,
    times: NDArray[Any] | None = None,
    seed: int = 0,
) -> Split:
    """Divides the usable rows into training and test rows, and the training rows into folds.

    Rows of one group stay on one side everywhere. With times, the test is the latest part and validation follows
    training: a hold-out is the end of the training rows; several folds grow forward from the beginning, so that the
    earliest rows are never validated. Otherwise parts are stratified by class or by the size of the target.

    Args:
        target: What is predicted; rows without a usable value take no part.
        test: Share of the rows for the test, between 0 and 1, of which at most 200,000 are taken; or the very rows.
        folds: Number of folds, 1 for a hold-out.
        groups: Cells that rows of one group share, shape `(rows,)`; an empty cell is a group of its own.
        times: datetime64 or numbers, shape `(rows,)`; rows without one count as the earliest.
        seed: The same seed gives the same split.

    Raises:
        DataError: There are too few rows or groups.
        UsageError: Both groups and times are given.
    """
    if groups is not None and times is not None:
        raise UsageError("Rows are divided either by group or by time, not by both.", hint="leave one of them out")
    usable = np.flatnonzero(target.usable).astype(np.int64)
    if len(usable) < _FEWEST_ROWS:
        raise DataError(f"The target is known in {count_of(len(usable), 'row')}; at least {_FEWEST_ROWS} are needed.")
    random = np.random.default_rng([seed, 0])
    divider: Divider
    if times is not None:
        divider = ByTime(times)
    elif groups is not None:
        divider = ByGroup(groups, target.values, random, is_class=bool(target.classes))
    else:
        divider = Stratified(target.values, random, is_class=bool(target.classes))
    most = MOST_SCORED_ROWS / len(usable)
    test_rows = divider.choose(usable, min(test, most)) if isinstance(test, float) else np.intersect1d(test, usable)
    train = np.setdiff1d(usable, test_rows, assume_unique=True)
    parts = divider.divide(train, folds) if folds > 1 else (Fold.without(_held_out(divider, train), rows=train),)
    given = not isinstance(test, float)
    said = f"{len(test_rows):,} rows given as test" if given else f"{percent(len(test_rows) / len(usable))} test"
    said += f" ({len(test_rows):,} rows are enough)" if not given and test > most else ""
    how = f"{len(parts)} folds" if len(parts) > 1 else f"{percent(len(parts[0].validation) / len(train))} hold-out"
    may_be_any = len(parts) == 1 and times is None
    further = tuple(_held_out(divider, train, part=0.5) for _ in range(_FURTHER if may_be_any else 0))
    return Split(train, test_rows, parts, f"{divider.name}, {said}, {how}", further)


def _held_out(divider: Divider, train: Rows, *, part: float = 1.0) -> Rows:
    """Takes 10 to 20 % of few rows, about 5,000 of many, from 250,000 on 2 % of them and at most 200,000; or a part."""
    rows = len(train)
    share = np.clip(500 / rows, 0.1, 0.2) if rows < 5_000 else min(0.2, 2 * float(np.clip(2_500 / rows, 0.01, 0.1)))
    return divider.choose(train, part * min(float(share), MOST_SCORED_ROWS / rows))


def _column(table: Table, wanted: str) -> str:
    name = match_column(table.names, wanted)
    if name is None:
        raise ColumnError(
            f"There is no column '{wanted}' to split by.", hint=f"the columns are {listing(table.names, 12)}"
        )
    return name


def _times(table: Table, dataset: DatasetSpec, wanted: str) -> NDArray[Any]:
    """Returns the moments or numbers of the time column.

    Raises:
        ColumnError: It holds neither dates nor numbers.
    """
    name = _column(table, wanted)
    cells, column = text_cells(table[name]), dataset.columns[name]
    if column.kind == "datetime" and column.datetime:
        return parse_dates(cells, column.datetime, missing=column.missing)
    numbers = parse_numbers(cells, column.number, missing=column.missing)
    if np.isnan(numbers).mean() > 0.5:
        raise ColumnError(
            f"Rows cannot be put in order by column '{name}': it holds neither dates nor numbers but is of kind "
            f"{column.kind}.",
            hint="name a column of dates with --time-column",
        )
    return numbers
