"""Rows 29 to 33 of the practices: what goes wrong is named with its evidence, and something is tried for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from automl_cli.diagnosis import RULES, because, diagnose_trial
from automl_cli.diagnosis.training import Training
from automl_cli.records import Finding, Trial
from automl_cli.report.practices.record import judge_run
from automl_cli.search.cures import changes_for
from search_spaces.family import load_families
from tests.diagnosis.made_curves import curves, training
from tests.report.made_run import make_run

FALLING = np.linspace(0.69, 0.05, 40)
RISING = np.concatenate([np.linspace(0.69, 0.4, 10), np.linspace(0.4, 1.2, 30)])
FLAT = 0.69 + 0.001 * np.sin(np.arange(40))
STEADY = np.linspace(0.69, 0.45, 40)
VANISHED = {"hidden_0": 1e-9, "hidden_1": 1e-5, "hidden_2": 1e-2, "logits": 0.5}


def cures(code: str, **values: object) -> list[tuple[str, dict[str, object]]]:
    families = {
        name: f.for_table(task="binary", rows=500) for name, f in load_families(["mlp", "residual_mlp"]).items()
    }
    space = families["mlp"].full_space
    given = {**space.defaults(), **values}
    trial = Trial(7, "mlp", {name: given[name] for name in space.active(given)}, 40)
    options = changes_for(code, trial, families=families)
    return [
        (family.name, {n: v for n, v in changed.items() if trial.hyperparameters.get(n) != v})
        for family, changed in options
    ]


def named(found: Training) -> list[str]:
    return [finding.code for finding in diagnose_trial(found)]


def test_row_29_overfitting_is_named_and_regularised() -> None:
    assert named(training(curves(FALLING, RISING))) == ["overfitting"]
    _, changed = cures("overfitting", dropout=0.1)[0]
    assert float(str(changed["dropout"])) > 0.1


def test_row_30_underfitting_is_named_and_a_larger_network_tried() -> None:
    assert named(training(curves(FLAT, FLAT))) == ["underfitting"]
    _, changed = cures("underfitting", width=64)[0]
    assert changed["width"] == 128


def test_row_31_vanishing_gradients_are_named_and_skipped_over() -> None:
    assert "vanishing-gradients" in named(training(curves(FLAT, FLAT, norms=VANISHED)))
    tried = cures("vanishing-gradients", normalization="none", activation="tanh")
    assert any("normalization" in changed for _, changed in tried)
    assert "residual_mlp" in [family for family, _ in tried]


def test_row_32_an_explosion_is_named_and_slowed_down() -> None:
    wild = 10.0 ** np.linspace(0, 6, 12)
    assert named(training(curves(wild, wild), learning_rate=100.0))[0] == "exploding-gradients"
    failed = training(curves([0.7, 9.0]), diverged=True, reason="the loss is no number any more")
    assert named(failed)[0] == "exploding-gradients"
    _, changed = cures("exploding-gradients", learning_rate=100.0, gradient_clip_norm=0.0)[0]
    assert float(str(changed["learning_rate"])) <= 10
    assert changed["gradient_clip_norm"] == 1.0


def test_row_33_slow_convergence_is_named_and_sped_up() -> None:
    assert named(training(curves(STEADY, STEADY)))[0] in ("slow-convergence", "too-few-epochs")
    _, changed = cures("slow-convergence", learning_rate=1e-4)[0]
    assert float(str(changed["learning_rate"])) > 1e-4


@pytest.mark.parametrize("row", [29, 30, 31, 32, 33])
def test_each_problem_has_a_rule_that_names_its_row(row: int) -> None:
    assert [code for code, rule in RULES.items() if rule.row == row]


def test_the_guide_tells_what_was_found_and_what_became_of_the_cure(tmp_path: Path) -> None:
    finding = Finding("overfitting", "warning", "The validation loss rises from 0.4 to 0.9.")

    def told(folder: Path, **run: object) -> tuple[str, str]:
        judged = {each.number: each for each in judge_run(make_run(folder, findings={3: finding}, **run))}
        return judged[29].state, judged[29].reason

    state, reason = told(tmp_path / "a")
    assert state == "available, not used"
    assert "rises from 0.4 to 0.9; nothing was tried" in reason
    twice = {"optimizer": ["adam", "adam"], "origins": {4: because(3, "overfitting")}}
    assert told(tmp_path / "b", **twice)[0] == "tried and rejected"
    state, reason = told(tmp_path / "c", **twice, weights={"4": 1.0})
    assert state == "applied"
    assert reason.startswith("trial 4 tried for it; overfitting in trial 3")
