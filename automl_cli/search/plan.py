"""The plan of a search: every setting resolved and checked against the data."""

from __future__ import annotations

from automl_cli.errors import UsageError
from automl_cli.evaluation.metrics import METRICS, default_metric
from automl_cli.runs.environment import usable_cores
from automl_cli.search.families import resolve_families
from automl_cli.search.turns import lag_for
from automl_cli.spec.dataset import DatasetSpec
from automl_cli.spec.search import DEFAULTS, SearchSettings, SearchSpec


def make_plan(settings: SearchSettings, dataset: DatasetSpec, *, rows: int) -> SearchSpec:
    """Resolves every setting: flags over the environment over the file over the defaults.

    Args:
        settings: What the flags and the environment said.
        dataset: The file, with its own search settings.
        rows: Rows of the table; defaults of hyperparameters depend on them.

    Raises:
        UsageError: A metric, family, space or hyperparameter does not exist or does not fit.
    """
    task = dataset.task
    said = settings.over(dataset.search).over(DEFAULTS)
    metric = said.metric or default_metric(task)
    if metric not in METRICS or task not in METRICS[metric].tasks:
        fitting = [name for name, known in METRICS.items() if task in known.tasks]
        raise UsageError(f"'{metric}' is no metric of a {task} task.", hint=f"choose one of {', '.join(fitting)}")
    plan = SearchSpec(**{**said.model_dump(), "metric": metric, "families": list(said.families or [])})
    workers = plan.workers if plan.workers is not None else usable_cores()
    families = list(resolve_families(plan, task=task, rows=rows))
    return plan.model_copy(update={"families": families, "lookahead": lag_for(workers)})
