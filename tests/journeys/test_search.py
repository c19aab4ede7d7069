"""The main job as a user does it: one search from the command line, and everything that is promised of it."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from automl_cli.runs.folder import RunFolder
from automl_cli.runs.journal import read_results

pytestmark = pytest.mark.keras

AUTOML = [sys.executable, "-c", "from automl_cli.cli import main; main()"]
QUICK = ["--trials", "2", "--families", "mlp,wide_and_deep", "--set", "epochs=4", "--set", "width=16", "--time", "5m"]

# Loads the bundle and predicts one row of its own example cells, with nothing of this project on the path.
ELSEWHERE = """
import json, sys
for name in ("automl_cli", "search_spaces", "keras"): sys.modules[name] = None
import tensorflow as tf
folder = sys.argv[1]
about = json.load(open(folder + "/automl.json"))
predict = tf.saved_model.load(folder).signatures["serving_default"]
row = {i["signature_name"]: tf.constant([i["example"]], i["dtype"]) for i in about["inputs"]}
answer = predict(**row)
print(answer["label"].numpy()[0].decode(), float(tf.reduce_sum(answer["probabilities"])))
"""


def automl(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*AUTOML, *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def write_table(path: Path, rows: int = 240, *, with_target: bool = True) -> Path:
    """Writes a table with every kind of column that a model is fed."""
    generator = np.random.default_rng(7)
    size = generator.normal(10, 3, rows)
    colour = generator.choice(["red", "green", "blue", ""], rows)
    good = size + 2 * (colour == "red") + generator.normal(0, 1, rows) > 10.5
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        header = ["size (cm)", "colour", "price", "bought", "member", "remark"]
        writer.writerow([*header, "good"] if with_target else header)
        for row in range(rows):
            remark = " ".join(generator.choice(["fast", "slow", "late", "kind", "broken", "parcel", "shop"], 5))
            day = f"{1 + row % 28:02d}.{1 + row % 12:02d}.2023"
            cells = [
                f"{size[row]:.2f}",
                colour[row],
                f"${size[row] * 100:,.2f}",
                day,
                "yes" if row % 3 else "no",
                remark,
            ]
            writer.writerow([*cells, "good" if good[row] else "bad"] if with_target else cells)
    return path


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """A folder with one finished search of a small table, and the JSON that it printed."""
    folder = tmp_path_factory.mktemp("journey")
    write_table(folder / "goods.csv")
    done = automl("search", "goods.csv", "-t", "good", "--json", *QUICK, folder=folder)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return folder, json.loads(done.stdout)


def test_the_test_score_is_given_with_an_interval_and_what_it_was_measured_on(searched: tuple[Path, dict]) -> None:
    _, answer = searched
    score = answer["test"][0]
    assert score["metric"] == "roc_auc"
    assert score["low"] <= score["value"] <= score["high"]
    assert score["measured_on"] == "48 test rows"
    assert score["value"] > 0.8


def test_baselines_stand_in_the_leaderboard(searched: tuple[Path, dict]) -> None:
    folder, answer = searched
    families = [trial["trial"]["family"] for trial in answer["trials"]]
    assert sorted(families) == ["constant", "linear", "mlp", "wide_and_deep"]
    scores = [trial["score"] for trial in answer["trials"]]
    assert scores == sorted(scores, reverse=True)
    shown = automl("leaderboard", folder=folder)
    assert all(family in shown.stdout for family in families)


def test_the_model_predicts_the_same_in_a_process_that_has_tensorflow_alone(searched: tuple[Path, dict]) -> None:
    folder, answer = searched
    assert answer["maximum_difference"] <= 1e-5
    done = subprocess.run(
        [sys.executable, "-I", "-c", ELSEWHERE, str(folder / answer["model"])],
        capture_output=True,
        text=True,
        check=True,
    )
    label, total = done.stdout.split()
    assert label in {"good", "bad"}
    assert float(total) == pytest.approx(1, abs=1e-5)


def test_new_rows_are_predicted_whatever_the_order_of_columns(searched: tuple[Path, dict]) -> None:
    folder, _ = searched
    write_table(folder / "new.csv", with_target=False)
    rows = list(csv.DictReader((folder / "new.csv").open(encoding="utf-8")))
    with (folder / "shuffled.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ["further", *reversed(list(rows[0]))])
        writer.writeheader()
        writer.writerows({"further": "1", **row} for row in rows)
    for name in ("new", "shuffled"):
        done = automl("predict", f"{name}.csv", "-o", f"{name}-out.csv", folder=folder)
        assert done.returncode == 0, done.stderr
        assert "WARNING" not in done.stderr
    assert (folder / "new-out.csv").read_text() == (folder / "shuffled-out.csv").read_text()
    again = automl("predict", "new.csv", "-o", "new-out.csv", folder=folder)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_a_missing_column_is_named(searched: tuple[Path, dict]) -> None:
    folder, _ = searched
    (folder / "narrow.csv").write_text("colour,price\nred,$3.00\n")
    done = automl("predict", "narrow.csv", folder=folder)
    assert done.returncode == 3
    assert "'size (cm)'" in done.stderr
    assert "Traceback" not in done.stderr


def test_labelled_rows_are_scored_as_the_search_scores_them(searched: tuple[Path, dict]) -> None:
    folder, _ = searched
    done = automl("evaluate", "goods.csv", "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    evaluation = json.loads(done.stdout)
    assert evaluation["rows"] == 240
    assert sum(map(sum, evaluation["confusion"])) == 240


def test_the_report_is_one_file_that_loads_nothing(searched: tuple[Path, dict]) -> None:
    folder, answer = searched
    page = (folder / answer["run"] / "report.html").read_text(encoding="utf-8")
    assert str(answer["verdict"]).replace("'", "&#39;") in page
    assert "<svg" in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_a_run_is_searched_again_from_its_own_dataset_file_with_the_same_outcome(searched: tuple[Path, dict]) -> None:
    folder, answer = searched
    done = automl("search", f"{answer['run']}/dataset.yaml", "--name", "again", "--json", *QUICK, folder=folder)
    assert done.returncode == 0, done.stderr
    again = json.loads(done.stdout)
    assert again["run"] == "runs/again-1"
    assert again["test"] == answer["test"]
    results = [read_results(RunFolder(folder / run).journal) for run in (answer["run"], again["run"])]
    first, second = ([(r.trial, r.score, r.fold_scores, r.best_epochs) for r in one] for one in results)
    assert first == second


def test_an_interrupted_search_keeps_what_it_found(tmp_path: Path) -> None:
    write_table(tmp_path / "goods.csv")
    process = subprocess.Popen(
        [*AUTOML, "search", "goods.csv", "-t", "good", "--time", "10m", "--families", "mlp", "--set", "epochs=5000",
         "--set", "patience=5000"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if "linear" in line:  # the last baseline is done, the first network is about to train
            process.send_signal(signal.SIGINT)
            break
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert (tmp_path / "runs" / "goods-1" / "model" / "saved_model.pb").exists()
    assert "interrupted" in errors
    assert "linear" in output
