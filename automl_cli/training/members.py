"""A trained trial as an ensemble: one member per training, their predictions averaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_cli.records import Trial
from automl_cli.training.task import Groups, TaskSetup
from automl_cli.training.trial import load_member

if TYPE_CHECKING:
    from automl_cli.training.folds import EncodedFold

_BATCH_ROWS = 16_384


@dataclass(frozen=True, slots=True)
class KeptModel:
    """Weights of a trial that were kept.

    Attributes:
        fold: The rows that they were learned from, as they were encoded.
        folder: Where they are.
        number: Of the fold in that folder, from 0.
    """

    fold: EncodedFold
    folder: Path
    number: int

    def load(self, trial: Trial, setup: TaskSetup) -> keras.Model:
        """Returns the trained model; see `load_member`."""
        return load_member(self.folder, trial, fold=self.number, layout=self.fold.data.layout, setup=setup)


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
