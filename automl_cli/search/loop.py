"""The search: ask, run, tell, until the budget is spent or nothing is left to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from automl_cli.errors import RunError, SearchError
from automl_cli.events import Listener, TrialEnded, TrialStarted
from automl_cli.records import Trial, TrialResult
from automl_cli.search.budget import INTERRUPTED, TIME_IS_UP, Clock, TimeShare
from automl_cli.search.executor import Executor
from automl_cli.search.limits import Limit
from automl_cli.search.pace import Pace
from automl_cli.search.strategy import Strategy
from automl_cli.search.turns import Turns

# When so many trials fail for one and the same reason, it lies with the data or the machine.
_HOPELESS = 5
_DETAILS = "the trials' folders hold error.txt with the details"


@dataclass(frozen=True, slots=True)
class Search:
    """What a search runs with.

    Attributes:
        baselines: Trials that stand in every leaderboard, numbered from 1; they run first, whatever the strategy
            and the clock, so that there always is a model.
        strategy: Chooses the other trials; a fresh one.
        executor: Trains trials and keeps their files.
        folds: How many there are; a trial shares its time evenly among them.
        clock: Ends the search.
        limit: Of the strategy's trials.
        tell: Hears of every event before the strategy does; the journal first.
        lag: See `Turns`.
        share: Of the time that is left, what a trial may take; see `TimeShare`.
        known: Results by number that are in the journal already: these trials are not run again.
    """

    baselines: Sequence[Trial]
    strategy: Strategy
    executor: Executor
    folds: int
    clock: Clock
    limit: Limit
    tell: Listener
    lag: int
    share: float = 0.5
    known: Mapping[int, TrialResult] = field(default_factory=dict)


def run_search(search: Search) -> tuple[list[TrialResult], str]:
    """Runs the baselines, and then what the strategy asks for.

    Returns:
        All results, known ones among them, and why the search is over, in words.

    Raises:
        SearchError: No trial has a score, or the first networks all failed for the same reason.
        RunError: The run folder cannot be written, or what is known is not what the strategy asks for.
    """
    running = _RunningSearch(search)
    try:
        reason = running.run()
    finally:
        search.executor.close()
    results = running.results
    if all(result.score is None for result in results):
        why = results[-1].reason if results else reason
        raise SearchError(f"No trial could be trained: {why}.", hint=_DETAILS)
    return results, reason


class _RunningSearch:
    """What is known between two trials."""

    def __init__(self, search: Search) -> None:
        self.results: list[TrialResult] = []
        self._search = search
        self._executor = search.executor
        self._turns = Turns(search.strategy, baselines=search.baselines, limit=search.limit, lag=search.lag)
        self._pace = Pace()
        # Asked for while others train, so that a slow suggestion keeps no worker waiting.
        self._next: Trial | None = None
        self._asked_to_stop = False
        for result in search.known.values():
            self._finish(result)

    def run(self) -> str:
        """Runs trials as long as there are any; returns why there are no more."""
        reason = ""
        while True:
            reason = reason or self._fill()
            if not self._executor.running:
                return reason
            self._collect()
            self._give_up_when_hopeless()

    def _fill(self) -> str:
        """Starts trials where there is room; returns why no other will follow, nothing as long as one may."""
        while self._executor.has_room:
            trial = self._next or self._take()
            self._next = None
            if trial is None:
                return self._search.clock.should_stop() or self._turns.ending
            if trial.origin != "baseline" and (reason := self._reason_against(trial)):
                return reason
            self._start(trial)
        if self._search.clock.should_stop() is None:
            self._next = self._next or self._take()
        return ""

    def _take(self) -> Trial | None:
        """Returns the next trial that has to be run; those that are known already are passed over."""
        while True:
            if self._search.clock.should_stop() and len(self.results) >= len(self._search.baselines):
                return None
            trial = self._turns.next()
            known = self._search.known.get(trial.number) if trial else None
            if trial is None or known is None:
                return trial
            if known.trial != trial:
                raise RunError(
                    f"Trial {trial.number} of the journal is not the one that would be tried today.",
                    hint="the run was made with other versions; search again",
                )

    def _reason_against(self, trial: Trial) -> str | None:
        clock = self._search.clock
        if self._pace.least_seconds(trial) > clock.left_seconds and not clock.interrupted:
            return TIME_IS_UP if clock.left_seconds <= 0 else f"{TIME_IS_UP}: another trial would not have fitted"
        return clock.should_stop()

    def _start(self, trial: Trial) -> None:
        search = self._search
        self._search.tell(TrialStarted(trial))
        if trial.origin == "baseline":
            self._executor.start(trial, never)
            return
        is_last = self._turns.is_last and self._next is None
        share = TimeShare(search.clock, folds=search.folds, is_last=is_last, share=search.share)
        self._executor.start(trial, share)

    def _collect(self) -> None:
        """Waits a moment for trials that end, and sees to it that they end in time."""
        clock = self._search.clock
        if clock.interrupted and not self._asked_to_stop:
            self._asked_to_stop = True
            self._executor.stop(INTERRUPTED)
        if clock.is_overdue:
            self._executor.abandon(f"{TIME_IS_UP}, and it did not come to the end of an epoch")
        for result in self._executor.wait():
            self._search.tell(TrialEnded(result))
            self._finish(result)

    def _finish(self, result: TrialResult) -> None:
        self.results.append(result)
        self._pace.record(result)
        self._turns.ended(result)

    def _give_up_when_hopeless(self) -> None:
        tried = [result for result in self.results if result.trial.origin != "baseline"]
        reasons = {result.reason for result in tried}
        if self._search.clock.should_stop() or len(tried) < _HOPELESS or len(reasons) > 1:
            return
        if all(result.state == "failed" for result in tried):
            raise SearchError(f"The first {len(tried)} networks all failed: {tried[0].reason}.", hint=_DETAILS)


def never(fold: int) -> str | None:
    """Never asks a trial to stop: baselines run to their end."""
    del fold
    return None
