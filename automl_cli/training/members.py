"""A trained trial as an ensemble: one member per training, their predictions averaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_cli.training.task import Groups

_BATCH_ROWS = 16_384


def predict_members(members: Sequence[keras.Model], groups: Sequence[Groups]) -> NDArray[np.float32]:
    """Averages the predictions of members on the same rows.

    Args:
        members: At least one.
        groups: The rows as the preprocessing of each encodes them.

    Returns:
        Probabilities `(rows, classes)`, or values `(rows, 1)`.
    """
    predictions = [_predict(member, encoded) for member, encoded in zip(members, groups, strict=True)]
    mean: NDArray[np.float64] = np.mean(predictions, axis=0, dtype=np.float64)
    return mean.astype(np.float32)


def _predict(member: keras.Model, encoded: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
    taken = {name: encoded[name] for name in member.input}
    rows = len(next(iter(taken.values())))
    batches = [
        np.asarray(member({name: array[start : start + _BATCH_ROWS] for name, array in taken.items()}))
        for start in range(0, rows, _BATCH_ROWS)
    ]
    return np.concatenate(batches)
