"""Cures for rare classes: what is done to training rows, and that probabilities come out true; guide row 34."""

import dataclasses

import numpy as np
import pytest

from automl_cli.evaluation.metrics import METRICS
from automl_cli.training.imbalance import balance, class_weights, resample
from automl_cli.training.task import TaskSetup, TrialFailure
from automl_cli.training.trial import load_member, run_trial
from search_spaces.family import load_families
from tests.training.made_data import BINARY, LAYOUT, MULTICLASS, make_folds, make_rows, make_trial

pytestmark = pytest.mark.keras

CURES = load_families(["mlp"])["mlp"].recipe["imbalance"].where_rare
RECIPE = {"resampled_ratio": 0.5, "effective_beta": 0.999, "focal_gamma": 2.0}
SEED = np.random.SeedSequence(0)


def rare_folds(rows=900, share=0.08, *, seed=0):
    """Two halves of a table of which one class has few rows, that numbers tell apart in part."""
    groups, signal = make_rows(rows, seed)
    noise = np.random.default_rng(seed).normal(size=rows)
    score = signal + 0.8 * noise
    target = (score > np.quantile(score, 1 - share)).astype(np.int64)
    first, second = make_folds(BINARY, rows=rows)
    parts = np.arange(rows) % 2

    def fold(like, number):
        inside, outside = parts != number, parts == number
        return dataclasses.replace(
            like,
            train={name: values[inside] for name, values in groups.items()},
            train_target=target[inside],
            validation={name: values[outside] for name, values in groups.items()},
            validation_target=target[outside],
        )

    return [fold(first, 0), fold(second, 1)]


def balanced(cure, fold, *, setup=BINARY):
    return balance(fold, {"imbalance": cure, **RECIPE}, setup=setup, groups=list(fold.train), number=0)


def test_inverse_frequency_gives_every_class_the_same_say():
    counts = np.array([90, 9, 1])
    weights = class_weights(counts)
    np.testing.assert_allclose(weights * counts, 100 / 3)
    assert counts @ weights == pytest.approx(100)


def test_class_balanced_weights_are_those_of_effective_numbers():
    counts = np.array([5000, 50])
    effective = (1 - 0.999**counts) / (1 - 0.999)
    weights = class_weights(counts, beta=0.999)
    assert weights[1] / weights[0] == pytest.approx(effective[0] / effective[1])
    assert 1 < weights[1] / weights[0] < 100  # less than in inverse proportion


@pytest.mark.parametrize("cure", ["over_sampling", "smote"])
def test_rare_classes_grow_to_the_ratio_and_no_row_is_lost(cure):
    fold = rare_folds()[0]
    groups, target = resample(fold.train, fold.train_target, cure=cure, ratio=0.5, seed=SEED)
    before, after = np.bincount(fold.train_target), np.bincount(target)
    assert after[0] == before[0]
    assert after[1] == np.ceil(0.5 * before[0])
    for name, values in fold.train.items():
        np.testing.assert_array_equal(groups[name][: len(values)], values)
        assert groups[name].dtype == values.dtype
        assert len(groups[name]) == len(target)


def test_under_sampling_keeps_the_rare_and_some_of_the_frequent():
    fold = rare_folds()[0]
    groups, target = resample(fold.train, fold.train_target, cure="under_sampling", ratio=0.5, seed=SEED)
    before, after = np.bincount(fold.train_target), np.bincount(target)
    assert after.tolist() == [2 * before[1], before[1]]
    assert len(np.unique(groups["numbers"], axis=0)) == len(target), "no row is taken twice"


def test_many_rare_classes_do_not_multiply_the_rows():
    target = np.concatenate([np.zeros(400, int), np.repeat(np.arange(1, 41), 5)])
    groups = {"numbers": np.random.default_rng(0).normal(size=(600, 3))}
    for cure in ("over_sampling", "smote"):
        _, after = resample(groups, target, cure=cure, ratio=1.0, seed=SEED)
        assert 600 < len(after) <= 3.1 * 600


def test_a_class_of_one_row_does_not_leave_nothing_of_the_others():
    target = np.array([0] * 100 + [1])
    groups = {"numbers": np.arange(101.0)[:, None]}
    _, after = resample(groups, target, cure="under_sampling", ratio=0.5, seed=SEED)
    assert np.bincount(after).tolist() == [20, 1]
    _, after = resample(groups, target, cure="smote", ratio=0.5, seed=SEED)
    assert np.bincount(after).tolist() == [100, 50]


def test_more_rows_than_memory_holds_are_refused():
    groups = {"numbers": np.broadcast_to(np.float32(0), (400_000, 500))}
    with pytest.raises(TrialFailure, match="MB; class_weights need none"):
        resample(groups, np.arange(400_000) // 399_990, cure="over_sampling", ratio=0.5, seed=SEED)


@pytest.mark.parametrize("cure", CURES)
def test_validation_rows_are_never_touched(cure):
    fold = rare_folds()[0]
    kept, _ = balanced(cure, fold)
    assert kept.validation is fold.validation
    assert kept.validation_target is fold.validation_target


@pytest.mark.parametrize("cure", ["none", *CURES])
def test_the_same_seed_draws_the_same_rows_and_values_nothing_else(cure):
    fold = rare_folds()[0]
    (first, one), (second, two) = balanced(cure, fold), balanced(cure, fold)
    np.testing.assert_array_equal(first.train_target, second.train_target)
    np.testing.assert_array_equal(first.train["numbers"], second.train["numbers"])
    assert one.correction == two.correction


def test_an_amount_has_no_classes_to_balance():
    fold = rare_folds()[0]
    kept, own = balance(fold, {"loss": "mse"}, setup=TaskSetup("regression", 0, "rmse", 0), groups=[], number=0)
    assert kept is fold
    assert not own.vectors


@pytest.mark.parametrize("cure", ["none", *CURES])
def test_probabilities_are_those_of_the_table_whatever_was_trained_on(cure, tmp_path):
    folds = rare_folds()
    values = {"imbalance": cure, **RECIPE} if cure != "none" else {}
    trial = make_trial(epochs=12, learning_rate=5e-3, **values)
    outcome = run_trial(trial, task=BINARY, folds=folds, folder=tmp_path / "0001")
    assert outcome.result.state == "completed", outcome.result.reason
    truth, told = np.concatenate([fold.validation_target for fold in folds]), np.concatenate(outcome.predictions)
    assert told[:, 1].mean() == pytest.approx(truth.mean(), abs=0.035)
    assert outcome.result.score > 0.75  # ROC AUC
    # In terms of the probabilities, too: no worse than the shares of the classes by much.
    shares = np.tile(np.bincount(truth) / len(truth), (len(truth), 1))
    log_loss = METRICS["log_loss"].function
    assert log_loss(truth, told) < log_loss(truth, shares) + 0.02
    member = load_member(tmp_path / "0001", trial, fold=0, layout=LAYOUT, setup=BINARY)
    loaded = member({name: folds[0].validation[name] for name in member.input})
    np.testing.assert_allclose(loaded, outcome.predictions[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cure", ["class_weights", "smote", "focal", "logit_adjustment"])
def test_several_classes_have_true_probabilities_too(cure, tmp_path):
    folds = make_folds(MULTICLASS, rows=600)
    trial = make_trial(epochs=10, learning_rate=5e-3, imbalance=cure, **RECIPE)
    outcome = run_trial(trial, task=MULTICLASS, folds=folds, folder=tmp_path / "0001")
    assert outcome.result.state == "completed", outcome.result.reason
    truth = np.bincount(np.concatenate([fold.validation_target for fold in folds])) / 600
    np.testing.assert_allclose(np.concatenate(outcome.predictions).mean(axis=0), truth, atol=0.06)


def test_networks_of_several_models_are_balanced_too(tmp_path):
    folds = rare_folds()
    small = {"members": 4, "width": 32, "blocks": 1, "batch_size": 64}
    trial = make_trial("tabm", epochs=8, imbalance="class_weights", **small)
    outcome = run_trial(trial, task=BINARY, folds=folds, folder=tmp_path / "0001")
    assert outcome.result.state == "completed", outcome.result.reason
    told = np.concatenate(outcome.predictions)[:, 1].mean()
    assert told == pytest.approx(0.08, abs=0.05)
