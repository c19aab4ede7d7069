"""One trial from its configuration to its result: the boundary that no exception of a network crosses."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl_cli.diagnosis import diagnose_trial
from automl_cli.diagnosis.chance import chance_loss
from automl_cli.diagnosis.training import Training
from automl_cli.errors import RunError
from automl_cli.evaluation.metrics import METRICS
from automl_cli.records import Curves, Trial, TrialResult
from automl_cli.runs.artifacts import write_text
from automl_cli.training.checkpoint import TrialFiles, mark_of
from automl_cli.training.fitted import FittedTrainer, load_fitted_member
from automl_cli.training.task import FoldData, FoldOutcome, TaskSetup, TrialFailure, TrialOutcome, Watch
from search_spaces.family import Layout, load_families

if TYPE_CHECKING:
    import keras


def run_trial(
    trial: Trial, *, task: TaskSetup, folds: Sequence[FoldData], folder: Path, watch: Watch | None = None
) -> TrialOutcome:
    """Trains one configuration on every fold and scores its out-of-fold predictions.

    In a folder that holds progress of the same trial, it goes on from there, and ends with what a training that was
    never interrupted gives.

    A trial that is asked to stop keeps the best weights so far. It is "stopped" and has a score if every fold had
    at least one epoch; else some validation rows were never predicted, no score would compare with those of other
    trials, and it is "failed".

    Args:
        trial: What to train. With a parent, its weights, optimizer and curves are read from the folder of that
            number beside `folder`, and every fold goes on where it stood.
        task: What is the same for all trials.
        folds: At least one; validation rows of different folds are disjoint.
        folder: Gets weights and progress of each fold, and `error.txt` if something broke.
        watch: Who listens and who may stop the trial.

    Raises:
        RunError: The folder cannot be written: no later trial could be kept either.
    """
    files = TrialFiles(folder, mark_of(trial, seed=task.seed))
    watch = watch or Watch()
    try:
        outcomes = _train_folds(trial, task, folds, files=files, watch=watch)
        result = _summarise(trial, task, folds, outcomes=outcomes, seconds=files.seconds)
        curves = tuple(outcome.curves for outcome in outcomes)
        if any(fold.gradient_norms or len(fold.loss) > 1 for fold in curves):  # trained epoch by epoch
            training = _training(trial, task, folds, curves=curves, reason=result.reason)
            result = replace(result, findings=diagnose_trial(training))
        return TrialOutcome(result, curves, tuple(outcome.predictions for outcome in outcomes))
    except TrialFailure as failure:
        findings = diagnose_trial(_training(trial, task, folds, curves=failure.curves, failure=failure))
        failed = TrialResult(trial, "failed", score=None, seconds=files.seconds, reason=str(failure), findings=findings)
        return TrialOutcome(failed, failure.curves)
    except RunError:
        raise
    except Exception as error:  # noqa: BLE001 - the trial boundary: a network that breaks costs one trial
        write_text(folder / "error.txt", traceback.format_exc())
        failed = TrialResult(trial, "failed", score=None, seconds=files.seconds, reason=_first_line(error))
        return TrialOutcome(failed)


def load_member(folder: Path, trial: Trial, *, fold: int, layout: Layout, setup: TaskSetup) -> keras.Model:
    """Returns the trained model of one fold of a trial.

    Args:
        folder: The trial's folder.
        trial: As it was run.
        fold: Counts from 0.
        layout: Of that fold.
        setup: As it was run.

    Returns:
        A model from a dict of those groups that it reads, each `(batch, width)`, to probabilities
        `(batch, classes)`, or to values `(batch, 1)` in the target's own unit.

    Raises:
        RunError: A file is absent or damaged.
    """
    family = load_families([trial.family])[trial.family]
    if family.kind == "fitted":
        return load_fitted_member(folder, family, fold=fold, layout=layout, task=setup.task)
    from automl_cli.training.gradient import load_gradient_member

    return load_gradient_member(folder, trial, family=family, fold=fold, layout=layout, setup=setup)


def _train_folds(
    trial: Trial, task: TaskSetup, folds: Sequence[FoldData], *, files: TrialFiles, watch: Watch
) -> list[FoldOutcome]:
    family = load_families([trial.family])[trial.family]
    if family.kind == "fitted":
        return _train_in_turn(FittedTrainer(trial, family, task, watch=watch, folder=files.folder), folds, watch=watch)
    # TensorFlow takes seconds to import, and baselines do without it.
    from automl_cli.training.gradient import GradientTrainer
    from automl_cli.training.runtime import forgetting_gradients

    with forgetting_gradients():
        return GradientTrainer(trial, family, task, watch=watch, files=files).train(folds)


def _train_in_turn(trainer: FittedTrainer, folds: Sequence[FoldData], *, watch: Watch) -> list[FoldOutcome]:
    outcomes: list[FoldOutcome] = []
    for number, fold in enumerate(folds):
        if reason := watch.should_stop(number):
            raise TrialFailure(f"{reason}; {number} of {len(folds)} folds were trained")
        outcomes.append(trainer.train(number, fold))
        if not np.isfinite(outcomes[-1].predictions).all():
            raise TrialFailure(f"fold {number + 1} predicts values that are no numbers")
    return outcomes


def _summarise(
    trial: Trial, task: TaskSetup, folds: Sequence[FoldData], *, outcomes: Sequence[FoldOutcome], seconds: float
) -> TrialResult:
    metric = METRICS[task.metric].function
    truths = [fold.validation_target for fold in folds]
    predictions = [outcome.predictions for outcome in outcomes]
    stopped = next((outcome.stopped for outcome in outcomes if outcome.stopped), None)
    return TrialResult(
        trial,
        state="stopped" if stopped else "completed",
        score=metric(np.concatenate(truths), np.concatenate(predictions)),
        fold_scores=tuple(metric(truth, values) for truth, values in zip(truths, predictions, strict=True)),
        best_epochs=tuple(outcome.best_epoch for outcome in outcomes),
        seconds=seconds,
        parameters=outcomes[0].parameters,
        work=max(outcome.work for outcome in outcomes),
        reason=stopped,
    )


def _training(
    trial: Trial,
    task: TaskSetup,
    folds: Sequence[FoldData],
    *,
    curves: tuple[Curves, ...],
    reason: str | None = None,
    failure: TrialFailure | None = None,
) -> Training:
    """Puts together what a diagnosis looks at."""
    return Training(
        trial,
        curves,
        chance=chance_loss(folds[0].train_target, task.task, hyperparameters=trial.hyperparameters),
        reason=str(failure) if failure else reason,
        diverged=failure is not None and failure.diverged,
    )


def _first_line(error: Exception) -> str:
    """Names an error in one line; TensorFlow's messages go on for pages."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
