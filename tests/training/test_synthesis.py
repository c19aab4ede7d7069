"""Rows that are made up lie among those that there are, and could stand in the table."""

import numpy as np
import pytest

from automl_cli.training.synthesis import synthesise

GENERATOR = np.random.default_rng(0)
ROWS = 300
TARGET = (np.arange(ROWS) % 10 == 0).astype(np.int64)  # 30 of 300


def made_groups(*names):
    """A table of two categories, one of which is among the codes and one-hot, and of numbers with gaps."""
    colours, towns = GENERATOR.integers(0, 4, size=ROWS), GENERATOR.integers(0, 30, size=ROWS)
    one_hot = np.zeros((ROWS, 9), np.float32)  # unseen, missing, 4 colours; then a set of 3 columns
    one_hot[np.arange(ROWS), 2 + colours] = 1
    one_hot[np.arange(ROWS), 6 + GENERATOR.integers(0, 3, size=ROWS)] = 1
    numbers, gaps = GENERATOR.normal(size=(ROWS, 3)).astype(np.float32), GENERATOR.random((ROWS, 1)) < 0.2
    groups = {
        "numbers": np.where(gaps, [[0, 1, 1]] * numbers, numbers).astype(np.float32),
        "one_hot": one_hot,
        "codes": np.stack([2 + colours, 2 + towns], axis=1).astype(np.int32),
        "indicators": gaps.astype(np.float32),
    }
    return {name: groups[name] for name in names or groups}


def made(groups, count=40):
    return synthesise(groups, TARGET, missing=np.array([0, count]), generator=np.random.default_rng(1))


def test_new_rows_have_one_level_of_every_category():
    groups = made_groups()
    rows, labels = made(groups)
    assert labels.tolist() == [1] * 40
    assert set(np.unique(rows["one_hot"])) == {0, 1}
    np.testing.assert_array_equal(rows["one_hot"][:, :6].sum(axis=1), 1)
    np.testing.assert_array_equal(rows["one_hot"][:, 6:].sum(axis=1), 1)
    assert set(np.unique(rows["indicators"])) <= {0, 1}
    for column in (0, 1):
        assert set(rows["codes"][:, column]) <= set(groups["codes"][TARGET == 1, column])
    assert {name: rows[name].dtype for name in rows} == {name: groups[name].dtype for name in groups}


def test_a_column_says_the_same_as_a_code_and_as_one_hot():
    rows, _ = made(made_groups(), count=200)
    np.testing.assert_array_equal(rows["one_hot"][:, 2:6].argmax(axis=1), rows["codes"][:, 0] - 2)


def test_new_numbers_lie_between_those_of_the_class_and_are_new():
    groups = made_groups("numbers")
    rows, _ = made(groups)
    own = groups["numbers"][TARGET == 1]
    assert (rows["numbers"] >= own.min(axis=0) - 1e-6).all()
    assert (rows["numbers"] <= own.max(axis=0) + 1e-6).all()
    assert not (rows["numbers"][:, None] == own[None]).all(axis=2).any(axis=1).all()


@pytest.mark.parametrize("names", [("codes",), ("one_hot", "codes"), ("numbers", "indicators")])
def test_any_kinds_of_columns_will_do(names):
    rows, labels = made(made_groups(*names))
    assert set(rows) == set(names)
    assert all(len(rows[name]) == len(labels) == 40 for name in names)


def test_two_rows_are_enough_and_one_is_not():
    target = np.array([0] * 10 + [1] * 2 + [2])
    groups = {"numbers": GENERATOR.normal(size=(13, 2))}
    rows, labels = synthesise(groups, target, missing=np.array([0, 5, 5]), generator=np.random.default_rng(0))
    assert labels.tolist() == [1] * 5
    assert len(rows["numbers"]) == 5
    rows, labels = synthesise(groups, target, missing=np.array([0, 0, 5]), generator=np.random.default_rng(0))
    assert len(labels) == len(rows["numbers"]) == 0
