"""The first answer of a search: the model that looks at no column needs neither encoded rows nor TensorFlow."""

from __future__ import annotations

from automl_cli.data.problem import Problem
from automl_cli.events import Listener, TrialEnded, TrialStarted
from automl_cli.records import TrialResult
from automl_cli.runs.folder import RunFolder
from automl_cli.search.families import baseline_trials
from automl_cli.training.runner import keep_outcome
from automl_cli.training.task import FoldData, TaskSetup
from automl_cli.training.trial import run_trial
from search_spaces.family import Layout


def guess(run: RunFolder, problem: Problem, *, setup: TaskSetup, tell: Listener) -> dict[int, TrialResult]:
    """Runs the first baseline on target values alone; returns its result by its number."""
    target, split = problem.target.values, problem.split
    trial = baseline_trials(task=setup.task, rows=len(split.train))[0]
    folds = [FoldData({}, target[fold.train], {}, target[fold.validation], Layout()) for fold in split.folds]
    folder = run.trial(trial.number)
    tell(TrialStarted(trial))
    result = keep_outcome(folder, run_trial(trial, task=setup, folds=folds, folder=folder))
    tell(TrialEnded(result))
    return {trial.number: result}
