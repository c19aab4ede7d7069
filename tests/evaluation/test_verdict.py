"""The verdict says what is so, in words, and does not praise what a constant achieves."""

import numpy as np

from automl_cli.evaluation.metrics import METRICS
from automl_cli.evaluation.verdict import Baselines, verdict


def probabilities_of(labels, certainty=0.9):
    return np.where(np.eye(2)[labels] == 1, certainty, 1 - certainty)


def made_truth(positives, rows):
    return np.repeat([0, 1], [rows - positives, positives])


def test_a_good_classifier_is_set_beside_the_constant():
    truth = made_truth(positives=80, rows=200)
    ours = probabilities_of(np.where(np.arange(200) % 5 == 0, 1 - truth, truth))
    constant = np.tile([0.6, 0.4], (200, 1))
    text = verdict(truth, ours, metric=METRICS["accuracy"], baselines=Baselines(constant))
    assert text == "Predicts 4 in 5 correctly; always guessing the largest class: 3 in 5."


def test_what_never_fails_is_all_and_only_that():
    truth = made_truth(positives=100, rows=200)
    constant = np.tile([0.5, 0.5], (200, 1))
    assert "Predicts all correctly" in verdict(
        truth, probabilities_of(truth), metric=METRICS["roc_auc"], baselines=Baselines(constant)
    )
    once_wrong = truth.copy()
    once_wrong[0] = 1
    text = verdict(truth, probabilities_of(once_wrong), metric=METRICS["roc_auc"], baselines=Baselines(constant))
    assert "Predicts 995 in 1000 correctly" in text


def test_a_rare_class_is_judged_by_ranking():
    truth = made_truth(positives=10, rows=500)
    positive = np.linspace(0.0, 0.4, 500)  # never above one half: every row is called negative
    ours = np.stack([1 - positive, positive], axis=1)
    constant = np.tile([0.98, 0.02], (500, 1))
    text = verdict(truth, ours, metric=METRICS["roc_auc"], baselines=Baselines(constant))
    assert text.startswith("Predicts 98 in 100 correctly; always guessing the largest class: 98 in 100")
    assert "the right one likelier 100 times in 100" in text
    assert "no better" not in text


def test_a_regression_speaks_in_the_unit_of_the_target():
    generator = np.random.default_rng(0)
    truth = generator.normal(100, 12, size=400)
    ours = (truth + generator.normal(0, 4.6, size=400))[:, None]
    text = verdict(truth, ours, metric=METRICS["rmse"], baselines=Baselines(np.full(400, 100.0)))
    assert text.startswith("Typically off by 3")
    assert "a constant guess by 8" in text
    assert "explains 8" in text


def test_noise_is_called_no_better_than_a_constant():
    generator = np.random.default_rng(0)
    truth = generator.integers(2, size=100)
    ours = probabilities_of(generator.integers(2, size=100), certainty=0.51)
    text = verdict(truth, ours, metric=METRICS["roc_auc"], baselines=Baselines(np.tile([0.5, 0.5], (100, 1))))
    assert "no better than a constant guess" in text


def test_harm_is_called_harm():
    truth = np.random.default_rng(0).normal(size=200)
    text = verdict(truth, -truth, metric=METRICS["rmse"], baselines=Baselines(np.zeros(200)))
    assert text.endswith("By RMSE, this is worse than a constant guess.")
    assert "explains 0 %" in text


def test_a_linear_model_that_does_as_well_is_named():
    generator = np.random.default_rng(0)
    truth = generator.normal(size=300)
    ours, linear = truth + generator.normal(size=300) / 3, truth + generator.normal(size=300) / 3
    text = verdict(truth, ours, metric=METRICS["rmse"], baselines=Baselines(np.zeros(300), linear))
    assert "a linear model is as good" in text
    text = verdict(truth, ours, metric=METRICS["rmse"], baselines=Baselines(np.zeros(300), truth * 0.999))
    assert text.endswith("By RMSE, a linear model is better still.")
    text = verdict(truth, ours, metric=METRICS["rmse"], baselines=Baselines(np.zeros(300), truth * 0.2))
    assert "linear" not in text


def test_a_baseline_that_wins_is_called_one():
    truth = np.linspace(-1, 1, 300)
    constant, linear = np.zeros(300), truth * 0.9
    for are_all, of_linear, of_constant in (
        (False, "nothing else that was tried did better", "Nothing was found"),
        (True, "This is a linear model: nothing else was trained.", "it may need more time."),
    ):
        beside = [Baselines(constant, linear, shipped=name, are_all=are_all) for name in ("linear", "constant")]
        assert of_linear in verdict(truth, linear, metric=METRICS["rmse"], baselines=beside[0])
        assert of_constant in verdict(truth, constant, metric=METRICS["rmse"], baselines=beside[1])
