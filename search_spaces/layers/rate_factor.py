"""Weights that learn faster or slower than the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras


def add_weight(
    layer: keras.layers.Layer, name: str, *, shape: Sequence[int], initializer: Any, factor: float, decays: bool = True
) -> Any:
    """Adds a trainable weight whose learning rate is the optimizer's times a factor.

    What is kept is `weight / factor`: the layer multiplies it by the factor wherever it uses it. The steps of Adam do
    not depend on the scale of a gradient, so the product moves `factor` times as far as other weights do.

    Decay per step is `factor ** 2 * rate * weight_decay`. The paper has the factor once (Holzmüller et al. 2024, arXiv
    2407.04491); pytabkit, whose defaults were tuned so, multiplies by it twice (its `optim/optimizers.py`).

    Args:
        layer: Gets the weight, and `<name>_initializer`, from which the weight can be drawn anew.
        name: Of the weight.
        shape: Of the weight.
        initializer: Of what is kept, `weight / factor`.
        factor: Above 0.
        decays: Whether weight decay applies.
    """
    setattr(layer, f"{name}_initializer", initializer)
    weight = layer.add_weight(name=name, shape=tuple(shape), initializer=initializer)
    weight.decay_factor = factor**2 if decays else 0.0
    return weight
