"""What every search begins with: the answers that a network has to beat."""

from __future__ import annotations

from automl_cli.records import Task, Trial
from automl_cli.search.families import BASELINES
from automl_cli.search.strategies.tree import default_trial
from search_spaces.family import load_families


def baseline_trials(*, task: Task, rows: int) -> tuple[Trial, ...]:
    """Returns the trials of the constant answer and of the linear model, numbered from 1.

    Args:
        task: What is predicted.
        rows: Rows to learn from.
    """
    families = [family.for_table(task=task, rows=rows) for family in load_families(BASELINES).values()]
    return tuple(default_trial(number, family, origin="baseline") for number, family in enumerate(families, start=1))
