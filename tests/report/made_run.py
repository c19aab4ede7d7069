"""A run folder of made records: two baselines and networks of two folds, without any training."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from automl_cli.records import Curves, Finding, Trial, TrialResult, to_json
from automl_cli.runs.folder import RunFolder

NETWORK = {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 32, "epochs": 9, "patience": 2, "dropout": 0.0}


def make_run(
    path: Path,
    *,
    optimizer: Sequence[str] = ("adam",),
    weights: Mapping[str, float] | None = None,
    shares: Sequence[float] = (0.6, 0.4),
    values: Mapping[str, object] | None = None,
    findings: Mapping[int, Finding] | None = None,
    origins: Mapping[int, str] | None = None,
) -> RunFolder:
    """Writes what a search of a table with the classes "no" and "yes" leaves behind, one network per optimizer."""
    run = RunFolder(path)
    path.mkdir(parents=True, exist_ok=True)
    results = [_result(1, "constant", {}), _result(2, "linear", {"l2": 1.0})]
    for number, name in enumerate(optimizer, start=3):
        results.append(_result(number, "mlp", {**NETWORK, "optimizer": name, **(values or {})}))
    results = [_told(result, findings or {}, origins or {}) for result in results]
    started = {"event": "SearchStarted", "task": "binary", "metric": "log_loss", "train_rows": 40, "test_rows": 10,
               "folds": 2}  # fmt: skip
    lines = [started, *({"event": "TrialEnded", "result": to_json(result)} for result in results)]
    run.journal.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    run.search.write_text(yaml.safe_dump({"strategy": "auto", "metric": "log_loss", "seed": 0, "horizon": 60.0}))
    run.dataset.write_text(
        yaml.safe_dump({"task": "binary", "labels": {"no": ["no"], "yes": ["yes"]}}, sort_keys=False)
    )
    _write(run.split, {"method": "stratified, 20 % test, 2 folds"})
    _write(run.ensemble, {"weights": weights or {"3": 1.0}})
    _write(run.test_score, {"look": 1, "scores": [{"metric": "log_loss", "value": 0.4}]})
    _write(path / "findings.json", [to_json(Finding("few-rows", "warning", "Only 50 rows."))])
    for result in results:
        folder = run.trial(result.trial.number)
        folder.mkdir(parents=True)
        epochs = 4 if result.trial.family == "mlp" else 1
        falling = tuple(1.0 / (epoch + 1) for epoch in range(epochs))
        _write(folder / "curves.json", [to_json(Curves(falling, falling, falling, falling, falling))])
    np.save(run.trial(1) / "predictions-1.npy", np.tile(np.float32(shares), (3, 1)))
    return run


def _result(number: int, family: str, hyperparameters: Mapping[str, object]) -> TrialResult:
    epochs = 9 if family == "mlp" else 1
    trial = Trial(number, family, hyperparameters, epochs, origin="made")
    return TrialResult(trial, "completed", 0.5, fold_scores=(0.5, 0.5), best_epochs=(2, 2), epochs=4.0, parameters=10)


def _told(result: TrialResult, findings: Mapping[int, Finding], origins: Mapping[int, str]) -> TrialResult:
    number = result.trial.number
    trial = replace(result.trial, origin=origins.get(number, result.trial.origin))
    return replace(result, trial=trial, findings=tuple(found for of, found in findings.items() if of == number))


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
