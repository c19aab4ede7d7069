"""Hidden layers of somebody else's Keras model, as weights of a perceptron."""

from __future__ import annotations

import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.errors import RunError
from automl_cli.records import Value
from search_spaces.family import load_families

# Wider networks are no perceptrons for tables any more.
_WIDEST = 4096
# Layers that hold no weights and do nothing when a network predicts.
_IDLE = ("InputLayer", "Dropout", "AlphaDropout", "GaussianNoise")
_NAMES = {"swish": "silu"}


def read_layers(path: Path) -> tuple[dict[str, Value], dict[str, NDArray[Any]]]:
    """Reads the hidden dense layers of a Keras model, as layers of the family `mlp` behind a fresh first one.

    The fresh layer projects the encoded columns onto the model's inputs; the model's own output is left out. No code
    of the file is run: layers that Keras does not know are refused.

    Args:
        path: A `.keras` file or folder with a model of one float input `(batch, n)` and a chain of dense layers of one
            activation; dropout may stand between them.

    Returns:
        Hyperparameters of `mlp`, and weights by `LAYER/PLACE`.

    Raises:
        RunError: The file cannot be read or the model is another one.
    """
    import keras

    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise RunError(f"'{path.name}' cannot be read as a Keras model: {reason}", hint=_WANTED) from error
    inputs = model.inputs if isinstance(model, keras.Model) else []
    if len(inputs) != 1 or len(inputs[0].shape) != 2 or not str(inputs[0].dtype).startswith("float"):
        raise _refusal(path, "it does not have one float input (batch, n)")
    hidden, activations = _hidden(path, model)
    width = max(int(inputs[0].shape[1]), *(kernel.shape[1] for kernel, _ in hidden))
    if width > _WIDEST:
        raise _refusal(path, f"it is {width:,} units wide, more than {_WIDEST:,}")
    layers: dict[str, NDArray[Any]] = {}
    for number, arrays in enumerate(hidden, start=1):
        layers |= {f"hidden_{number}/{place}": array for place, array in enumerate(arrays)}
    values: dict[str, Value] = {"depth": len(hidden) + 1, "width": width, "activation": activations.pop()}
    return {**values, "normalization": "none", "dropout": 0.0}, layers


_WANTED = "--from takes a .keras file of dense layers on one float input"


def _hidden(path: Path, model: Any) -> tuple[list[tuple[NDArray[Any], NDArray[Any]]], set[str]]:
    """Returns kernels and biases of the hidden layers, and the one activation that follows them all."""
    import keras

    dense: list[Any] = []
    activations: list[str] = []
    for layer in model.layers:
        kind = type(layer).__name__
        if kind == "Dense":
            dense.append(layer)
            activations.append(keras.activations.serialize(layer.activation))
        elif kind in ("Activation", "ReLU") and activations and activations[-1] == "linear":
            activations[-1] = "relu" if kind == "ReLU" else keras.activations.serialize(layer.activation)
        elif kind not in _IDLE:
            raise _refusal(
                path, f"its layer '{layer.name}' is a {kind}; only Dense, Activation and Dropout can be used"
            )
    for before, after in pairwise(dense):
        if before.kernel.shape[1] != after.kernel.shape[0]:
            raise _refusal(path, "its dense layers are no chain")
    if len(dense) < 2:
        raise _refusal(path, "it has no hidden dense layer")
    known = {_NAMES.get(str(name), str(name)) for name in activations[:-1]}
    parameter = load_families(["mlp"])["mlp"].space["activation"]
    if len(known) > 1 or not all(parameter.allows(name) for name in known):
        raise _refusal(path, f"its hidden layers have the activations {', '.join(sorted(known))}, and not one of ours")
    zeros = [np.zeros(layer.kernel.shape[1], np.float32) for layer in dense]
    weights = [
        (np.asarray(layer.kernel), np.asarray(layer.bias) if layer.use_bias else none)
        for layer, none in zip(dense[:-1], zeros, strict=False)
    ]
    return weights, known


def _refusal(path: Path, reason: str) -> RunError:
    return RunError(f"'{path.name}' cannot be started from: {reason}.", hint=_WANTED)
