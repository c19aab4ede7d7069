"""What all trials together have shown, once they are over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from automl_cli.data.problem import Problem
from automl_cli.diagnosis import diagnose_run
from automl_cli.diagnosis.searched import Searched
from automl_cli.evaluation.metrics import METRICS
from automl_cli.records import Finding, TrialResult
from automl_cli.search.strategy import SCREENED
from automl_cli.training.task import FoldData
from search_spaces.family import Family


def look_back(
    results: Sequence[TrialResult],
    families: Mapping[str, Family],
    *,
    problem: Problem,
    folds: Sequence[FoldData],
    metric: str,
) -> tuple[Finding, ...]:
    """Returns what rules of a search find, the most urgent first.

    Trials that were trained for a look only are left out.

    Args:
        results: Of all trials.
        families: As they were searched.
        problem: Its training rows tell how large classes are.
        folds: As they were encoded.
        metric: Name of the search's metric.
    """
    classes, target = len(problem.target.classes), problem.target.values[problem.split.train]
    searched = Searched(
        [result for result in results if result.trial.origin != SCREENED],
        families,
        metric=metric,
        greater_is_better=METRICS[metric].greater_is_better,
        class_rows=np.bincount(target, minlength=classes).tolist() if classes else (),
        validation_rows=sum(len(fold.validation_target) for fold in folds),
        columns=[(fold.train["numbers"], fold.validation["numbers"]) for fold in folds if "numbers" in fold.train],
    )
    return diagnose_run(searched)
