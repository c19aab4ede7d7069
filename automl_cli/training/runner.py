"""Runs the trials of a search from the files of its run folder: in any process, as often as it is asked."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl_cli.records import Trial, TrialResult
from automl_cli.runs.artifacts import read_array, write_array, write_json
from automl_cli.runs.folder import RunFolder
from automl_cli.training.folds import load_folds
from automl_cli.training.task import FoldData, TaskSetup, TrialOutcome, Watch
from automl_cli.training.trial import run_trial


@dataclass(slots=True)
class TrialRunner:
    """Trains a trial and keeps what is too large for the journal.

    It travels to other processes by its two values; each opens the encoded rows for itself.

    Attributes:
        setup: What is the same for all trials.
        run: Its folder, by an absolute path; `encode_folds` has filled `run.encoded`.
    """

    setup: TaskSetup
    run: RunFolder
    _folds: Sequence[FoldData] = field(default=(), init=False, repr=False)

    def __call__(self, trial: Trial, watch: Watch) -> TrialResult:
        """Runs a trial, or goes on where it was left; raises nothing for one that fails.

        Raises:
            RunError: The run folder cannot be read or written.
        """
        if not self._folds:
            self._folds = load_folds(self.run.encoded)
        folder = self.run.trial(trial.number)
        setup = replace(self.setup, backbone=str(self.run.backbone))
        outcome = run_trial(trial, task=setup, folds=self._folds, folder=folder, watch=watch)
        return keep_outcome(folder, outcome)


def load_predictions(folder: Path, *, folds: int) -> NDArray[np.float32]:
    """Reads the out-of-fold predictions of a trial, fold after fold: `(rows, classes)` or `(rows, 1)`.

    Raises:
        RunError: A file is absent or damaged.
    """
    return np.concatenate([read_array(folder / f"predictions-{number}.npy") for number in range(1, folds + 1)])


def keep_outcome(folder: Path, outcome: TrialOutcome) -> TrialResult:
    """Writes curves and out-of-fold predictions of a trial into its folder, and returns its result."""
    write_json(folder / "curves.json", outcome.curves)
    for number, predictions in enumerate(outcome.predictions, start=1):
        write_array(folder / f"predictions-{number}.npy", predictions.astype(np.float32))
    epochs = statistics.fmean(len(curves.loss) for curves in outcome.curves) if outcome.curves else 0.0
    return replace(outcome.result, epochs=epochs)
