"""Rows 36, 37 and 42 to 47 of the practices: measuring, showing, and what accuracy costs. No network is needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as reference

from automl_cli.evaluation.intervals import bootstrap_interval
from automl_cli.evaluation.metrics import METRICS, metrics_for
from automl_cli.records import Score
from automl_cli.report.outcome_charts import draw_classes, draw_values
from automl_cli.report.pareto import front
from automl_cli.report.practices.record import judge_run
from automl_cli.runs.folder import RunFolder
from automl_cli.runs.seal import describe_test_rows, earlier_looks, record_test_scores
from automl_cli.search.families import baseline_trials
from automl_cli.search.validation import choose_folds
from automl_cli.tracking.make import make_trackers
from tests.report.made_run import make_run


def test_row_36_classes_are_measured_in_every_usual_way() -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(2, size=200)
    positive = np.clip(0.3 * truth + 0.7 * generator.random(200), 0.01, 0.99)
    both, label = np.stack([1 - positive, positive], axis=1), (positive > 0.5).astype(int)
    expected = {
        "accuracy": reference.accuracy_score(truth, label),
        "balanced_accuracy": reference.balanced_accuracy_score(truth, label),
        "precision": reference.precision_score(truth, label),
        "recall": reference.recall_score(truth, label),
        "f1": reference.f1_score(truth, label),
        "mcc": reference.matthews_corrcoef(truth, label),
        "roc_auc": reference.roc_auc_score(truth, positive),
        "average_precision": reference.average_precision_score(truth, positive),
        "log_loss": reference.log_loss(truth, both),
    }
    assert {name: METRICS[name].function(truth, both) for name in expected} == pytest.approx(expected)
    assert {metric.name for metric in metrics_for("binary")} >= {*expected, "brier"}
    interval = bootstrap_interval(truth, both, metric=METRICS["roc_auc"], measured_on="200 rows", seed=0)
    assert interval.low < interval.value < interval.high


def test_row_37_values_are_measured_in_the_unit_of_the_target() -> None:
    generator = np.random.default_rng(0)
    truth = 100 + 10 * generator.normal(size=100)
    values = truth + 3 * generator.normal(size=100)
    expected = {
        "mae": reference.mean_absolute_error(truth, values),
        "mse": reference.mean_squared_error(truth, values),
        "rmse": reference.root_mean_squared_error(truth, values),
        "r2": reference.r2_score(truth, values),
        "mape": reference.mean_absolute_percentage_error(truth, values),
        "median_absolute_error": reference.median_absolute_error(truth, values),
    }
    assert {name: METRICS[name].function(truth, values[:, None]) for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_row_42_simple_models_come_first(task: str) -> None:
    trials = baseline_trials(task=task, rows=500)  # type: ignore[arg-type]
    assert [(trial.number, trial.family, trial.origin) for trial in trials] == [
        (1, "constant", "baseline"),
        (2, "linear", "baseline"),
    ]


def test_row_43_results_are_drawn() -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(2, size=50)
    drawn = " ".join(draw_classes(truth, generator.dirichlet([1, 1], size=50), classes=["no", "yes"]))
    assert [title in drawn for title in ("ROC", "Precision against recall", "Calibration")] == [True] * 3
    values = generator.normal(size=50)
    drawn = " ".join(draw_values(values, 0.5 * values, target="y", seed=0))
    assert [title in drawn for title in ("Predictions", "Residuals", "How far off")] == [True] * 3


def test_row_44_trackers_are_there_and_off_by_default(tmp_path: Path) -> None:
    assert make_trackers(None, tmp_path) == []
    assert callable(make_trackers("tensorboard", tmp_path)[0])


def test_row_45_small_tables_are_validated_by_folds() -> None:
    folds = [choose_folds(rows=rows, columns=10, classes=1, seconds=300.0) for rows in (300, 30_000, 5_000_000)]
    assert folds == sorted(folds, reverse=True)
    assert folds[0] == 8
    assert folds[-1] == 1


def test_row_46_every_look_at_the_test_rows_is_counted(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    score = Score("accuracy", 0.8, 0.7, 0.9, "40 test rows", 40)
    assert describe_test_rows(run, 40) == "40 test rows"
    record_test_scores(run, [score], verdict="good")
    assert describe_test_rows(run, 40) == "40 test rows, scored once before"
    record_test_scores(run, [score], verdict="good")
    assert earlier_looks(run) == 2


def test_row_46_the_guide_tells_of_looks_that_were_not_the_first(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.test_score.write_text('{"look": 3, "scores": []}')
    judged = {each.number: each.reason for each in judge_run(run)}
    assert judged[46].startswith("scored 3 times")


def test_row_47_what_nothing_matches_in_score_and_cost_stands_out() -> None:
    assert front(np.array([[0.1, 9.0], [0.2, 1.0], [0.3, 2.0]])).tolist() == [True, True, False]
