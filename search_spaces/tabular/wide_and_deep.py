"""Wide and deep network: a linear model that memorises beside a deep one that generalises."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import keras
import numpy as np
from keras import ops

from search_spaces.family import Layout
from search_spaces.tabular.features import gather, sum_of_weights
from search_spaces.tabular.hidden import activate, dense
from search_spaces.tabular.levels import stack_codes


def build(
    inputs: Mapping[str, keras.KerasTensor],
    *,
    layout: Layout,
    outputs: int,
    depth: int,
    width: int,
    activation: str,
    dropout: float,
    embedding_width: int,
    crosses: int,
    buckets: int,
) -> keras.KerasTensor:
    """Sum of a linear model on levels, pairs of levels and numbers, and of a perceptron.

    Source: Cheng et al. 2016, "Wide & Deep Learning for Recommender Systems" (arXiv 1606.07792).

    Args:
        inputs: Encoded groups `(batch, width)` by name.
        layout: Which groups there are.
        outputs: Width of the output.
        depth: Hidden layers of the deep part.
        width: Units of each.
        activation: Name of a Keras activation.
        dropout: Share of hidden units that is dropped in training.
        embedding_width: Length of the vector that stands for a level in the deep part.
        crosses: Most pairs of category columns whose combinations have weights of their own.
        buckets: Most weights of one pair; above, combinations share them by hash.

    Returns:
        Raw outputs `(batch, outputs)`.
    """
    x = gather(inputs, layout=layout, scaling="robust", categories="embedding", embedding_width=embedding_width)
    for number in range(depth):
        x = dense(x, width, activation=activation, name=f"hidden_{number}")  # (batch, width)
        x = activate(x, activation, dropout=dropout, name=f"hidden_{number}")
    logits = [keras.layers.Dense(outputs, name="deep_logits")(x)]
    # Codes, below, say all that one-hot columns say.
    groups = ("numbers", "indicators", "statistics", "text", *(() if layout.cardinalities else ("one_hot",)))
    linear = [inputs[group] for group in groups if group in layout.widths]
    if linear:
        flat = keras.layers.Concatenate(name="wide")(linear) if len(linear) > 1 else linear[0]
        # Zeros: the wide part starts silent and learns only what the deep part leaves over.
        logits.append(keras.layers.Dense(outputs, kernel_initializer="zeros", use_bias=False, name="wide_logits")(flat))
    if layout.cardinalities:
        codes = inputs["codes"]
        levels = stack_codes(codes, layout.cardinalities)
        logits.append(sum_of_weights(levels, sum(layout.cardinalities), outputs=outputs, name="level_logits"))
        pairs = _smallest_pairs(layout.cardinalities, crosses)
        if pairs:
            crossed, size = _cross(codes, layout.cardinalities, pairs=pairs, buckets=buckets)
            logits.append(sum_of_weights(crossed, size, outputs=outputs, name="cross_logits"))
    return keras.layers.Add(name="logits")(logits) if len(logits) > 1 else logits[0]


def _smallest_pairs(cardinalities: tuple[int, ...], most: int) -> list[tuple[int, int]]:
    """Pairs of columns, those of fewest combinations first: each of them is seen most often."""
    pairs = combinations(range(len(cardinalities)), 2)
    return sorted(pairs, key=lambda pair: cardinalities[pair[0]] * cardinalities[pair[1]])[:most]


def _cross(
    codes: keras.KerasTensor, cardinalities: tuple[int, ...], *, pairs: list[tuple[int, int]], buckets: int
) -> tuple[keras.KerasTensor, int]:
    """Numbers the combinations of each pair, behind one another for one table, and returns its size too."""
    sizes = np.array(cardinalities, "int32")
    left, right = (np.array(side, "int32") for side in zip(*pairs, strict=True))
    rooms = np.minimum(sizes[left].astype("int64") * sizes[right], buckets).astype("int32")
    starts = np.cumsum(np.concatenate([[0], rooms[:-1]])).astype("int32")
    # Exact wherever all combinations have room, else a hash by a prime; products stay far below 2**31.
    factors = np.where(rooms == sizes[left].astype("int64") * sizes[right], sizes[right], 7919)
    combined = ops.take(codes, left, axis=1) % rooms * factors.astype("int32") + ops.take(codes, right, axis=1)
    return combined % rooms + starts, int(rooms.sum())
