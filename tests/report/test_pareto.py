"""Score against costs: a trial stands out where none is as good and as cheap."""

from __future__ import annotations

import numpy as np

from automl_cli.records import Trial, TrialResult
from automl_cli.report.pareto import draw_costs, front, undominated


def result(number: int, score: float | None, *costs: float, family: str = "mlp") -> TrialResult:
    seconds, work, parameters = costs
    state = "completed" if score is not None else "failed"
    return TrialResult(
        Trial(number, family, {}, 1), state, score, seconds=seconds, work=work, parameters=int(parameters)
    )


def test_a_row_that_another_matches_and_beats_is_dominated() -> None:
    criteria = np.array([[1, 5], [2, 2], [5, 1], [3, 3], [2, 2]])
    assert front(criteria).tolist() == [True, True, True, False, True]


def test_the_direction_of_the_metric_counts() -> None:
    results = [
        result(1, 0.5, 0.1, 1, 1, family="constant"),
        result(2, 0.8, 1, 10, 100),
        result(3, 0.9, 5, 50, 500),
        result(4, 0.7, 6, 60, 600),
        result(5, None, 0, 0, 0),
    ]
    assert undominated(results, metric="roc_auc") == {2, 3}
    assert undominated(results, metric="log_loss") == {2, 4}
    assert undominated(results[:1], metric="log_loss") == set()


def test_each_cost_has_a_chart_with_every_trial() -> None:
    results = [result(number, 0.1 * number, number, 10 * number, 0) for number in (1, 2, 3)]
    drawn = draw_costs(results, metric="roc_auc")
    assert [chart.count("<circle") for chart in drawn] == [3, 3, 3]
    assert draw_costs(results[:1], metric="roc_auc") == []
