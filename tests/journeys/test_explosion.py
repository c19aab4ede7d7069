"""A learning rate of 100: it explodes, it is named, and the next trial of the search is sane."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from automl_cli.runs.folder import RunFolder
from automl_cli.runs.journal import read_results
from tests.journeys.test_search import automl

pytestmark = pytest.mark.keras

# A space whose author has lost a sign.
SPACE = """
family: mlp
kind: gradient
summary: A perceptron with a wild rate.
parameters:
  depth: {type: int, low: 1, high: 1, default: 1}
  width: {type: int, low: 16, high: 16, default: 16}
  activation: {type: choice, values: [relu], default: relu}
  normalization: {type: choice, values: [none], default: none}
  dropout: {type: float, low: 0.0, high: 0.0, default: 0.0}
  scaling: {type: choice, values: [robust], default: robust}
  categories: {type: choice, values: [one_hot], default: one_hot}
  embedding_width: {type: int, low: 2, high: 2, default: 2}
recipe:
  learning_rate: {low: 1e-4, high: 100.0, default: 100.0}
  gradient_clip_norm: {default: 0.0}
  epochs: {low: 12, high: 12, default: 12}
"""


def test_a_rate_of_100_explodes_is_named_and_the_next_trial_is_sane(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    numbers = draw.normal(size=(150, 3))
    answer = np.where(numbers[:, 0] + numbers[:, 1] ** 2 > 0.8, "yes", "no")
    lines = [f"{a:.3f},{b:.3f},{c:.3f},{word}" for (a, b, c), word in zip(numbers, answer, strict=True)]
    (tmp_path / "data.csv").write_text("\n".join(["a,b,c,answer", *lines]) + "\n")
    (tmp_path / "wild.yaml").write_text(SPACE)
    done = automl(
        "search", "data.csv", "-t", "answer", "--space", "wild.yaml", "--trials", "5", "--time", "5m", "--workers", "0",
        folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = read_results(RunFolder(tmp_path / "runs" / "data-1").journal)
    wild = results[2]
    assert wild.trial.hyperparameters["learning_rate"] == 100.0
    assert [finding.code for finding in wild.findings] == ["exploding-gradients"]
    assert "learning rate of 100" in wild.findings[0].message
    cure = next(result for result in results if result.trial.origin == "tried because trial 3 explodes")
    assert cure.trial.hyperparameters["learning_rate"] == 0.01
    assert cure.trial.hyperparameters["gradient_clip_norm"] == 1.0
    assert cure.state == "completed"
    assert "exploding-gradients" not in {finding.code for finding in cure.findings}
    assert float(cure.score or 0) > 0.6
    # All of it is to be seen in the terminal and in the report.
    assert "tried because trial 3 explodes" in done.stderr
    assert "exploding gradients" in done.stderr
    page = (tmp_path / "runs" / "data-1" / "report.html").read_text(encoding="utf-8")
    assert "What training showed" in page
    assert "tried because trial 3 explodes" in page
