"""What a trial is expected to take, from those that ended: none is started that cannot come to anything."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from automl_cli.records import Trial, TrialResult, Value

# A network that was trained for fewer tells nothing, whatever it cost.
_FEWEST_EPOCHS = 10
# Building and compiling a network takes that long before its first epoch.
_SHORTEST_SECONDS = 1.0
# Pulls the exponents towards 0: a handful of trials says little about five sizes.
_RIDGE = 0.5
# Beyond the longest epoch that was seen, the model is a guess.
_MOST_TIMES_LONGER = 4.0


class Pace:
    """A cost model: the seconds of an epoch as a product of powers of a network's sizes.

    Sizes are the whole numbers among the hyperparameters: width, depth, rows of a batch. Rows and columns of the
    table are the same for all trials of a search. The powers of each family are fitted by ridge regression of
    logarithms; after one trial it says what that trial took.
    """

    def __init__(self) -> None:
        # Set-up included; of a trial without epochs, all of it.
        self._seen: dict[str, list[tuple[dict[str, float], float]]] = defaultdict(list)

    def record(self, result: TrialResult) -> None:
        """Learns from a trial that ended; one without a score may have ended anywhere and is passed over."""
        if result.score is not None and result.seconds > 0:
            seconds = result.seconds / max(result.epochs, 1.0)
            self._seen[result.trial.family].append((_sizes(result.trial.hyperparameters), math.log(seconds)))

    def least_seconds(self, trial: Trial) -> float:
        """Returns what a trial needs for ten epochs of each fold, or for all of them if they are fewer.

        A family that was never tried gets the benefit of the doubt.
        """
        epochs = min(_FEWEST_EPOCHS, trial.epochs - trial.initial_epoch)
        return max(_SHORTEST_SECONDS, epochs * self.seconds_per_epoch(trial))

    def seconds_per_epoch(self, trial: Trial) -> float:
        """Returns the expected seconds of an epoch of all folds; 0 where nothing is known."""
        seen = self._seen.get(trial.family)
        if not seen:
            return 0.0
        sizes = _sizes(trial.hyperparameters)
        names = [name for name in sizes if all(name in known for known, _ in seen)]
        points = np.array([[known[name] for name in names] for known, _ in seen])  # (trials, sizes)
        times = np.array([time for _, time in seen])
        centre, mean = points.mean(axis=0), times.mean()
        spread = points - centre
        powers = np.linalg.solve(spread.T @ spread + _RIDGE * np.eye(len(names)), spread.T @ (times - mean))
        expected = mean + (np.array([sizes[name] for name in names]) - centre) @ powers
        return float(np.exp(min(expected, times.max() + math.log(_MOST_TIMES_LONGER))))


def _sizes(hyperparameters: Mapping[str, Value]) -> dict[str, float]:
    """Returns the logarithms of whole numbers above 0."""
    return {
        name: math.log(value)
        for name, value in hyperparameters.items()
        if isinstance(value, int) and not isinstance(value, bool) and value > 0
    }
