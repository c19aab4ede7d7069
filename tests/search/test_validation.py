from __future__ import annotations

import pytest

from automl_cli.records import Task
from automl_cli.search.validation import choose_folds, pays_to_cross


def folds(rows: int, *, columns: int = 10, classes: int = 1, seconds: float = 300.0) -> int:
    return choose_folds(rows=rows, columns=columns, classes=classes, seconds=seconds)


@pytest.mark.parametrize("seconds", [20.0, 60.0, 300.0, 3600.0])
def test_more_rows_get_no_more_folds(seconds: float) -> None:
    counts = [folds(rows, seconds=seconds) for rows in (100, 1_000, 10_000, 100_000, 1_000_000)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 8
    assert counts[-1] == 1 or seconds >= 3600


def test_more_time_gets_more_folds() -> None:
    counts = [folds(20_000, seconds=seconds) for seconds in (30.0, 100.0, 300.0, 3600.0)]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (1, 5)


def test_wide_tables_and_many_classes_take_their_time() -> None:
    assert folds(5_000, columns=500) < folds(5_000)
    assert folds(5_000, classes=26) < folds(5_000)


def test_a_hold_out_of_few_rows_would_tell_mostly_chance() -> None:
    assert [folds(rows, columns=500, seconds=20.0) for rows in (1_000, 10_000)] == [3, 1]


def test_few_rows_are_not_cut_into_slivers() -> None:
    assert [folds(rows) for rows in (20, 49, 79, 80)] == [3, 3, 5, 8]


@pytest.mark.parametrize(
    ("task", "rows", "folds", "seconds", "pays"),
    [
        ("regression", 20_000, 1, 60.0, True),
        ("binary", 20_000, 1, 60.0, True),
        ("regression", 5_000, 5, 60.0, False),
        ("regression", 5_000, 8, 300.0, True),
        ("multiclass", 20_000, 1, 300.0, False),
        ("regression", 500, 8, 3600.0, False),
    ],
)
def test_crosses_are_sought_where_rows_and_time_allow(
    task: Task, rows: int, folds: int, seconds: float, pays: bool
) -> None:
    assert pays_to_cross(task, rows=rows, folds=folds, seconds=seconds) is pays
