"""TabM-mini: many perceptrons in one, which share all weights but a scale of their inputs and a linear output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import keras
from numpy.typing import NDArray

from search_spaces.family import Layout
from search_spaces.layers.members import MemberHeads, MemberScaling
from search_spaces.layers.piecewise_linear import PiecewiseLinear, quantile_edges
from search_spaces.tabular.features import embeds_levels, gather
from search_spaces.tabular.hidden import activate

# The vectors of all numbers together are no longer than this, or the first dense layer would be most of the network.
_MOST_INPUTS = 1024
# Of more columns, a vector each would be longer than that or too short to bend: they are read as they are.
_MOST_COLUMNS, _LEAST_WIDTH = 512, 4
# Bins of all columns together: each costs a pass over the batch.
_MOST_BINS = 4096


def build(
    inputs: Mapping[str, keras.KerasTensor],
    *,
    layout: Layout,
    outputs: int,
    members: int,
    blocks: int,
    width: int,
    dropout: float,
    bins: int,
    embedding_width: int,
    categories: str,
    level_width: int,
) -> keras.KerasTensor:
    """Embedded numbers and other features, scaled anew for each member, shared hidden layers, a linear output each.

    After Gorishniy et al. 2024 (arXiv 2410.24210): TabM-mini with piecewise-linear embeddings.

    Args:
        inputs: Encoded groups `(batch, width)` by name.
        layout: Which groups there are.
        outputs: Width of the output.
        members: Perceptrons in one.
        blocks: Hidden layers.
        width: Units of each.
        dropout: Share of hidden units that is dropped in training.
        bins: Pieces of the function that embeds a number; fewer on wide tables.
        embedding_width: Length of the vector that stands for a number; shorter on wide tables, none on very wide ones.
        categories: View of the categories, see `gather`.
        level_width: Length of the vector that stands for a level.

    Returns:
        Raw outputs of every member, `(batch, members, outputs)`.
    """
    parts, chunks = [], []
    columns = layout.quantiles or layout.numbers
    vector = _vector_width(columns, embedding_width)
    if columns:
        x = inputs["quantiles" if layout.quantiles else "numbers"]  # (batch, columns)
        if vector:
            x = PiecewiseLinear(vector, bins=min(bins, _MOST_BINS // columns), name="embedded_numbers")(x)
        parts.append(x)
        chunks += [vector or 1] * columns
    rest = replace(layout, numbers=0, quantiles=0, values=0, crosses=0)
    if rest.widths:
        x = gather(inputs, layout=rest, scaling="quantile", categories=categories, embedding_width=level_width)
        parts.append(x)
        codes = len(layout.cardinalities) if embeds_levels(layout, categories) else 0
        chunks += [1] * (x.shape[1] - codes * level_width) + [level_width] * codes
    x = keras.layers.Concatenate(name="inputs")(parts) if len(parts) > 1 else parts[0]
    x = MemberScaling(members, chunks=chunks, signs=not vector, name="members")(x)  # (batch * members, features)
    for number in range(blocks):
        name = f"block_{number}"
        x = activate(_dense(x, width, name=name), "relu", dropout=dropout, name=name)  # (batch * members, width)
    return MemberHeads(members, outputs=outputs, name="logits")(x)


def adapt(model: keras.Model, arrays: Mapping[str, NDArray[Any]], *, seed: int) -> None:
    """Puts the edges of the embedding at quantiles of training rows; see `Family.adapt`. Draws nothing."""
    for layer in model.layers:
        if isinstance(layer, PiecewiseLinear):
            values = arrays["quantiles" if "quantiles" in arrays else "numbers"]
            layer.set_edges(quantile_edges(values, bins=layer.bins))


def _vector_width(columns: int, wanted: int) -> int:
    """Returns the length of the vector of a number, 0 where it is read as it is."""
    if not 0 < columns <= _MOST_COLUMNS:
        return 0
    return min(wanted, max(_MOST_INPUTS // columns, _LEAST_WIDTH))


def _dense(x: keras.KerasTensor, width: int, *, name: str) -> keras.KerasTensor:
    bound = float(x.shape[1]) ** -0.5
    return keras.layers.Dense(
        width,
        kernel_initializer=keras.initializers.RandomUniform(-bound, bound),
        bias_initializer=keras.initializers.RandomUniform(-bound, bound),
        name=name,
    )(x)
