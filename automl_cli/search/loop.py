"""The search: ask, run, tell, until the budget is spent or nothing is left to try."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from automl_cli.errors import SearchError
from automl_cli.events import EpochEnded, Listener, TrialEnded, TrialStarted
from automl_cli.records import Trial, TrialResult
from automl_cli.search.budget import TIME_IS_UP, Clock, Pace, TimeShare
from automl_cli.search.executors.in_process import InProcess, RunTrial
from automl_cli.search.limits import Limit
from automl_cli.search.strategy import Strategy
from automl_cli.training.task import Watch

# When so many trials fail for one and the same reason, it lies with the data or the machine.
_HOPELESS = 5


@dataclass(frozen=True, slots=True)
class Search:
    """What a search runs with.

    Attributes:
        baselines: Trials that stand in every leaderboard, numbered from 1; they run first, whatever the strategy
            and the clock, so that there always is a model.
        strategy: Chooses the other trials; a fresh one.
        run: Trains one trial and keeps its files; never raises for a trial that fails.
        folds: How many there are; a trial shares its time evenly among them.
        clock: Ends the search.
        limit: Of the strategy's trials.
        tell: Hears of every event before the strategy does; the journal first.
    """

    baselines: Sequence[Trial]
    strategy: Strategy
    run: RunTrial
    folds: int
    clock: Clock
    limit: Limit
    tell: Listener


def run_search(search: Search) -> tuple[list[TrialResult], str]:
    """Runs the baselines, and then what the strategy asks for.

    Returns:
        All results in the order in which they ended, and why the search is over, in words.

    Raises:
        SearchError: No trial has a score, or the first networks all failed for the same reason.
    """
    running = _RunningSearch(search)
    for trial in search.baselines:
        running.start(trial, should_stop=lambda fold: None)
        running.finish()
    reason = running.explore()
    results = running.results
    if all(result.score is None for result in results):
        why = results[-1].reason if results else reason
        raise SearchError(f"No trial could be trained: {why}.", hint=_DETAILS)
    return results, reason


_DETAILS = "the trials' folders hold error.txt with the details"


class _RunningSearch:
    """What is known between two trials."""

    def __init__(self, search: Search) -> None:
        self.results: list[TrialResult] = []
        self._search = search
        self._executor = InProcess(search.run)
        self._pace = Pace()
        self._started = 0
        self._epochs: Counter[int] = Counter()

    def start(self, trial: Trial, *, should_stop: Callable[[int], str | None]) -> None:
        self._started += 1
        self._search.tell(TrialStarted(trial))
        self._executor.start(trial, Watch(self._hear_epoch, should_stop))

    def finish(self) -> None:
        """Waits for trials that end."""
        for result in self._executor.wait():
            self._search.tell(TrialEnded(result))
            self.results.append(result)
            self._pace.record(result, epochs=self._epochs.pop(result.trial.number, 0) / self._search.folds)
            self._search.strategy.tell(result)

    def explore(self) -> str:
        """Runs what the strategy asks for; returns why there is no more."""
        limit, clock = self._search.limit, self._search.clock
        last = math.inf if limit.trials is None else self._started + limit.trials
        reason = ""
        while True:
            if not reason:
                answer = limit.reason if self._started >= last else self._next()
                if isinstance(answer, Trial):
                    is_last = self._started + 1 >= last
                    self.start(answer, should_stop=TimeShare(clock, folds=self._search.folds, is_last=is_last))
                    if self._executor.has_room:
                        continue
                else:
                    reason = answer
            if not self._executor.running:
                return reason
            self.finish()
            self._give_up_when_hopeless()

    def _next(self) -> Trial | str:
        """Returns the next trial, or why there is none; nothing is said where running trials may open new ones."""
        clock = self._search.clock
        if stopped := clock.should_stop():
            return stopped
        trial = self._search.strategy.ask(self._started + 1)
        if trial is None:
            return "" if self._executor.running else "nothing is left to try"
        if self._pace.least_seconds(trial) > clock.left_seconds:
            return f"{TIME_IS_UP}: another trial would not have fitted"
        return clock.should_stop() or trial

    def _hear_epoch(self, event: EpochEnded) -> None:
        self._epochs[event.number] += 1
        self._search.tell(event)

    def _give_up_when_hopeless(self) -> None:
        tried = [result for result in self.results if result.trial.origin != "baseline"]
        reasons = {result.reason for result in tried}
        if self._search.clock.should_stop() or len(tried) < _HOPELESS or len(reasons) > 1:
            return
        if all(result.state == "failed" for result in tried):
            raise SearchError(f"The first {len(tried)} networks all failed: {tried[0].reason}.", hint=_DETAILS)
