"""Several networks of one shape, applied side by side.

The graph of a functional network is walked once, with tensors that have a leading axis of members: rows
`(members, batch, ...)` and weights `(members, *shape)`. One batched product then does what took a product for every
network. Layers that have no version here are applied to one member after the other, inside the same graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from search_spaces.layers.dropout import Dropout, random_bits
from search_spaces.layers.gate import Gate

# These treat every row alone: rows of all members may stand in one long batch.
_ROW_BY_ROW = frozenset(
    "Activation ReLU Concatenate Add Reshape Flatten Sum Take Mod Multiply Subtract".split()  # layers and operations
)


def can_stack(network: keras.Model) -> bool:
    """True for functional networks without penalties on activations, which are not charged here.

    Those that remember rows train alone: what they remember is no matter of a batch.
    """
    layers = network._flatten_layers(include_self=False)
    return hasattr(network, "_run_through_graph") and not any(
        getattr(layer, "activity_regularizer", None) or getattr(layer, "remembers_rows", False) for layer in layers
    )


class StackedCall:
    """One application of all members; holds their variables while the graph is walked.

    Attributes:
        changed: New values `(members, *shape)` of the non-trainable variables that were assigned, by identity.

    Args:
        network: The network, see `can_stack`.
        values: Value `(members, *shape)` of every variable of the network, by identity.
        training: Whether layers behave as in training.
    """

    def __init__(self, network: keras.Model, values: Mapping[int, Any], *, training: bool) -> None:
        self._network = network
        self._values = values
        self._training = training
        self.changed: dict[int, Any] = {}

    def __call__(self, groups: Mapping[str, Any]) -> Any:
        """Maps groups `(members, batch, width)` to raw outputs `(members, batch, outputs)`."""
        ordered = [groups[tensor.name] for tensor in self._network.inputs]
        return self._network._run_through_graph(ordered, operation_fn=self._stacked)

    def penalties(self) -> Any:
        """Returns the sum of the penalties on weights of every member, `(members,)`; 0 where there are none."""
        charged = [v for v in self._network.trainable_variables if v.regularizer]
        per_member = [tf.stack([v.regularizer(one) for one in tf.unstack(self._value(v))]) for v in charged]
        return tf.add_n(per_member) if per_member else 0.0

    def _value(self, variable: Any) -> Any:
        return self._values[id(variable)]

    def _stacked(self, operation: Any) -> Callable[..., Any]:
        kind = type(operation)
        if kind.__name__ in _ROW_BY_ROW and getattr(operation, "axis", -1) != 0:
            return lambda *arguments, **options: _in_one_batch(operation, arguments, options)
        if kind is keras.layers.Dense:
            return lambda x, **_: self._dense(operation, x)
        if kind is keras.layers.Embedding:
            return lambda codes, **_: self._embedding(operation, codes)
        if kind is keras.layers.BatchNormalization and _is_plain(operation) and not operation.renorm:
            return lambda x, **_: self._batch_normalization(operation, x)
        if kind is keras.layers.LayerNormalization and _is_plain(operation) and not operation.rms_scaling:
            return lambda x, **_: self._layer_normalization(operation, x)
        if kind is Dropout:
            return lambda x, **_: self._dropout(operation, x)
        if kind is Gate:
            return lambda x, **_: x * tf.reshape(self._value(operation.open), (-1, *[1] * (len(x.shape) - 1)))
        return lambda *arguments, **options: self._one_by_one(operation, arguments, options)

    def _dense(self, layer: Any, x: Any) -> Any:
        x = tf.cast(x, layer.compute_dtype)
        kernel = tf.cast(self._value(layer.kernel), x.dtype)  # (members, inputs, units)
        x = tf.matmul(x, kernel)
        if layer.use_bias:
            x += tf.cast(self._value(layer.bias), x.dtype)[:, None]
        return layer.activation(x) if layer.activation else x

    def _embedding(self, layer: Any, codes: Any) -> Any:
        table = self._value(layer.embeddings)  # (members, levels, width)
        members, levels, width = table.shape
        # All tables below one another, so that one lookup serves all members.
        offsets = tf.reshape(tf.range(members, dtype=codes.dtype) * levels, (-1, *[1] * (len(codes.shape) - 1)))
        found = tf.gather(tf.reshape(table, (members * levels, width)), codes + offsets)
        return tf.cast(found, layer.compute_dtype)

    def _dropout(self, layer: Any, x: Any) -> Any:
        if not self._training:
            return x
        generator = layer.seed_generator.state
        seeds = self._value(generator)  # (members, 2)
        self.changed[id(generator)] = seeds + tf.constant([0, 1], seeds.dtype)
        bits = random_bits(seeds, tf.size(x[0]))
        rate = tf.reshape(self._value(layer.rate), (-1, *[1] * (len(x.shape) - 1)))
        return layer.drop(x, tf.reshape(bits, tf.shape(x)), rate=rate)

    def _batch_normalization(self, layer: Any, x: Any) -> Any:
        x = tf.cast(x, tf.float32)
        if self._training:
            mean, variance = tf.nn.moments(x, axes=[1])  # (members, features)
            for variable, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
                old = self._value(variable)
                self.changed[id(variable)] = old * layer.momentum + value * (1 - layer.momentum)
        else:
            mean, variance = self._value(layer.moving_mean), self._value(layer.moving_variance)
        return tf.cast(self._normalized(layer, x, mean[:, None], variance[:, None]), layer.compute_dtype)

    def _layer_normalization(self, layer: Any, x: Any) -> Any:
        x = tf.cast(x, tf.float32)
        mean, variance = tf.nn.moments(x, axes=[-1], keepdims=True)  # (members, batch, 1)
        return tf.cast(self._normalized(layer, x, mean, variance), layer.compute_dtype)

    def _normalized(self, layer: Any, x: Any, mean: Any, variance: Any) -> Any:
        scale, shift = self._value(layer.gamma)[:, None], self._value(layer.beta)[:, None]
        inverse = tf.math.rsqrt(variance + layer.epsilon) * scale
        return x * inverse + (shift - mean * inverse)

    def _one_by_one(self, operation: Any, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
        members = next(a.shape[0] for a in tf.nest.flatten([arguments, options]) if _is_stacked(a))
        outputs = []
        changes: list[list[Any]] = []
        for member in range(members):
            own, own_options = tf.nest.map_structure(
                lambda x, member=member: x[member] if _is_stacked(x) else x, (list(arguments), dict(options))
            )
            if not isinstance(operation, keras.Layer):
                outputs.append(operation(*own, **own_options))
                continue
            trainable = [self._value(v)[member] for v in operation.trainable_variables]
            fixed = [self._value(v)[member] for v in operation.non_trainable_variables]
            if operation._call_has_training_arg:
                own_options["training"] = self._training
            output, changed = operation.stateless_call(trainable, fixed, *own, **own_options)
            outputs.append(output)
            changes.append(changed)
        if isinstance(operation, keras.Layer):
            for variable, values in zip(operation.non_trainable_variables, zip(*changes, strict=True), strict=True):
                self.changed[id(variable)] = tf.stack(values)
        return tf.nest.map_structure(lambda *each: tf.stack(each), *outputs)


def _in_one_batch(operation: Any, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Applies an operation that treats rows alone to the rows of all members as one batch."""
    members = next(a.shape[0] for a in tf.nest.flatten([arguments, options]) if _is_stacked(a))

    def join(x: Any) -> Any:
        return tf.reshape(x, (-1, *x.shape[2:])) if _is_stacked(x) else x

    joined, joined_options = tf.nest.map_structure(join, (list(arguments), dict(options)))
    output = operation(*joined, **joined_options)
    return tf.reshape(output, (members, -1, *output.shape[1:]))


def _is_plain(layer: Any) -> bool:
    """True for a normalisation of the last axis with a scale and a shift."""
    return layer.axis in (-1, [-1]) and layer.scale and layer.center


def _is_stacked(x: Any) -> bool:
    """True for what is computed in the graph; constants of the network are eager tensors or arrays."""
    return isinstance(x, tf.Tensor) and bool(tf.is_symbolic_tensor(x))
