from __future__ import annotations

from collections import Counter

import pytest

from automl_cli.records import Trial, TrialResult
from automl_cli.search.strategies.by_family import ByFamily


class Supply:
    """Has so many trials of one family."""

    def __init__(self, family: str, *, trials: int = 1000) -> None:
        self.family, self.left = family, trials
        self.told: list[TrialResult] = []

    def ask(self, number: int) -> Trial | None:
        if not self.left:
            return None
        self.left -= 1
        return Trial(number, self.family, {}, epochs=1)

    def tell(self, result: TrialResult) -> None:
        self.told.append(result)


def families_of(strategy: ByFamily, scores: dict[str, float | None], *, trials: int) -> list[str]:
    asked = []
    for number in range(1, trials + 1):
        trial = strategy.ask(number)
        if trial is None:
            break
        score = scores[trial.family]
        strategy.tell(TrialResult(trial, "failed" if score is None else "completed", score))
        asked.append(trial.family)
    return asked


def supplies(names: str = "abcd") -> dict[str, Supply]:
    return {name: Supply(name) for name in names}


def test_each_rank_has_half_the_share_of_the_one_before() -> None:
    strategy = ByFamily(supplies(), greater_is_better=True, decay=2.0)
    asked = families_of(strategy, {"a": 0.1, "b": 0.9, "c": 0.5, "d": None}, trials=150)
    assert asked[:4] == ["a", "b", "c", "d"]
    assert [Counter(asked)[name] for name in "bcad"] == pytest.approx([80, 40, 20, 10], abs=1)


def test_smaller_scores_lead_where_smaller_is_better() -> None:
    strategy = ByFamily(supplies("ab"), greater_is_better=False, decay=2.0)
    assert Counter(families_of(strategy, {"a": 0.1, "b": 0.9}, trials=90)) == {"a": 60, "b": 30}


def test_a_family_that_moves_up_gets_the_larger_share_from_then_on() -> None:
    strategy = ByFamily(supplies("ab"), greater_is_better=True, decay=2.0)
    assert families_of(strategy, {"a": 0.9, "b": 0.1}, trials=30).count("a") == pytest.approx(20, abs=1)
    assert families_of(strategy, {"a": 0.9, "b": 0.95}, trials=30).count("b") == pytest.approx(20, abs=1)


def test_without_decay_all_take_turns() -> None:
    strategy = ByFamily(supplies("abc"), greater_is_better=True, decay=1.0)
    asked = families_of(strategy, {"a": 0.1, "b": 0.9, "c": 0.5}, trials=9)
    assert [Counter(asked[start : start + 3]) for start in (0, 3, 6)] == [Counter("abc")] * 3


def test_a_family_with_nothing_left_gives_its_turn_away() -> None:
    members = {"a": Supply("a", trials=2), "b": Supply("b", trials=3)}
    strategy = ByFamily(members, greater_is_better=True, decay=2.0)
    assert Counter(families_of(strategy, {"a": 0.9, "b": 0.1}, trials=9)) == {"a": 2, "b": 3}


def test_results_reach_their_family_alone() -> None:
    members = supplies("ab")
    strategy = ByFamily(members, greater_is_better=True, decay=2.0)
    families_of(strategy, {"a": 0.9, "b": 0.1}, trials=6)
    strategy.tell(TrialResult(Trial(99, "constant", {}, epochs=1), "completed", 0.5))
    for name, member in members.items():
        assert {result.trial.family for result in member.told} == {name}
