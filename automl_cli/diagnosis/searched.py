"""All trials of a search, as the rules look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from automl_cli.records import TrialResult
from search_spaces.family import Family


@dataclass(frozen=True, slots=True)
class Searched:
    """A search that is over, or has come so far.

    Attributes:
        results: Of all trials, baselines among them, in any order.
        families: That were searched, by name, as they were searched.
        metric: Name of the search's metric.
        greater_is_better: Its direction.
        class_rows: Training rows of each class; empty for a regression.
        validation_rows: Of all folds together.
        columns: Encoded numbers of the training and the validation rows of each fold, both `(rows, columns)`.
    """

    results: Sequence[TrialResult]
    families: Mapping[str, Family]
    metric: str
    greater_is_better: bool
    class_rows: Sequence[int] = ()
    validation_rows: int = 0
    columns: Sequence[tuple[NDArray[Any], NDArray[Any]]] = ()

    @property
    def baselines(self) -> list[TrialResult]:
        """Constant and linear model, best first; those with a score."""
        return self._ranked([result for result in self.results if result.trial.origin == "baseline"])

    @property
    def tried(self) -> list[TrialResult]:
        """All other trials with a score, best first."""
        return self._ranked([result for result in self.results if result.trial.origin != "baseline"])

    def is_better(self, score: float, other: float) -> bool:
        """Whether a score beats another one."""
        return score > other if self.greater_is_better else score < other

    def _ranked(self, results: Sequence[TrialResult]) -> list[TrialResult]:
        scored = [result for result in results if result.score is not None]
        sign = -1.0 if self.greater_is_better else 1.0
        return sorted(scored, key=lambda result: (sign * float(result.score or 0.0), result.trial.number))
