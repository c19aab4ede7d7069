"""What more time is expected to gain: the curve of the best score over trials, continued.

The expected best of fewer trials follows from the scores that there are: it is the mean over all their subsets
(Dodge et al., "Show Your Work", 2019). What the last two doublings of the trials gained, so measured, says how fast
gains shrink, and the next doubling is taken to gain less by the same factor.

This takes trials as draws of one kind. A search that is still learning does better; therefore nobody is told to stop
while scores do improve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Five networks beside the two baselines: fewer scores have no curve.
_FEWEST_SCORES = 7
_FEWEST_RECENT = 3
# Stretches of time that have a short name, in seconds.
_STRETCHES = (10, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600)
# A smaller gain, as a share of the score, is not worth a wait: it is mostly within the noise of the validation rows.
_SMALL = 0.0025


@dataclass(frozen=True, slots=True)
class Forecast:
    """What was gained of late and what is expected next.

    Attributes:
        gained: By how much the best score improved in the last stretch, as a share of it.
        seconds: Length of that stretch.
        expected: By how much it is expected to improve in the stretch ahead, as a share of the best so far.
        ahead_seconds: Length of that one: the time that is left, but no more than has passed.
        scores: How many trials this rests on.
    """

    gained: float
    seconds: int
    expected: float
    ahead_seconds: int
    scores: int

    @property
    def can_stop(self) -> bool:
        """Whether neither what was gained nor what is expected is worth more time."""
        return max(self.gained, self.expected) < _SMALL

    @property
    def sentence(self) -> str:
        """What people are told, with what it rests on."""
        last = _in_words(self.seconds)
        expected = (
            f"{_percent(self.expected)} expected in the next {_in_words(self.ahead_seconds)} "
            f"(from the spread of {self.scores} validation scores)"
        )
        if self.can_stop:
            return f"the last {last} gained {_percent(self.gained)}, {expected}: you can stop"
        if self.gained >= _SMALL:
            return f"still improving: +{_percent(self.gained)} in the last {last}, {expected}"
        return f"the last {last} gained {_percent(self.gained)}, but {expected}"


def make_forecast(
    history: Sequence[tuple[float, float]], *, greater_is_better: bool, elapsed_seconds: float, left_seconds: float
) -> Forecast | None:
    """Looks back at the last stretch of a search, and ahead, with trials going on at the same pace.

    Args:
        history: When trials ended, in seconds since the start, and their validation scores; baselines included, failed
            trials left out.
        greater_is_better: Direction of the metric.
        elapsed_seconds: Now, on the same clock.
        left_seconds: Until trials end; infinite where no clock ends them.

    Returns:
        None while it is too early to tell, and when it is too late.
    """
    # A third of the time, so that the stretch tells of the present and still has some trials.
    seconds = _stretch_within(elapsed_seconds / 3)
    ahead_seconds = _stretch_within(min(left_seconds, elapsed_seconds))
    sign = 1.0 if greater_is_better else -1.0
    earlier = [sign * score for ended, score in history if ended <= elapsed_seconds - seconds]
    recent = [sign * score for ended, score in history if ended > elapsed_seconds - seconds]
    if not ahead_seconds or len(history) < _FEWEST_SCORES or len(recent) < _FEWEST_RECENT or not earlier:
        return None
    scores = np.array(earlier + recent)
    before, best = max(earlier), float(scores.max())
    if before == 0 or best == 0:
        return None  # of nothing, nothing is a share
    return Forecast(
        gained=(best - before) / abs(before),
        seconds=seconds,
        expected=expected_gain(scores, trials=len(recent) * ahead_seconds / seconds) / abs(best),
        ahead_seconds=ahead_seconds,
        scores=len(scores),
    )


def expected_gain(scores: NDArray[np.float64], *, trials: float) -> float:
    """Returns by how much more trials are expected to raise the best score.

    Args:
        scores: Of at least four trials, greater is better.
        trials: How many more.

    Returns:
        0 or more, in the unit of the scores.
    """
    count = len(scores)
    quarter, half, whole = (_expected_best(scores, count / parts) for parts in (4, 2, 1))
    if half <= quarter:
        return 0.0
    # Tails that thin out exponentially gain the same by each doubling; nothing known gains more.
    factor = float(np.clip((whole - half) / (half - quarter), 0.0, 1.0))
    doublings = np.log2((count + trials) / count)
    sum_of_factors = doublings if factor == 1.0 else factor * (1 - factor**doublings) / (1 - factor)
    return float((whole - half) * sum_of_factors)


def _expected_best(scores: NDArray[np.float64], trials: float) -> float:
    """Mean, over all choices of so many of the scores, of the best one."""
    ranks = np.arange(len(scores), 0, -1)  # of the scores from the best down
    # Chance that no score of this rank or above was chosen: one factor for each of them.
    missed = np.cumprod(np.clip((ranks - trials) / ranks, 0, None))
    chances = np.concatenate([[1.0], missed[:-1]]) - missed  # that this one is the best chosen
    return float(chances @ np.sort(scores)[::-1])


def _stretch_within(seconds: float) -> int:
    return max((stretch for stretch in _STRETCHES if stretch <= seconds), default=0)


def _in_words(seconds: int) -> str:
    size, unit = next(pair for pair in ((3600, "hour"), (60, "minute"), (1, "second")) if seconds >= pair[0])
    return unit if seconds == size else f"{seconds // size} {unit}s"


def _percent(share: float) -> str:
    percent = 100 * share
    if percent <= 0:
        return "nothing"
    if percent < 0.05:
        return "less than 0.1 %"
    return f"{percent:.1f} %" if percent < 9.95 else f"{percent:,.0f} %"
