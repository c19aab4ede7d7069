"""A strategy for each family, and a rule whose turn it is."""

from __future__ import annotations

from collections.abc import Mapping

from automl_cli.records import Trial, TrialResult
from automl_cli.search.strategy import Strategy


class ByFamily:
    """Gives each family its share of the trials.

    Families without a trial come first, in their order. Then they are ranked by their best score, and each rank has
    a share: with a decay of 2, the leader gets half of the trials, the second a quarter, and so on. The turn goes to
    the family that is furthest behind its share. No family is ever given up: a lower rank is asked more rarely, and
    a score that moves it up moves its share. With a decay of 1 all take turns.

    Searching within one family keeps the dimensions few, which a Gaussian process needs; the rule needs no draws
    and no times, so that it replays.

    Args:
        members: A strategy for each family, the most promising family first.
        greater_is_better: Direction of the scores.
        decay: Share of a rank over the share of the next one, 1 or more.
    """

    def __init__(self, members: Mapping[str, Strategy], *, greater_is_better: bool, decay: float) -> None:
        self._members = members
        self._sign = 1.0 if greater_is_better else -1.0
        self._decay = decay
        self._trials = dict.fromkeys(members, 0)
        self._best = dict.fromkeys(members, float("-inf"))
        self._asked: set[int] = set()

    def ask(self, number: int) -> Trial | None:
        """Returns a trial of the family whose turn it is, or of the next one that has something to try."""
        for family in self._turns():
            trial = self._members[family].ask(number)
            if trial is not None:
                self._trials[family] += 1
                self._asked.add(number)
                return trial
        return None

    def tell(self, result: TrialResult) -> None:
        """Tells the trial's family alone."""
        family = result.trial.family
        if family not in self._members:
            return
        if result.trial.number not in self._asked:
            self._trials[family] += 1
        if result.score is not None:
            self._best[family] = max(self._best[family], self._sign * result.score)
        self._members[family].tell(result)

    def _turns(self) -> list[str]:
        """Families, the one that is furthest behind its share first."""
        ranked = sorted(self._members, key=lambda family: -self._best[family])  # stable: ties keep their order
        weights = {family: self._decay**-rank for rank, family in enumerate(ranked)}
        total = (sum(self._trials.values()) + 1) / sum(weights.values())
        new = [family for family in self._members if not self._trials[family]]
        known = [family for family in ranked if self._trials[family]]
        return new + sorted(known, key=lambda family: self._trials[family] - weights[family] * total)
