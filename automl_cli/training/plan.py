"""How long and how fast to train: what the recipe says of epochs, batches and the course of the rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from automl_cli.evaluation.metrics import Metric
from automl_cli.records import Curves
from automl_cli.training.averaging import Averaging, make_averaging
from automl_cli.training.schedules import Schedule, make_regularization, make_schedule
from automl_cli.training.stages import WHOLE, Stages, make_stages
from automl_cli.training.stopping import is_exhausted, rate_on_plateau
from search_spaces.grammar import Value

# Of more rows, an epoch takes so many, drawn anew each time: a network is validated, kept and can be stopped before it
# has seen millions. Most are as good as they get after some passes over this many.
_MOST_ROWS_OF_AN_EPOCH = 262_144


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to train.

    Attributes:
        epochs: Epoch to train up to.
        batch_size: Most rows of a batch; 0 for all.
        learning_rate: Base rate.
        schedule: Course of the rate; None where it only changes by `plateau`.
        patience: Epochs without a lower validation loss before training ends; 0 for never.
        plateau: Epochs without a lower validation loss before the rate drops, and the factor of the drop.
        regularization: Course of weight decay, penalties and dropout; None where they stay as they are.
        averaging: Which weights are averaged; None for none.
        mixup: How evenly pairs of rows are mixed, see `training.mixup`; 0 for not at all.
        follows: The curve that patience and plateau look at, from where nothing joins in any more.
        stages: What joins in over the epochs.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    schedule: Schedule | None
    patience: int
    plateau: tuple[int, float] | None = None
    regularization: Schedule | None = None
    averaging: Averaging | None = None
    mixup: float = 0.0
    follows: Literal["validation_loss", "criterion"] = "validation_loss"
    stages: Stages = WHOLE

    def ends(self, curves: Curves) -> bool:
        """True when nothing is left to do after these epochs."""
        # What stops before anything is averaged would not be what was asked for.
        first = max(0, math.ceil(self.averaging.begins) - self.stages.settled) if self.averaging else 0
        losses = self._followed(curves)[first:]
        return len(curves.loss) >= self.epochs or is_exhausted(losses, patience=self.patience)

    def rates(self, curves: Curves, *, steps: int) -> NDArray[np.float64]:
        """Returns the rate of every step `(steps,)` of the epoch that follows these."""
        if self.schedule is not None:
            middles = len(curves.loss) + (np.arange(steps) + 0.5) / steps
            return self.learning_rate * self.schedule(middles)
        if self.plateau is None:
            return np.full(steps, self.learning_rate)
        patience, factor = self.plateau
        losses = self._followed(curves)
        return np.full(steps, rate_on_plateau(losses, rate=self.learning_rate, patience=patience, factor=factor))

    def shares(self, curves: Curves, *, steps: int) -> NDArray[np.float64]:
        """Returns the share that the new weights have in the average after each step `(steps,)` of the next epoch."""
        if self.averaging is None:
            return np.ones(steps)
        return self.averaging.shares(len(curves.loss) * steps + np.arange(steps), steps=steps)

    def strength(self, curves: Curves) -> float:
        """Returns the factor of weight decay, penalties and dropout in the epoch that follows these."""
        if self.regularization is None:
            return 1.0
        return float(self.regularization(np.array([len(curves.loss) + 0.5]))[0])

    def _followed(self, curves: Curves) -> Sequence[float]:
        curve = curves.criterion if self.follows == "criterion" else curves.validation_loss
        return curve[self.stages.settled :]


def make_plan(recipe: Mapping[str, Value], *, epochs: int, metric: Metric, gates: int = 0) -> Plan:
    """Reads the plan from a recipe's values.

    Args:
        recipe: Values of all active hyperparameters of the training.
        epochs: Epoch to train up to; the recipe's own number of epochs is where its schedule ends.
        metric: The search's metric; patience follows it where it falls as smoothly as a loss.
        gates: Parts of the network that are switched on one after the other.
    """
    end = max(epochs, int(recipe["epochs"]))
    plateau = None
    if recipe["schedule"] == "plateau":
        plateau = int(recipe["plateau_patience"]), float(recipe["plateau_factor"])
    return Plan(
        epochs=epochs,
        batch_size=int(recipe["batch_size"]),
        learning_rate=float(recipe["learning_rate"]),
        schedule=make_schedule(recipe, end),
        patience=int(recipe["patience"]),
        plateau=plateau,
        regularization=make_regularization(recipe, end),
        averaging=make_averaging(recipe, end),
        mixup=float(recipe.get("mixup_alpha", 0.0)),
        follows="criterion" if metric.reads == "values" and recipe.get("loss") != "quantile" else "validation_loss",
        stages=make_stages(recipe, end, gates=gates),
    )


def make_criterion(metric: Metric, *, loss: str = "mse") -> Callable[[float, float], float]:
    """Returns what the weights of an epoch are judged by, from its validation loss and metric.

    Ranks and probabilities are judged by the loss, which is smoother than they are; values and labels by the metric.
    Whoever asks for a quantile gets that which is best as one: most metrics would prefer the mean.
    """
    if metric.reads in ("ranks", "probabilities") or loss == "quantile":
        return lambda loss, value: loss
    sign = -1.0 if metric.greater_is_better else 1.0
    return lambda loss, value: sign * value


def batches(rows: int, *, at_most: int) -> tuple[int, int]:
    """Returns how many batches an epoch has and the size of each: all rows dealt out evenly, or as many as it takes.

    Args:
        rows: There are; at least one.
        at_most: Rows of a batch; 0 for all in one, however many they are.
    """
    if at_most == 0:
        return 1, rows
    taken = min(rows, _MOST_ROWS_OF_AN_EPOCH)
    steps = math.ceil(taken / at_most)
    return steps, math.ceil(taken / steps)
