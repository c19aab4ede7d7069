"""Each schedule starts, bends and ends where its parameters say."""

import numpy as np
import pytest

from automl_cli.training.schedules import coslog4, flat_cos, make_regularization, make_schedule
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


def test_cosine_restarts_and_takes_longer_each_time():
    values = {"schedule": "cosine_restarts", "restart_epochs": 4, "restart_factor": 2.0, "final_fraction": 0.0}
    assert factors(0, 2, 4 - 1e-6, **values) == pytest.approx([1, 0.5, 0], abs=1e-6)
    assert factors(4, 8, 12, 20, 28, **values) == pytest.approx([1, 0.5, 1, 0.5, 1])


def test_cosine_restarts_as_often_as_it_fell_with_a_factor_of_one():
    values = {"schedule": "cosine_restarts", "restart_epochs": 5, "restart_factor": 1.0, "final_fraction": 0.2}
    assert factors(0, 2.5, 5, 7.5, 10, **values) == pytest.approx([1, 0.6, 1, 0.6, 1])


def test_one_cycle_rises_to_its_peak_and_ends_near_nothing():
    values = factors(0, 3, 6, 13, 20, schedule="one_cycle", peak_fraction=0.3)
    assert values == pytest.approx([1 / 25, 0.52, 1, 0.5, 1 / 250_000], rel=1e-4)


def test_steps_drop_at_once():
    values = factors(0, 4.9, 5, 10, schedule="step", step_epochs=5, step_factor=0.5)
    assert values == pytest.approx([1, 1, 0.5, 0.25])


def test_four_waves_and_the_flat_start_are_those_of_pytabkit():
    """Figures of pytabkit 1.7.3, `get_schedule("coslog4")` and `get_schedule("flat_cos")`."""
    progress = np.array([0, 0.01, 0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1])
    waves = [0, 0.35038126, 0.323689, 0.71835469, 0.49348928, 0.323689, 0.07361893, 0.71835469, 0.87565773, 0.1862008]
    np.testing.assert_allclose(coslog4(progress), [*waves, 0], atol=1e-8)
    np.testing.assert_allclose(flat_cos(progress), [*[1] * 7, 0.9045085, 0.5, 0.0954915, 0], atol=1e-7)


def test_four_waves_touch_the_ground_where_they_may_be_cut():
    assert factors(0, EPOCHS / 15, EPOCHS / 5, EPOCHS * 7 / 15, EPOCHS, schedule="coslog4") == pytest.approx([0] * 5)


def test_regularisation_stays_or_fades_in_the_second_half():
    assert make_regularization(recipe(), EPOCHS) is None
    fading = make_regularization(recipe(regularization_schedule="flat_cos"), EPOCHS)
    assert fading(np.array([0.0, 10.0, 15.0, 20.0, 25.0])).tolist() == pytest.approx([1, 1, 0.5, 0, 0])


def test_past_its_end_a_cosine_stays_down():
    assert factors(25, schedule="cosine", final_fraction=0.1) == pytest.approx([0.1])


def test_every_schedule_that_the_recipe_offers_is_known():
    parameter = load_families(["mlp"])["mlp"].recipe["schedule"]
    for name in (*parameter.values, *parameter.also):
        schedule = make_schedule(recipe(schedule=name), EPOCHS)
        assert (schedule is None) == (name in ("constant", "plateau")), name
