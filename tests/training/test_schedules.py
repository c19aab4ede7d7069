"""Each schedule starts, bends and ends where its parameters say."""

import numpy as np
import pytest

from automl_cli.training.schedules import make_schedule
from search_spaces.family import load_families

EPOCHS = 20


def recipe(**values):
    return load_families(["mlp"])["mlp"].recipe.active(values)


def factors(*epochs_done, **values):
    schedule = make_schedule(recipe(**values), EPOCHS)
    return schedule(np.array(epochs_done, dtype=float)).tolist()


@pytest.mark.parametrize("name", ["constant", "plateau"])
def test_some_leave_the_rate_alone(name):
    assert make_schedule(recipe(schedule=name), EPOCHS) is None


def test_cosine_falls_from_one_to_its_last_share():
    start, middle, end = factors(0, 10, 20, schedule="cosine", final_fraction=0.1)
    assert (start, middle, end) == pytest.approx((1, 0.55, 0.1))


def test_warm_up_rises_in_a_line_and_then_falls():
    values = factors(0, 1, 2, 20, schedule="warmup_cosine", warmup_fraction=0.1, final_fraction=0.0)
    assert values == pytest.approx([0, 0.5, 1, 0])


def test_exponential_decays_per_epoch():
    assert factors(0, 1, 3, schedule="exponential", decay_rate=0.9) == pytest.approx([1, 0.9, 0.729])


def test_steps_drop_at_once():
    values = factors(0, 4.9, 5, 10, schedule="step", step_epochs=5, step_factor=0.5)
    assert values == pytest.approx([1, 1, 0.5, 0.25])


def test_past_its_end_a_cosine_stays_down():
    assert factors(25, schedule="cosine", final_fraction=0.1) == pytest.approx([0.1])


def test_every_schedule_that_the_recipe_offers_is_known():
    parameter = load_families(["mlp"])["mlp"].recipe["schedule"]
    for name in (*parameter.values, *parameter.also):
        schedule = make_schedule(recipe(schedule=name), EPOCHS)
        assert (schedule is None) == (name in ("constant", "plateau")), name
