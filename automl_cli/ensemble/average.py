"""The weighted mean of several members as one model, from raw columns to predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from automl_cli.evaluation.calibration import SMALLEST_PROBABILITY
from automl_cli.preprocessing.encoding import model_of


@dataclass(frozen=True, slots=True)
class Member:
    """One trained network together with the preprocessing that it was trained on.

    Attributes:
        preprocessing: From a dict of raw columns, each `(batch,)`, to a dict of groups `(batch, width)`.
        network: From a dict of some of those groups to probabilities `(batch, classes)` or values `(batch, 1)`.
    """

    preprocessing: keras.Model
    network: keras.Model


@keras.saving.register_keras_serializable(package="automl")
class WeightedMean(keras.layers.Layer):
    """Averages a list of tensors of one shape.

    Args:
        shares: One per tensor; they sum to 1.
    """

    def __init__(self, shares: Sequence[float], **keras_options: Any) -> None:
        super().__init__(**keras_options)
        self.shares = list(shares)

    def call(self, inputs: Sequence[Any]) -> Any:
        """Returns the mean, of the shape that each input has."""
        return sum(share * tensor for share, tensor in zip(self.shares, inputs, strict=True))

    def get_config(self) -> dict[str, Any]:
        """Returns what the layer is made of again."""
        return {**super().get_config(), "shares": self.shares}


def combine(
    members: Sequence[Member], weights: Sequence[float] | None = None, *, temperature: float = 1.0
) -> keras.Model:
    """Joins members into one graph that returns the weighted mean of their predictions.

    Probabilities are averaged, not logits: that is what a selection by out-of-fold score has measured. Members
    without weight are left out; a preprocessing that several members share is in the graph once.

    Args:
        members: At least one; all know the same target.
        weights: One per member, zero or more, of any sum; equal when None.
        temperature: By which the logarithms of mean probabilities are divided; 1 leaves predictions as they are.

    Returns:
        A model from a dict of raw columns, each `(batch,)`, to `(batch, classes)` or `(batch, 1)`.

    Raises:
        ValueError: No member has a weight above zero, or a weight is negative.
    """
    shares = [1.0] * len(members) if weights is None else list(weights)
    if len(shares) != len(members) or min(shares, default=0.0) < 0 or sum(shares) <= 0:
        raise ValueError(f"{len(members)} members need as many weights, none below zero and one above, not {shares}")
    chosen = [(member, share / sum(shares)) for member, share in zip(members, shares, strict=True) if share > 0]

    columns = _raw_inputs([member.preprocessing for member, _ in chosen])
    groups: dict[int, dict[str, Any]] = {}
    predictions = []
    for number, (member, _) in enumerate(chosen):
        if id(member.preprocessing) not in groups:
            encode = _renamed(member.preprocessing, f"preprocessing_{len(groups)}")
            groups[id(member.preprocessing)] = encode({name: columns[name] for name in encode.input})
        network = _renamed(member.network, f"member_{number}")
        encoded = groups[id(member.preprocessing)]
        predictions.append(network({name: encoded[name] for name in network.input}))
    mean = WeightedMean([share for _, share in chosen], name="mean")(predictions)
    if temperature != 1.0:
        mean = keras.ops.softmax(keras.ops.log(keras.ops.maximum(mean, SMALLEST_PROBABILITY)) / temperature)
    return model_of(columns, mean, name="ensemble")


def _raw_inputs(preprocessings: Sequence[keras.Model]) -> dict[str, Any]:
    """Returns one input per raw column that any of the preprocessings reads, in their order."""
    columns: dict[str, Any] = {}
    for preprocessing in preprocessings:
        for name, tensor in preprocessing.input.items():
            if name not in columns:
                columns[name] = keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=f"column_{len(columns)}")
    return columns


def _renamed(model: keras.Model, name: str) -> keras.Model:
    """Returns the same layers under another name: those inside one model must differ, fold models often do not."""
    return model_of(model.input, model.output, name=name)
