"""The rules choose what was measured to be faster."""

import pytest

from automl_cli.training.choice import are_alike, expected_epochs, pays_to_compile, pays_to_stack


@pytest.mark.parametrize(("parameters", "batch", "pays"), [(1_761, 32, True), (9_729, 32, True), (137_217, 256, False)])
def test_small_networks_train_side_by_side(parameters, batch, pays):
    assert pays_to_stack(parameters=parameters, batch=batch) == pays


def test_xla_is_asked_where_many_steps_pay_for_it():
    assert pays_to_compile(parameters=137_217, units=769, batch=32, steps=6_000)
    assert not pays_to_compile(parameters=137_217, units=769, batch=32, steps=250)
    assert not pays_to_compile(parameters=3_000_000, units=1_000, batch=1024, steps=100_000)
    assert pays_to_compile(parameters=43_000, units=300, batch=256 * 16, steps=500)  # sixteen models in one


@pytest.mark.parametrize(("epochs", "patience", "expected"), [(200, 20, 50), (60, 60, 60), (40, 30, 30), (20, 60, 20)])
def test_a_training_takes_a_part_of_its_epochs_and_at_least_its_patience(epochs, patience, expected):
    assert expected_epochs(epochs, patience=patience) == expected


def test_folds_of_a_growing_window_keep_their_own_lengths():
    assert are_alike([800, 800, 799])
    assert not are_alike([200, 400, 600])
