"""The training engine: an epoch is one call of one compiled function, for one network or for several side by side.

`model.fit` returns to Python after every batch, which for a small network costs several times the arithmetic. Here
gathering, both passes and the update of all batches run inside one graph.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_cli.training.averaging import AVERAGE
from automl_cli.training.compiled import Compiled, State
from automl_cli.training.correction import OFFSETS
from automl_cli.training.loop import Course
from automl_cli.training.losses import VALIDATION_VALUES
from automl_cli.training.mixup import draw_mixture
from automl_cli.training.optimizers import STRENGTHS
from automl_cli.training.progress import Arrays, Memory
from automl_cli.training.rows import Rows
from automl_cli.training.target_scale import TargetScale

# Batches that statistics of averaged weights are taken from: layers hardly remember more.
_BATCHES_MEASURED = 32


class Engine:
    """Trains the members of one compiled network.

    Args:
        compiled: The functions of this shape.
        values: Hyperparameters of optimizer and loss by name, of every member; and `Balance.values`, if there are any.
        scales: Scale of the target of every member.
        rates: Of the dropout layers of the network, in the order of its variables.
        by_xla: Whether epochs are compiled by XLA, where it can.
        backbone: Which weights of every member were transferred, `(members, parameters)`, for what is compiled `paced`.
    """

    def __init__(
        self,
        compiled: Compiled,
        *,
        values: Sequence[Mapping[str, Any]],
        scales: Sequence[TargetScale],
        rates: Sequence[float] = (),
        by_xla: bool = False,
        backbone: NDArray[np.bool_] | None = None,
    ) -> None:
        self._compiled = compiled
        self._backbone = backbone
        self._values = {name: tf.constant([[own[name]] for own in values], tf.float32) for name in compiled.value_names}
        fields = np.array([astuple(scale) for scale in scales], np.float32).T  # (fields, members)
        offsets = np.zeros((compiled.members, 1, compiled.network.output.shape[-1]), np.float32)
        for member, own in enumerate(values):
            offsets[member] += own.get(OFFSETS, 0.0)
        measured = {n: v for n, v in self._values.items() if n in VALIDATION_VALUES}
        self._rest = (measured, tf.constant(fields[:, :, None, None]), tf.constant(offsets))
        for name in compiled.objective.vectors:
            self._values[name] = tf.constant(np.stack([own[name] for own in values]), tf.float32)
        self._rates = rates
        self._by_xla = by_xla
        self._norms: Any = None

    @property
    def fresh_memory(self) -> Memory:
        """What an optimizer remembers before its first step."""
        return self._compiled.rule.fresh(self._compiled.layout.parameters)

    def start(self, weights: Sequence[Arrays], memory: Sequence[Memory]) -> State:
        """Returns the state of members with these weights, in the order of `network.weights`, and memories."""
        rows, fixed = zip(*(self._compiled.layout.pack(own) for own in weights), strict=True)
        return State(
            weights=tf.constant(np.stack(rows)),
            memory={name: tf.constant(np.stack([own[name] for own in memory])) for name in memory[0]},
            fixed=tuple(tf.constant(np.stack(values)) for values in zip(*fixed, strict=True)),
        )

    def weights(self, state: State, member: int) -> Arrays:
        """Returns the weights of a member, in the order of `network.weights`."""
        fixed = [values[member].numpy() for values in state.fixed]
        return self._compiled.layout.unpack(state.weights[member].numpy(), fixed)

    def memory(self, state: State, member: int) -> Memory:
        """Returns what the optimizer of a member remembers."""
        return {name: values[member].numpy() for name, values in state.memory.items()}

    def train_epoch(
        self, state: State, rows: Rows, *, course: Course, seeds: Sequence[np.random.SeedSequence]
    ) -> tuple[State, NDArray[np.float64]]:
        """Takes one pass over all rows.

        Args:
            state: Before it.
            rows: Of all members.
            course: Rates, rows of a step, and strength of regularisation. Where all steps take more rows than there
                are, the first few of the epoch's order are taken again, so that no row is left out and all batches are
                of one size. Where they take fewer, the last of the order are left out.
            seeds: For each member, decides the order of its rows and what dropout drops, whatever happened before.

        Returns:
            The state after it, and the mean loss of every member `(members,)`, without the penalties.
        """
        streams = [own.spawn(3) for own in seeds]  # (shuffle, dropout, mixup) of each member
        order = np.stack(
            [
                deal_out(shuffle, course.rows_of(member, int(n)), steps=len(course.rates), batch=course.batch)
                for member, ((shuffle, _, _), n) in enumerate(zip(streams, rows.counts, strict=True))
            ],
            axis=1,
        )
        fixed = self._reseeded(state.fixed, [dropout for _, dropout, _ in streams])
        state = state._replace(fixed=self._gated(self._dropping(fixed, course.strengths), course.gates))
        strengths = course.strengths.astype(np.float32)[:, None]
        values = {name: value * strengths if name in STRENGTHS else value for name, value in self._values.items()}
        if self._backbone is not None and course.backbone is not None:
            values["pace"] = tf.constant(np.where(self._backbone, course.backbone[:, None], 1.0), tf.float32)
        by_step = self._by_step(course, [mixing for _, _, mixing in streams])
        total = np.zeros(len(seeds))
        for steps, tensors, places in rows.pieces(order):
            own = {name: tf.constant(each[steps]) for name, each in by_step.items()}
            state, losses, self._norms = self._train(state, tensors, places, own, values)
            total += losses.numpy()
        return state, total / len(course.rates)

    def measured(self, state: State, rows: Rows, *, batch: int) -> State:
        """Returns the state that is validated and kept; see `Trains.measured`.

        What goes with averaged weights, of batch normalisation and of networks that remember rows, is taken anew from
        training rows: from all that are remembered, else from some batches that are spread over them.
        """
        if not self._compiled.averages:
            return state
        state = state._replace(weights=state.memory[AVERAGE])
        if not (self._compiled.remembers or self._compiled.layout.statistics):
            return state
        whole = math.ceil(rows.length / batch)
        steps = whole if self._compiled.remembers else min(whole, _BATCHES_MEASURED)
        order = np.stack([spread_out(int(n), steps=steps, batch=batch) for n in rows.counts], axis=1)
        for _, tensors, places in rows.pieces(order):
            state = self._compiled.measured(state, tensors, places)
        return state

    def gradient_norms(self, member: int) -> dict[str, float]:
        """Returns the length of a member's gradient in every layer, of the last step of the last epoch."""
        return dict(zip(self._compiled.layout.layers, self._norms[member].numpy().tolist(), strict=True))

    def validate(self, state: State, rows: Rows) -> tuple[NDArray[np.float64], list[NDArray[np.float32]]]:
        """Returns the mean loss of every member `(members,)` and its predictions `(rows, classes)` or `(rows, 1)`."""
        total = np.zeros(len(rows.counts))
        predictions: list[list[NDArray[np.float32]]] = [[] for _ in rows.counts]
        for (groups, target), counts in rows.parts():
            sums, predicted = self._compiled.validate(
                (state.weights, state.fixed), groups, target, tf.constant(counts), self._rest
            )
            total += sums.numpy()
            array = predicted.numpy()
            for member, count in enumerate(counts):
                predictions[member].append(array[member, :count])
        return total / rows.counts, [own[0] if len(own) == 1 else np.concatenate(own) for own in predictions]

    def mixed(self, condition: NDArray[np.bool_], *, chosen: State, other: State) -> State:
        """Returns a state with some members of one state, where `(members,)` is true, and the rest of another."""
        if condition.all():
            return chosen

        def mix(new: Any, old: Any) -> Any:
            return tf.where(tf.constant(condition.reshape(-1, *[1] * (len(new.shape) - 1))), new, old)

        mixed: State = tf.nest.map_structure(mix, chosen, other)
        return mixed

    def _train(self, *arguments: Any) -> Any:
        if self._by_xla:
            try:
                return self._compiled.epoch_by_xla(*arguments)
            except (tf.errors.OpError, NotImplementedError):
                self._by_xla = False  # some operation is unknown to XLA
        return self._compiled.epoch(*arguments)

    def _by_step(self, course: Course, mixing: Sequence[np.random.SeedSequence]) -> dict[str, NDArray[np.float32]]:
        """Returns what each step has of its own, see `Compiled`."""
        by_step = {"rate": course.rates.astype(np.float32)[:, :, None]}
        if self._compiled.averages:
            shares = np.ones_like(course.rates) if course.shares is None else course.shares
            by_step["share"] = shares.astype(np.float32)[:, :, None]
        if "mixture" in self._compiled.given:
            drawn = [draw_mixture(s, steps=len(course.rates), batch=course.batch, alpha=course.mixup) for s in mixing]
            by_step["mixture"] = np.stack(drawn, axis=1)
        return by_step

    def _dropping(self, fixed: Sequence[Any], strengths: NDArray[np.float64]) -> tuple[Any, ...]:
        """Sets the rates of dropout for every member."""
        rates = dict(zip(self._compiled.layout.rates, self._rates, strict=False))  # none are given, none are set
        return tuple(
            tf.constant(rates[place] * strengths, values.dtype) if place in rates else values
            for place, values in enumerate(fixed)
        )

    def _gated(self, fixed: Sequence[Any], gates: Sequence[int] | None) -> tuple[Any, ...]:
        """Opens the first few gates of every member and shuts the others."""
        if gates is None:
            return tuple(fixed)
        opened = {place: [own > number for own in gates] for number, place in enumerate(self._compiled.layout.gates)}
        return tuple(
            tf.constant(np.array(opened[place]), values.dtype) if place in opened else values
            for place, values in enumerate(fixed)
        )

    def _reseeded(self, fixed: Sequence[Any], streams: Sequence[np.random.SeedSequence]) -> tuple[Any, ...]:
        """Gives everything that draws a new state for each member."""
        places = self._compiled.layout.generators
        drawn = np.array([stream.generate_state(len(places)) >> 1 for stream in streams])  # (members, generators)
        states = {place: np.stack([drawn[:, n], np.zeros(len(drawn))], axis=1) for n, place in enumerate(places)}
        return tuple(
            tf.constant(states[place], values.dtype) if place in states else values
            for place, values in enumerate(fixed)
        )


def deal_out(
    seed: np.random.SeedSequence, rows: int | NDArray[np.int64], *, steps: int, batch: int
) -> NDArray[np.int32]:
    """Deals rows out to batches of one size, `(steps, batch)`, in an order of chance: these, or so many from 0."""
    permutation = np.random.default_rng(seed).permutation(rows).astype(np.int32)
    return np.resize(permutation, (steps, batch))


def spread_out(rows: int, *, steps: int, batch: int) -> NDArray[np.int32]:
    """Deals rows out to some batches of one size, `(steps, batch)`, each of them spread over all rows.

    No row stands twice before all have stood once.
    """
    taken = np.linspace(0, rows, min(rows, steps * batch), endpoint=False).astype(np.int32)
    return np.resize(np.concatenate([taken[first::steps] for first in range(steps)]), (steps, batch))
