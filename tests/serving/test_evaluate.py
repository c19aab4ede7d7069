"""Measuring an exported model on labelled rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from automl_cli.errors import TargetError
from automl_cli.evaluation.metrics import metrics_for
from automl_cli.serving.evaluate import Evaluation, evaluate_file
from automl_cli.serving.predict import predict_file
from tests.serving.conftest import Exported

pytestmark = pytest.mark.keras


def evaluate(exported: Exported, text: str, folder: Path) -> Evaluation:
    path = folder / "labelled.csv"
    path.write_text(text, encoding="utf-8")
    return evaluate_file(exported.bundle, exported.dataset, source=str(path))


def predictions(exported: Exported, folder: Path) -> list[str]:
    path, output = folder / "rows.csv", io.StringIO()
    path.write_text(exported.csv, encoding="utf-8")
    predict_file(exported.bundle, exported.dataset, source=str(path), output=output)
    return [row["prediction"] for row in csv.DictReader(io.StringIO(output.getvalue()))]


def test_a_classification_is_measured_on_the_rows_that_have_a_label(survival: Exported, tmp_path: Path) -> None:
    evaluation = evaluate(survival, survival.csv, tmp_path)
    truth = [row["survived"] for row in csv.DictReader(io.StringIO(survival.csv))]
    pairs = [pair for pair in zip(truth, predictions(survival, tmp_path), strict=True) if pair[0]]
    scores = {score.metric: score for score in evaluation.scores}
    assert list(scores) == [metric.name for metric in metrics_for("binary")]
    assert scores["accuracy"].value == pytest.approx(np.mean([a == b for a, b in pairs]))
    assert scores["accuracy"].low < scores["accuracy"].value < scores["accuracy"].high
    assert scores["accuracy"].measured_on == "119 labelled rows"
    assert evaluation.classes == ("no", "yes")
    assert evaluation.confusion is not None
    assert evaluation.confusion.tolist() == [
        [sum(pair == (a, b) for pair in pairs) for b in evaluation.classes] for a in evaluation.classes
    ]
    assert (evaluation.rows, evaluation.rows_without_label) == (119, 1)
    assert evaluation.remarks() == ("1 row set aside: no label, or one that the model does not know.",)


def test_a_regression_is_measured_too(prices: Exported, tmp_path: Path) -> None:
    evaluation = evaluate(prices, prices.csv, tmp_path)
    truth = [row["price"] for row in csv.DictReader(io.StringIO(prices.csv))]
    errors = [float(a) - float(b) for a, b in zip(truth, predictions(prices, tmp_path), strict=True) if a]
    scores = {score.metric: score.value for score in evaluation.scores}
    assert scores["mae"] == pytest.approx(np.mean(np.abs(errors)), rel=1e-5)
    assert evaluation.confusion is None


def test_a_file_with_one_class_only_is_measured(survival: Exported, tmp_path: Path) -> None:
    header, *lines = survival.csv.splitlines(keepends=True)
    evaluation = evaluate(survival, header + "".join(line for line in lines if line.endswith(",yes\n")), tmp_path)
    assert evaluation.confusion is not None
    assert evaluation.confusion[0].tolist() == [0, 0]


def test_without_labels_there_is_nothing_to_measure(survival: Exported, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="no column 'survived'"):
        evaluate(survival, survival.csv.replace("survived", "died", 1), tmp_path)
    header, *lines = survival.csv.splitlines(keepends=True)
    unlabelled = "".join(line.rpartition(",")[0] + ",\n" for line in lines)
    with pytest.raises(TargetError, match="no usable value"):
        evaluate(survival, header + unlabelled, tmp_path)


def test_other_classes_than_those_of_the_model_are_refused(survival: Exported, tmp_path: Path) -> None:
    edited = survival.dataset.model_copy(update={"labels": {"yes": ["yes"], "no": ["no"]}})
    path = tmp_path / "labelled.csv"
    path.write_text(survival.csv, encoding="utf-8")
    with pytest.raises(TargetError, match="trained for the classes 'no' and 'yes'"):
        evaluate_file(survival.bundle, edited, source=str(path))
