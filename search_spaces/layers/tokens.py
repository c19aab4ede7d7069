"""Columns as tokens: every number becomes a vector of its own, and one more token gathers what the others say."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("automl")
class NumberTokens(keras.layers.Layer):
    """Makes a token of every number: its value times a vector of the column, plus another one.

    Gorishniy et al. 2021, "Revisiting Deep Learning Models for Tabular Data" (arXiv 2106.11959).

    Args:
        width: Length of a token.
    """

    def __init__(self, width: int, **keras_options: Any) -> None:
        super().__init__(**keras_options)
        self.width = width
        limit = 1 / math.sqrt(width)
        self.kernel_initializer = keras.initializers.RandomUniform(-limit, limit)
        self.bias_initializer = keras.initializers.RandomUniform(-limit, limit)

    def build(self, input_shape: Any) -> None:
        """Makes a vector and a bias for every column of `(batch, columns)`."""
        shape = (input_shape[-1], self.width)
        self.kernel = self.add_weight(shape, initializer=self.kernel_initializer, name="kernel")
        self.bias = self.add_weight(shape, initializer=self.bias_initializer, name="bias")
        # Tokens are embeddings: in the paper neither they nor biases decay.
        self.kernel.decay_factor = self.bias.decay_factor = 0.0

    def call(self, numbers: Any) -> Any:
        """Maps `(batch, columns)` to `(batch, columns, width)`."""
        return numbers[:, :, None] * self.kernel + self.bias

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """Returns `(batch, columns, width)`."""
        return (*input_shape, self.width)

    def get_config(self) -> dict[str, Any]:
        """Returns what makes the same layer again."""
        return {**super().get_config(), "width": self.width}


@keras.saving.register_keras_serializable("automl")
class SummaryToken(keras.layers.Layer):
    """Puts one learned token, the same for every row, before the others."""

    def __init__(self, **keras_options: Any) -> None:
        super().__init__(**keras_options)
        self.token_initializer = keras.initializers.RandomNormal(stddev=0.05)

    def build(self, input_shape: Any) -> None:
        """Makes the token."""
        self.token = self.add_weight((1, 1, input_shape[-1]), initializer=self.token_initializer, name="token")
        self.token.decay_factor = 0.0

    def call(self, tokens: Any) -> Any:
        """Maps `(batch, tokens, width)` to `(batch, tokens + 1, width)`."""
        first = ops.broadcast_to(self.token, (ops.shape(tokens)[0], 1, tokens.shape[-1]))
        return ops.concatenate([first, tokens], axis=1)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """Returns `(batch, tokens + 1, width)`."""
        return (input_shape[0], input_shape[1] + 1, input_shape[2])
