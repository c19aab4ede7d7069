"""Predicting files with an exported model."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from automl_cli.errors import ColumnError, ExportError, ReadError
from automl_cli.serving.bundle import Bundle
from automl_cli.serving.cells import RowCounts
from automl_cli.serving.predict import predict_file
from tests.serving.conftest import Exported

pytestmark = pytest.mark.keras


def predict(
    exported: Exported, text: str, folder: Path, *, keep: bool = False
) -> tuple[list[dict[str, str]], RowCounts]:
    path, output = folder / "new.csv", io.StringIO()
    path.write_text(text, encoding="utf-8")
    counts = predict_file(exported.bundle, exported.dataset, source=str(path), output=output, keep=keep)
    return list(csv.DictReader(io.StringIO(output.getvalue()))), counts


def assert_alike(rows: list[dict[str, str]], expected: list[dict[str, str]]) -> None:
    """The last digit may differ: TensorFlow multiplies matrices of other heights in another order."""
    assert [row["prediction"] for row in rows] == [row["prediction"] for row in expected]
    ours, theirs = ([float(row["probability_yes"]) for row in table] for table in (rows, expected))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_a_classification_gives_labels_and_probabilities(survival: Exported, tmp_path: Path) -> None:
    rows, counts = predict(survival, survival.csv, tmp_path)
    assert counts == RowCounts(rows=120)
    assert list(rows[0]) == ["prediction", "probability_no", "probability_yes"]
    for row in rows:
        no, yes = float(row["probability_no"]), float(row["probability_yes"])
        assert no + yes == pytest.approx(1, abs=1e-6)
        assert row["prediction"] == ("yes" if yes > no else "no")
    assert len({row["prediction"] for row in rows}) == 2


def test_a_regression_gives_numbers(prices: Exported, tmp_path: Path) -> None:
    rows, _ = predict(prices, prices.csv, tmp_path)
    assert list(rows[0]) == ["prediction"]
    assert len({row["prediction"] for row in rows}) > 50
    assert np.isfinite([float(row["prediction"]) for row in rows]).all()


def test_order_case_further_columns_and_a_missing_target_do_not_matter(survival: Exported, tmp_path: Path) -> None:
    expected, _ = predict(survival, survival.csv, tmp_path)
    table = list(csv.DictReader(io.StringIO(survival.csv)))
    other = io.StringIO()
    writer = csv.writer(other)
    writer.writerow(["note", "WHEN", "City/Größe", " fare paid ", "age"])
    writer.writerows([number, r["when"], r["city/größe"], r["fare paid"], r["Age"]] for number, r in enumerate(table))
    rows, _ = predict(survival, other.getvalue(), tmp_path)
    assert_alike(rows, expected)


def test_rows_can_be_kept_beside_their_predictions(survival: Exported, tmp_path: Path) -> None:
    rows, _ = predict(survival, survival.csv, tmp_path, keep=True)
    table = list(csv.DictReader(io.StringIO(survival.csv)))
    assert [{name: row[name] for name in table[0]} for row in rows] == table
    again = io.StringIO()
    csv.DictWriter(again, fieldnames=list(rows[0])).writerows([dict(zip(rows[0], rows[0], strict=True)), *rows])
    twice, _ = predict(survival, again.getvalue(), tmp_path, keep=True)
    assert [row["prediction_new"] for row in twice] == [row["prediction"] for row in rows]


def test_missing_columns_are_all_named(survival: Exported, tmp_path: Path) -> None:
    with pytest.raises(ColumnError) as caught:
        predict(survival, "Age,fair paid\n3,$1\n4,$2\n", tmp_path)
    assert (
        caught.value.message
        == "3 of the 4 columns that the model needs are missing: 'fare paid', 'city/größe', 'when'."
    )
    assert caught.value.hint == "close: the file's 'fair paid' for 'fare paid'"


def test_strange_cells_are_predicted_and_counted(survival: Exported, tmp_path: Path) -> None:
    header = "Age,fare paid,city/größe,when\n"
    strange, counts = predict(survival, f'{header}old,cheap,Rom,soon\n22,"$1,200",Bonn,03.02.2024\n', tmp_path)
    missing, _ = predict(survival, f'{header},,Rom,\n22,"$1,200",Bonn,03.02.2024\n', tmp_path)
    assert_alike(strange, missing)
    assert counts.unseen == {"city/größe": 1}
    assert counts.unreadable == {"Age": 1, "fare paid": 1, "when": 1}
    assert len(counts.remarks()) == 4


def test_numbers_of_a_typed_file_are_taken_as_they_are(survival: Exported, tmp_path: Path) -> None:
    expected, _ = predict(survival, survival.csv, tmp_path)
    records = [
        {**row, "Age": float(row["Age"]) if row["Age"] else None} for row in csv.DictReader(io.StringIO(survival.csv))
    ]
    path, output = tmp_path / "new.jsonl", io.StringIO()
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    predict_file(survival.bundle, survival.dataset, source=str(path), output=output)
    assert_alike(list(csv.DictReader(io.StringIO(output.getvalue()))), expected)


def test_many_batches_are_predicted_as_one(survival: Exported, tmp_path: Path) -> None:
    expected, _ = predict(survival, survival.csv, tmp_path)
    header, *lines = survival.csv.splitlines(keepends=True)
    rows, counts = predict(survival, header + "".join(lines) * 250, tmp_path)
    assert counts.rows == len(rows) == 30_000
    assert_alike(rows, expected * 250)


def test_a_file_without_rows_is_refused(survival: Exported, tmp_path: Path) -> None:
    with pytest.raises(ReadError):
        predict(survival, survival.csv.splitlines()[0] + "\n", tmp_path)


def test_a_broken_bundle_is_an_error_in_one_line(survival: Exported, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no exported model"):
        Bundle.load(tmp_path)
    (tmp_path / "automl.json").write_text(
        json.dumps({"format": 1, "inputs": [], "target": "y", "task": "binary", "classes": []})
    )
    with pytest.raises(ExportError, match="cannot be loaded"):
        Bundle.load(tmp_path)
