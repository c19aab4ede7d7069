"""FT-Transformer: columns look at each other."""

from __future__ import annotations

from collections.abc import Mapping

import keras
from keras import ops

from search_spaces.family import Layout
from search_spaces.layers.dropout import Dropout
from search_spaces.layers.tokens import NumberTokens, SummaryToken
from search_spaces.tabular.features import embed_levels

# Units inside a feed-forward part, over the width of a token (Gorishniy et al. 2021).
_EXPANSION = 4 / 3


def build(
    inputs: Mapping[str, keras.KerasTensor],
    *,
    layout: Layout,
    outputs: int,
    blocks: int,
    width: int,
    heads: int,
    attention_dropout: float,
    dropout: float,
) -> keras.KerasTensor:
    """Every column as a token, blocks of self-attention, and an answer from a token that is no column.

    Source: Gorishniy et al. 2021, "Revisiting Deep Learning Models for Tabular Data" (arXiv 2106.11959).

    Args:
        inputs: Encoded groups `(batch, width)` by name.
        layout: Which groups there are.
        outputs: Width of the output.
        blocks: Of attention and feed-forward parts.
        width: Length of a token; a multiple of `heads` is used.
        heads: Of each attention.
        attention_dropout: Share of an attention's output that is dropped in training.
        dropout: Share of the units inside a feed-forward part that is dropped in training.

    Returns:
        Raw outputs `(batch, outputs)`.
    """
    width = max(1, round(width / heads)) * heads
    x = SummaryToken(name="summary")(_tokens(inputs, layout, width=width))  # (batch, tokens + 1, width)
    for number in range(blocks):
        name = f"block_{number}"
        # The first block is not normalised: without that, training from a small rate does not start.
        y = keras.layers.LayerNormalization(name=f"{name}_norm")(x) if number else x
        y = keras.layers.MultiHeadAttention(heads, width // heads, name=f"{name}_attention")(y, y)
        x = keras.layers.Add(name=f"{name}_attended")([x, _dropped(y, attention_dropout, name=f"{name}_attention")])
        y = keras.layers.LayerNormalization(name=f"{name}_inner_norm")(x)
        x = keras.layers.Add(name=f"{name}_sum")([x, _feed_forward(y, width, dropout=dropout, name=name)])
    answer = keras.layers.LayerNormalization(name="final_norm")(x[:, 0])  # (batch, width)
    return keras.layers.Dense(outputs, name="logits")(ops.relu(answer))


def _tokens(inputs: Mapping[str, keras.KerasTensor], layout: Layout, *, width: int) -> keras.KerasTensor:
    """Returns a token for every number and every category, `(batch, tokens, width)`."""
    numeric: list[str] = [g for g in ("quantiles", "indicators", "statistics", "text") if g in layout.widths]
    if "quantiles" not in layout.widths and "numbers" in layout.widths:
        numeric = ["numbers", *numeric]
    if layout.one_hot and not layout.cardinalities:
        numeric.append("one_hot")
    tokens = [NumberTokens(width, name=f"{group}_tokens")(inputs[group]) for group in numeric]
    if layout.cardinalities:
        levels = embed_levels(inputs["codes"], layout.cardinalities, width=width)
        tokens.append(keras.layers.Reshape((len(layout.cardinalities), width), name="level_tokens")(levels))
    return keras.layers.Concatenate(axis=1, name="tokens")(tokens) if len(tokens) > 1 else tokens[0]


def _feed_forward(x: keras.KerasTensor, width: int, *, dropout: float, name: str) -> keras.KerasTensor:
    """A gated layer (ReGLU, Shazeer 2020, arXiv 2002.05202) and a projection back, `(batch, tokens, width)`."""
    inner = round(_EXPANSION * width)
    value = keras.layers.Dense(inner, name=f"{name}_value")(x)
    gate = keras.layers.Dense(inner, activation="relu", name=f"{name}_gate")(x)
    y = _dropped(keras.layers.Multiply(name=f"{name}_gated")([value, gate]), dropout, name=f"{name}_gated")
    return keras.layers.Dense(width, name=f"{name}_outer")(y)


def _dropped(x: keras.KerasTensor, dropout: float, *, name: str) -> keras.KerasTensor:
    return Dropout(dropout, name=f"{name}_dropout")(x) if dropout else x
