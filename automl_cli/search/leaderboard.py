"""Trials, best first."""

from __future__ import annotations

from collections.abc import Iterable

from automl_cli.evaluation.metrics import METRICS
from automl_cli.records import TrialResult


def rank(results: Iterable[TrialResult], *, metric: str) -> list[TrialResult]:
    """Sorts trials by their score, baselines among them; of equals, the smaller network comes first.

    Trials without a score come last.

    Args:
        results: In any order.
        metric: Name of the metric that they were scored by.
    """
    results = list(results)
    if not results:
        return []
    sign = -1.0 if METRICS[metric].greater_is_better else 1.0

    def key(result: TrialResult) -> tuple[bool, float, int, int]:
        score = sign * result.score if result.score is not None else 0.0
        return result.score is None, score, result.parameters, result.trial.number

    return sorted(results, key=key)
