"""The model that is shipped, made of trained trials; each is loaded once, however often it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.table import Table
from automl_cli.ensemble.average import Member, combine
from automl_cli.ensemble.choice import Choice
from automl_cli.preprocessing.encoding import encode
from automl_cli.records import Task, Trial, TrialResult
from automl_cli.runs.folder import RunFolder
from automl_cli.training.kept import KeptModel
from automl_cli.training.members import predict_members
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
        further: Models, by the number of their trial, that were trained after it was chosen: on other parts of the
            rows, or on all of them.
    """

    def __init__(
        self,
        run: RunFolder,
        folds: Sequence[EncodedFold],
        *,
        setup: TaskSetup,
        choice: Choice,
        ranked: Sequence[TrialResult],
        further: Mapping[int, Sequence[KeptModel]],
    ) -> None:
        self.choice = choice
        self.ranked = ranked
        self._run = run
        self._folds = folds
        self._setup = setup
        self._further = further
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

        Of one that has a share those that are shipped: the last ones, which where folds follow each other in time, or
        all rows were learned from at last, have seen most.

        Raises:
            RunError: Weights are absent or damaged.
        """
        if trial.number not in self._known:
            folder = self._run.trial(trial.number)
            kept = [KeptModel(fold, folder, number) for number, fold in enumerate(self._folds)]
            if (count := self.choice.models.get(trial.number)) is not None:
                kept = [*kept, *self._further.get(trial.number, ())][-count:]
            self._known[trial.number] = [(model.fold, model.load(trial, self._setup)) for model in kept]
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
