"""How long a search may go on: the clock, and each fold's share of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TIME_IS_UP = "time is up"
SHARE_IS_UP = "its share of the time is up"
INTERRUPTED = "interrupted"

# A trial that is in the middle of an epoch when time is up gets that share of what is reserved to end it.
_OVERDUE_SHARE, _MOST_OVERDUE_SECONDS = 0.4, 10.0
# So long, a trial is not cut for the sake of those that follow.
_SECONDS_OF_A_TRIAL = 15.0
# The test rows are encoded by every fold, and again in the proof; tracing the way there takes as long as fitting it.
_TIMES_ENCODED = 1.5
# What loading, tracing and writing the networks of a fold takes, of a handful of trials.
_SECONDS_OF_A_FOLD = 0.9
# Of the budget, kept back for training the winner on all rows.
_SHARE_OF_REFIT = 0.15


class Clock:
    """The time budget of a command, from its start to its report, and the user's wish to end it.

    Export, proof, test score and report have their share reserved: 6 seconds, which a fresh process needs to load
    TensorFlow, or 5 % of the budget if that is more, and at most 40; never more than 45 %, so that a short budget is
    still one for a search.

    Args:
        total_seconds: The budget of the whole command.
        started: `now()` when the command started; imports count too.
        now: Seconds of a clock that never goes back.
    """

    def __init__(self, total_seconds: float, *, started: float, now: Callable[[], float] = time.monotonic) -> None:
        self.total_seconds = total_seconds
        self.reserved_seconds = min(max(6.0, 0.05 * total_seconds), 40.0, 0.45 * total_seconds)
        self._started = started
        self._now = now
        self._interrupted = False

    def reserve(self, seconds: float) -> None:
        """Reserves more for the end, but never so much that the search gets less than what is reserved."""
        most = max(self.reserved_seconds, 0.45 * self.total_seconds)
        self.reserved_seconds = min(self.reserved_seconds + seconds, most)

    def reserve_end(self, encoding_seconds: float, *, folds: int, refits: bool) -> None:
        """Reserves what follows the trials: the same way as the encoding, network by network, and a last training.

        Args:
            encoding_seconds: That the encoding of all rows took.
            folds: How many there are.
            refits: Whether the winner is trained once more, on all rows.
        """
        seconds = _TIMES_ENCODED * encoding_seconds + _SECONDS_OF_A_FOLD * folds
        self.reserve(seconds + (_SHARE_OF_REFIT * self.total_seconds if refits else 0.0))

    @contextmanager
    def keeping(self, seconds: float) -> Iterator[None]:
        """Lets so much less time be left meanwhile, for what comes next."""
        self.reserved_seconds += seconds
        try:
            yield
        finally:
            self.reserved_seconds -= seconds

    @property
    def elapsed_seconds(self) -> float:
        """Wall time since the command started."""
        return self._now() - self._started

    @property
    def left_seconds(self) -> float:
        """Wall time until the search has to end; negative when it is late."""
        return self.total_seconds - self.reserved_seconds - self.elapsed_seconds

    @property
    def is_overdue(self) -> bool:
        """Whether trials have been left to come to an end for as long as the end of the run can bear."""
        return self.left_seconds < -min(_OVERDUE_SHARE * self.reserved_seconds, _MOST_OVERDUE_SECONDS)

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
            return INTERRUPTED
        return TIME_IS_UP if self.left_seconds <= 0 else None


class TimeShare:
    """Ends the folds of a trial in time: those that follow and the trials that follow want their share.

    A trial may take a share of what is left, or 15 seconds if that is more: one slow network should not be the only
    one, nor should there be many that are hardly trained. The last trial may take all. Its folds share it evenly;
    what one leaves goes to those behind it. A fold's share begins with its second epoch: the first one of all compiles
    the network, which would leave little else of it.

    Args:
        clock: Of the search.
        folds: How many the trial has.
        is_last: Whether no trial can follow.
        share: Of what is left, if others can follow.
    """

    def __init__(self, clock: Clock, *, folds: int, is_last: bool, share: float = 0.5) -> None:
        self._clock = clock
        self._folds = folds
        left = clock.left_seconds
        self._end = clock.elapsed_seconds + (left if is_last else max(share * left, min(left, _SECONDS_OF_A_TRIAL)))
        self._begun: set[int] = set()
        self._deadlines: dict[int, float] = {}

    def __call__(self, fold: int) -> str | None:
        """Returns why the fold must end, or None; asked before its first epoch and after every one."""
        stopped, elapsed = self._clock.should_stop(), self._clock.elapsed_seconds
        if fold not in self._begun:
            # A trial without its last fold has no score: once begun, every fold gets an epoch, unless the user waits.
            may_begin = bool(self._begun) and not self._clock.interrupted
            self._begun.add(fold)
            return None if may_begin else stopped
        if stopped:
            return stopped
        if fold not in self._deadlines:
            self._deadlines[fold] = elapsed + max(0.0, self._end - elapsed) / (self._folds - fold)
        return SHARE_IS_UP if elapsed >= self._deadlines[fold] else None
