"""Fitting the models of a fitted family: no epochs, one finished model per fold."""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from automl_cli.errors import RunError
from automl_cli.evaluation.metrics import METRICS
from automl_cli.events import EpochEnded
from automl_cli.records import Curves, Trial
from automl_cli.runs.artifacts import write_bytes
from automl_cli.training import seeds
from automl_cli.training.checkpoint import fitted_path
from automl_cli.training.engine import apply_in_parts
from automl_cli.training.heads import apply_head, fit_scale, with_head
from automl_cli.training.losses import make_loss
from automl_cli.training.task import FoldData, FoldOutcome, Groups, TaskSetup, Watch
from search_spaces.family import Family


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
        self._family = family
        self._setup = setup
        self._watch = watch
        self._folder = folder

    def train(self, number: int, fold: FoldData) -> FoldOutcome:
        """Fits a fold, counted from 0, and writes its model.

        The target of a regression is given standardised, as networks get it; the head turns it back.

        Raises:
            RunError: The model cannot be written.
        """
        setup = self._setup
        scale = fit_scale(fold.train_target, setup.task)
        # A second thread of BLAS waits more than it works, and takes a core from others: up to 12 times slower.
        with threadpool_limits(1):
            core = self._family.fit(
                fold.train,
                scale.standardise(fold.train_target),
                layout=fold.layout,
                task=setup.task,
                classes=setup.classes,
                seed=seeds.integer(setup.seed, "fit", number),
                **self._family.arguments(self._trial.hyperparameters),
            )
        loss, _ = self._apply(core, fold.train, target=scale.standardise(fold.train_target))
        validation_loss, outputs = self._apply(core, fold.validation, target=scale.standardise(fold.validation_target))
        predictions = np.asarray(apply_head(outputs, scale, task=setup.task))
        metric = METRICS[setup.metric].function(fold.validation_target, predictions)
        _write_model(fitted_path(self._folder, number), with_head(core, scale, task=setup.task))
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
        return FoldOutcome(
            curves=Curves((loss,), (validation_loss,), (metric,), (0.0,)),
            best_epoch=1,
            predictions=predictions,
            parameters=core.count_params(),
        )

    def _apply(self, core: keras.Model, groups: Groups, *, target: NDArray[Any]) -> tuple[float, Any]:
        """Returns the mean loss over rows and their raw outputs."""
        tensors = {tensor.name: tf.constant(groups[tensor.name], tensor.dtype) for tensor in core.inputs}
        outputs = apply_in_parts(lambda part: core(part, training=False), tensors, rows=len(target))
        loss = make_loss(self._setup, recipe={})
        return float(loss(tf.constant(target, tf.float32), outputs)), outputs


def load_fitted_member(folder: Path, family: Family, *, fold: int) -> keras.Model:
    """Reads the finished model of a fold; see `load_member`."""
    import_module(family.module)  # registers the layers that its models are made of
    path = fitted_path(folder, fold)
    try:
        member: keras.Model = keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, BadZipFile) as error:
        raise RunError(f"'{path}' cannot be read: {error}.") from error
    return member


def _write_model(path: Path, model: keras.Model) -> None:
    with tempfile.TemporaryDirectory() as folder:
        passing = Path(folder) / path.name
        model.save(passing)
        write_bytes(path, passing.read_bytes())
