"""Row 26: easy rows first. Row 28, of data: rows join in over the epochs, in any order."""

import dataclasses
import math

import numpy as np
import pytest

from automl_cli.training import seeds
from automl_cli.training.curriculum import make_order
from automl_cli.training.flat import initial_weights
from automl_cli.training.loop import Course
from automl_cli.training.rows import Rows, Source
from automl_cli.training.stages import make_stages, pace
from automl_cli.training.trial import run_trial
from tests.training.made_data import BINARY, MULTICLASS, REGRESSION, make_folds, make_trial
from tests.training.made_engine import ADAM, make_engine, make_groups, make_network

pytestmark = pytest.mark.keras

EASY_FIRST = {"pacing": "linear", "order_by": "difficulty"}


@pytest.mark.parametrize(
    ("pacing", "half"),
    [("linear", 0.6), ("root", math.sqrt(0.04 + 0.96 / 2)), ("step", 0.2), ("none", 1.0)],
)
def test_the_share_of_rows_follows_the_pacing_function(pacing, half):
    shares = [pace(pacing, progress, start=0.2) for progress in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert shares == sorted(shares)
    assert shares[0] == (1.0 if pacing == "none" else 0.2)
    assert shares[2] == pytest.approx(half)
    assert shares[-1] == 1.0


def test_all_rows_are_in_at_half_of_the_epochs_and_patience_waits_for_them():
    stages = make_stages({"pacing": "linear", "pacing_start": 0.2}, 100)
    assert [stages.rows(done, 50) for done in (0, 25, 50, 99)] == [10, 30, 50, 50]
    assert stages.settled == 50
    assert make_stages({"pacing": "none"}, 100).settled == 0


@pytest.mark.parametrize("setup", [BINARY, REGRESSION], ids=lambda setup: setup.task)
def test_rows_that_a_first_model_tells_wrong_come_last(setup):
    fold = make_folds(setup, rows=240)[0]
    wrong = np.arange(0, 120, 12)
    target = fold.train_target.copy()
    target[wrong] = 1 - target[wrong] if setup.task == "binary" else target[wrong] + 500
    order = make_order(dataclasses.replace(fold, train_target=target), EASY_FIRST, setup=setup, number=0)
    assert sorted(order) == list(range(120))
    places = np.argsort(order)
    assert places[wrong].mean() > 85
    assert places.mean() == 59.5


def test_at_any_time_each_class_has_its_share():
    fold = make_folds(MULTICLASS, rows=300)[0]
    order = make_order(fold, EASY_FIRST, setup=MULTICLASS, number=0)
    shares = np.bincount(fold.train_target) / 150
    for taken in (30, 75, 120):
        np.testing.assert_allclose(np.bincount(fold.train_target[order[:taken]]) / taken, shares, atol=0.04)


def test_the_order_knows_nothing_of_validation_rows_and_is_the_same_again():
    fold = make_folds(BINARY)[0]
    blind = dataclasses.replace(fold, validation={}, validation_target=np.zeros(0))
    first, again = (make_order(own, EASY_FIRST, setup=BINARY, number=0) for own in (fold, blind))
    np.testing.assert_array_equal(first, again)
    by_chance = make_order(fold, {"pacing": "step", "order_by": "random"}, setup=BINARY, number=0)
    assert sorted(by_chance) == sorted(first)
    assert (by_chance != first).any()
    assert make_order(fold, {"pacing": "none"}, setup=BINARY, number=0) is None


def test_an_epoch_takes_no_other_rows():
    groups, target = make_groups(40)
    target[20:] = np.nan  # a single one of these would make the loss no number
    rows, network = Rows([Source(groups, target)], 40), make_network()
    engine = make_engine(network, ADAM)
    state = engine.start([initial_weights(network)], [engine.fresh_memory])
    course = Course(np.full((2, 1), 0.01), 10, np.ones(1), taken=[np.arange(20)])
    _, losses = engine.train_epoch(state, rows, course=course, seeds=[seeds.stream(0)])
    assert np.isfinite(losses).all()
    _, losses = engine.train_epoch(
        state, rows, course=dataclasses.replace(course, taken=[None]), seeds=[seeds.stream(0)]
    )
    assert np.isnan(losses).all()


def test_a_trial_learns_with_a_curriculum_and_differs_from_one_without(tmp_path):
    folds = make_folds(BINARY)
    curves = []
    for number, values in enumerate(({}, {"pacing": "root", "pacing_start": 0.3})):
        trial = make_trial(epochs=4, schedule_epochs=4, number=number, **values)
        outcome = run_trial(trial, task=BINARY, folds=folds, folder=tmp_path / f"{number:04d}")
        assert outcome.result.state == "completed", outcome.result.reason
        curves.append(outcome.curves[0].loss)
    assert len(curves[1]) == 4
    assert curves[0] != curves[1]
