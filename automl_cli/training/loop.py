"""The epochs of one fold: rates, curves, Keras' callbacks, and the reasons to stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_cli.records import Curves
from automl_cli.training.engine import Engine, Rows
from automl_cli.training.schedules import Schedule, make_schedule
from automl_cli.training.task import TrialFailure
from search_spaces.grammar import Value

Weights = list[NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to train; the same for all folds of a trial.

    Attributes:
        epochs: Epoch to train up to.
        batch_size: Most rows of a batch.
        learning_rate: Base rate.
        schedule: Course of the rate; None where it only changes by `plateau`.
        patience: Epochs without a lower validation loss before training ends.
        plateau: Epochs without a lower validation loss before the rate drops, and the factor of the drop.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    schedule: Schedule | None
    patience: int
    plateau: tuple[int, float] | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a training stands: all that is needed to go on as if it had never paused.

    Attributes:
        curves: What was recorded so far.
        weights: Of the last epoch.
        optimizer: Its state after the last epoch.
        best_weights: Of the epoch with the lowest validation loss.
    """

    curves: Curves
    weights: Weights
    optimizer: Weights
    best_weights: Weights

    @property
    def best_epoch(self) -> int:
        """Epoch of the lowest validation loss, from 1; the first of equals."""
        return int(np.argmin(self.curves.validation_loss)) + 1


def make_plan(recipe: Mapping[str, Value], *, epochs: int) -> Plan:
    """Reads the plan from a recipe's values.

    Args:
        recipe: Values of all active hyperparameters of the training.
        epochs: Epoch to train up to; the recipe's own number of epochs is where its schedule ends.
    """
    plateau = None
    if recipe["schedule"] == "plateau":
        plateau = int(recipe["plateau_patience"]), float(recipe["plateau_factor"])
    return Plan(
        epochs=epochs,
        batch_size=int(recipe["batch_size"]),
        learning_rate=float(recipe["learning_rate"]),
        schedule=make_schedule(recipe, max(epochs, int(recipe["epochs"]))),
        patience=int(recipe["patience"]),
        plateau=plateau,
    )


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the loop asks of its surroundings.

    Attributes:
        seeds: Stream of an epoch, counted from 0.
        metric: The search's metric, of raw outputs for the validation rows.
        on_epoch: Hears the curves after every epoch.
        should_stop: A reason in words to stop now, or None.
    """

    seeds: Callable[[int], np.random.SeedSequence]
    metric: Callable[[Any], float]
    on_epoch: Callable[[Curves], None]
    should_stop: Callable[[], str | None]


def run_epochs(
    engine: Engine, *, train: Rows, validation: Rows, plan: Plan, start: Progress, hooks: Hooks
) -> tuple[Progress, str | None]:
    """Trains until the plan ends, the validation loss stops falling or someone asks to stop.

    Afterwards the engine's network has its best weights.

    Args:
        engine: Compiled for this network.
        train: Rows to learn from.
        validation: Rows that decide when to stop and which weights are kept.
        plan: How long and how fast.
        start: Initial weights with empty curves, or where an earlier training paused.
        hooks: Streams, metric and listeners.

    Returns:
        Where the training stands, and why it was asked to stop; None when it ended by itself.

    Raises:
        TrialFailure: A loss is no number any more.
    """
    network = engine.network
    early, callbacks = _make_callbacks(plan, network)
    callbacks.on_train_begin()
    # What callbacks remember follows from the curve: they are told the earlier epochs again.
    for epoch, loss in enumerate(start.curves.validation_loss):
        callbacks.on_epoch_end(epoch, {"val_loss": loss})
    early.best_weights = start.best_weights
    engine.reset(start.weights, start.optimizer)

    curves, stopped = start.curves, None
    while len(curves.loss) < plan.epochs and not network.stop_training and not stopped:
        epoch = len(curves.loss)
        rates = _rates(plan, epoch, engine.optimizer, rows=train.count)
        loss = engine.train_epoch(train, rates=rates, seeds=hooks.seeds(epoch))
        outputs = engine.apply(validation)
        validation_loss = engine.measure(validation, outputs)
        _require_finite(loss, validation_loss, epoch=epoch + 1)
        curves = _extended(curves, loss, validation_loss, hooks.metric(outputs), float(rates[-1]))
        callbacks.on_epoch_end(epoch, {"loss": loss, "val_loss": validation_loss})
        hooks.on_epoch(curves)
        if len(curves.loss) < plan.epochs and not network.stop_training:
            stopped = hooks.should_stop()

    progress = Progress(curves, network.get_weights(), engine.optimizer_state(), early.best_weights)
    callbacks.on_train_end()
    return progress, stopped


def _make_callbacks(
    plan: Plan, network: keras.Model
) -> tuple[keras.callbacks.EarlyStopping, keras.callbacks.CallbackList]:
    network.stop_training = False
    early = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=plan.patience, restore_best_weights=True)
    callbacks = [early]
    if plan.plateau:
        patience, factor = plan.plateau
        callbacks.append(
            keras.callbacks.ReduceLROnPlateau("val_loss", mode="min", patience=patience, factor=factor, min_delta=0.0)
        )
    return early, keras.callbacks.CallbackList(callbacks, model=network)


def _rates(plan: Plan, epoch: int, optimizer: keras.optimizers.Optimizer, *, rows: int) -> NDArray[np.float64]:
    """Returns the rate of every step of an epoch that is counted from 0."""
    steps = math.ceil(rows / plan.batch_size)
    if plan.schedule is None:
        return np.full(steps, float(optimizer.learning_rate.numpy()))
    middles = epoch + (np.arange(steps) + 0.5) / steps
    return plan.learning_rate * plan.schedule(middles)


def _require_finite(loss: float, validation_loss: float, *, epoch: int) -> None:
    for name, value in (("loss", loss), ("validation loss", validation_loss)):
        if not math.isfinite(value):
            raise TrialFailure(f"the {name} became {'NaN' if math.isnan(value) else 'infinite'} at epoch {epoch}")


def _extended(curves: Curves, loss: float, validation_loss: float, metric: float, rate: float) -> Curves:
    return Curves(
        loss=(*curves.loss, loss),
        validation_loss=(*curves.validation_loss, validation_loss),
        validation_metric=(*curves.validation_metric, metric),
        learning_rate=(*curves.learning_rate, rate),
    )
