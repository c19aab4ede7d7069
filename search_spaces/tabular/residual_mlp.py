"""Residual network for tables."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from search_spaces.family import Layout
from search_spaces.layers.dropout import Dropout
from search_spaces.layers.gate import Gate
from search_spaces.tabular.features import gather
from search_spaces.tabular.hidden import activate, dense, normalize


def build(
    inputs: Mapping[str, keras.KerasTensor],
    *,
    layout: Layout,
    outputs: int,
    blocks: int,
    width: int,
    expansion: float,
    activation: str,
    normalization: str,
    dropout: float,
    residual_dropout: float,
    growth: str,
    scaling: str,
    categories: str,
    embedding_width: int,
) -> keras.KerasTensor:
    """Pre-norm residual blocks on a linear projection of the features.

    Source: Gorishniy et al. 2021, "Revisiting Deep Learning Models for Tabular Data" (arXiv 2106.11959).

    Args:
        inputs: Encoded groups `(batch, width)` by name.
        layout: Which groups there are.
        outputs: Width of the output.
        blocks: Residual blocks.
        width: Width of the residual stream.
        expansion: Width inside a block, as a multiple of `width`.
        activation: Name of a Keras activation.
        normalization: "batch" or "layer", at the start of each block.
        dropout: Share of inner units that is dropped in training.
        residual_dropout: Share of a block's outputs that is dropped in training.
        growth: "depth" puts a gate behind each block, so that blocks can be switched on one after the other; "none".
        scaling: View of the numbers, see `gather`.
        categories: View of the categories, see `gather`.
        embedding_width: Length of the vector that stands for a level.

    Returns:
        Raw outputs `(batch, outputs)`.
    """
    x = gather(inputs, layout=layout, scaling=scaling, categories=categories, embedding_width=embedding_width)
    x = keras.layers.Dense(width, name="projection")(x)  # (batch, width)
    for number in range(blocks):
        name = f"block_{number}"
        y = normalize(x, normalization, name=name)
        y = dense(y, max(1, round(width * expansion)), activation=activation, name=f"{name}_inner")
        y = activate(y, activation, dropout=dropout, name=name)  # (batch, width * expansion)
        y = keras.layers.Dense(width, name=f"{name}_outer")(y)
        if residual_dropout:
            y = Dropout(residual_dropout, name=f"{name}_residual_dropout")(y)
        y = Gate(name=f"{name}_gate")(y) if growth == "depth" else y
        x = keras.layers.Add(name=f"{name}_sum")([x, y])
    x = normalize(x, normalization, name="final")
    x = activate(x, activation, dropout=0.0, name="final")
    return keras.layers.Dense(outputs, name="logits")(x)
