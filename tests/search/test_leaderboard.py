from __future__ import annotations

from automl_cli.records import Trial, TrialResult
from automl_cli.search.leaderboard import rank


def result(number: int, score: float | None, *, parameters: int = 10) -> TrialResult:
    state = "failed" if score is None else "completed"
    return TrialResult(Trial(number, "mlp", {}, epochs=1), state, score, parameters=parameters)


def order(*results: TrialResult, metric: str) -> list[int]:
    return [ranked.trial.number for ranked in rank(results, metric=metric)]


def test_the_best_score_comes_first_in_the_direction_of_the_metric() -> None:
    results = [result(1, 0.5), result(2, 0.9), result(3, -0.1)]
    assert order(*results, metric="roc_auc") == [2, 1, 3]
    assert order(*results, metric="rmse") == [3, 1, 2]


def test_of_equals_the_smaller_network_wins_then_the_earlier() -> None:
    results = [result(1, 0.9, parameters=50), result(3, 0.9, parameters=7), result(2, 0.9, parameters=7)]
    assert order(*results, metric="accuracy") == [2, 3, 1]


def test_failed_trials_stand_last() -> None:
    assert order(result(1, None), result(2, 9.0), result(3, None), result(4, 1.0), metric="mae") == [4, 2, 1, 3]


def test_an_empty_run_has_an_empty_leaderboard() -> None:
    assert rank([], metric="") == []
