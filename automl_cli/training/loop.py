"""The epochs of one fold, or of several side by side: rates, curves, best weights, and the reasons to stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from automl_cli.records import Curves
from automl_cli.training.plan import Plan, batches
from automl_cli.training.progress import Arrays, Memory, Progress
from automl_cli.training.rows import Rows
from automl_cli.training.stopping import best_epoch
from automl_cli.training.task import TrialFailure

Predictions = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Course:
    """How an epoch is taken.

    Attributes:
        rates: Learning rate of every step of every member, `(steps, members)`.
        batch: Rows of a step.
        strengths: Factor of weight decay, penalties and dropout of every member, `(members,)`.
        taken: Training rows of every member that take part; None where all of them do.
        gates: Open gates of every member; None where the network has none.
        backbone: Factor of the rate of transferred weights of every member, `(members,)`; None where none are.
        shares: Of the new weights in the average of the weights after every step, `(steps, members)`; read where there
            is such an average.
        mixup: How evenly pairs of rows are mixed, see `training.mixup`; 0 for not at all.
    """

    rates: NDArray[np.float64]
    batch: int
    strengths: NDArray[np.float64]
    taken: Sequence[NDArray[np.int64] | None] | None = None
    gates: Sequence[int] | None = None
    backbone: NDArray[np.float64] | None = None
    shares: NDArray[np.float64] | None = None
    mixup: float = 0.0

    def rows_of(self, member: int, count: int) -> NDArray[np.int64] | int:
        """Returns the rows that a member draws from; their number where it is all of them."""
        taken = self.taken[member] if self.taken else None
        return count if taken is None else taken


class Trains(Protocol):
    """What the loop asks of an engine; a state is whatever the engine calls so."""

    @property
    def fresh_memory(self) -> Memory:
        """What an optimizer remembers before its first step."""

    def start(self, weights: Sequence[Arrays], memory: Sequence[Memory]) -> Any:
        """Returns the state of members with these weights and these memories of their optimizers."""

    def weights(self, state: Any, member: int) -> Arrays:
        """Returns the weights of a member, in the order of `network.weights`."""

    def memory(self, state: Any, member: int) -> Memory:
        """Returns what the optimizer of a member remembers."""

    def train_epoch(
        self, state: Any, rows: Rows, *, course: Course, seeds: Sequence[np.random.SeedSequence]
    ) -> tuple[Any, NDArray[np.float64]]:
        """Takes one pass over all rows; returns the state after it and the mean loss of every member."""

    def gradient_norms(self, member: int) -> Mapping[str, float]:
        """Returns the length of a member's gradient in every layer at the end of the last epoch, if it is known."""

    def measured(self, state: Any, rows: Rows, *, batch: int) -> Any:
        """Returns the state that is validated and kept: where weights are averaged, that of the average.

        Args:
            state: After an epoch.
            rows: Those of the training.
            batch: Rows of a step.
        """

    def validate(self, state: Any, rows: Rows) -> tuple[NDArray[np.float64], list[Predictions]]:
        """Returns the mean loss of every member and its predictions."""

    def mixed(self, condition: NDArray[np.bool_], *, chosen: Any, other: Any) -> Any:
        """Returns a state with the members of `chosen` where the condition is true, else those of `other`."""


@dataclass(frozen=True, slots=True)
class Member:
    """One network of those that train side by side.

    Attributes:
        plan: How long and how fast; all members have one batch size.
        start: Initial weights with empty curves, or where an earlier training paused.
        seeds: Stream of an epoch, counted from 0.
        metric: The search's metric, of predictions for the validation rows.
        criterion: From validation loss and metric of an epoch to what its weights are judged by; lower is better.
        on_epoch: Hears the curves after every epoch.
        order: Training rows in the order in which they join in; None where all do at once.
    """

    plan: Plan
    start: Progress
    seeds: Callable[[int], np.random.SeedSequence]
    metric: Callable[[Predictions], float]
    criterion: Callable[[float, float], float]
    on_epoch: Callable[[Curves], None]
    order: NDArray[np.int64] | None = None

    def taken(self, done: int) -> NDArray[np.int64] | None:
        """Returns the rows of the epoch behind `done` epochs; None for all."""
        return None if self.order is None else self.order[: self.plan.stages.rows(done, len(self.order))]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Who may stop a training, and who keeps it.

    Attributes:
        should_stop: A reason in words to stop now, or None; asked after every epoch.
        keep: Is told after every epoch how to read where all members stand.
    """

    should_stop: Callable[[], str | None]
    keep: Callable[[Callable[[], list[Progress]]], None] = lambda read: None


@dataclass(frozen=True, slots=True)
class Trained:
    """How the training of a member ended.

    Attributes:
        progress: Where it stands.
        predictions: Of its best weights, for the validation rows.
        stopped: Why it was asked to stop; None when it ended by itself.
    """

    progress: Progress
    predictions: Predictions
    stopped: str | None


def run_epochs(
    engine: Trains, members: Sequence[Member], *, train: Rows, validation: Rows, surroundings: Surroundings
) -> list[Trained]:
    """Trains until every member's plan ends, its validation loss stops falling or someone asks to stop.

    Args:
        engine: Of this shape and so many members.
        members: What to train.
        train: Rows to learn from.
        validation: Rows that decide when to stop and which weights are kept.
        surroundings: Who may stop it, and who keeps it.

    Raises:
        TrialFailure: A loss is no number any more.
    """
    training = _Training(engine, members, train=train, validation=validation)
    reason = None
    while training.goes_on and not reason:
        training.take_epoch()
        surroundings.keep(training.progress)
        reason = surroundings.should_stop() if training.goes_on else None
    return training.end(reason)


class _Training:
    """Members between two epochs.

    A member that has ended stays as it was while others go on: what the graph still does to it is not looked at.
    """

    def __init__(self, engine: Trains, members: Sequence[Member], *, train: Rows, validation: Rows) -> None:
        self._engine = engine
        self._members = members
        self._train = train
        self._validation = validation
        starts = [member.start for member in members]
        self._curves = [start.curves for start in starts]
        self._ended = [
            start if member.plan.ends(start.curves) else None for member, start in zip(members, starts, strict=True)
        ]
        memory = [start.memory for start in starts]
        self._state = engine.start([start.weights for start in starts], memory)
        self._best = engine.start([start.best_weights for start in starts], memory)
        self._predictions: list[Predictions] = []
        if any(curves.loss for curves in self._curves):
            _, self._predictions = engine.validate(self._best, validation)

    @property
    def goes_on(self) -> bool:
        """True while a member has epochs before it."""
        return None in self._ended

    def progress(self) -> list[Progress]:
        """Returns where all members stand."""
        return [ended or self._read(place) for place, ended in enumerate(self._ended)]

    def take_epoch(self) -> None:
        """Trains and validates once."""
        each = list(zip(self._members, self._curves, strict=True))
        course = self._course(each)
        seeds = [member.seeds(len(curves.loss)) for member, curves in each]
        self._state, losses = self._engine.train_epoch(self._state, self._train, course=course, seeds=seeds)
        measured = self._engine.measured(self._state, self._train, batch=course.batch)
        validation_losses, predictions = self._engine.validate(measured, self._validation)
        active = [place for place, ended in enumerate(self._ended) if ended is None]
        for place in active:
            member, curves = each[place]
            self._require_finite(losses[place], validation_losses[place], place=place)
            metric = member.metric(predictions[place])
            self._curves[place] = Curves(
                loss=(*curves.loss, float(losses[place])),
                validation_loss=(*curves.validation_loss, float(validation_losses[place])),
                validation_metric=(*curves.validation_metric, metric),
                learning_rate=(*curves.learning_rate, float(course.rates[-1, place])),
                criterion=(*curves.criterion, _criterion(member, curves, float(validation_losses[place]), metric)),
                gradient_norms={
                    layer: (*curves.gradient_norms.get(layer, ()), norm)
                    for layer, norm in self._engine.gradient_norms(place).items()
                },
            )
        self._keep_best(active, measured, predictions)
        for place in active:
            if self._members[place].plan.ends(self._curves[place]):
                self._ended[place] = self._read(place)
            self._members[place].on_epoch(self._curves[place])

    def end(self, reason: str | None) -> list[Trained]:
        """Returns how every member ended, some of them perhaps for that reason."""
        return [
            Trained(progress, predictions, stopped=None if ended else reason)
            for progress, predictions, ended in zip(self.progress(), self._predictions, self._ended, strict=True)
        ]

    def _course(self, each: Sequence[tuple[Member, Curves]]) -> Course:
        """Returns how the next epoch is taken: as many steps as the rows that take part fill."""
        done = [len(curves.loss) for _, curves in each]
        taken = [member.taken(epoch) for (member, _), epoch in zip(each, done, strict=True)]
        length = max(self._train.length if rows is None else len(rows) for rows in taken)
        steps, batch = batches(length, at_most=self._members[0].plan.batch_size)
        stages = [member.plan.stages for member in self._members]
        return Course(
            np.stack([member.plan.rates(curves, steps=steps) for member, curves in each], axis=1),
            batch,
            np.array([member.plan.strength(curves) for member, curves in each]),
            taken=taken,
            gates=[own.open_gates(epoch) for own, epoch in zip(stages, done, strict=True)] if stages[0].gates else None,
            backbone=np.array([own.backbone_factor(epoch) for own, epoch in zip(stages, done, strict=True)]),
            shares=np.stack([member.plan.shares(curves, steps=steps) for member, curves in each], axis=1),
            mixup=self._members[0].plan.mixup,
        )

    def _keep_best(self, active: Sequence[int], measured: Any, predictions: list[Predictions]) -> None:
        is_best = np.zeros(len(self._members), bool)
        for place in active:
            is_best[place] = best_epoch(self._curves[place].criterion) == len(self._curves[place].loss)
        if is_best.any():
            self._best = self._engine.mixed(is_best, chosen=measured, other=self._best)
        kept = self._predictions or predictions
        self._predictions = [new if best else old for best, new, old in zip(is_best, predictions, kept, strict=True)]

    def _read(self, place: int) -> Progress:
        engine = self._engine
        return Progress(
            curves=self._curves[place],
            weights=engine.weights(self._state, place),
            memory=engine.memory(self._state, place),
            best_weights=engine.weights(self._best, place),
        )

    def _require_finite(self, loss: float, validation_loss: float, *, place: int) -> None:
        for name, value in (("loss", loss), ("validation loss", validation_loss)):
            if not math.isfinite(value):
                what = "NaN" if math.isnan(value) else "infinite"
                epoch = len(self._curves[place].loss) + 1
                raise TrialFailure(
                    f"the {name} became {what} at epoch {epoch}", curves=tuple(self._curves), diverged=True
                )


def _criterion(member: Member, curves: Curves, loss: float, value: float) -> float:
    """Returns what the epoch behind these is judged by; none is kept in which a part of the network was shut."""
    stages = member.plan.stages
    is_whole = stages.open_gates(len(curves.loss)) == stages.gates
    return member.criterion(loss, value) if is_whole else math.inf
