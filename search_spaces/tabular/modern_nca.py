"""ModernNCA: a network that learns where to put rows, so that those close by have the same labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import keras
from numpy.typing import NDArray

from search_spaces.family import TARGET, Layout
from search_spaces.layers.dropout import Dropout
from search_spaces.layers.neighbours import NeighbourVote, Vote
from search_spaces.layers.periodic import PeriodicEmbedding
from search_spaces.layers.piecewise_linear import PiecewiseLinear, quantile_edges
from search_spaces.tabular.features import gather

# Of more columns of numbers, embeddings would be most of the network: they are read as they are.
_MOST_EMBEDDED = 200
# Units of the hidden layer of a block, as in the paper's package.
_BLOCK_WIDTH = 512
# Length of the vector of a level, where a table has neither one-hot columns nor statistics of its categories.
_LEVEL_WIDTH = 8


def build(
    inputs: Mapping[str, keras.KerasTensor],
    *,
    layout: Layout,
    outputs: int,
    width: int,
    hidden_blocks: int,
    dropout: float,
    embedding: str,
    number_width: int,
    bins: int,
    frequencies: int,
    frequency_scale: float,
    vote: str,
    capacity: int,
) -> keras.KerasTensor:
    """Embedded numbers and other features, a linear map, blocks of two dense layers, and a vote of neighbours.

    After Ye et al. 2024 (arXiv 2407.03257) and its package. Other than there, waves of a column are its own, see
    `PeriodicEmbedding`, and candidates in training are the rows of the batch, see `NeighbourVote`.

    Args:
        inputs: Encoded groups `(batch, width)` by name; and `target`, read in training only.
        layout: Which groups there are.
        outputs: Width of the output.
        width: Of the space in which rows are neighbours.
        hidden_blocks: How often (normalisation, dense, ReLU, dropout, dense) follows the linear map.
        dropout: Share of the hidden units of a block that is dropped in training.
        embedding: Of numbers: "piecewise", "pbld" or "none".
        number_width: Length of the vector that stands for a number, if embedded; the next three say how.
        bins: Pieces of the function that embeds a number, for "piecewise".
        frequencies: Waves of each column of numbers, for "pbld".
        frequency_scale: Standard deviation of their initial frequencies.
        vote: What rows vote on, "numbers" or "classes"; of several outputs, always classes.
        capacity: Most training rows that are remembered.
    """
    parts = []
    columns = layout.quantiles or layout.numbers
    if columns:
        view = "quantiles" if layout.quantiles else "numbers"
        embedders: dict[str, keras.layers.Layer] = {
            "piecewise": PiecewiseLinear(number_width, bins=bins, name="embedded_numbers"),
            "pbld": PeriodicEmbedding(
                number_width, frequencies=frequencies, frequency_scale=frequency_scale, rate_factor=1.0, name="waves"
            ),
        }
        embedder = embedders.get(embedding) if columns <= _MOST_EMBEDDED else None
        parts.append(embedder(inputs[view]) if embedder else inputs[view])
    rest = replace(layout, numbers=0, quantiles=0, values=0, crosses=0)
    if rest.widths:
        parts.append(
            gather(inputs, layout=rest, scaling="quantile", categories="one_hot", embedding_width=_LEVEL_WIDTH)
        )
    x = keras.layers.Concatenate(name="inputs")(parts) if len(parts) > 1 else parts[0]
    x = _dense(x, width, name="place")  # (batch, width)
    x = _add_blocks(x, hidden_blocks, width=width, dropout=dropout)
    voted = cast(Vote, "classes" if outputs > 1 else vote)
    return NeighbourVote(outputs, capacity=capacity, vote=voted, name="vote")(x, inputs[TARGET])


def adapt(model: keras.Model, arrays: Mapping[str, NDArray[Any]], *, seed: int) -> None:
    """Puts the edges of the embedding at quantiles of training rows; see `Family.adapt`. Draws nothing."""
    for layer in model.layers:
        if isinstance(layer, PiecewiseLinear):
            values = arrays["quantiles" if "quantiles" in arrays else "numbers"]
            layer.set_edges(quantile_edges(values, bins=layer.bins))


def _add_blocks(x: keras.KerasTensor, count: int, *, width: int, dropout: float) -> keras.KerasTensor:
    for number in range(count):
        name = f"block_{number}"
        x = keras.layers.BatchNormalization(name=f"{name}_normalization")(x)
        x = keras.layers.Activation("relu", name=f"{name}_bend")(_dense(x, _BLOCK_WIDTH, name=f"{name}_hidden"))
        x = Dropout(dropout, name=f"{name}_dropout")(x) if dropout else x
        x = _dense(x, width, name=f"{name}_out")  # (batch, width)
    return keras.layers.BatchNormalization(name="normalization")(x) if count else x


def _dense(x: keras.KerasTensor, units: int, *, name: str) -> keras.KerasTensor:
    bound = float(x.shape[1]) ** -0.5
    return keras.layers.Dense(
        units,
        kernel_initializer=keras.initializers.RandomUniform(-bound, bound),
        bias_initializer=keras.initializers.RandomUniform(-bound, bound),
        name=name,
    )(x)
