"""Weights of a trial that were kept: where they are, and what they were learned from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from automl_cli.records import Trial
from automl_cli.training.task import TaskSetup
from automl_cli.training.trial import load_member

if TYPE_CHECKING:
    import keras

    from automl_cli.training.folds import EncodedFold


@dataclass(frozen=True, slots=True)
class KeptModel:
    """One trained model of a trial.

    Attributes:
        fold: The rows that it was trained on, as they were encoded.
        folder: Where its weights are.
        number: Of the fold in that folder, from 0.
    """

    fold: EncodedFold
    folder: Path
    number: int

    def load(self, trial: Trial, setup: TaskSetup) -> keras.Model:
        """Returns the trained model; see `load_member`."""
        return load_member(self.folder, trial, fold=self.number, layout=self.fold.data.layout, setup=setup)
