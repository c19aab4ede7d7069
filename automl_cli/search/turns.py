"""The order of asking and telling: a function of the results alone, not of who finished first or when."""

from __future__ import annotations

from collections.abc import Sequence

from automl_cli.records import Trial, TrialResult
from automl_cli.search.limits import Limit
from automl_cli.search.strategy import Strategy

# With fewer, a slow trial would soon keep the other of two workers waiting.
_SHORTEST_LAG = 4


def lag_for(workers: int) -> int:
    """Returns how far so many workers should be ahead of what the strategy knows; one and two get the same."""
    return max(_SHORTEST_LAG, 2 * workers)


class Turns:
    """Gives out trials by number, and tells the strategy of their results in the same order.

    The strategy is asked until `lag` trials are without a result that it knows of, or it has nothing to say; then it
    is told the next result in the order of numbers, and asked again. So the number of workers changes nothing, a
    slow suggestion is made while others train, and a journal that is read again leads to the same place.

    Args:
        strategy: A fresh one.
        baselines: Given out first, numbered from 1; the strategy is told of them like of any other.
        limit: Of the strategy's trials.
        lag: Most trials that are given out before the strategy has to know of the first of them.
    """

    def __init__(self, strategy: Strategy, *, baselines: Sequence[Trial], limit: Limit, lag: int) -> None:
        self._strategy = strategy
        self._baselines = baselines
        self._limit = limit
        self._lag = lag
        self._given = 0
        self._told = 0
        self._has_nothing = False
        self._results: dict[int, TrialResult] = {}

    @property
    def is_last(self) -> bool:
        """Whether the trial that was given out last is the last one."""
        trials = self._limit.trials
        return trials is not None and self._given >= len(self._baselines) + trials

    @property
    def ending(self) -> str:
        """Why there will be no more, in words; empty as long as there may be."""
        if self.is_last:
            return self._limit.reason
        return "nothing is left to try" if self._has_nothing and self._told == self._given else ""

    def next(self) -> Trial | None:
        """Gives out the next trial; None where there is none, or none before another result is known."""
        if self._given < len(self._baselines):
            self._given += 1
            return self._baselines[self._given - 1]
        while not self.is_last:
            if not self._has_nothing and self._given - self._told < self._lag:
                trial = self._strategy.ask(self._given + 1)
                if trial is not None:
                    self._given += 1
                    return trial
                self._has_nothing = True
            result = self._results.pop(self._told + 1, None)
            if result is None:
                return None
            self._strategy.tell(result)
            self._told += 1
            self._has_nothing = False
        return None

    def ended(self, result: TrialResult) -> None:
        """Takes the result of a trial that was given out, in any order."""
        self._results[result.trial.number] = result
