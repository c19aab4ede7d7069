"""The search: ask, run, tell, until the budget is spent or nothing is left to try."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from automl_cli.errors import SearchError
from automl_cli.events import Listener, TrialEnded, TrialStarted
from automl_cli.records import Trial, TrialResult
from automl_cli.search.budget import TIME_IS_UP, Clock
from automl_cli.search.limits import Limit
from automl_cli.search.strategy import Strategy
from automl_cli.training.task import Watch

# A trial that would be cut before so large a share of its usual time teaches little.
_USEFUL_SHARE = 0.3
_SHORTEST_TRIAL_SECONDS = 1.0
# So many failures in a row, and nothing trained yet, are no bad luck.
_HOPELESS = 5


@dataclass(frozen=True, slots=True)
class Search:
    """What a search runs with.

    Attributes:
        baselines: Trials that stand in every leaderboard; they run first, whatever the strategy and the clock.
        strategy: Chooses the other trials.
        run: Trains one trial and keeps its files; never raises for a trial that fails.
        folds: How many there are; a trial shares its time evenly among them.
        clock: Ends the search.
        limit: Most trials to ask for.
        tell: Hears of every event; the journal first.
    """

    baselines: Sequence[Trial]
    strategy: Strategy
    run: Callable[[Trial, Watch], TrialResult]
    folds: int
    clock: Clock
    limit: Limit
    tell: Listener


@dataclass(slots=True)
class TimeShare:
    """Stops a fold that has used up its even share of what is left, so that the other folds get theirs.

    Attributes:
        clock: Of the search.
        folds: How many the trial has.
        deadlines: In seconds since the command's start, by fold; set when a fold is first asked about.
    """

    clock: Clock
    folds: int
    deadlines: dict[int, float] = field(default_factory=dict)

    def __call__(self, fold: int) -> str | None:
        """Returns why the fold must end, or None."""
        elapsed = self.clock.elapsed_seconds
        if fold not in self.deadlines:
            self.deadlines[fold] = elapsed + self.clock.left_seconds / (self.folds - fold)
        return self.clock.stop_reason or (TIME_IS_UP if elapsed >= self.deadlines[fold] else None)


def run_search(search: Search) -> tuple[list[TrialResult], str]:
    """Runs trials one after the other.

    Returns:
        All results in the order in which they ended, and why the search is over, in words.

    Raises:
        SearchError: No trial, not even a baseline, has a score.
    """
    results = [_run(search, trial, always=True) for trial in search.baselines]
    reason = _explore(search, results)
    if all(result.score is None for result in results):
        why = results[-1].reason if results else reason
        raise SearchError(
            f"No trial could be trained: {why}.", hint="the trials' folders hold error.txt with the details"
        )
    return results, reason


def _explore(search: Search, results: list[TrialResult]) -> str:
    """Adds the strategy's trials to the results; returns why there are no more."""
    asked: list[TrialResult] = []
    while True:
        if reason := search.clock.should_stop():
            return reason
        if search.limit.trials is not None and len(asked) >= search.limit.trials:
            return search.limit.reason
        if len(asked) >= _HOPELESS and all(result.state == "failed" for result in asked):
            return f"the first {len(asked)} trials failed, the last one because: {asked[-1].reason}"
        trial = search.strategy.ask(len(results) + 1)
        if trial is None:
            return "nothing is left to try"
        if not _is_worth_starting(trial, asked, left_seconds=search.clock.left_seconds):
            return f"{TIME_IS_UP}: another trial would not have fitted"
        result = _run(search, trial)
        results.append(result)
        asked.append(result)
        search.strategy.tell(result)


def _run(search: Search, trial: Trial, *, always: bool = False) -> TrialResult:
    search.tell(TrialStarted(trial))
    should_stop = (lambda fold: None) if always else TimeShare(search.clock, search.folds)
    result = search.run(trial, Watch(on_epoch=search.tell, should_stop=should_stop))
    search.tell(TrialEnded(result))
    return result


def _is_worth_starting(trial: Trial, asked: Sequence[TrialResult], *, left_seconds: float) -> bool:
    """Predicts from earlier trials of the family whether a useful part of this one fits."""
    seconds = [result.seconds for result in asked if result.trial.family == trial.family and result.score is not None]
    return left_seconds >= max(_SHORTEST_TRIAL_SECONDS, _USEFUL_SHARE * median(seconds) if seconds else 0.0)
