"""What keeps weights small: penalties on kernels, and a limit for the weights that come into a unit.

Kernels are what weight decay applies to, see `FlatWeights.decays`. Weights that are kept divided by a factor of their
learning rate count as the network uses them: the factor is the square root of how they decay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_cli.training.flat import FlatWeights, decay_factor, incoming_norm

# Keeps the length of a vector of zeros from dividing.
_SHORTEST = 1e-12


def penalty_gradient(weights: Any, *, decays: NDArray[np.float32], values: Mapping[str, Any]) -> Any:
    """Returns the gradient `(members, parameters)` of `l1 * sum |w| + l2 * sum w ** 2`.

    It is that of `keras.regularizers.L1L2`; both together are the elastic net (Zou & Hastie 2005).

    Args:
        weights: `(members, parameters)`.
        decays: Which of them are kernels, `(parameters,)`.
        values: Reads `l1` and `l2`, `(members, 1)`; at least one of them.
    """
    parts = []
    if "l1" in values:
        parts.append(values["l1"] * np.sqrt(decays) * tf.sign(weights))
    if "l2" in values:
        parts.append(values["l2"] * (2 * decays) * weights)
    return tf.add_n(parts)


def penalty(variables: Any, *, l1: float, l2: float) -> Any:
    """Returns what `penalty_gradient` is the gradient of, for the variables of a single network."""
    total = 0.0
    for variable in variables:
        if factor := decay_factor(variable):
            value = tf.convert_to_tensor(variable)
            total += l1 * factor**0.5 * tf.reduce_sum(tf.abs(value))
            total += l2 * factor * tf.reduce_sum(tf.square(value))
    return total


def limit_incoming(weights: Any, *, layout: FlatWeights, norm: Any) -> Any:
    """Shortens the weights that come into a unit to a length (Srivastava et al. 2014, "Dropout", section 5.1).

    Args:
        weights: `(members, parameters)`.
        layout: How they are laid out; it knows which are kernels of units.
        norm: Greatest length, `(members, 1)`.
    """
    parts = []
    for values, limit in zip(layout.split(weights), layout.incoming, strict=True):
        shortened = values
        if limit is not None:
            axis, factor = limit
            greatest = tf.reshape(norm, (-1, *[1] * (len(values.shape) - 1))) / factor
            shortened = values * shortening(values, axis=axis + 1, greatest=greatest)
        parts.append(tf.reshape(shortened, (tf.shape(weights)[0], int(np.prod(values.shape[1:])))))
    return tf.concat(parts, axis=1)


def shortening(kernel: Any, *, axis: int, greatest: Any) -> Any:
    """Returns what vectors along an axis are multiplied by, so that none is longer than `greatest`."""
    length = tf.sqrt(tf.reduce_sum(tf.square(kernel), axis=axis, keepdims=True))
    return tf.minimum(1.0, greatest / tf.maximum(length, _SHORTEST))


def limit_variables(variables: Any, *, norm: float) -> None:
    """Does in place what `limit_incoming` does, for the variables of a single network."""
    for variable in variables:
        if (limit := incoming_norm(variable)) is not None:
            axis, factor = limit
            variable.assign(variable * shortening(variable.value, axis=axis, greatest=norm / factor))
