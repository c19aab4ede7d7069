"""AutoKeras' structured data block as a family."""

from __future__ import annotations

from collections.abc import Mapping

import autokeras
import keras

from search_spaces.autokeras.answers import Answers
from search_spaces.family import Layout
from search_spaces.tabular.features import gather


def build(
    inputs: Mapping[str, keras.KerasTensor],
    *,
    layout: Layout,
    outputs: int,
    num_layers: int,
    units_0: int,
    units_1: int,
    units_2: int,
    use_batchnorm: bool,
    dropout: float,
    categories: str,
    embedding_width: int,
) -> keras.KerasTensor:
    """Features, the block with its architecture chosen by these values, and a linear output.

    Source: Jin et al. 2023, "AutoKeras: An AutoML Library for Deep Learning" (JMLR 24, 1-6).

    Args:
        inputs: Encoded groups `(batch, width)` by name.
        layout: Which groups there are.
        outputs: Width of the output.
        num_layers: Dense layers of the block.
        units_0: Units of the first.
        units_1: Units of the second.
        units_2: Units of the third.
        use_batchnorm: Batch normalisation behind each dense layer.
        dropout: Share of units that is dropped in training.
        categories: View of the categories, see `gather`.
        embedding_width: Length of the vector that stands for a level.

    Returns:
        Raw outputs `(batch, outputs)`.
    """
    x = gather(inputs, layout=layout, scaling="robust", categories=categories, embedding_width=embedding_width)
    answers = Answers(
        {
            "num_layers": num_layers,
            "units_0": units_0,
            "units_1": units_1,
            "units_2": units_2,
            "use_batchnorm": use_batchnorm,
            "dropout": dropout,
        }
    )
    # The features are scaled already; AutoKeras' own normalisation would need the data here.
    x = autokeras.StructuredDataBlock(normalize=False, name="structured_data").build(answers, x)
    return keras.layers.Dense(outputs, name="logits")(x)
