"""Training the winner once more on all rows that may be learned from: one model instead of one for each fold."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from automl_cli.errors import SearchError
from automl_cli.records import Fold, Rows, Trial, TrialResult, Value
from automl_cli.runs.folder import RunFolder
from automl_cli.training.archive import read_arrays, weights_path
from automl_cli.training.folds import LabelledTable, encode_folds
from automl_cli.training.kept import KeptModel
from automl_cli.training.task import TaskSetup
from automl_cli.training.trial import run_trial
from search_spaces.family import load_families

# Rows that the engine measures after each epoch because it always does; nothing follows from them.
_MEASURED = 200


def refit(run: RunFolder, result: TrialResult, *, labelled: LabelledTable, rows: Rows, setup: TaskSetup) -> KeptModel:
    """Trains a trial as long as its folds were trained at their best, on all of their rows.

    Args:
        run: Gets the weights.
        result: Of the trial.
        labelled: All rows.
        rows: To learn from.
        setup: As the folds were trained.

    Returns:
        The model, with all rows as they were encoded.

    Raises:
        SearchError: The training fails.
        RunError: The run folder cannot be written.
    """
    whole = Fold(rows, rows[:: max(1, len(rows) // _MEASURED)])
    (encoded,) = encode_folds([whole], labelled, seed=setup.seed, folder=run.encoded)
    trial = _as_long_as_best(run, result)
    setup = replace(setup, keep="last", backbone=str(run.backbone))
    outcome = run_trial(trial, task=setup, folds=[encoded.data], folder=run.refit)
    if outcome.result.score is None:
        raise SearchError(
            f"The winner could not be trained on all rows: {outcome.result.reason}.", hint="search without --refit"
        )
    return KeptModel(encoded, run.refit, 0)


def _as_long_as_best(run: RunFolder, result: TrialResult) -> Trial:
    """Returns the trial with as many epochs, or rounds, as were best on average over the folds."""
    trial = result.trial.from_scratch()
    family = load_families([trial.family])[trial.family]
    if family.kind == "gradient":
        epochs = max(1, round(statistics.fmean(result.best_epochs)))
        values = {**trial.hyperparameters, "patience": epochs + 1}
        return replace(trial, epochs=epochs, hyperparameters=values)
    return replace(trial, hyperparameters={**trial.hyperparameters, **_found(run, result)})


def _found(run: RunFolder, result: TrialResult) -> Mapping[str, Value]:
    """Returns the hyperparameters that the validation rows of the folds have settled: their medians."""
    folder, known = run.trial(result.trial.number), result.trial.hyperparameters
    solutions = [read_arrays(weights_path(folder, fold)) for fold in range(len(result.fold_scores))]
    found: dict[str, Value] = {}
    for name, value in known.items():
        settled = [s[f"solution/{name}"] for s in solutions if f"solution/{name}" in s]
        if settled and all(array.ndim == 0 for array in settled):
            median = float(np.median(settled))
            found[name] = round(median) if isinstance(value, int) else median
    return found
