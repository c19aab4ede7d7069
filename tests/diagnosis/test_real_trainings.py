"""Networks that go wrong in earnest, what is found of them, and that the cure helps."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from automl_cli.records import Trial, Value
from automl_cli.search.cures import changes_for
from automl_cli.training.task import FoldData, TaskSetup, TrialOutcome
from automl_cli.training.trial import run_trial
from search_spaces.family import Layout, load_families
from tests.diagnosis.made_curves import codes

pytestmark = pytest.mark.keras

FAMILIES = {name: family.for_table(task="binary", rows=300) for name, family in load_families(["mlp"]).items()}
SPACE = FAMILIES["mlp"].full_space
SETUP = TaskSetup("binary", 2, "log_loss", seed=0)


def make_fold(rows: int, *, columns: int = 4, noise: float = 0.0) -> FoldData:
    draw = np.random.default_rng(1)
    numbers = draw.normal(size=(rows + 200, columns)).astype(np.float32)
    target = (numbers[:, 0] + numbers[:, 1] ** 2 > 0.8).astype(np.int64)
    target = np.where(draw.random(len(target)) < noise, 1 - target, target)
    return FoldData(
        {"numbers": numbers[:rows]}, target[:rows], {"numbers": numbers[rows:]}, target[rows:], Layout(numbers=columns)
    )


def train(folder: Path, fold: FoldData, **values: Value) -> TrialOutcome:
    known = {"width": 32, "depth": 2, "batch_size": 64, "scaling": "robust", "epochs": 30, "patience": 30, **values}
    trial = Trial(1, "mlp", SPACE.active({**SPACE.defaults(), **known}), epochs=int(known["epochs"]))
    return run_trial(trial, task=SETUP, folds=[fold], folder=folder)


def cured(folder: Path, fold: FoldData, outcome: TrialOutcome, code: str) -> TrialOutcome:
    """Trains what the search would try first."""
    _, values = next(changes_for(code, outcome.result.trial, families=FAMILIES))
    return train(folder, fold, **{**values, "epochs": outcome.result.trial.epochs})


def gap(outcome: TrialOutcome) -> float:
    (curves,) = outcome.curves
    return float(np.mean(curves.validation_loss[-3:]) - np.mean(curves.loss[-3:]))


def test_an_ordinary_training_shows_nothing(tmp_path: Path) -> None:
    outcome = train(tmp_path, make_fold(600), epochs=60, patience=15, learning_rate=0.005)
    assert outcome.result.findings == ()
    assert float(outcome.result.score or math.inf) < 0.4


def test_a_deep_stack_of_sigmoids_has_vanishing_gradients_and_normalisation_helps(tmp_path: Path) -> None:
    fold = make_fold(300)
    deep = train(tmp_path / "1", fold, depth=8, activation="sigmoid", dropout=0.0)
    assert codes(deep.result.findings) == ["vanishing-gradients"]
    assert "'hidden_0'" in deep.result.findings[0].message
    cure = cured(tmp_path / "2", fold, deep, "vanishing-gradients")
    assert cure.result.trial.hyperparameters["normalization"] == "batch"
    assert "vanishing-gradients" not in codes(cure.result.findings)
    assert min(cure.curves[0].loss) < 0.6 * min(deep.curves[0].loss)


def test_a_small_noisy_table_is_learned_by_heart_and_regularisation_closes_half_of_the_gap(tmp_path: Path) -> None:
    fold = make_fold(80, columns=10, noise=0.2)
    free = {"dropout": 0.0, "weight_decay": 1e-6, "width": 128, "learning_rate": 0.005, "epochs": 40, "patience": 40}
    outcome = train(tmp_path / "0", fold, **free)
    assert codes(outcome.result.findings) == ["overfitting"]
    first = gap(outcome)
    # One step after the other, as long as it is found.
    for step in range(1, 5):
        if "overfitting" not in codes(outcome.result.findings):
            break
        outcome = cured(tmp_path / str(step), fold, outcome, "overfitting")
    assert gap(outcome) < 0.5 * first


def test_steps_of_any_length_end_in_numbers_that_are_none_and_say_so(tmp_path: Path) -> None:
    wild: dict[str, Value] = {
        "optimizer": "sgd",
        "learning_rate": 1e20,
        "gradient_clip_norm": 0.0,
        "schedule": "constant",
    }
    outcome = train(tmp_path / "1", make_fold(300), **wild)
    assert outcome.result.state == "failed"
    (finding,) = outcome.result.findings
    assert finding.code == "exploding-gradients"
    assert "at epoch 1, at a learning rate of 1e+20 with gradients of any length" in finding.message
