"""Hidden layers: a dense layer with the initial weights, normalisation and dropout that go with its activation."""

from __future__ import annotations

import keras

from search_spaces.layers.dropout import Dropout

# Variance of the initial weights that keeps the signal's variance through the activation: He et al. 2015
# (arXiv 1502.01852) for rectifiers and their smooth kin, LeCun for SELU (Klambauer et al. 2017, arXiv 1706.02515),
# Glorot & Bengio 2010 for what is about linear around 0.
_INITIALIZERS = {
    "relu": "he_normal",
    "gelu": "he_normal",
    "silu": "he_normal",
    "mish": "he_normal",
    "selu": "lecun_normal",
    "tanh": "glorot_normal",
    "sigmoid": "glorot_normal",
    "linear": "glorot_normal",
}


def dense(x: keras.KerasTensor, width: int, *, activation: str, name: str) -> keras.KerasTensor:
    """A dense layer without its activation, with initial weights for that activation.

    Args:
        x: `(batch, features)`.
        width: Units.
        activation: What will follow, directly or behind a normalisation.
        name: Of the layer.

    Returns:
        `(batch, width)`.
    """
    return keras.layers.Dense(width, kernel_initializer=_INITIALIZERS[activation], name=name)(x)


def activate(x: keras.KerasTensor, activation: str, *, dropout: float, name: str) -> keras.KerasTensor:
    """Activation and dropout; behind SELU, alpha dropout, which keeps mean and variance.

    Args:
        x: `(batch, features)`.
        activation: Name of a Keras activation.
        dropout: Share of units that is dropped in training.
        name: Begins the names of the layers.

    Returns:
        `(batch, features)`.
    """
    x = keras.layers.Activation(activation, name=f"{name}_{activation}")(x)
    if not dropout:
        return x
    return Dropout(dropout, alpha=activation == "selu", name=f"{name}_dropout")(x)


def normalize(x: keras.KerasTensor, normalization: str, *, name: str) -> keras.KerasTensor:
    """Batch or layer normalisation, or none.

    Args:
        x: `(batch, features)`.
        normalization: "batch", "layer" or "none".
        name: Begins the name of the layer.

    Returns:
        `(batch, features)`.
    """
    if normalization == "batch":
        # A short memory: small tables see few batches.
        return keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
    if normalization == "layer":
        return keras.layers.LayerNormalization(name=f"{name}_norm")(x)
    return x
