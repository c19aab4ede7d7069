from __future__ import annotations

from collections.abc import Sequence

import pytest

from automl_cli.search.limits import trial_limit
from automl_cli.spec.search import SearchSpec, StrategyName


def plan(strategy: StrategyName = "auto", *, trials: int | None = None, families: Sequence[str] = ()) -> SearchSpec:
    return SearchSpec(
        time=60,
        trials=trials,
        metric="rmse",
        strategy=strategy,
        families=list(families),
        space=None,
        seed=0,
        hyperparameters={},
    )


@pytest.mark.parametrize(
    ("rows", "trials"), [(20, 4), (100, 4), (500, 8), (2_500, 15), (10_000, 40), (100_000, 100), (5_000_000, 100)]
)
def test_few_rows_bear_few_trials(rows: int, trials: int) -> None:
    limit = trial_limit(plan(), rows)
    assert limit.trials == trials
    assert f"{rows:,} rows" in limit.reason


def test_between_two_sizes_the_limit_lies_between() -> None:
    assert trial_limit(plan(), 223).trials == 6


def test_a_user_who_asks_for_trials_gets_them() -> None:
    assert trial_limit(plan(trials=200), 100).trials == 200
    assert trial_limit(plan("grid", trials=3), 100).trials == 3


def test_a_strategy_chosen_by_name_goes_on_until_the_time_is_up() -> None:
    assert trial_limit(plan("random"), 100).trials is None


def test_without_a_search_each_family_is_trained_once() -> None:
    assert trial_limit(plan("manual", families=["mlp", "linear"]), 100).trials == 2
