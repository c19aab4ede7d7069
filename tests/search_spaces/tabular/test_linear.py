from __future__ import annotations

import time

import numpy as np
import pytest

from search_spaces.family import Layout, Validation
from search_spaces.tabular import linear
from tests.contracts.family_contract import EVERYTHING, FittedFamilyContract, made_groups, made_target

RNG = np.random.default_rng(3)


class TestLinear(FittedFamilyContract):
    name = "linear"


def answers(arrays, target, *, layout, task, classes=0, l2=1.0):
    """Raw outputs for the rows that were fitted."""
    options = {"layout": layout, "task": task, "classes": classes, "seed": 0, "validation": None}
    solution = linear.fit(arrays, target, **options, l2=l2)
    return linear.predict(solution, arrays, layout=layout)


def test_the_weights_are_those_of_scikit_learn_on_the_joined_groups():
    from sklearn.linear_model import LogisticRegression

    groups, target = made_groups(EVERYTHING, rows=200), made_target("multiclass", rows=200)
    ours = answers(groups, target, layout=EVERYTHING, task="multiclass", classes=3)
    read = [groups[name] for name in ("numbers", "indicators", "one_hot", "statistics", "text")]
    expected = LogisticRegression(C=1.0, max_iter=300).fit(np.concatenate(read, axis=1), target)
    theirs = expected.decision_function(np.concatenate(read, axis=1))
    assert np.allclose(ours, theirs, atol=1e-3)


def test_a_straight_line_is_found_in_the_unit_of_the_target():
    numbers = RNG.normal(size=(300, 2)).astype("float32")
    target = 1e6 + 5e4 * numbers[:, 0] - 2e4 * numbers[:, 1]
    raw = answers({"numbers": numbers}, target, layout=Layout(numbers=2), task="regression", l2=1e-3)
    assert np.allclose(raw[:, 0], target, rtol=1e-4)


def test_codes_are_read_where_no_category_has_few_levels():
    codes = RNG.integers(0, (40, 30), (2000, 2), dtype="int32")
    effects = RNG.normal(size=40)
    layout = Layout(cardinalities=(40, 30))
    raw = answers({"codes": codes}, effects[codes[:, 0]] + 3.0, layout=layout, task="regression")
    assert np.corrcoef(raw[:, 0], effects[codes[:, 0]])[0, 1] > 0.99


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_more_columns_than_rows(task):
    layout = Layout(numbers=3000)
    raw = answers(made_groups(layout), made_target(task), layout=layout, task=task, classes=3)
    assert np.isfinite(raw).all()


def test_two_of_three_classes_in_training_keep_their_odds():
    numbers = RNG.normal(size=(400, 1)).astype("float32")
    target = np.where(numbers[:, 0] + RNG.normal(size=400) > 0, 2, 0)
    layout = Layout(numbers=1)
    two = answers({"numbers": numbers}, target // 2, layout=layout, task="binary", classes=2)
    three = answers({"numbers": numbers}, target, layout=layout, task="multiclass", classes=3)
    assert np.allclose(three[:, 2] - three[:, 0], two[:, 0], atol=1e-4)


def test_of_a_table_larger_than_memory_a_part_is_read(monkeypatch):
    numbers = RNG.normal(size=(3000, 2)).astype("float32")
    target = 3.0 * numbers[:, 0] - numbers[:, 1]
    whole = answers({"numbers": numbers}, target, layout=Layout(numbers=2), task="regression", l2=1e-3)
    monkeypatch.setattr(linear, "_MOST_CELLS", 1000)
    part = answers({"numbers": numbers}, target, layout=Layout(numbers=2), task="regression", l2=1e-3)
    assert np.allclose(part, whole, atol=0.01)
    assert not np.array_equal(part, whole)


def test_a_large_table_of_many_classes_takes_seconds():
    layout = Layout(numbers=40)
    groups = made_groups(layout, rows=30_000)
    target = made_target("multiclass", rows=30_000, classes=30)
    started = time.perf_counter()
    answers(groups, target, layout=layout, task="multiclass", classes=30)
    assert time.perf_counter() - started < 30


@pytest.mark.parametrize(("noise", "stronger"), [(20.0, True), (0.01, False)])
def test_the_validation_chooses_the_penalty(noise, stronger):
    generator = np.random.default_rng(0)
    layout = Layout(numbers=20)
    numbers = generator.normal(size=(60, 20)).astype("float32")
    target = numbers[:, 0] + noise * generator.normal(size=60)
    validation = Validation({"numbers": numbers[30:]}, target[30:], "rmse")
    options = {"layout": layout, "task": "regression", "classes": 0, "seed": 0, "validation": validation}
    solution = linear.fit({"numbers": numbers[:30]}, target[:30], **options, l2=1.0)
    assert (solution["l2"] > 1.0) == stronger
