"""The model that is shipped, made of trained trials; each is loaded once, however often it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.table import Table
from automl_cli.ensemble.average import Member, combine
from automl_cli.ensemble.choice import Choice
from automl_cli.preprocessing.encoding import encode
from automl_cli.records import Task, Trial, TrialResult
from automl_cli.runs.folder import RunFolder
from automl_cli.training.members import load_members, predict_members
from automl_cli.training.task import Groups, TaskSetup

if TYPE_CHECKING:
    import keras

    from automl_cli.training.folds import EncodedFold


class TrainedModel:
    """What is shipped, and the models of other trials beside it.

    Attributes:
        choice: Which trials make it up.
        ranked: All trials, best first.

    Args:
        run: Holds their weights.
        folds: As they were encoded.
        setup: As they were trained.
        choice: Which trials make it up.
        ranked: All trials, best first.
        refitted: The one trial that was trained once more, on all rows: these rows, and the folder of its weights.
    """

    def __init__(
        self,
        run: RunFolder,
        folds: Sequence[EncodedFold],
        *,
        setup: TaskSetup,
        choice: Choice,
        ranked: Sequence[TrialResult],
        refitted: EncodedFold | None = None,
    ) -> None:
        self.choice = choice
        self.ranked = ranked
        self._run = run
        self._folds = folds
        self._setup = setup
        self._refitted = refitted
        self._known: dict[int, list[tuple[EncodedFold, keras.Model]]] = {}

    @property
    def task(self) -> Task:
        """What they predict."""
        return self._setup.task

    @property
    def trials(self) -> list[Trial]:
        """Those that have a share."""
        return [result.trial for result in self.ranked if result.trial.number in self.choice.weights]

    def of(self, trial: Trial) -> list[tuple[EncodedFold, keras.Model]]:
        """Returns the models of a trial, from encoded groups to predictions, each with the rows it was trained on.

        Of one that has a share those that are shipped: the last ones, which where folds follow each other in time have
        seen most.

        Raises:
            RunError: Weights are absent or damaged.
        """
        if trial.number not in self._known:
            is_shipped = trial.number in self.choice.weights
            if is_shipped and self._refitted is not None:
                folder, folds = self._run.refit, {0: self._refitted}
            else:
                first = len(self._folds) - self.choice.models[trial.number] if is_shipped else 0
                folder, folds = self._run.trial(trial.number), dict(enumerate(self._folds[first:], start=first))
            layouts = {number: fold.data.layout for number, fold in folds.items()}
            models = load_members(folder, trial, layouts=layouts, setup=self._setup)
            self._known[trial.number] = list(zip(folds.values(), models, strict=True))
        return self._known[trial.number]

    def predict(self, trials: Iterable[Trial], rows: Table) -> dict[int, NDArray[np.float32]]:
        """Returns what trials predict, by their numbers: the mean of their models, `(rows, classes)` or `(rows, 1)`."""
        groups: dict[int, Groups] = {}
        predictions: dict[int, NDArray[np.float32]] = {}
        for trial in trials:
            if trial.number not in predictions:
                folds, models = zip(*self.of(trial), strict=True)
                for fold in folds:
                    if id(fold) not in groups:
                        groups[id(fold)] = encode(fold.preprocessing, rows)
                predictions[trial.number] = predict_members(models, [groups[id(fold)] for fold in folds])
        return predictions

    def join(self) -> keras.Model:
        """Returns what is shipped as one model, from raw columns to predictions."""
        members, weights = [], []
        for trial in self.trials:
            models = self.of(trial)
            members += [Member(fold.preprocessing.model, network) for fold, network in models]
            weights += [self.choice.weights[trial.number] / len(models)] * len(models)
        return combine(members, weights, temperature=self.choice.temperature)
