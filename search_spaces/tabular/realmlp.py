"""RealMLP: a perceptron whose parts and defaults were tuned together on many tables.

Source: Holzmüller et al. 2024, "Better by Default" (arXiv 2407.04491), and its package pytabkit. Other than there,
unseen and missing levels are levels, one-hot columns are not scaled, and columns of many levels are known by their
statistics too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from search_spaces.family import Layout
from search_spaces.layers.dropout import Dropout
from search_spaces.layers.front_scale import FrontScale
from search_spaces.layers.ntp_dense import NtpDense
from search_spaces.layers.parametric_activation import ParametricActivation
from search_spaces.layers.periodic import PeriodicEmbedding
from search_spaces.tabular.features import embed_levels

# Of more columns of numbers, waves would be most of the network: they stand for themselves.
_MOST_EMBEDDED = 500
# Codes of a column that one-hot columns may stand for: 16 levels, unseen and missing.
_MOST_ONE_HOT = 18
# Rows to which initial weights are adapted: deviations of more are hardly different.
_ADAPTED_TO = 4096


def build(
    inputs: Mapping[str, keras.KerasTensor],
    *,
    layout: Layout,
    outputs: int,
    depth: int,
    width: int,
    activation: str,
    parametric: bool,
    dropout: float,
    embedding: str,
    number_width: int,
    frequencies: int,
    frequency_scale: float,
    embedding_rate_factor: float,
    embedding_width: int,
    front_scale: bool,
    scale_rate_factor: float,
    first_rate_factor: float,
    initialization: str,
) -> keras.KerasTensor:
    """Features, a weight for each, `depth` times (dense, activation, dropout), and a linear output.

    Args:
        inputs: Encoded groups `(batch, width)` by name.
        layout: Which groups there are.
        outputs: Width of the output.
        depth: Hidden layers.
        width: Units of each.
        activation: Name of a Keras activation.
        parametric: Whether every unit learns how far it follows the activation.
        dropout: Share of hidden units that is dropped in training.
        embedding: Of numbers: "pbld", see `PeriodicEmbedding`, or "none".
        number_width: Values that stand for a number, if embedded; the next three say how.
        frequencies: Waves of each column of numbers.
        frequency_scale: Standard deviation of their initial frequencies.
        embedding_rate_factor: Learning rate of the embedding over the optimizer's.
        embedding_width: Length of the vector that stands for a level of a column of many levels.
        front_scale: Whether features are weighted before the first hidden layer.
        scale_rate_factor: Learning rate of these weights over the optimizer's.
        first_rate_factor: Learning rate of the first hidden layer over the optimizer's.
        initialization: Of dense layers: "data", see `adapt`, or "normal" with an output of zeros.
    """
    waves = PeriodicEmbedding(
        number_width,
        frequencies=frequencies,
        frequency_scale=frequency_scale,
        rate_factor=embedding_rate_factor,
        name="waves",
    )
    x = _gather(inputs, layout=layout, waves=waves if embedding == "pbld" else None, level_width=embedding_width)
    x = FrontScale(rate_factor=scale_rate_factor, name="front_scale")(x) if front_scale else x
    hidden, last = ("rows", "rows") if initialization == "data" else ("normal", "zeros")
    for number in range(depth):
        name, factor = f"hidden_{number}", 1.0 if number else first_rate_factor
        x = NtpDense(width, start=hidden, rate_factor=factor, name=name)(x)  # (batch, width)
        x = (ParametricActivation if parametric else keras.layers.Activation)(activation, name=f"{name}_bend")(x)
        x = Dropout(dropout, name=f"{name}_dropout")(x) if dropout else x
    return NtpDense(outputs, start=last, name="logits")(x)


def adapt(model: keras.Model, arrays: Mapping[str, NDArray[Any]], *, seed: int) -> None:
    """Fits the initial weights of dense layers to rows, one layer after the other; see `Family.adapt`.

    Each layer sees what those before it, already fitted, make of the rows; see `NtpDense.adapt`.
    """
    generator = np.random.default_rng(seed)
    rows = len(next(iter(arrays.values())))
    sample = {group: np.asarray(values[:: -(-rows // _ADAPTED_TO)]) for group, values in arrays.items()}
    for layer in model.layers:
        if isinstance(layer, NtpDense) and layer.start == "rows":
            before = keras.Function(model.input, layer.input)
            layer.adapt(np.asarray(before(sample)), generator=generator)


def _gather(
    inputs: Mapping[str, keras.KerasTensor],
    *,
    layout: Layout,
    waves: PeriodicEmbedding | None,
    level_width: int,
) -> keras.KerasTensor:
    """Joins numbers, through their embedding, all that is a number already, and vectors for levels."""
    parts = []
    if layout.numbers:
        numbers = inputs["numbers"]
        parts.append(waves(numbers) if waves and layout.numbers <= _MOST_EMBEDDED else numbers)
    parts += [inputs[group] for group in ("indicators", "one_hot", "statistics", "text") if group in layout.widths]
    if many := _columns_of_many_levels(layout):
        codes = inputs["codes"]
        codes = ops.take(codes, many, axis=1) if len(many) < len(layout.cardinalities) else codes
        sizes = tuple(layout.cardinalities[column] for column in many)
        parts.append(embed_levels(codes, sizes, width=level_width, deviation=1.0))
    return keras.layers.Concatenate(name="features")(parts) if len(parts) > 1 else parts[0]


def _columns_of_many_levels(layout: Layout) -> list[int]:
    """Returns the columns of `codes` that no one-hot columns stand for."""
    least = _MOST_ONE_HOT if layout.one_hot else 0
    return [column for column, size in enumerate(layout.cardinalities) if size > least]
