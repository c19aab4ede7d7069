"""What accuracy costs: scores against time, work and size, and the trials that nothing dominates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.evaluation.metrics import METRICS
from automl_cli.records import TrialResult
from automl_cli.report.charts import Series, draw


def front(criteria: NDArray[Any]) -> NDArray[np.bool_]:
    """Says which rows are dominated by none: no other is as small in every column and smaller in one.

    Args:
        criteria: The smaller the better, `(rows, columns)`.

    Returns:
        `(rows,)`.
    """
    as_small = np.all(criteria[None, :, :] <= criteria[:, None, :], axis=2)
    smaller = np.any(criteria[None, :, :] < criteria[:, None, :], axis=2)
    return np.asarray(~np.any(as_small & smaller, axis=1))


def undominated(results: Sequence[TrialResult], *, metric: str) -> set[int]:
    """Returns the numbers of trials that no other matches in score, seconds, work and parameters together.

    Args:
        results: In any order; those without a score, and the constant guess, do not take part.
        metric: Name of the metric that they were scored by.
    """
    scored = _scored(results)
    if not scored:
        return set()
    losses = _losses(scored, metric=metric)
    costs = np.array([[result.seconds, result.work, result.parameters] for result in scored])
    best = front(np.column_stack([losses, costs]))
    return {result.trial.number for result, is_best in zip(scored, best, strict=True) if is_best}


def draw_costs(results: Sequence[TrialResult], *, metric: str) -> list[str]:
    """Draws the score of each trial against each of its costs, and which of them are best for that cost.

    Returns:
        Three charts; none where fewer than two trials have a score.
    """
    scored = _scored(results)
    if len(scored) < 2:
        return []
    losses = _losses(scored, metric=metric)
    costs = {
        "seconds of training": [result.seconds for result in scored],
        "multiplications for a row": [result.work for result in scored],
        "parameters": [float(result.parameters) for result in scored],
    }
    return [_draw_cost(np.array(values), scored, losses=losses, name=name) for name, values in costs.items()]


def _draw_cost(costs: NDArray[Any], scored: Sequence[TrialResult], *, losses: NDArray[Any], name: str) -> str:
    scores = np.array([float(result.score or 0.0) for result in scored])
    powers = np.log10(np.maximum(costs, 1e-3))
    best = front(np.column_stack([losses, costs]))
    order = np.flatnonzero(best)[np.argsort(powers[best], kind="stable")]
    series = [
        Series("trial", powers[~best], scores[~best], "a", "dots"),
        Series("best for its cost", powers[order], scores[order], "b", "dots"),
        Series("", powers[order], scores[order], "b"),
    ]
    return draw(series, x_label=f"{name}, as a power of 10", y_label="validation score", title=f"Score and {name}.")


def _scored(results: Sequence[TrialResult]) -> list[TrialResult]:
    return [r for r in results if r.score is not None and np.isfinite(r.score) and r.trial.family != "constant"]


def _losses(scored: Sequence[TrialResult], *, metric: str) -> NDArray[Any]:
    sign = -1.0 if METRICS[metric].greater_is_better else 1.0
    return np.array([sign * float(result.score or 0.0) for result in scored])
