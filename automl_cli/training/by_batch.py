"""Training through Keras' own `train_on_batch`, for networks whose epoch cannot be compiled as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_cli.training.averaging import averages_weights
from automl_cli.training.correction import NO_BALANCE, Balance, correct
from automl_cli.training.engine import deal_out
from automl_cli.training.flat import FlatWeights, gates
from automl_cli.training.heads import apply_head, average_models
from automl_cli.training.loop import Course
from automl_cli.training.losses import LOSS_VALUES, VALIDATION_VALUES, Objective, make_loss
from automl_cli.training.optimizers import keras_optimizer
from automl_cli.training.penalties import limit_variables, penalty
from automl_cli.training.progress import Arrays, Memory
from automl_cli.training.rows import Rows
from automl_cli.training.target_scale import TargetScale
from automl_cli.training.task import TrialFailure
from search_spaces.grammar import Value


class _State(NamedTuple):
    weights: Arrays
    memory: Memory


class KerasEngine:
    """Trains one network, batch after batch, with the loss, rates and rows of the compiled engine.

    Args:
        network: Compiled by Keras here; may have a `train_step` of its own, or run in Python only.
        recipe: Names the optimizer and the values of its and the loss' hyperparameters.
        objective: What is predicted and what an epoch minimises.
        scale: Of the target.
        backbone: Which weights were transferred, `(1, parameters)`.
        balance: How the classes count.

    Raises:
        TrialFailure: The recipe asks for what only the compiled engine can do.
    """

    def __init__(
        self,
        network: keras.Model,
        recipe: Mapping[str, Value],
        *,
        objective: Objective,
        scale: TargetScale,
        backbone: NDArray[np.bool_] | None = None,
        balance: Balance = NO_BALANCE,
    ) -> None:
        _refuse(recipe)
        self._network = network
        self._penalties = {name: float(recipe.get(name, 0.0)) for name in ("l1", "l2", "max_norm")}
        self._objective = objective
        self._scale = scale
        self._layout = FlatWeights(network)
        self._backbone = backbone
        self._values = {name: tf.constant([[float(recipe[name])]]) for name in LOSS_VALUES if name in recipe}
        self._values |= {name: tf.constant(vector[None], tf.float32) for name, vector in balance.vectors.items()}
        self._correction = balance.correction
        self._loss, self._validation_loss = make_loss(objective), make_loss(objective.of_validation)
        self._optimizer = keras_optimizer(recipe, network.trainable_variables)
        self._generators = [v for v in network.non_trainable_variables if v.name == "seed_generator_state"]
        network.compile(self._optimizer, loss=self._batch_loss, run_eagerly=True)
        self.fresh_memory = self._read_memory()

    def start(self, weights: Sequence[Arrays], memory: Sequence[Memory]) -> _State:
        """Returns the state of the only member."""
        return _State(weights[0], memory[0])

    def weights(self, state: _State, member: int) -> Arrays:
        """Returns the weights of the member, in the order of `network.weights`."""
        return state.weights

    def memory(self, state: _State, member: int) -> Memory:
        """Returns what the optimizer remembers."""
        return state.memory

    def mixed(self, condition: NDArray[np.bool_], *, chosen: _State, other: _State) -> _State:
        """Returns one of two states."""
        return chosen if condition[0] else other

    def train_epoch(
        self, state: _State, rows: Rows, *, course: Course, seeds: Sequence[np.random.SeedSequence]
    ) -> tuple[_State, NDArray[np.float64]]:
        """Takes one pass over all rows; see `Engine.train_epoch`. Regularisation stays as strong as it is."""
        shuffle, dropout = seeds[0].spawn(2)
        drawn_from = course.rows_of(0, int(rows.counts[0]))
        order = deal_out(shuffle, drawn_from, steps=len(course.rates), batch=course.batch)[:, None]
        for generator, seed in zip(self._generators, dropout.generate_state(len(self._generators)), strict=True):
            generator.assign(np.array([seed >> 1, 0]))
        self._network.set_weights(state.weights)
        if course.gates is not None:
            for number, gate in enumerate(gates(self._network)):
                gate.open.assign(float(course.gates[0] > number))
        for variable, name in self._memory_names():
            variable.assign(state.memory[name])
        losses = []
        for steps, (groups, target), places in rows.pieces(order):
            for rate, drawn in zip(course.rates[steps, 0], places[:, 0], strict=True):
                self._optimizer.learning_rate.assign(rate)
                before = self._network.get_weights() if self._backbone is not None else []
                batch_of_groups = {name: tf.gather(group[0], drawn) for name, group in groups.items()}
                logs = self._network.train_on_batch(batch_of_groups, tf.gather(target[0], drawn)[:, None])
                losses.append(float(np.ravel(logs)[0]))
                if self._penalties["max_norm"]:
                    limit_variables(self._network.trainable_variables, norm=self._penalties["max_norm"])
                self._slow_down(before, course)
        return _State(self._network.get_weights(), self._read_memory()), np.array([np.mean(losses)])

    def gradient_norms(self, member: int) -> dict[str, float]:
        """Returns nothing: gradients stay inside of Keras' own step."""
        return {}

    def measured(self, state: _State, rows: Rows, *, batch: int) -> _State:
        """Returns the state as it is: no weights are averaged here."""
        return state

    def validate(self, state: _State, rows: Rows) -> tuple[NDArray[np.float64], list[NDArray[np.float32]]]:
        """Returns the mean loss and the predictions; see `Engine.validate`."""
        self._network.set_weights(state.weights)
        known = {name: value for name, value in self._values.items() if name in VALIDATION_VALUES}
        total, predictions = 0.0, []
        for (groups, target), counts in rows.parts():
            outputs = self._network({name: group[0, : counts[0]] for name, group in groups.items()}, training=False)
            if len(outputs.shape) == 3:
                outputs = average_models(outputs, task=self._objective.task)
            outputs = correct(outputs, self._correction, task=self._objective.task)
            total += float(tf.reduce_sum(self._validation_loss(target[:, : counts[0]], outputs[None], known)))
            predictions.append(np.asarray(apply_head(outputs, self._scale, task=self._objective.task)))
        return np.array([total / rows.counts[0]]), [np.concatenate(predictions)]

    def _slow_down(self, before: Arrays, course: Course) -> None:
        """Takes back a part of the last step of transferred weights, or all of it."""
        if self._backbone is None or course.backbone is None:
            return
        (old, _), (new, fixed) = self._layout.pack(before), self._layout.pack(self._network.get_weights())
        pace = np.where(self._backbone[0], course.backbone[0], 1.0).astype(np.float32)
        self._network.set_weights(self._layout.unpack(old + (new - old) * pace, fixed))

    def _batch_loss(self, target: Any, outputs: Any) -> Any:
        loss = tf.reduce_mean(self._loss(target[None, :, 0], outputs[None], self._values))
        l1, l2 = self._penalties["l1"], self._penalties["l2"]
        return loss + penalty(self._network.trainable_variables, l1=l1, l2=l2) if l1 or l2 else loss

    def _read_memory(self) -> Memory:
        return {name: variable.numpy() for variable, name in self._memory_names()}

    def _memory_names(self) -> list[tuple[Any, str]]:
        return [(variable, str(place)) for place, variable in enumerate(self._optimizer.variables)]


def _refuse(recipe: Mapping[str, Value]) -> None:
    """Raises a TrialFailure where the recipe asks for what Keras' own training step has no place for."""
    reason = "cannot be had of a network whose epoch cannot be compiled"
    if averages_weights(recipe):
        raise TrialFailure(f"weight_average={recipe['weight_average']} {reason}")
    if recipe.get("mixup_alpha"):
        raise TrialFailure(f"mixup_alpha={recipe['mixup_alpha']} {reason}")
    if recipe.get("gradient_clip_value") and recipe.get("gradient_clip_norm"):
        raise TrialFailure(f"gradient_clip_value together with gradient_clip_norm {reason}")
