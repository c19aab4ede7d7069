"""The plan of a search: every setting resolved and checked against the data."""

from __future__ import annotations

from collections.abc import Mapping

from automl_cli.data.dataset import input_columns
from automl_cli.data.problem import Problem
from automl_cli.errors import UsageError
from automl_cli.evaluation.metrics import METRICS, default_metric, metric_of_quantile, metrics_for
from automl_cli.events import SearchStarted
from automl_cli.runs.environment import usable_cores
from automl_cli.runs.folder import RunFolder
from automl_cli.search.families import resolve_families
from automl_cli.search.turns import lag_for
from automl_cli.search.validation import choose_folds, pays_to_cross
from automl_cli.spec.dataset import DatasetSpec
from automl_cli.spec.monotone import directions_of
from automl_cli.spec.search import DEFAULTS, SearchSettings, SearchSpec
from search_spaces.grammar import Value


def make_plan(settings: SearchSettings, dataset: DatasetSpec, *, rows: int) -> SearchSpec:
    """Resolves every setting: flags over the environment over the file over the defaults.

    Args:
        settings: What the flags and the environment said.
        dataset: The file, with its own search settings.
        rows: Rows of the table; defaults of hyperparameters depend on them.

    Raises:
        UsageError: A metric, family, space or hyperparameter does not exist or does not fit, or is none that keeps the
            directions of columns.
    """
    task = dataset.task
    asked = settings.over(dataset.search)
    said = asked.over(DEFAULTS)
    if said.prefer != "accurate" and asked.refit is None:
        said = said.model_copy(update={"refit": True})  # one model instead of one for each fold
    metric = said.metric or _metric_of(said.hyperparameters or {}) or default_metric(task)
    if metric not in METRICS or task not in METRICS[metric].tasks:
        fitting = [known.name for known in metrics_for(task)]
        raise UsageError(f"'{metric}' is no metric of a {task} task.", hint=f"choose one of {', '.join(fitting)}")
    plan = SearchSpec(**{**said.model_dump(), "metric": metric, "families": list(said.families or [])})
    workers = plan.workers if plan.workers is not None else usable_cores()
    monotone = bool(directions_of(dataset))
    if monotone and plan.start_from is not None:
        raise UsageError("A network to start from cannot keep the direction of a column.", hint="leave out --from")
    families = list(resolve_families(plan, task=task, rows=rows, monotone=monotone))
    folds = _folds(dataset, rows=rows, seconds=plan.time)
    return plan.model_copy(
        update={
            "families": families,
            "folds": folds,
            "crosses": pays_to_cross(task, rows=rows, folds=folds, seconds=plan.time),
            "horizon": plan.time,
            "lookahead": lag_for(workers),
        }
    )


def _metric_of(fixed: Mapping[str, Value]) -> str | None:
    """Returns what a quantile that was asked for is measured by: other metrics would prefer another."""
    if fixed.get("loss") != "quantile":
        return None
    try:
        return metric_of_quantile(float(fixed.get("quantile", 0.5)))
    except ValueError:
        return None  # no number: whoever resolves the value says so


def search_started(run: RunFolder, problem: Problem, *, plan: SearchSpec) -> SearchStarted:
    """Says what a search is about."""
    return SearchStarted(
        run=run.name,
        target=problem.dataset.target,
        task=problem.dataset.task,
        metric=plan.metric,
        train_rows=len(problem.split.train),
        test_rows=len(problem.split.test),
        folds=len(problem.split.folds),
        strategy=plan.strategy,
        budget_seconds=plan.time,
        max_trials=plan.trials,
        findings=problem.findings,
    )


def _folds(dataset: DatasetSpec, *, rows: int, seconds: float) -> int:
    """Returns what the dataset's own words say, else what rows and time say; rows in the order of time are held out."""
    split = dataset.split
    if split.folds is not None or split.time_column is not None:
        return split.folds or 1
    share = 1.0 if split.test_file else 1.0 - split.test_fraction
    columns, classes = len(input_columns(dataset)), len(dataset.labels or ()) if dataset.task == "multiclass" else 1
    return choose_folds(rows=int(share * rows), columns=columns, classes=classes, seconds=seconds)
