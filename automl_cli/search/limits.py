"""How many trials a table can bear, and what one may take of the time.

The more are compared on few rows, the more the winner is a lucky one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl_cli.spec.search import SearchSpec, StrategyName

# Candidates by training rows, as AutoGluon's authors found them to pay on small data; between them by logarithm.
_ROWS = (100, 500, 2_500, 10_000, 100_000)
_TRIALS = (4, 8, 15, 40, 100)
# What a trial may take of the time left where the strategy planned its length: a schedule cut short is worth little.
_SHARE_OF_PLANNED, _SHARE = 0.8, 0.5


@dataclass(frozen=True, slots=True)
class Limit:
    """Most trials beside the baselines.

    Attributes:
        trials: None where there is no bound.
        reason: Why the search is over once they are done.
    """

    trials: int | None
    reason: str


def trial_limit(plan: SearchSpec, rows: int) -> Limit:
    """Returns the user's bound, or else that of the strategy.

    "manual" trains each family once; "auto" tries as many as so many training rows can tell apart; the others go on.
    """
    if plan.trials is not None:
        return Limit(plan.trials, f"{plan.trials} trials are done")
    if plan.strategy == "manual":
        return Limit(len(plan.families), "nothing is left to try")
    if plan.strategy != "auto":
        return Limit(None, "")
    trials = round(float(np.interp(np.log(rows), np.log(_ROWS), _TRIALS)))
    reason = f"{trials} trials are done; on {rows:,} rows more would only find luckier ones (--trials asks for more)"
    return Limit(trials, reason)


def share_of_time(strategy: StrategyName) -> float:
    """Returns what a trial may take of the time left while others can follow; see `TimeShare`."""
    return _SHARE_OF_PLANNED if strategy == "auto" else _SHARE
