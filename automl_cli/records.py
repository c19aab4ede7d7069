"""The nouns: plain, frozen values that travel between packages and into the journal.

Every record turns into JSON with `to_json` and back with `from_json`; numbers that JSON cannot hold (NaN,
infinity) become None.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

Task = Literal["binary", "multiclass", "regression"]
Kind = Literal["number", "category", "boolean", "datetime", "text", "identifier", "constant", "ignored"]
Value = bool | int | float | str
TrialState = Literal["completed", "stopped", "failed"]
Severity = Literal["info", "warning", "error"]
Rows = NDArray[np.int64]
# A column of a table, and what of it: "number 0", "level a", "missing". None where nobody else could have the same.
Position = tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Trial:
    """One configuration to train.

    Attributes:
        number: Counts from 1; names the folder `trials/0001`.
        family: Name of the model family.
        hyperparameters: Plain values of every active hyperparameter, of the family and of the recipe.
        epochs: Epoch to train up to, counted from the very first epoch of the parent.
        initial_epoch: Epoch to go on from; 0 without a parent.
        parent: Trial whose weights and optimizer state are inherited.
        origin: Why this was tried, in words: "baseline", "default", "bayesian", "bracket 2, round 1".
    """

    number: int
    family: str
    hyperparameters: Mapping[str, Value]
    epochs: int
    initial_epoch: int = 0
    parent: int | None = None
    origin: str = ""

    def from_scratch(self) -> Trial:
        """Returns the same trial, trained from its first epoch by itself."""
        return dataclasses.replace(self, parent=None, initial_epoch=0)


@dataclass(frozen=True, slots=True)
class Curves:
    """What one training recorded, one value per epoch.

    Attributes:
        loss: Mean training loss.
        validation_loss: Mean loss on the validation rows of the fold.
        validation_metric: The search's metric on the same rows.
        learning_rate: Rate at the end of the epoch.
        criterion: What decides which epoch's weights are kept: the lowest, and the last of equals.
        gradient_norms: Length of the gradient in every layer at the last step of the epoch, by the layer's name, the
            first layer first; empty where it was not measured.
        dead_units: Share of the rectifiers and their like that say nothing, 0 on every one of some training rows, at
            the end of the training; None where there are none, or it was not measured.
    """

    loss: tuple[float, ...] = ()
    validation_loss: tuple[float, ...] = ()
    validation_metric: tuple[float, ...] = ()
    learning_rate: tuple[float, ...] = ()
    criterion: tuple[float, ...] = ()
    gradient_norms: Mapping[str, tuple[float, ...]] = field(default_factory=dict, hash=False)
    dead_units: float | None = None


@dataclass(frozen=True, slots=True)
class RangeTest:
    """What a short training with rising learning rates has found; see `training.range_test`.

    Attributes:
        rates: Learning rate of every step that was taken.
        losses: Mean loss of each step's batch, before the step.
        smoothed: The same, averaged with its neighbours.
        given: The rate that the recipe names.
        proposal: The rate that the trial was trained with: a tenth of that of the lowest loss, or the given one where
            the loss never fell.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    given: float
    proposal: float


@dataclass(frozen=True, slots=True)
class TrialResult:
    """How a trial ended.

    Attributes:
        trial: What was asked for.
        state: "stopped" trials were cut short by the clock or the user; their score still counts.
        score: Value of the metric on the validation rows (out-of-fold predictions where there are folds);
            None when failed.
        fold_scores: The metric of each fold.
        best_epochs: Epoch whose weights were kept, per fold.
        epochs: That it was trained for, on average over the folds.
        seconds: Wall time of the whole trial.
        parameters: Trainable parameters of one fold's network.
        work: Multiplications that one fold's network needs for the prediction of a row, about.
        reason: Why it failed or stopped, in one sentence.
        findings: What its training showed.
    """

    trial: Trial
    state: TrialState
    score: float | None
    fold_scores: tuple[float, ...] = ()
    best_epochs: tuple[int, ...] = ()
    epochs: float = 0.0
    seconds: float = 0.0
    parameters: int = 0
    work: float = 0.0
    reason: str | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """A measured value and what it was measured on.

    Attributes:
        metric: Name of the metric, as in `automl_cli.evaluation.metrics`.
        value: The estimate, in the metric's own direction and unit.
        low: Lower end of the 95 % bootstrap interval.
        high: Upper end.
        measured_on: In words: "412 test rows", "1,648 validation rows in 5 folds".
        rows: How many rows.
    """

    metric: str
    value: float
    low: float
    high: float
    measured_on: str
    rows: int


@dataclass(frozen=True, slots=True)
class Fold:
    """Row numbers of one training and its validation; disjoint."""

    train: Rows
    validation: Rows

    @classmethod
    def without(cls, held_out: Rows, *, rows: Rows) -> Self:
        """Returns the fold that is validated by some of the rows and trained on the others."""
        return cls(np.setdiff1d(rows, held_out, assume_unique=True), held_out)


@dataclass(frozen=True, slots=True)
class Split:
    """Which rows serve what.

    Attributes:
        train: Rows that may be learned from: all but the test rows.
        test: Sealed until the end of the search.
        folds: One fold is a hold-out; several cover `train` with their validation rows.
        method: In words, for the report: "stratified, 20 % test, 5 folds".
        further: Validation rows of other hold-outs, for more models of what one has chosen; empty beside several folds,
            and where validation comes later than training.
    """

    train: Rows
    test: Rows
    folds: tuple[Fold, ...]
    method: str
    further: tuple[Rows, ...] = ()


@dataclass(frozen=True, slots=True)
class Positions:
    """What the encoded columns of a fold stand for.

    Attributes:
        groups: For each group that can be named, a name for every position.
        codes: For each column of the group `codes` the name of every code, as far as they are known.
    """

    groups: Mapping[str, Sequence[Position]]
    codes: Sequence[Sequence[str]]

    @property
    def columns(self) -> set[str]:
        """Names of all columns of the table that stand behind any position."""
        return {name[0] for names in self.groups.values() for name in names if name is not None}


UNNAMED = Positions({}, ())


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check or a diagnosis noticed.

    Attributes:
        code: Stable name of the rule: "leak", "duplicate-rows".
        severity: "error" only where nothing useful can be trained.
        message: The evidence, with figures, in one sentence.
        hint: What to do about it.
        columns: The columns it speaks of.
    """

    code: str
    severity: Severity
    message: str
    hint: str | None = None
    columns: tuple[str, ...] = field(default=())


def to_json(value: Any) -> Any:
    """Turns records, mappings, sequences and NumPy values into what `json.dumps` takes."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        # Row numbers come by the million, and JSON can hold every one of them.
        return value.tolist() if value.dtype.kind in "iu" else to_json(value.tolist())
    if isinstance(value, np.generic):
        return to_json(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [to_json(item) for item in value]
    return value


def trial_from_json(data: Mapping[str, Any]) -> Trial:
    """Rebuilds a trial from the object that `to_json` made of it."""
    return Trial(**data)


def result_from_json(data: Mapping[str, Any]) -> TrialResult:
    """Rebuilds a trial's result from the object that `to_json` made of it."""
    sequences = {name: tuple(data[name]) for name in ("fold_scores", "best_epochs")}
    sequences["findings"] = tuple(finding_from_json(finding) for finding in data.get("findings", ()))
    return TrialResult(**{**data, **sequences, "trial": trial_from_json(data["trial"])})


def finding_from_json(data: Mapping[str, Any]) -> Finding:
    """Rebuilds a finding from the object that `to_json` made of it."""
    return Finding(**{**data, "columns": tuple(data.get("columns", ()))})


def curves_from_json(data: Mapping[str, Any]) -> Curves:
    """Rebuilds curves from the object that `to_json` made of them; what was not finite is NaN."""
    single = {name: _curve(values) for name, values in data.items() if name not in ("gradient_norms", "dead_units")}
    norms = {layer: _curve(values) for layer, values in data.get("gradient_norms", {}).items()}
    return Curves(**single, gradient_norms=norms, dead_units=data.get("dead_units"))


def _curve(values: Sequence[float | None]) -> tuple[float, ...]:
    return tuple(math.nan if value is None else value for value in values)


def positions_from_json(data: Mapping[str, Any]) -> Positions:
    """Rebuilds the names of encoded columns from the object that `to_json` made of them."""
    groups = {g: [None if n is None else (n[0], n[1]) for n in names] for g, names in data["groups"].items()}
    return Positions(groups, [tuple(names) for names in data["codes"]])
