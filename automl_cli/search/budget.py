"""How long a search may go on: the clock, the number of trials, and what a trial is expected to take."""

from __future__ import annotations

import math
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from automl_cli.records import Trial
from automl_cli.spec.search import StrategyName
from automl_cli.training.task import TrialOutcome

# A network that had fewer tells nothing, whatever it cost.
_FEWEST_EPOCHS = 10
# Configurations that are worth comparing on so many rows: with more, the best of them is the luckiest. The sizes of
# AutoGluon's portfolios.
_WORTHWHILE = {100: 4, 500: 8, 2_500: 15, 10_000: 40, 100_000: 100}


class Clock:
    """The time budget of a command, from its start to its report, and the user's wish to end it.

    Export, proof, test score and report have their share reserved: 15 % of the budget, but at least 6 seconds, which
    a fresh process needs to load TensorFlow, and at most 60; never more than 45 %, so that a short budget is still
    one for a search.

    Args:
        total_seconds: The budget of the whole command.
        started: `now()` when the command started; imports count too.
        now: A clock that never goes back, in seconds.
    """

    def __init__(self, total_seconds: float, *, started: float, now: Callable[[], float] = time.monotonic) -> None:
        self.total_seconds = total_seconds
        self.reserved_seconds = min(max(6.0, 0.15 * total_seconds), 60.0, 0.45 * total_seconds)
        self._started = started
        self._now = now
        self._interrupted = False

    @property
    def elapsed_seconds(self) -> float:
        """Wall time since the command started."""
        return self._now() - self._started

    @property
    def search_seconds_left(self) -> float:
        """Wall time until the search has to end; negative when it is late."""
        return self.total_seconds - self.reserved_seconds - self.elapsed_seconds

    @property
    def interrupted(self) -> bool:
        """Whether the user wants to end."""
        return self._interrupted

    def interrupt(self) -> None:
        """Asks everything that goes on to end at the next opportunity, with what there is."""
        self._interrupted = True

    def should_stop(self) -> str | None:
        """Returns why the search has to end, in words; None while it may go on."""
        if self._interrupted:
            return "interrupted"
        return "time is up" if self.search_seconds_left <= 0 else None


@dataclass(frozen=True, slots=True)
class TrialLimit:
    """How many trials there may be, baselines not counted.

    Attributes:
        trials: At most so many; None for as many as fit into the time.
        reason: Why the search ends there, in words.
    """

    trials: int | None = None
    reason: str = ""


def trial_limit(trials: int | None, *, strategy: StrategyName, train_rows: int, validation_rows: int) -> TrialLimit:
    """Returns the user's limit, or for "auto" the number of trials that the data can tell apart.

    Args:
        trials: What the user asked for.
        strategy: Name of the strategy; those that were chosen by name go on until the time is up.
        train_rows: Rows that may be learned from, all folds together.
        validation_rows: Rows that trials are compared on.
    """
    if trials is not None:
        return TrialLimit(trials, f"{trials} {'trial' if trials == 1 else 'trials'} done")
    if strategy != "auto":
        return TrialLimit()
    logarithms = np.interp(math.log(train_rows), np.log(list(_WORTHWHILE)), np.log(list(_WORTHWHILE.values())))
    return TrialLimit(round(math.exp(logarithms)), f"more trials would only overfit {validation_rows:,} validation rows")


class Pace:
    """What trials of each family took, to start none that cannot come to anything."""

    def __init__(self) -> None:
        # Seconds per epoch of all folds, set-up included; of a fitted family, seconds of the whole trial.
        self._seconds: dict[str, list[float]] = defaultdict(list)

    def record(self, outcome: TrialOutcome) -> None:
        """Learns from a trial that ended, unless it failed."""
        result, curves = outcome.result, outcome.curves
        if result.score is None:
            return
        epochs = sum(len(curve.loss) for curve in curves) / len(curves) - result.trial.initial_epoch if curves else 0
        self._seconds[result.trial.family].append(result.seconds / max(epochs, 1))

    def least_seconds(self, trial: Trial) -> float:
        """Returns the seconds that a trial needs for ten epochs of each fold, or for all if it has fewer.

        A family that was never tried is taken for an average one; the first trial of all has no forecast: 0.
        """
        every = [statistics.median(seconds) for seconds in self._seconds.values()]
        seconds = self._seconds.get(trial.family)
        if not every:
            return 0.0
        epochs = min(_FEWEST_EPOCHS, trial.epochs - trial.initial_epoch) if trial.epochs else 1
        return epochs * (statistics.median(seconds) if seconds else statistics.median(every))
