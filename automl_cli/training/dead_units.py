"""Units that have stopped to say anything: a probe, once at the end of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

# These are flat on one side: where a unit's inputs all lie there, its gradient is 0, and it stays as it is.
_RECTIFIERS = ("relu", "relu6", "gelu", "silu", "mish")
# A smooth rectifier is never quite 0.
_NOTHING = 1e-6
# More rows would find a few more that bring a unit to life, and take longer.
_MOST_ROWS = 256


def share_of_dead_units(network: keras.Model, groups: Mapping[str, NDArray[Any]]) -> float | None:
    """Returns the share of a network's rectifiers that give 0 for every row; None where it has none.

    Args:
        network: With the weights that are asked about.
        groups: Encoded rows `(rows, width)` by name; the first 256 of evenly spread ones are looked at.
    """
    outputs = [layer.output for layer in network.layers if _is_rectifier(layer)]
    if not outputs:
        return None
    step = -(-len(next(iter(groups.values()))) // _MOST_ROWS)
    rows = {name: np.asarray(values[::step]) for name, values in groups.items()}
    inputs = {tensor.name: tensor for tensor in network.inputs if tensor.name in rows}
    return _silent_share(keras.Model(inputs, outputs)(rows, training=False))


def _is_rectifier(layer: Any) -> bool:
    kinds = (keras.layers.Activation, keras.layers.Dense, keras.layers.ReLU)
    if type(layer) not in kinds or len(layer._inbound_nodes) != 1:
        return False
    name = "relu" if type(layer) is keras.layers.ReLU else getattr(layer.activation, "__name__", "")
    return name in _RECTIFIERS


def _silent_share(outputs: Any) -> float:
    each: Sequence[Any] = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    silent = [(np.abs(np.asarray(x)) < _NOTHING).reshape(-1, x.shape[-1]).all(axis=0) for x in each]  # (units,)
    return float(np.concatenate(silent).mean())
