"""Hyperband: many short trainings, the better ones go on.

Li et al. 2018, jmlr.org/papers/v18/16-558.html, as KerasTuner has it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from functools import partial

import keras_tuner

from automl_cli.records import Trial, TrialResult
from automl_cli.search.strategies.oracle import Oracle
from automl_cli.search.strategies.tree import declare, make_tree, make_trial
from search_spaces.family import Family

# Of so many trials, one goes on and trains so many times longer.
_FACTOR = 3
# Fewer say little of a network that warms up or waits for a plateau. KerasTuner starts with 1 to 3, and with 98
# trials where this starts with 18: minutes would pass before the first one went on.
_FEWEST_EPOCHS = 10


class Hyperband:
    """Brackets of trials; in each round the best third goes on from its own weights and optimizer state.

    A failed trial counts as the worst of its round. KerasTuner alone would wait for one that takes its place, and
    so never run the last rounds of the bracket.

    Args:
        families: Those that train by epochs, by name.
        greater_is_better: Direction of the scores.
        seed: Any number from 0.
    """

    def __init__(self, families: Mapping[str, Family], *, greater_is_better: bool, seed: int) -> None:
        longest = max(int(family.full_space.defaults()["epochs"]) for family in families.values())
        self._families = families
        self._oracle = Oracle(
            partial(_Brackets, max_epochs=longest, factor=_FACTOR, hyperband_iterations=None),
            declare(make_tree(families)),
            greater_is_better=greater_is_better,
            seed=seed,
        )
        self._failed_score = -math.inf if greater_is_better else math.inf
        self._failed: set[str] = set()
        self._names: dict[int, str] = {}
        self._numbers: dict[str, int] = {}
        self._brackets: dict[str, int] = {}

    def ask(self, number: int) -> Trial | None:
        """Returns a new short trial, or one that goes on."""
        while (suggestion := self._oracle.suggest()) is not None:
            name, values = suggestion
            parent = values.get("tuner/trial_id")
            # What is written of a trial that goes on is the bracket that was opened last, not its own.
            bracket = self._brackets[name] = self._brackets[parent] if parent else values["tuner/bracket"]
            if parent in self._failed:  # A round of failures alone: there is nothing to go on from.
                self._report(name, None)
                continue
            self._names[number], self._numbers[name] = name, number
            trial = make_trial(
                number,
                values,
                families=self._families,
                origin=f"bracket {bracket}, round {values['tuner/round'] + 1} of {bracket + 1}",
                epochs=values["tuner/epochs"],
            )
            first = values["tuner/initial_epoch"]
            return dataclasses.replace(trial, initial_epoch=first, parent=self._numbers[parent] if parent else None)
        return None

    def tell(self, result: TrialResult) -> None:
        """Lets the trial's round know; results of others are passed over."""
        name = self._names.pop(result.trial.number, None)
        if name is not None:
            self._report(name, result.score)

    def _report(self, name: str, score: float | None) -> None:
        if score is None or not math.isfinite(score):
            self._failed.add(name)
            score = self._failed_score
        self._oracle.report(name, score)


class _Brackets(keras_tuner.oracles.HyperbandOracle):
    def _get_num_brackets(self) -> int:
        return 1 + max(0, int(math.log(self.max_epochs / _FEWEST_EPOCHS, self.factor) + 1e-9))
