"""Dropout whose rate is a weight: networks that differ in nothing but the rate share one compiled graph."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

# Of SELU (Klambauer et al. 2017, arXiv 1706.02515): what a unit far below 0 gives, the value of a dropped one.
_SELU_FLOOR = -1.7580993408473766
# Multipliers of a 32-bit hash, found by Chris Wellons' search for low bias (github.com/skeeto/hash-prospector).
_FIRST, _SECOND = 0x7FEB352D, 0x846CA68B
_BITS = 24  # as many as a float32 holds


@keras.saving.register_keras_serializable("automl")
class Dropout(keras.layers.Layer):
    """Drops units at random in training and scales the others up, as `keras.layers.Dropout` does.

    Args:
        rate: Initial share of units that is dropped, above 0 and below 1. It is a non-trainable weight.
        alpha: Dropped units become what SELU gives far below 0, and all are scaled and shifted so that mean and
            variance stay, as `keras.layers.AlphaDropout` does.
    """

    def __init__(self, rate: float, *, alpha: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 < rate < 1:
            raise ValueError(f"The rate of a dropout must lie between 0 and 1, not at {rate!r}")
        self._initial_rate = float(rate)
        self.alpha = alpha
        self.seed_generator = keras.random.SeedGenerator()
        self.rate = self.add_weight(
            name="rate", initializer=keras.initializers.Constant(rate), trainable=False, autocast=False
        )

    def call(self, x: Any, training: bool = False) -> Any:
        """Maps `(batch, ...)` to the same shape."""
        if not training:
            return x
        bits = random_bits(self.seed_generator.next(), ops.size(x))
        return self.drop(x, ops.reshape(bits, ops.shape(x)), rate=self.rate.value)

    def drop(self, x: Any, bits: Any, *, rate: Any) -> Any:
        """Drops what the bits say.

        Args:
            x: Units, of any shape.
            bits: From `random_bits`, of the same shape.
            rate: Share that is dropped, of a shape that goes with that of `x`.
        """
        is_kept = bits >= ops.cast(rate * 2**_BITS, "int32")
        if not self.alpha:
            return ops.where(is_kept, x / ops.cast(1 - rate, x.dtype), ops.cast(0, x.dtype))
        scale = ops.rsqrt((1 - rate) * (1 + rate * _SELU_FLOOR**2))
        kept = ops.where(is_kept, x, ops.cast(_SELU_FLOOR, x.dtype))
        return ops.cast(scale, x.dtype) * (kept - ops.cast(rate * _SELU_FLOOR, x.dtype))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape as it came."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns what makes the same layer again."""
        return {**super().get_config(), "rate": self._initial_rate, "alpha": self.alpha}


def random_bits(seed: Any, count: Any) -> Any:
    """Draws integers of 24 random bits by hashing their numbers.

    A third of the time that a draw of TensorFlow takes, a tenth under XLA, and the same bits under both. Two keys, one
    before and one between the two rounds, keep the streams of different seeds from being parts of one another.

    Args:
        seed: `(..., 2)`, a state of a `keras.random.SeedGenerator`: a seed and a count of draws.
        count: How many for each seed.

    Returns:
        `(..., count)`, int32 below 2**24.
    """
    key = ops.cast(seed, "uint32")
    first = _round(key[..., :1] + _unsigned(0x9E3779B9), _FIRST) ^ key[..., 1:]
    first = _round(_round(first, _SECOND), _FIRST)  # (..., 1)
    second = _round(first + _unsigned(1), _SECOND)
    bits = _round(ops.cast(ops.arange(count, dtype="int32"), "uint32") ^ first, _FIRST) + second
    return ops.cast(ops.right_shift(_round(bits, _SECOND), _unsigned(32 - _BITS)), "int32")


def _round(x: Any, factor: int) -> Any:
    return (x ^ ops.right_shift(x, _unsigned(16))) * _unsigned(factor)


def _unsigned(value: int) -> Any:
    return ops.convert_to_tensor(value, "uint32")
