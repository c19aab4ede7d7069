"""Multilayer perceptron."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from search_spaces.family import Layout
from search_spaces.tabular.features import gather
from search_spaces.tabular.hidden import activate, dense, normalize


def build(
    inputs: Mapping[str, keras.KerasTensor],
    *,
    layout: Layout,
    outputs: int,
    depth: int,
    width: int,
    activation: str,
    normalization: str,
    dropout: float,
    scaling: str,
    categories: str,
    embedding_width: int,
) -> keras.KerasTensor:
    """Features, `depth` times (dense, normalisation, activation, dropout), and a linear output.

    Args:
        inputs: Encoded groups `(batch, width)` by name.
        layout: Which groups there are.
        outputs: Width of the output.
        depth: Hidden layers.
        width: Units of each.
        activation: Name of a Keras activation.
        normalization: "none", "batch" or "layer", before the activation.
        dropout: Share of hidden units that is dropped in training.
        scaling: View of the numbers, see `gather`.
        categories: View of the categories, see `gather`.
        embedding_width: Length of the vector that stands for a level.

    Returns:
        Raw outputs `(batch, outputs)`.
    """
    x = gather(inputs, layout=layout, scaling=scaling, categories=categories, embedding_width=embedding_width)
    for number in range(depth):
        name = f"hidden_{number}"
        x = dense(x, width, activation=activation, name=name)  # (batch, width)
        x = normalize(x, normalization, name=name)
        x = activate(x, activation, dropout=dropout, name=name)
    return keras.layers.Dense(outputs, name="logits")(x)
