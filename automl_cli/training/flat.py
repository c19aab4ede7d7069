"""The weights of a network as one row of numbers, and back.

One long vector has one gradient and takes one step, where a list of kernels and biases takes one each: for a small
network that is most of the time. Several networks of one shape are rows of a matrix.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_cli.training.progress import Arrays
from search_spaces.layers.dropout import Dropout
from search_spaces.layers.gate import Gate


class FlatWeights:
    """How the variables of a network are laid out.

    Attributes:
        parameters: How many trainable numbers there are.
        decays: `(parameters,)`, how strongly weight decay applies. A layer may say so by an attribute `decay_factor`
            of its variables; else it is 1 for kernels, and 0 for a bias or the scale of a normalisation, which it would
            not regularise.
        incoming: For each trainable variable, how the weights that come into a unit are found; see `incoming_norm`.
        statistics: Places among the non-trainable variables of the statistics of batch normalisation, and the share
            of them that each batch keeps.
        rates: Places among the non-trainable variables of the rates of dropout.
        generators: Places among the non-trainable variables of what dropout and its like draw from.
        gates: Places among the non-trainable variables of gates, see `search_spaces.layers.gate`.
        layers: Names of the layers that have trainable variables, the first of the network first.

    Args:
        network: The network; all that is read are the shapes of its variables and their order.
    """

    def __init__(self, network: keras.Model) -> None:
        trainable, fixed = network.trainable_variables, network.non_trainable_variables
        self._shapes = [tuple(variable.shape) for variable in trainable]
        self._sizes = [int(np.prod(shape)) for shape in self._shapes]
        self.parameters = sum(self._sizes)
        self.decays = np.concatenate(
            [np.full(size, decay_factor(v), np.float32) for size, v in zip(self._sizes, trainable, strict=True)]
        )
        self.incoming = [incoming_norm(variable) for variable in trainable]
        places_of = {id(v): place for place, v in enumerate(fixed)}
        self.statistics = {
            places_of[id(v)]: float(layer.momentum)
            for layer in network._flatten_layers(include_self=False)
            if isinstance(layer, keras.layers.BatchNormalization)
            for v in (layer.moving_mean, layer.moving_variance)
        }
        self.generators = [place for place, v in enumerate(fixed) if v.name == "seed_generator_state"]
        shut = {id(gate.open) for gate in gates(network)}
        self.gates = [place for place, v in enumerate(fixed) if id(v) in shut]
        own = {id(layer.rate) for layer in dropouts(network)}
        self.rates = [place for place, v in enumerate(fixed) if id(v) in own]
        self._fixed = [(tuple(variable.shape), variable.dtype) for variable in fixed]
        # Variables of a layer follow one another, and so do their numbers.
        sizes = iter(self._sizes)
        spans = [(name, sum(next(sizes) for _ in own)) for name, own in groupby(_owners(network))]
        self.layers = tuple(name for name, _ in spans)
        self._spans = [size for _, size in spans]
        # Where each of `network.weights` is found: among the trainable variables, or among the others.
        places = {id(v): (True, place) for place, v in enumerate(trainable)}
        places |= {id(v): (False, place) for place, v in enumerate(fixed)}
        self._places = [places[id(variable)] for variable in network.weights]

    def pack(self, weights: Sequence[NDArray[Any]]) -> tuple[NDArray[np.float32], Arrays]:
        """Splits arrays in the order of `network.weights`.

        Returns:
            Trainable weights `(parameters,)`, and the non-trainable variables; generators are zeros.
        """
        trainable: dict[int, NDArray[Any]] = {}
        fixed = [np.zeros(shape, dtype) for shape, dtype in self._fixed]
        for (is_trainable, place), array in zip(self._places, weights, strict=True):
            if is_trainable:
                trainable[place] = np.asarray(array, np.float32).ravel()
            else:
                fixed[place] = np.asarray(array, self._fixed[place][1])
        return np.concatenate([trainable[place] for place in range(len(trainable))]), fixed

    def unpack(self, row: NDArray[np.float32], fixed: Sequence[NDArray[Any]]) -> Arrays:
        """Returns arrays in the order of `network.weights` from what `pack` gave."""
        parts = np.split(row, np.cumsum(self._sizes)[:-1])
        trainable = [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]
        return [trainable[place] if is_trainable else fixed[place] for is_trainable, place in self._places]

    def split(self, rows: Any) -> list[Any]:
        """Cuts a tensor `(members, parameters)` into one `(members, *shape)` for every trainable variable."""
        parts = tf.split(rows, self._sizes, axis=1)
        return [tf.reshape(part, (-1, *shape)) for part, shape in zip(parts, self._shapes, strict=True)]

    def norms(self, rows: Any) -> Any:
        """Returns the length of the part of every layer, `(members, layers)`, of a tensor `(members, parameters)`."""
        parts = tf.split(rows, self._spans, axis=1)
        return tf.sqrt(tf.stack([tf.reduce_sum(tf.square(part), axis=1) for part in parts], axis=1))


def _owners(network: keras.Model) -> list[str]:
    """Returns the name of the layer of each trainable variable.

    Keras counts unnamed layers up from network to network; here they are counted in each network for itself, so that
    a layer has one name in every process.
    """
    owners: dict[int, str] = {}
    counts: dict[str, int] = {}
    for layer in network._flatten_layers(include_self=False):
        name = str(layer.name)
        stem = re.sub(r"_\d+$", "", name)
        if stem.replace("_", "") == type(layer).__name__.lower():
            counts[stem] = counts.get(stem, 0) + 1
            name = f"{stem}_{counts[stem]}"
        # What is inside of a layer comes behind it, and has the last word.
        owners |= {id(variable): name for variable in layer.trainable_variables}
    return [owners[id(variable)] for variable in network.trainable_variables]


def initial_weights(network: keras.Model) -> Arrays:
    """Draws initial weights anew for a network that exists, as building it once more would.

    The seeds of the draws come from where Keras takes those of new initializers.

    Returns:
        Arrays in the order of `network.weights`.
    """
    drawn = {id(variable): variable.numpy() for variable in network.weights}
    for layer in network._flatten_layers(include_self=False):
        for variable in layer.weights:
            initializer: Any = getattr(layer, f"{variable.name}_initializer", None)
            if initializer is not None:
                drawn[id(variable)] = np.asarray(initializer.clone()(variable.shape, variable.dtype))
    return [drawn[id(variable)] for variable in network.weights]


def dropouts(network: keras.Model) -> list[Dropout]:
    """Returns the dropout layers of a network whose rate is a weight, in the order of its variables."""
    return [layer for layer in network._flatten_layers(include_self=False) if isinstance(layer, Dropout)]


def gates(network: keras.Model) -> list[Gate]:
    """Returns the gates of a network, in the order of its variables."""
    return [layer for layer in network._flatten_layers(include_self=False) if isinstance(layer, Gate)]


def decay_factor(variable: Any) -> float:
    """Returns by what weight decay is multiplied for a variable; see `FlatWeights`."""
    return float(getattr(variable, "decay_factor", len(variable.shape) >= 2))


def incoming_norm(variable: Any) -> tuple[int, float] | None:
    """Returns along which axis of a kernel the weights come into a unit, and what the layer multiplies them by.

    None where there are no such: for biases, embeddings, and kernels of more than two axes unless their layer says so
    by an attribute `incoming_axis` of the variable. An attribute `norm_factor` tells a factor other than 1.
    """
    axis = getattr(variable, "incoming_axis", 0 if variable.name == "kernel" and len(variable.shape) == 2 else None)
    if axis is None or not decay_factor(variable):
        return None
    return axis, float(getattr(variable, "norm_factor", 1.0))


def by_variable(variables: Sequence[Any], values: Sequence[Any]) -> dict[int, Any]:
    """Maps the identity of every variable to its value."""
    return {id(variable): value for variable, value in zip(variables, values, strict=True)}
