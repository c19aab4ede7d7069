"""How many fold models of each member are shipped."""

from __future__ import annotations

import pytest

from automl_cli.ensemble.work import MOST_WORK, WorkBudget

# A sixteenth of what there is.
UNIT = MOST_WORK / 16


def total(models: dict[int, int], work: dict[int, float], *, encoding: float = 0.0) -> float:
    return sum(work[number] * count for number, count in models.items()) + encoding * max(models.values())


def test_where_all_fold_models_have_room_all_are_shipped() -> None:
    budget = WorkBudget(models=8, encoding=0.01 * UNIT)
    assert budget.share_out({1: 0.7, 2: 0.3}, {1: 0.5 * UNIT, 2: UNIT}) == {1: 8, 2: 8}


def test_a_hold_out_has_one_model_however_dear_it_is() -> None:
    assert WorkBudget(models=1, encoding=0).share_out({1: 1.0}, {1: 10 * MOST_WORK}) == {1: 1}


def test_a_dear_member_has_fewer_models_than_a_cheap_one() -> None:
    budget, work = WorkBudget(models=8, encoding=0), {1: 4 * UNIT, 2: 0.1 * UNIT}
    models = budget.share_out({1: 0.5, 2: 0.5}, work)
    assert models == {1: 3, 2: 8}
    assert total(models, work) <= MOST_WORK


def test_of_two_alike_the_one_of_more_weight_has_more_models() -> None:
    models = WorkBudget(models=8, encoding=0).share_out({1: 0.8, 2: 0.2}, {1: 2 * UNIT, 2: 2 * UNIT})
    assert models[1] > models[2]
    assert sum(models.values()) == 8


def test_what_is_chosen_as_affordable_has_four_models_each_at_least_where_weights_are_equal() -> None:
    budget = WorkBudget(models=8, encoding=0.2 * UNIT)
    each = budget.most_of_one_model_each() / 4
    models = budget.share_out(dict.fromkeys(range(4), 0.25), dict.fromkeys(range(4), each))
    assert min(models.values()) == 4


@pytest.mark.parametrize(("encoding", "shipped"), [(0.1, 15), (1, 10), (10, 8)])
def test_preprocessings_leave_less_for_networks_but_never_less_than_half(encoding: float, shipped: int) -> None:
    work = {1: UNIT, 2: UNIT}
    models = WorkBudget(models=8, encoding=encoding * UNIT).share_out({1: 0.5, 2: 0.5}, work)
    assert sum(models.values()) == shipped
