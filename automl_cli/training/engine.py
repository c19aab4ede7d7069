"""The training engine: an epoch is one call of one compiled function over tensors in memory.

`model.fit` returns to Python after every batch, which for a small network costs several times the arithmetic. Here
gathering, both passes and the update of all batches run inside one `tf.function`. Rates, the number of batches and
the number of rows are tensors, so that neither an epoch nor another fold makes it trace again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_cli.training.losses import Loss
from automl_cli.training.task import Groups

# Rows that are predicted at once: what the widest layer holds for so many rows stays within some megabytes.
_PREDICTED_AT_ONCE = 8192


@dataclass(frozen=True, slots=True)
class Rows:
    """Encoded rows as tensors.

    Attributes:
        groups: Those that the network reads, `(rows, width)` by name.
        target: `(rows,)`, float32.
        count: How many rows.
    """

    groups: dict[str, Any]
    target: Any
    count: int


class Engine:
    """A network, its optimizer and the compiled functions that train and apply it.

    One engine serves all folds of a trial: `reset` makes it another network of the same shape.

    Attributes:
        network: As given.
        optimizer: As given.
        fresh_optimizer: State of the optimizer before the first step.

    Args:
        network: From a dict of groups `(batch, width)` to raw outputs `(batch, outputs)`.
        optimizer: Built on the network's trainable variables.
        loss: What an epoch minimises; penalties of the network's layers are added to it.
        validation_loss: What `measure` returns.
    """

    def __init__(
        self, network: keras.Model, *, optimizer: keras.optimizers.Optimizer, loss: Loss, validation_loss: Loss
    ) -> None:
        self.network = network
        self.optimizer = optimizer
        network.optimizer = optimizer  # where Keras' callbacks look for it
        self._loss = loss
        self.fresh_optimizer = self.optimizer_state()
        # What dropout and its like draw from: variables of the model that are no weights of it.
        self._generators = [v for v in network.variables if v.name == "seed_generator_state"]

        groups = {t.name: tf.TensorSpec((None, *t.shape[1:]), t.dtype, name=t.name) for t in network.inputs}
        numbers, indices = tf.TensorSpec((None,), tf.float32), tf.TensorSpec((None,), tf.int32)
        outputs = tf.TensorSpec(network.output.shape, tf.float32)
        self._epoch = _compile(self._train, groups, numbers, indices, indices, numbers)
        self._forward = _compile(lambda rows: network(rows, training=False), groups)
        self._measure = _compile(validation_loss, numbers, outputs)

    def reset(self, weights: Sequence[NDArray[Any]], optimizer: Sequence[NDArray[Any]]) -> None:
        """Becomes another network of the same shape, with the optimizer in this state (see `fresh_optimizer`)."""
        self.network.set_weights(weights)
        self.optimizer.set_weights(optimizer)

    def optimizer_state(self) -> list[NDArray[Any]]:
        """Returns copies of all that the optimizer remembers: moments, step count, rate."""
        return [variable.numpy() for variable in self.optimizer.variables]

    def load(self, groups: Groups, target: NDArray[Any]) -> Rows:
        """Moves encoded rows to where TensorFlow computes."""
        tensors = {tensor.name: tf.constant(groups[tensor.name], tensor.dtype) for tensor in self.network.inputs}
        return Rows(tensors, tf.constant(target, tf.float32), len(target))

    def train_epoch(self, rows: Rows, *, rates: NDArray[Any], seeds: np.random.SeedSequence) -> float:
        """Takes one pass over all rows.

        Args:
            rows: At least as many as there are rates.
            rates: Learning rate of every step `(steps,)`; the rows are dealt out evenly to so many batches, so
                that no row is left out and no last batch is small.
            seeds: Decides the order of the rows and what dropout drops, whatever happened before.

        Returns:
            Mean loss over the rows, without the penalties.
        """
        shuffle, dropout = seeds.spawn(2)
        order = np.random.default_rng(shuffle).permutation(rows.count).astype(np.int32)
        bounds = (np.arange(len(rates) + 1, dtype=np.int64) * rows.count // len(rates)).astype(np.int32)
        for generator, seed in zip(self._generators, dropout.generate_state(len(self._generators)), strict=True):
            generator.assign(np.array([seed >> 1, 0]))
        arguments = (tf.constant(array) for array in (order, bounds, rates.astype(np.float32)))
        return float(self._epoch(rows.groups, rows.target, *arguments))

    def apply(self, rows: Rows) -> Any:
        """Returns the raw outputs for all rows, `(rows, outputs)`, a tensor."""
        return apply_in_parts(self._forward, rows.groups, rows=rows.count)

    def measure(self, rows: Rows, outputs: Any) -> float:
        """Returns the mean validation loss of raw outputs."""
        return float(self._measure(rows.target, outputs))

    def _train(self, groups: dict[str, Any], target: Any, order: Any, bounds: Any, rates: Any) -> Any:
        variables = self.network.trainable_variables
        values = [variable.value for variable in variables]
        total = tf.constant(0.0)
        for step in tf.range(tf.size(rates)):
            drawn = order[bounds[step] : bounds[step + 1]]
            batch = {name: tf.gather(rows, drawn) for name, rows in groups.items()}
            self.optimizer.learning_rate.assign(rates[step])
            with tf.GradientTape() as tape:
                outputs = self.network(batch, training=True)
                loss = self._loss(tf.gather(target, drawn), outputs)
                objective = loss + sum(self.network.losses)
            self.optimizer.apply(tape.gradient(objective, values), variables)
            total += loss * tf.cast(tf.size(drawn), tf.float32)
        return total / tf.cast(tf.size(order), tf.float32)


def _compile(function: Callable[..., Any], *signature: Any) -> Callable[..., Any]:
    """Traces a function once, for tensors of these shapes; another shape is an error, not another trace."""
    compiled: Callable[..., Any] = tf.function(function, input_signature=signature)
    return compiled


def apply_in_parts(forward: Callable[[dict[str, Any]], Any], groups: Mapping[str, Any], *, rows: int) -> Any:
    """Applies a network to many rows, some thousand at a time.

    Args:
        forward: From groups `(batch, width)` to `(batch, outputs)`.
        groups: Tensors `(rows, width)` by name.
        rows: How many there are.

    Returns:
        `(rows, outputs)`, a tensor.
    """
    parts = [
        forward({name: values[start : start + _PREDICTED_AT_ONCE] for name, values in groups.items()})
        for start in range(0, rows, _PREDICTED_AT_ONCE)
    ]
    return tf.concat(parts, axis=0) if len(parts) > 1 else parts[0]
