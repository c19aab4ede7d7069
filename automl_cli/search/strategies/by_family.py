"""A strategy for each family, and a rule whose turn it is."""

from __future__ import annotations

from collections.abc import Mapping

from automl_cli.records import Trial, TrialResult
from automl_cli.search.strategy import Strategy


class ByFamily:
    """Gives better families more of the trials.

    A trial costs the family with the best score so far 1, the second best `decay`, the third best its square, and so
    on; next is whoever will then have paid least in all. With a decay of 2, the leader gets half of the trials and
    the second a quarter; with 1, all take turns. No family is given up, and one that moves up pays less from then
    on. The first trial costs everyone 1, so that every family is heard before the ranks count.

    Searching within one family keeps the dimensions few, which a Gaussian process needs; the rule knows no draws
    and no times, so that it replays.

    Args:
        members: A strategy for each family, the most promising family first.
        greater_is_better: Direction of the scores.
        decay: Price of a rank over the price of the rank above it, 1 or more.
    """

    def __init__(self, members: Mapping[str, Strategy], *, greater_is_better: bool, decay: float) -> None:
        self._members = members
        self._sign = 1.0 if greater_is_better else -1.0
        self._decay = decay
        self._paid = dict.fromkeys(members, 0.0)
        self._best: dict[str, float] = {}
        self._asked: set[int] = set()

    def ask(self, number: int) -> Trial | None:
        """Returns a trial of the family whose turn it is, or of the next one that has something to try."""
        # The sort is stable: of equals, the more promising family comes first.
        for family in sorted(self._members, key=lambda family: self._paid[family] + self._price(family)):
            trial = self._members[family].ask(number)
            if trial is not None:
                self._asked.add(number)
                self._paid[family] += self._price(family)
                return trial
        return None

    def tell(self, result: TrialResult) -> None:
        """Tells the trial's family alone."""
        family = result.trial.family
        if family not in self._members:
            return
        if result.trial.number not in self._asked:
            self._paid[family] += self._price(family)
        score = self._sign * result.score if result.score is not None else float("-inf")
        self._best[family] = max(self._best.get(family, score), score)
        self._members[family].tell(result)

    def _price(self, family: str) -> float:
        if family not in self._best:
            return 1.0
        return self._decay ** sum(best > self._best[family] for best in self._best.values())
