"""Fitting the models of a fitted family: no epochs, one solution of plain arrays per fold, and no TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from automl_cli.evaluation.metrics import METRICS
from automl_cli.events import EpochEnded
from automl_cli.records import Curves, Task, Trial
from automl_cli.training import seeds
from automl_cli.training.archive import read_arrays, weights_path, write_arrays
from automl_cli.training.raw_outputs import row_losses, to_predictions
from automl_cli.training.target_scale import TargetScale, fit_scale
from automl_cli.training.task import FoldData, FoldOutcome, Groups, TaskSetup, Watch
from search_spaces.family import Family, Layout, Validation

if TYPE_CHECKING:
    import keras

# Rows that are predicted at once: groups may be larger than memory.
_PREDICTED_AT_ONCE = 65_536


class FittedTrainer:
    """Fits the folds of one trial.

    Args:
        trial: What to fit.
        family: Its family.
        setup: The task.
        watch: Hears of each fold as of one epoch.
        folder: Where the trial's files go.
    """

    def __init__(self, trial: Trial, family: Family, setup: TaskSetup, *, watch: Watch, folder: Path) -> None:
        self._trial = trial
        self._transform = str(trial.hyperparameters.get("target_transform", "none"))
        self._family = family
        self._setup = setup
        self._watch = watch
        self._folder = folder

    def train(self, number: int, fold: FoldData) -> FoldOutcome:
        """Fits a fold, counted from 0, and writes its solution.

        The target of a regression is given standardised, as networks get it; the head turns it back.

        Raises:
            RunError: The solution cannot be written.
        """
        setup, family = self._setup, self._family
        scale = fit_scale(fold.train_target, setup.task, transform=self._transform)
        train_target, validation_target = (
            scale.standardise(target) for target in (fold.train_target, fold.validation_target)
        )
        reasons: list[str] = []

        def should_stop() -> bool:
            reasons.extend(filter(None, [self._watch.should_stop(number)]))
            return bool(reasons)

        # A second thread of BLAS waits more than it works, and takes a core from others.
        with threadpool_limits(1):
            solution = family.fit(
                fold.train,
                train_target,
                layout=fold.layout,
                task=setup.task,
                classes=setup.classes,
                seed=seeds.integer(setup.seed, "fit", number),
                # Where the last round is kept, nobody has to say which was the best.
                validation=None
                if setup.keep == "last"
                else Validation(fold.validation, validation_target, setup.metric, should_stop),
                **family.arguments(self._trial.hyperparameters),
            )
            loss, _ = self._apply(solution, fold.train, target=train_target, layout=fold.layout)
            validation_loss, raw = self._apply(solution, fold.validation, target=validation_target, layout=fold.layout)
        predictions = to_predictions(raw, scale, task=setup.task)
        metric = METRICS[setup.metric].function(fold.validation_target, predictions)
        named = {f"solution/{name}": array for name, array in solution.items()}
        write_arrays(weights_path(self._folder, number), {"scale": np.array(astuple(scale)), **named})
        self._watch.on_epoch(
            EpochEnded(
                number=self._trial.number,
                fold=number,
                epoch=1,
                epochs=1,
                loss=loss,
                validation_loss=validation_loss,
                learning_rate=0.0,
            )
        )
        parameters = sum(array.size for array in solution.values() if array.dtype.kind == "f" and array.ndim)
        return FoldOutcome(
            curves=Curves((loss,), (validation_loss,), (metric,), (0.0,)),
            best_epoch=1,
            predictions=predictions,
            parameters=parameters,
            work=family.work(solution),
            stopped=reasons[0] if reasons else None,
        )

    def _apply(
        self, solution: Mapping[str, NDArray[Any]], groups: Groups, *, target: NDArray[Any], layout: Layout
    ) -> tuple[float, NDArray[np.float32]]:
        """Returns the mean loss over rows and their raw outputs `(rows, outputs)`."""
        total, outputs = 0.0, np.empty((len(target), self._setup.outputs), np.float32)
        for start in range(0, len(target), _PREDICTED_AT_ONCE):
            rows = slice(start, start + _PREDICTED_AT_ONCE)
            part = {name: array[rows] for name, array in groups.items()}
            raw = np.broadcast_to(self._family.predict(solution, part, layout=layout), outputs[rows].shape)
            outputs[rows] = raw
            total += float(row_losses(raw, target[rows], task=self._setup.task).sum())
        return total / len(target), outputs


def load_fitted_member(folder: Path, family: Family, *, fold: int, layout: Layout, task: Task) -> keras.Model:
    """Makes a model of the solution of a fold; see `load_member`."""
    from automl_cli.training.heads import with_head

    arrays = read_arrays(weights_path(folder, fold))
    solution = {name.removeprefix("solution/"): array for name, array in arrays.items() if name != "scale"}
    core = family.restore(solution, layout=layout)
    return with_head(core, TargetScale(*arrays["scale"].tolist()), task=task)
