"""The learning-rate range test: a short training with rising rates tells how large the rate may be.

Smith 2017, "Cyclical Learning Rates for Training Neural Networks" (arXiv 1506.01186), section 3.3. Rates rise by the
same factor from step to step. Too small ones leave the loss where it is, good ones lower it, too large ones blow it up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from automl_cli.records import RangeTest
from automl_cli.training.loop import Course, Trains
from automl_cli.training.progress import Arrays
from automl_cli.training.rows import Rows

_STEPS = 100
_LOWEST, _HIGHEST = 1e-6, 10.0
# Losses of single batches jump: each is averaged with this many on either side. An average of those before alone would
# lag behind, by a factor of 4 in the rate with the usual share of 0.9.
_AROUND = 4
# The test ends where the loss is so many times the first one above the lowest: nothing good comes after that.
_DIVERGED = 2.0
# The rate of the lowest loss is the last before training breaks. A tenth of it is safe for a whole training, and easier
# to tell than where the loss falls fastest, which depends on single batches.
_SHARE_OF_LOWEST = 0.1
# The loss must have fallen by this share for the curve to say anything.
_LEAST_FALL = 0.02


def rising_rates(steps: int = _STEPS) -> NDArray[np.float64]:
    """Returns the rates of a test, `(steps,)`."""
    return np.geomspace(_LOWEST, _HIGHEST, steps)


def run_range_test(
    engine: Trains,
    weights: Arrays,
    *,
    rows: Rows,
    course: Course,
    given: float,
    seeds: Callable[[int], np.random.SeedSequence],
) -> RangeTest:
    """Takes about 100 steps from initial weights, which are left as they are.

    Args:
        engine: Of one or more members; all get the same weights, and the first one is looked at.
        weights: Of the network, in the order of `network.weights`.
        rows: To learn from.
        course: How a step is taken; its rates are replaced by those of the test.
        given: The rate that the recipe names.
        seeds: Stream of a step.
    """
    members = len(rows.counts)
    state = engine.start([weights] * members, [engine.fresh_memory] * members)
    losses: list[float] = []
    for step, rate in enumerate(rising_rates()):
        taken = replace(course, rates=np.full((1, members), rate))
        state, loss = engine.train_epoch(state, rows, course=taken, seeds=[seeds(step) for _ in range(members)])
        if not math.isfinite(loss[0]) or _has_diverged([*losses, float(loss[0])]):
            break
        losses.append(float(loss[0]))
    rates = rising_rates()[: len(losses)]
    smoothed = smooth(np.array(losses))
    return RangeTest(
        rates=tuple(rates.tolist()),
        losses=tuple(losses),
        smoothed=tuple(smoothed.tolist()),
        given=given,
        proposal=propose(rates, smoothed, given=given),
    )


def smooth(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Averages every loss with its neighbours on both sides, as far as there are any."""
    places = np.arange(len(losses))
    return np.array([losses[max(0, place - _AROUND) : place + _AROUND + 1].mean() for place in places])


def propose(rates: NDArray[np.float64], smoothed: NDArray[np.float64], *, given: float) -> float:
    """Returns a tenth of the rate of the lowest loss; the given rate where the loss never fell."""
    if not len(smoothed) or smoothed.min() > smoothed[0] - _LEAST_FALL * abs(smoothed[0]):
        return given
    return float(f"{_SHARE_OF_LOWEST * rates[int(np.argmin(smoothed))]:.3g}")


def _has_diverged(losses: list[float]) -> bool:
    recent = float(np.mean(losses[-_AROUND:]))
    return recent - float(smooth(np.array(losses)).min()) > _DIVERGED * abs(losses[0])
