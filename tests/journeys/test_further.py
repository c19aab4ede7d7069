"""From the command line: what a hold-out has chosen is trained with other rows held out, and all of it is shipped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.journeys.test_resume import automl, start, wait_for_line

pytestmark = pytest.mark.keras

HOLD_OUT = ["--folds", "1", "--families", "boosted_trees,mlp", "--trials", "2", "--set", "rounds=40"]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    folder = tmp_path_factory.mktemp("further")
    done = automl("search", "example:penguins", *HOLD_OUT, "--set", "epochs=10", "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_each_member_is_the_mean_of_four_models(searched: tuple[Path, dict]) -> None:
    folder, answer = searched
    assert set(answer["models"].values()) == {4}
    run = folder / answer["run"]
    weights = sorted(path.relative_to(run / "further") for path in run.glob("further/*/trials/*/fold-1.weights.npz"))
    assert [path.parts[0] for path in weights] == sorted(["1", "2", "3"] * len(answer["models"]))
    assert not [*run.glob("further/*/encoded")]
    guide = automl("guide", answer["run"], folder=folder)
    assert "trained with 3 others held out" in " ".join(guide.stdout.split())
    saved = [np.load(run / "further" / path) for path in weights]
    assert len({tuple(np.concatenate([a.ravel() for a in file.values()])) for file in saved}) == len(saved)


def test_no_test_row_is_learned_from(searched: tuple[Path, dict]) -> None:
    folder, answer = searched
    split = json.loads((folder / answer["run"] / "split.json").read_text())
    held_out = [split["folds"][0]["validation"], *split["further"]]
    assert len({tuple(rows) for rows in held_out}) == 4
    assert all(set(rows) <= set(split["train"]) and not set(rows) & set(split["test"]) for rows in held_out)
    assert {len(rows) for rows in held_out[1:]} == {round(len(held_out[0]) / 2)}


def test_a_run_killed_while_further_models_are_trained_goes_on_to_a_whole_model(tmp_path: Path) -> None:
    slow = ["--set", "epochs=200", "--set", "patience=200"]
    process = start(*HOLD_OUT, *slow, "--verbose", folder=tmp_path)
    wait_for_line(process, "other rows held out")
    process.kill()
    process.wait()
    done = automl("resume", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["models"].values()) == {4}
