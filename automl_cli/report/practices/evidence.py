"""The records of a run as far as they can be read: of a run that was cut short or damaged, what is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import yaml

from automl_cli.records import (
    Curves,
    Finding,
    TrialResult,
    Value,
    curves_from_json,
    finding_from_json,
    result_from_json,
)
from automl_cli.runs.folder import RunFolder

# What an absent, damaged or foreign file is met with.
_UNREADABLE = (OSError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError)
_MORE_SHOWN = 4
N = TypeVar("N", int, float)


class Evidence:
    """Reads the files of a run when they are asked for; nothing here raises because of their content.

    Args:
        run: The run.
    """

    def __init__(self, run: RunFolder) -> None:
        self.run = run

    @cached_property
    def plan(self) -> Mapping[str, Any]:
        """The settings of the search."""
        return _mapping(self.run.search)

    @cached_property
    def dataset(self) -> Mapping[str, Any]:
        """What was read and inferred."""
        return _mapping(self.run.dataset)

    @cached_property
    def test(self) -> Mapping[str, Any]:
        """The receipt of the test."""
        return _mapping(self.run.test_score)

    @cached_property
    def environment(self) -> Mapping[str, Any]:
        """Versions and machine."""
        return _mapping(self.run.environment)

    @cached_property
    def split_method(self) -> str:
        """How rows were divided, in words."""
        return str(_mapping(self.run.split).get("method") or "")

    @cached_property
    def findings(self) -> Sequence[Mapping[str, Any]]:
        """What the checks of the data noticed."""
        found = _json(self.run.path / "findings.json")
        return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []

    @cached_property
    def lines(self) -> Sequence[Mapping[str, Any]]:
        """The events of the journal; damaged lines are left out."""
        return list(_lines(self.run.journal))

    @cached_property
    def started(self) -> Mapping[str, Any]:
        """What the search was about, as its last sitting had it."""
        begun: Mapping[str, Any] = {}
        for line in self.lines:
            if line.get("event") == "SearchStarted":
                begun = line
            elif line.get("event") == "SearchResumed" and isinstance(line.get("search"), Mapping):
                begun = line["search"]
        return begun

    @cached_property
    def results(self) -> Sequence[TrialResult]:
        """Trials that ended, by number; of one that ended twice, the last."""
        latest: dict[int, TrialResult] = {}
        for line in self.lines:
            if line.get("event") != "TrialEnded":
                continue
            try:
                result = result_from_json(line["result"])
            except _UNREADABLE:
                continue
            latest[result.trial.number] = result
        return [latest[number] for number in sorted(latest)]

    @cached_property
    def diagnosis(self) -> Sequence[Finding]:
        """What all trials together showed."""
        told = [line.get("findings") for line in self.lines if line.get("event") == "Diagnosed"]
        try:
            return [finding_from_json(finding) for finding in told[-1] or ()] if told else []
        except _UNREADABLE:
            return []

    @cached_property
    def weights(self) -> Mapping[int, float]:
        """Share of each trial in the model; none as long as there is no model."""
        return self._of_trials("weights", float)

    @cached_property
    def models(self) -> Mapping[int, int]:
        """How many models of each trial are in what is shipped; none as long as there is no model."""
        return self._of_trials("models", int)

    @property
    def task(self) -> str:
        """What is predicted; empty where nothing says."""
        return str(self.dataset.get("task") or self.started.get("task") or "")

    @property
    def is_classification(self) -> bool:
        """Whether classes are predicted."""
        return self.task in ("binary", "multiclass")

    @property
    def train_rows(self) -> int:
        """Rows that were learned from; 0 where nothing says."""
        return int(self.started.get("train_rows") or 0)

    @property
    def test_rows(self) -> int:
        """Sealed rows."""
        return int(self.started.get("test_rows") or 0)

    @property
    def folds(self) -> int:
        """Of the validation; 1 is a hold-out, 0 where nothing says."""
        return int(self.started.get("folds") or self.plan.get("folds") or 0)

    @property
    def scored(self) -> Sequence[TrialResult]:
        """Trials with a score."""
        return [result for result in self.results if result.score is not None]

    @property
    def networks(self) -> Sequence[TrialResult]:
        """Trials that were trained by gradient."""
        return [result for result in self.results if "optimizer" in result.trial.hyperparameters]

    def is_member(self, result: TrialResult) -> bool:
        """Whether a trial is part of the model."""
        return result.trial.number in self.weights

    def precedence(self, result: TrialResult) -> tuple[bool, int]:
        """Sorts trials: those of the model first, by number."""
        return not self.is_member(result), result.trial.number

    def values(self, name: str) -> Mapping[Value, Sequence[TrialResult]]:
        """Returns the trials by the value of a hyperparameter, those without it left out."""
        found: dict[Value, list[TrialResult]] = {}
        for result in self.results:
            if name in result.trial.hyperparameters:
                found.setdefault(result.trial.hyperparameters[name], []).append(result)
        return found

    def curves(self, number: int) -> Sequence[Curves]:
        """Returns the curves of a trial, one a fold; none where they cannot be read."""
        found = _json(self.run.trial(number) / "curves.json")
        try:
            return [curves_from_json(fold) for fold in found]
        except _UNREADABLE:
            return []

    @cached_property
    def class_shares(self) -> Mapping[str, float]:
        """Share of each class in the training rows: what the constant guess says; empty where nothing says."""
        constant = next((result for result in self.scored if result.trial.family == "constant"), None)
        if constant is None or not self.is_classification:
            return {}
        try:
            shares = np.load(self.run.trial(constant.trial.number) / "predictions-1.npy", allow_pickle=False)[0]
            labels = list(self.dataset["labels"])
            return {str(name): float(share) for name, share in zip(labels, shares, strict=True)}
        except (*_UNREADABLE, IndexError, EOFError):
            return {}

    def _of_trials(self, name: str, kind: Callable[[Any], N]) -> Mapping[int, N]:
        """Returns what is said of each trial of the model; nothing where nothing is said, or it cannot be read."""
        try:
            return {int(number): kind(said) for number, said in _mapping(self.run.ensemble)[name].items()}
        except _UNREADABLE:
            return {}


def named(results: Sequence[TrialResult]) -> str:
    """Names trials, each once: `trial 3`, `trials 3, 5 and 8`, `trials 3, 5, 8, 9 and 12 more`."""
    numbers = [str(number) for number in sorted({result.trial.number for result in results})]
    if len(numbers) == 1:
        return f"trial {numbers[0]}"
    rest = len(numbers) - _MORE_SHOWN
    if rest > 0:
        return f"trials {', '.join(numbers[:_MORE_SHOWN])} and {rest} more"
    return f"trials {', '.join(numbers[:-1])} and {numbers[-1]}" if numbers else "no trial"


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:  # empty, torn or damaged
            continue
        if isinstance(event, Mapping):
            yield event


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except _UNREADABLE:
        return None


def _mapping(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        found = yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text)
    except _UNREADABLE:
        return {}
    return found if isinstance(found, Mapping) else {}
