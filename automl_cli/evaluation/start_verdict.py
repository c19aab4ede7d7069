"""One sentence: whether starting from an earlier network has helped."""

from __future__ import annotations

from collections.abc import Sequence

from automl_cli.evaluation.metrics import METRICS
from automl_cli.records import TrialResult


def start_verdict(results: Sequence[TrialResult], *, metric: str) -> str | None:
    """Compares the network that started from an earlier one with the best that started from scratch.

    Args:
        results: Of a search.
        metric: Name of the search's metric.

    Returns:
        None where no trial started from anything.
    """
    started = [result for result in results if result.trial.hyperparameters.get("start") == "transfer"]
    if not started:
        return None
    source = started[0].trial.origin
    better = max if METRICS[metric].greater_is_better else min
    mine = [result for result in started if result.score is not None]
    others = [result for result in results if result.score is not None and result not in started]
    if not mine:
        return f"Starting {source} failed: {started[0].reason}."
    best = better(mine, key=lambda result: result.score or 0.0)
    if not others:
        return f"Starting {source} gave {metric} {best.score:.4g}; nothing else was tried."
    rival = better(others, key=lambda result: result.score or 0.0)
    has_helped = best.score != rival.score and better(best.score or 0.0, rival.score or 0.0) == best.score
    return (
        f"Starting {source} {'helped' if has_helped else 'did not help'}: validation {metric} {best.score:.4g} (trial "
        f"{best.trial.number}) against {rival.score:.4g} of the best from scratch ({rival.trial.family}, trial "
        f"{rival.trial.number})."
    )
