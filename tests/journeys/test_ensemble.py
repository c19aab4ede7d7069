"""From the command line: what is shipped is what validation chose, whether one model or many."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from automl_cli.runs.journal import read_journal
from tests.journeys.test_search import automl, write_table

pytestmark = pytest.mark.keras

SEARCH = ["search", "goods.csv", "-t", "good", "--json", "--time", "5m", "--workers", "0", "--folds", "3"]
TWO_KINDS = ["--families", "boosted_trees,tabm", "--trials", "2", "--set", "epochs=6", "--set", "rounds=60"]


def searched(folder: Path, *options: str) -> dict:
    write_table(folder / "goods.csv")
    done = automl(*SEARCH, *options, folder=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    folder = tmp_path_factory.mktemp("ensemble")
    return folder, searched(folder, *TWO_KINDS, "--metric", "log_loss")


def test_shares_are_journaled_shown_and_in_the_bundle(ensemble: tuple[Path, dict]) -> None:
    folder, answer = ensemble
    run = folder / answer["run"]
    weights = answer["weights"]
    assert sum(weights.values()) == pytest.approx(1.0)
    assert set(weights) <= {str(trial["trial"]["number"]) for trial in answer["trials"]}
    chosen = [line for line in read_journal(run / "journal.jsonl") if line["event"] == "ModelChosen"]
    assert [line["weights"] for line in chosen] == [weights]
    about = json.loads((run / "model" / "automl.json").read_text())["about"]
    assert about["weights"] == weights
    assert {str(trial["number"]) for trial in about["trials"]} == set(weights)
    shown = automl("leaderboard", folder=folder)
    assert shown.stdout.count(" % ") == len(weights)


def test_the_shown_validation_is_that_of_the_weighted_mean(ensemble: tuple[Path, dict]) -> None:
    """Computed again here, from the out-of-fold predictions that the run keeps."""
    folder, answer = ensemble
    run = folder / answer["run"]
    split = json.loads((run / "split.json").read_text())
    with (folder / "goods.csv").open(encoding="utf-8") as stream:
        labels = [row["good"] for row in csv.DictReader(stream)]
    truth = np.array([["bad", "good"].index(labels[row]) for fold in split["folds"] for row in fold["validation"]])

    def predictions(number: str) -> np.ndarray:
        files = [run / "trials" / f"{int(number):04d}" / f"predictions-{fold}.npy" for fold in (1, 2, 3)]
        return np.concatenate([np.load(file) for file in files])

    mean = sum(share * predictions(number) for number, share in answer["weights"].items())
    temperature = json.loads((run / "ensemble.json").read_text())["temperature"]
    tempered = mean ** (1 / temperature)
    tempered /= tempered.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(tempered[np.arange(len(truth)), truth]))
    assert answer["validation"]["value"] == pytest.approx(loss, abs=1e-4)
    assert answer["validation"]["low"] < loss < answer["validation"]["high"]
    assert answer["validation"]["measured_on"] == f"{len(truth)} validation rows in 3 folds"


def test_a_single_trial_is_shipped_on_request(tmp_path: Path) -> None:
    answer = searched(tmp_path, *TWO_KINDS, "--single")
    best = answer["trials"][0]["trial"]["number"]
    assert answer["weights"] == {str(best): 1.0}
    about = json.loads((tmp_path / answer["run"] / "model" / "automl.json").read_text())["about"]
    assert [trial["number"] for trial in about["trials"]] == [best]


@pytest.mark.parametrize("family", ["boosted_trees", "mlp"])
def test_the_winner_is_trained_on_all_rows_on_request(tmp_path: Path, family: str) -> None:
    length = "rounds=100" if family == "boosted_trees" else "epochs=20"
    answer = searched(tmp_path, "--families", family, "--trials", "1", "--refit", "--set", length)
    run = tmp_path / answer["run"]
    assert len(answer["weights"]) == 1
    assert sorted(path.name for path in (run / "refit").glob("*.weights.npz")) == ["fold-1.weights.npz"]
    assert answer["test"][0]["value"] > 0.75
    assert answer["maximum_difference"] < 1e-5


def test_labels_follow_the_metric_that_was_asked_for(tmp_path: Path) -> None:
    """Of a rare class, F1 wants more rows to be called than are likelier than not."""
    generator = np.random.default_rng(3)
    rows = 700
    size = generator.normal(size=rows)
    rare = generator.uniform(size=rows) < 1 / (1 + np.exp(-(1.5 * size - 2.6)))
    lines = [f"{value:.4f},{'yes' if label else 'no'}" for value, label in zip(size, rare, strict=True)]
    (tmp_path / "rare.csv").write_text("\n".join(["size,rare", *lines]))
    options = ["--metric", "f1", "--families", "boosted_trees", "--trials", "1", "--time", "5m", "--workers", "0"]
    done = automl("search", "rare.csv", "-t", "rare", "--json", *options, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    factors = json.loads((tmp_path / answer["run"] / "model" / "automl.json").read_text())["factors"]
    assert factors[1] > factors[0] > 0
    predicted = automl("predict", "rare.csv", "-o", "predictions.csv", folder=tmp_path)
    assert predicted.returncode == 0, predicted.stderr
    with (tmp_path / "predictions.csv").open(encoding="utf-8") as stream:
        answers = list(csv.reader(stream))[1:]
    labels = [row[-3] for row in answers]
    shares = np.array([[float(cell) for cell in row[-2:]] for row in answers])
    assert labels == [["no", "yes"][index] for index in (shares * factors).argmax(axis=1)]
    assert labels.count("yes") > (shares[:, 1] > 0.5).sum()
