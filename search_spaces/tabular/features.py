"""How the encoded groups of a table become what a network reads."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from search_spaces.family import Layout
from search_spaces.tabular.levels import stack_codes


def gather(
    inputs: Mapping[str, keras.KerasTensor],
    *,
    layout: Layout,
    scaling: str,
    categories: str,
    embedding_width: int,
) -> keras.KerasTensor:
    """Joins the groups that a dense network reads.

    Args:
        inputs: Groups `(batch, width)` by name.
        layout: Which groups there are.
        scaling: "robust", "quantile" or "both": the view of the numbers.
        categories: "one_hot", "embedding" or "both". One-hot covers columns of few levels only; columns of many
            levels are then known by their statistics. Without one-hot columns, codes are embedded anyway.
        embedding_width: Length of the vector that stands for a level.

    Returns:
        `(batch, features)`.
    """
    parts = [inputs[group] for group in _number_views(layout, scaling)]
    parts += [inputs[group] for group in ("indicators", "statistics", "text") if group in layout.widths]
    embeds = embeds_levels(layout, categories)
    if layout.one_hot and not (embeds and categories == "embedding"):
        parts.append(inputs["one_hot"])
    if embeds:
        parts.append(embed_levels(inputs["codes"], layout.cardinalities, width=embedding_width))
    return keras.layers.Concatenate(name="features")(parts) if len(parts) > 1 else parts[0]


def embeds_levels(layout: Layout, categories: str) -> bool:
    """True where `gather` gives every code a vector; those of all columns stand last among the features."""
    return bool(layout.cardinalities) and (categories != "one_hot" or not layout.one_hot)


def embed_levels(
    codes: keras.KerasTensor, cardinalities: tuple[int, ...], *, width: int, deviation: float = 0.5
) -> keras.KerasTensor:
    """Looks every code up in one table that holds the levels of all columns one below the other.

    One lookup for all columns is several times faster than one per column.

    Args:
        codes: `(batch, columns)`, int32.
        cardinalities: Levels of each column.
        width: Length of the vector of a level, the same for every column.
        deviation: Standard deviation of the initial vectors' values.

    Returns:
        `(batch, columns * width)`.
    """
    rows = keras.layers.Embedding(
        sum(cardinalities),
        width,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=deviation),
        name="levels",
    )(stack_codes(codes, cardinalities))
    return keras.layers.Reshape((len(cardinalities) * width,), name="levels_flat")(rows)


def sum_of_weights(codes: keras.KerasTensor, size: int, *, outputs: int, name: str) -> keras.KerasTensor:
    """A linear model on one-hot codes, without ever making them one-hot.

    Args:
        codes: `(batch, columns)`, all columns in one table; see `stack_codes`.
        size: Rows of that table.
        outputs: Weights of each row; they start at 0.
        name: Of the layer that holds the table.

    Returns:
        `(batch, outputs)`.
    """
    weights = keras.layers.Embedding(size, outputs, embeddings_initializer="zeros", name=name)(codes)
    return keras.ops.sum(weights, axis=1)  # (batch, columns, outputs) -> (batch, outputs)


def _number_views(layout: Layout, scaling: str) -> list[str]:
    """Returns the views of the numbers that are wanted, or the other one where there is only that."""
    views = {"robust": ["numbers"], "quantile": ["quantiles"], "both": ["numbers", "quantiles"]}[scaling]
    present: list[str] = [view for view in ("numbers", "quantiles") if view in layout.widths]
    return [view for view in present if view in views] or present
