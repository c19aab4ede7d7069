"""The logarithm of the target: there and back, in graphs and without, and what it is good for."""

import dataclasses

import numpy as np
import pytest

from automl_cli.training.raw_outputs import to_predictions
from automl_cli.training.target_scale import NO_SCALE, TargetScale, fit_scale, suits_log
from automl_cli.training.task import TrialFailure
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


@pytest.mark.parametrize("loss", ["poisson", "tweedie"])
def test_losses_of_counts_answer_in_the_unit_of_the_target(loss):
    scale = fit_scale(PRICES, "regression", loss=loss)
    assert scale.standardise(PRICES).mean() == pytest.approx(1)
    predictions = to_predictions(np.array([[0.0], [-30.0], [np.log(2)], [200.0]]), scale, task="regression")[:, 0]
    np.testing.assert_allclose(predictions[[0, 2]], [PRICES.mean(), 2 * PRICES.mean()], rtol=1e-5)
    assert 0 < predictions[1] < 1e-8
    assert predictions[3] == pytest.approx(1.05 * 9000)  # no further than predictions may go
    assert (
        to_predictions(np.zeros((2, 1)), fit_scale(np.zeros(4), "regression", loss=loss), task="regression") == 0
    ).all()


def test_losses_of_counts_refuse_what_they_cannot_fit():
    with pytest.raises(TrialFailure, match="from 0 on; the target goes down to -700"):
        fit_scale(PRICES - 700, "regression", loss="poisson")
    with pytest.raises(TrialFailure, match="target_transform=none"):
        fit_scale(PRICES, "regression", loss="tweedie", transform="log")


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
    scales.append(fit_scale(PRICES, "regression", loss="poisson"))
    raw = np.random.default_rng(0).normal(size=(5, 30, 1))
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


@pytest.mark.keras
@pytest.mark.parametrize("loss", ["poisson", "tweedie"])
def test_counts_are_predicted_above_0_and_right_on_average(tmp_path, loss):
    generator = np.random.default_rng(0)
    folds = [
        dataclasses.replace(
            fold,
            train_target=generator.poisson(np.exp(fold.train["numbers"][:, 0])).astype(float),
            validation_target=generator.poisson(np.exp(fold.validation["numbers"][:, 0])).astype(float),
        )
        for fold in make_folds(REGRESSION, rows=600)
    ]
    trial = make_trial(epochs=15, learning_rate=0.01, loss=loss, tweedie_power=1.3)
    outcome = run_trial(trial, task=REGRESSION, folds=folds, folder=tmp_path / "1")
    assert outcome.result.state == "completed", outcome.result.reason
    predictions, truth = np.concatenate(outcome.predictions), np.concatenate([fold.validation_target for fold in folds])
    assert predictions.min() > 0
    assert predictions.mean() == pytest.approx(truth.mean(), rel=0.15)
    assert outcome.result.score < 0.85 * truth.std()
    member = load_member(tmp_path / "1", trial, fold=0, layout=LAYOUT, setup=REGRESSION)
    loaded = member({name: folds[0].validation[name] for name in member.input})
    np.testing.assert_allclose(loaded, outcome.predictions[0], rtol=1e-4, atol=1e-5)


@pytest.mark.keras
@pytest.mark.parametrize("quantile", [0.1, 0.9])
def test_a_quantile_lies_above_its_share_of_the_rows(tmp_path, quantile):
    folds = make_folds(REGRESSION, rows=1000)
    trial = make_trial(epochs=30, learning_rate=0.01, loss="quantile", quantile=quantile)
    outcome = run_trial(trial, task=REGRESSION, folds=folds, folder=tmp_path / "1")
    assert outcome.result.state == "completed", outcome.result.reason
    truth = np.concatenate([fold.validation_target for fold in folds])
    covered = np.mean(truth <= np.concatenate(outcome.predictions)[:, 0])
    assert covered == pytest.approx(quantile, abs=0.06)


@pytest.mark.keras
def test_a_trial_of_counts_says_why_values_below_0_fail(tmp_path):
    folds = [dataclasses.replace(fold, train_target=fold.train_target - 2000) for fold in make_folds(REGRESSION)]
    outcome = run_trial(make_trial(loss="poisson"), task=REGRESSION, folds=folds, folder=tmp_path / "1")
    assert outcome.result.state == "failed"
    assert "counts and amounts from 0 on" in (outcome.result.reason or "")
