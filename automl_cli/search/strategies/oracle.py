"""One KerasTuner oracle, asked and told without its `Tuner`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras_tuner
import numpy as np
from threadpoolctl import threadpool_limits

from automl_cli.records import Value

MakeOracle = Callable[..., Any]


class Oracle:
    """An oracle that writes no file, prints no line, draws from no global random state and gives up on nothing.

    Args:
        make: Takes `objective`, `hyperparameters`, `seed` and `max_consecutive_failed_trials`.
        tree: Everything that may be searched.
        greater_is_better: Direction of the scores.
        seed: Any number from 0.
    """

    def __init__(self, make: MakeOracle, tree: Any, *, greater_is_better: bool, seed: int) -> None:
        self._oracle = make(
            objective=keras_tuner.Objective("score", "max" if greater_is_better else "min"),
            hyperparameters=tree,
            seed=seed + 1,  # KerasTuner takes 0 for "none given" and draws one.
            # It raises after so many failures in a row. When to give up is decided by the loop.
            max_consecutive_failed_trials=sys.maxsize,
        )
        self._oracle.verbose = 0
        # The journal is the only truth: the oracle's own files would be a second one, and not written atomically.
        self._oracle.save = lambda: None
        self._oracle._save_trial = lambda trial: None
        self._seed = seed

    def suggest(self) -> tuple[str, Mapping[str, Any]] | None:
        """Returns a name for the trial and its values by their names in the tree; None for nothing at the moment."""
        seed_state = self._oracle._seed_state
        # A running trial's worker would be given the same trial again: every trial has a worker of its own.
        worker = f"worker {len(self._oracle.trials)}"
        with threadpool_limits(1), _seeded(self._seed + len(self._oracle.trials)):
            trial = self._oracle.create_trial(worker)
        if trial.status != "RUNNING":
            # Draws that came to nothing leave no trace: nobody knows of them in a replay.
            self._oracle._seed_state = seed_state
            return None
        return trial.trial_id, trial.hyperparameters.values

    def report(self, name: str, score: float | None) -> None:
        """Ends a trial; None for one that has no score."""
        trial = self._oracle.trials[name]
        trial.status = "FAILED"
        if score is not None:
            self._oracle.update_trial(name, {"score": score})
            trial.status = "COMPLETED"
        self._oracle.end_trial(trial)

    def observe(self, values: Mapping[str, Value], score: float) -> None:
        """Adds a trial that the oracle has not asked for."""
        hyperparameters = self._oracle.get_space()
        hyperparameters.values = dict(values)
        name = f"observed {len(self._oracle.trials)}"
        trial = keras_tuner.engine.trial.Trial(hyperparameters, trial_id=name, status="COMPLETED")
        trial.score = score
        self._oracle.trials[name] = trial
        self._oracle._record_values(trial)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seeds NumPy's global generator, which AutoKeras draws from, and leaves it as it was found."""
    state = np.random.get_state()
    np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        np.random.set_state(state)
