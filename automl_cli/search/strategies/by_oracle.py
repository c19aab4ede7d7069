"""A strategy that leaves the choice to one oracle."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

from automl_cli.records import Trial, TrialResult
from automl_cli.search.strategies.oracle import Oracle
from automl_cli.search.strategies.tree import make_trial, tree_values
from search_spaces.family import Family


class ByOracle:
    """Asks an oracle, and tells it what came of each trial.

    A failed trial is told as the worst that was seen so far: passed over, its neighbours would be tried next, for
    all that the oracle knows of them.

    Args:
        oracle: Over the tree of these families.
        families: By name.
        origin: Of the trials, in a word.
        greater_is_better: Direction of the scores.
    """

    def __init__(
        self,
        oracle: Oracle,
        families: Mapping[str, Family],
        *,
        origin: str,
        greater_is_better: bool,
    ) -> None:
        self._oracle = oracle
        self._families = families
        self._origin = origin
        self._worst = min if greater_is_better else max
        self._scores: list[float] = []
        self._names: dict[int, str] = {}

    def ask(self, number: int) -> Trial | None:
        """Returns the oracle's next trial."""
        suggestion = self._oracle.suggest()
        if suggestion is None:
            return None
        self._names[number], values = suggestion
        trial = make_trial(number, values, families=self._families, origin=self._origin)
        return dataclasses.replace(trial, origin="default") if self._is_default(trial) else trial

    def tell(self, result: TrialResult) -> None:
        """Reports one of the oracle's trials; a default of these families that it has not asked for is added."""
        trial, score = result.trial, result.score
        if score is not None and math.isfinite(score):
            self._scores.append(score)
        else:
            score = self._worst(self._scores) if self._scores else None
        if trial.number in self._names:
            self._oracle.report(self._names.pop(trial.number), score)
        elif score is not None and trial.family in self._families and self._is_default(trial):
            self._oracle.observe(tree_values(trial), score)

    def _is_default(self, trial: Trial) -> bool:
        return dict(trial.hyperparameters) == self._families[trial.family].full_space.defaults()
