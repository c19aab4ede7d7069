"""What the prediction of a row may cost, and how many models of each member that leaves room for.

A trial has a model for each fold, or for each hold-out. Their mean is better than any of them, but the first few of
them are most of that, and a member of another kind is worth more than the rest: members are chosen as if four of their
fold models were shipped, or two models of a hold-out, and then get as many as there is room for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from automl_cli.training.task import FoldData

# Multiplications that the prediction of a row may take: ten thousand rows in 1.2 to 1.9 seconds on two cores.
MOST_WORK = 1.3e7
# Of them, what the preprocessing of a fold takes for a column.
_WORK_OF_A_COLUMN = 5e3
# What networks may take, however much their preprocessings need: a wide table is slow to read in any case.
_LEAST_SHARE = 0.5
# Where members are chosen, so many fold models of each have to fit. A single model of a hold-out may learn from more
# rows, and is trained for longer.
_FEWEST_OF_FOLDS, _FEWEST_OF_A_HOLD_OUT = 4, 2


@dataclass(frozen=True, slots=True)
class WorkBudget:
    """What may be shipped.

    Attributes:
        models: How many a trial has, or may have.
        encoding: Multiplications that the preprocessing of one fold stands for.
        fewest: Of each member, so many models have room.
    """

    models: int
    encoding: float
    fewest: int = _FEWEST_OF_FOLDS

    @classmethod
    def of(cls, folds: Sequence[FoldData], *, further: int) -> Self:
        """Returns the budget of a search with these folds, after which so many more models may be trained."""
        layouts = [fold.layout for fold in folds]
        columns = [layout.numbers + len(layout.cardinalities) + layout.text + layout.crosses for layout in layouts]
        fewest = _FEWEST_OF_FOLDS if len(folds) > 1 else _FEWEST_OF_A_HOLD_OUT
        return cls(len(folds) + further, _WORK_OF_A_COLUMN * sum(columns) / len(folds), fewest)

    def most_of_one_model_each(self) -> float:
        """Returns what one model of each member may take, all together, so that a few of each have room."""
        models = min(self.fewest, self.models)
        return self._most_of_networks(models) / models

    def share_out(self, weights: Mapping[int, float], work: Mapping[int, float]) -> dict[int, int]:
        """Returns how many models of each member are shipped: at least one, at most all.

        The variance of a mean falls with the number of models. The next one is always of the member where it lowers
        that of the prediction most for what it costs.

        Args:
            weights: Shares of the members.
            work: Of one model of each, in multiplications for a row.
        """
        models = dict.fromkeys(weights, 1)
        while True:
            encodings = max(models.values())
            room = self._most_of_networks(encodings) - sum(work[number] * count for number, count in models.items())
            gains: dict[int, float] = {}
            for number, count in models.items():
                further = self._most_of_networks(encodings) - self._most_of_networks(max(encodings, count + 1))
                cost = work[number] + further
                if count < self.models and cost <= room:
                    gains[number] = weights[number] ** 2 / (count * (count + 1)) / cost
            if not gains:
                return models
            models[max(gains, key=lambda number: gains[number])] += 1

    def _most_of_networks(self, encodings: int) -> float:
        """Returns what is left beside so many preprocessings."""
        return max(MOST_WORK - encodings * self.encoding, _LEAST_SHARE * MOST_WORK)
