"""Training the networks of a gradient family, fold after fold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from automl_cli.errors import RunError
from automl_cli.evaluation.metrics import METRICS
from automl_cli.events import EpochEnded
from automl_cli.records import Curves, Trial
from automl_cli.training import seeds
from automl_cli.training.checkpoint import load_progress, load_weights, save_progress
from automl_cli.training.engine import Engine
from automl_cli.training.heads import apply_head, with_head
from automl_cli.training.loop import Hooks, Progress, make_plan, run_epochs
from automl_cli.training.losses import make_loss
from automl_cli.training.optimizers import make_optimizer
from automl_cli.training.target_scale import TargetScale, fit_scale
from automl_cli.training.task import FoldData, FoldOutcome, TaskSetup, TrialFailure, Watch
from search_spaces.family import Family, Layout, core_model
from search_spaces.grammar import Value


class GradientTrainer:
    """Trains the folds of one trial; those that are laid out alike share what was compiled for the first.

    Args:
        trial: What to train.
        family: Its family.
        setup: The task.
        watch: Who listens and who may stop it.
        folder: Where the trial's files go; the parent's folder lies beside it.
    """

    def __init__(self, trial: Trial, family: Family, setup: TaskSetup, *, watch: Watch, folder: Path) -> None:
        self._trial = trial
        self._family = family
        self._setup = setup
        self._watch = watch
        self._folder = folder
        self._engines: dict[Layout, Engine] = {}

    def train(self, number: int, fold: FoldData) -> FoldOutcome:
        """Trains a fold, counted from 0, and writes its weights and progress.

        Raises:
            TrialFailure: A loss is no number any more, or the parent's files cannot be read.
            RunError: Files cannot be written.
        """
        setup, recipe = self._setup, self._recipe(rows=len(fold.train_target))
        network = self._network(fold.layout, seed=seeds.integer(setup.seed, "weights", number))
        initial = network.get_weights()
        if fold.layout not in self._engines:
            self._engines[fold.layout] = _compile(network, setup, recipe)
        engine = self._engines[fold.layout]

        scale = fit_scale(fold.train_target, setup.task)
        train = engine.load(fold.train, scale.standardise(fold.train_target))
        validation = engine.load(fold.validation, scale.standardise(fold.validation_target))
        start = self._inherited(number) or Progress(Curves(), initial, engine.fresh_optimizer, initial)
        progress, stopped = run_epochs(
            engine,
            train=train,
            validation=validation,
            plan=make_plan(recipe, epochs=self._trial.epochs),
            start=start,
            hooks=self._hooks(number, fold, scale),
        )
        save_progress(self._folder, number, progress=progress, scale=scale)
        return FoldOutcome(
            curves=progress.curves,
            best_epoch=progress.best_epoch,
            predictions=np.asarray(apply_head(engine.apply(validation), scale, task=setup.task)),
            parameters=sum(int(np.prod(v.shape)) for v in engine.network.trainable_variables),
            stopped=stopped,
        )

    def _inherited(self, number: int) -> Progress | None:
        parent = self._trial.parent
        if parent is None:
            return None
        try:
            return load_progress(self._folder.parent / f"{parent:04d}", number)
        except RunError as error:
            raise TrialFailure(f"trial {parent} left nothing to go on from: {error.message}") from error

    def _recipe(self, rows: int) -> dict[str, Value]:
        space = self._family.recipe.for_table(task=self._setup.task, rows=rows)
        known = {name: value for name, value in self._trial.hyperparameters.items() if name in space.names}
        return space.active({"epochs": self._trial.epochs, **known})

    def _network(self, layout: Layout, *, seed: int) -> keras.Model:
        return core_model(
            self._family,
            layout,
            outputs=self._setup.outputs,
            hyperparameters=self._trial.hyperparameters,
            seed=seed,
        )

    def _hooks(self, number: int, fold: FoldData, scale: TargetScale) -> Hooks:
        setup, trial, watch = self._setup, self._trial, self._watch
        metric = METRICS[setup.metric]

        def measure(outputs: Any) -> float:
            predictions = np.asarray(apply_head(outputs, scale, task=setup.task))
            return metric.function(fold.validation_target, predictions)

        def announce(curves: Curves) -> None:
            watch.on_epoch(
                EpochEnded(
                    number=trial.number,
                    fold=number,
                    epoch=len(curves.loss),
                    epochs=trial.epochs,
                    loss=curves.loss[-1],
                    validation_loss=curves.validation_loss[-1],
                    learning_rate=curves.learning_rate[-1],
                )
            )

        return Hooks(
            seeds=lambda epoch: seeds.stream(setup.seed, "epoch", number, epoch),
            metric=measure,
            on_epoch=announce,
            should_stop=lambda: watch.should_stop(number),
        )


def load_gradient_member(
    folder: Path, trial: Trial, *, family: Family, fold: int, layout: Layout, setup: TaskSetup
) -> keras.Model:
    """Builds the network of a fold again, with its best weights and its head; see `load_member`."""
    weights, scale = load_weights(folder, fold)
    core = core_model(family, layout, outputs=setup.outputs, hyperparameters=trial.hyperparameters, seed=0)
    core.set_weights(weights)
    return with_head(core, scale, task=setup.task)


def _compile(network: keras.Model, setup: TaskSetup, recipe: dict[str, Value]) -> Engine:
    return Engine(
        network,
        optimizer=make_optimizer(recipe, network.trainable_variables),
        loss=make_loss(setup, recipe),
        validation_loss=make_loss(setup, recipe, smooth=False),
    )
