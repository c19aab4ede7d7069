"""Networks that remember training rows: what they are fed, and how their memory is refreshed.

Such a network has one layer, its last, with an attribute `remembers_rows`: `search_spaces.layers.neighbours`. In
training it reads labels of the batch from an input of their own, which the network that is used lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from automl_cli.training.plan import batches
from automl_cli.training.task import TrialFailure
from search_spaces.family import TARGET
from search_spaces.grammar import Value


def groups_of(network: keras.Model) -> list[str]:
    """Returns the names of the groups that a network reads; labels are none."""
    return [tensor.name for tensor in network.inputs if tensor.name != TARGET]


def remembering_layer(network: keras.Model) -> Any:
    """Returns the layer that remembers rows; None for most networks."""
    layers = network._flatten_layers(include_self=False)
    return next((layer for layer in layers if getattr(layer, "remembers_rows", False)), None)


def without_target(network: keras.Model) -> keras.Model:
    """Returns a model of the same layers that reads groups only, and asks what it remembers."""
    layer = remembering_layer(network)
    if layer is None:
        return network
    groups = {name: tensor for name, tensor in network.input.items() if name != TARGET}
    return keras.Model(groups, layer(layer.input[0]), name=network.name)


def refuse_recipe(network: keras.Model, recipe: Mapping[str, Value], *, rows: int) -> None:
    """Refuses what would train a network that looks at the labels of other rows, but not as it was meant.

    Raises:
        TrialFailure: Rows are to be mixed, or are alone in their batch.
    """
    if remembering_layer(network) is None:
        return
    if recipe.get("mixup_alpha"):
        raise TrialFailure(
            "mixup_alpha is not for a network that looks at the labels of other rows: mixed rows have none"
        )
    if batches(rows, at_most=int(recipe["batch_size"]))[1] < 2:
        raise TrialFailure("a batch_size of 1 is not for a network whose rows learn from others in their batch")


class Remembering:
    """What a compiled epoch does about the rows that one network remembers.

    Args:
        network: One that has a `remembering_layer`.
    """

    def __init__(self, network: keras.Model) -> None:
        self._layer = remembering_layer(network)
        groups = {name: tensor for name, tensor in network.input.items() if name != TARGET}
        self._places = keras.Model(groups, self._layer.input[0])

    def refreshed(
        self, values: Mapping[int, Any], rows: tuple[Mapping[str, Any], Any], *, order: Any
    ) -> dict[int, Any]:
        """Returns the variables that hold the memory, with what the network now makes of the rows of an epoch.

        Of more rows than it has room for, it takes the first of the epoch's order, which is one of chance.

        Args:
            values: Of all variables of the network, by identity.
            rows: Groups `(rows, width)` by name, and the target `(rows,)`.
            order: Rows of each batch `(steps, batch)`: all rows once, then some of them again.

        Returns:
            New values by identity.
        """
        groups, target = rows
        layer, network = self._layer, self._places
        drawn = tf.reshape(order, (-1,))
        # One shape for any number of rows: what they do not fill is filled with rows that have no vote.
        taken = tf.gather(drawn, tf.range(layer.capacity) % tf.size(drawn))
        places, _ = network.stateless_call(
            [values[id(variable)] for variable in network.trainable_variables],
            [values[id(variable)] for variable in network.non_trainable_variables],
            {name: tf.gather(groups[name], taken) for name in groups_of(network)},
            training=False,
        )
        count = tf.reduce_max(drawn) + 1  # no row stands twice before all have stood once
        contents = layer.contents(places, tf.gather(target, taken), count=count)
        return {id(v): new for v, new in zip((layer.memory, layer.labels, layer.present), contents, strict=True)}
