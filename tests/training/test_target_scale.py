"""The logarithm of the target: there and back, in graphs and without, and what it is good for."""

import dataclasses

import numpy as np
import pytest

from automl_cli.training.raw_outputs import to_predictions
from automl_cli.training.target_scale import NO_SCALE, TargetScale, fit_scale, suits_log
from automl_cli.training.trial import load_member, run_trial
from tests.training.made_data import LAYOUT, REGRESSION, make_folds, make_trial

PRICES = np.array([0.0, 3.0, 20.0, 150.0, 9000.0])


@pytest.mark.parametrize("target", [PRICES, PRICES - 700, PRICES * 1e-9, PRICES + 1e6], ids="0 -700 tiny far".split())
def test_a_target_comes_back_from_its_logarithm(target):
    scale = fit_scale(target, "regression", transform="log")
    standardised = scale.standardise(target)
    assert standardised.mean() == pytest.approx(0)
    assert standardised.std() == pytest.approx(1)
    predictions = to_predictions(standardised[:, None], scale, task="regression")
    np.testing.assert_allclose(predictions[:, 0], target, rtol=1e-6, atol=1e-6 * np.ptp(target))


def test_a_long_tail_gets_shorter():
    plain, log = (fit_scale(PRICES, "regression", transform=way).standardise(PRICES) for way in ("none", "log"))
    assert log.max() < 1.8 < plain.max()
    assert np.diff(log[:3]).min() > 0.4 > np.diff(plain[:3]).max()


def test_rows_below_all_training_rows_have_a_logarithm():
    scale = fit_scale(PRICES, "regression", transform="log")
    assert scale.standardise(np.array([-5.0]))[0] == scale.standardise(np.array([0.0]))[0]


def test_predictions_are_bounded_in_the_unit_of_the_target():
    scale = fit_scale(np.array([10.0, 110.0]), "regression", transform="log")
    with np.errstate(over="raise"):
        predictions = to_predictions(np.array([[-50.0], [1e4]]), scale, task="regression")
    assert predictions[:, 0].tolist() == [5.0, 115.0]


def test_classes_have_no_logarithm():
    assert fit_scale(np.array([0, 1]), "binary", transform="log") == NO_SCALE


def test_a_constant_target_has_a_logarithm_too():
    scale = fit_scale(np.full(4, 7.0), "regression", transform="log")
    assert to_predictions(np.zeros((1, 1)), scale, task="regression")[0, 0] == pytest.approx(7)


def test_numbers_in_a_file_are_the_same_scale_and_older_ones_have_no_logarithm():
    for transform in ("none", "log"):
        scale = fit_scale(PRICES, "regression", transform=transform)
        assert TargetScale(*np.array(dataclasses.astuple(scale)).tolist()) == scale
    assert not TargetScale(0.0, 1.0, -1.0, 1.0).is_log


@pytest.mark.parametrize(
    ("target", "suits"),
    [
        (np.exp(np.linspace(-2, 2, 99)), True),
        (np.linspace(0, 1, 99), False),
        (np.exp(np.linspace(-2, 2, 99)) - 1, False),  # some are below 0
        (np.full(9, 3.0), False),
        (np.array([0, 0, 0, 0, 40]), True),
    ],
)
def test_a_long_tail_suits_the_logarithm(target, suits):
    assert suits_log(target) is suits


@pytest.mark.keras
def test_graphs_predict_what_arrays_predict_for_every_member():
    import tensorflow as tf

    from automl_cli.training.heads import apply_head

    scales = [fit_scale(PRICES + shift, "regression", transform=way) for way in ("none", "log") for shift in (0, -50)]
    raw = np.random.default_rng(0).normal(size=(4, 30, 1))
    expected = [to_predictions(own, scale, task="regression") for own, scale in zip(raw, scales, strict=True)]
    alone = [
        apply_head(tf.constant(own, tf.float32), scale, task="regression")
        for own, scale in zip(raw, scales, strict=True)
    ]
    fields = np.array([dataclasses.astuple(scale) for scale in scales], np.float32).T[:, :, None, None]
    together = apply_head(
        tf.constant(raw, tf.float32), TargetScale(*tf.unstack(tf.constant(fields))), task="regression"
    )
    np.testing.assert_allclose(alone, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(together, expected, rtol=1e-4, atol=1e-4)


def log_normal_folds():
    return [
        dataclasses.replace(
            fold,
            train_target=np.exp(fold.train["numbers"][:, :2].sum(axis=1)),
            validation_target=np.exp(fold.validation["numbers"][:, :2].sum(axis=1)),
        )
        for fold in make_folds(REGRESSION, rows=400)
    ]


@pytest.mark.keras
@pytest.mark.parametrize("family", ["linear", "mlp"])
def test_a_log_normal_target_is_fitted_better_and_members_come_back_from_their_files(tmp_path, family):
    folds, scores = log_normal_folds(), {}
    epochs = {"epochs": 12, "learning_rate": 0.02} if family == "mlp" else {}
    for number, transform in enumerate(("none", "log"), start=1):
        trial = make_trial(family, number=number, target_transform=transform, **epochs)
        outcome = run_trial(trial, task=REGRESSION, folds=folds, folder=tmp_path / str(number))
        assert outcome.result.state == "completed", outcome.result.reason
        scores[transform] = outcome.result.score
        for fold in (0, 1):
            member = load_member(tmp_path / str(number), trial, fold=fold, layout=LAYOUT, setup=REGRESSION)
            loaded = member({name: folds[fold].validation[name] for name in member.input})
            np.testing.assert_allclose(loaded, outcome.predictions[fold], rtol=1e-4, atol=1e-5)
    assert scores["log"] < 0.9 * scores["none"]
