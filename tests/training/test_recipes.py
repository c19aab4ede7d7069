"""What the recipe offers works through the trial runner: optimizers, schedules, batches, regularisation, range test."""

import json

import numpy as np
import pytest

from automl_cli.records import RangeTest
from automl_cli.training.trial import load_member, run_trial
from search_spaces.family import load_families
from tests.training.made_data import BINARY, LAYOUT, REGRESSION, make_folds, make_trial

pytestmark = pytest.mark.keras

RECIPE = load_families(["mlp"])["mlp"].recipe.for_table(task="binary", rows=60)
SCHEDULES = (*RECIPE["schedule"].values, *RECIPE["schedule"].also)
OPTIMIZERS = [{"optimizer": name} for name in (*RECIPE["optimizer"].values, *RECIPE["optimizer"].also)]
OPTIMIZERS += [{"optimizer": "sgd", "nesterov": False}, {"optimizer": "sgd", "momentum": 0.0}]
# All that regularises at once: one graph for several tests.
EVERYTHING = {
    "normalization": "batch",
    "dropout": 0.1,
    "l1": 1e-5,
    "l2": 1e-4,
    "max_norm": 2.0,
    "gradient_clip_value": 0.5,
    "mixup_alpha": 0.2,
    "weight_average": "ema",
    "rate_from": "range_test",
}


def run(folder, *, setup=BINARY, rows=120, family="mlp", epochs=3, **values):
    trial = make_trial(family, epochs=epochs, **values)
    outcome = run_trial(trial, task=setup, folds=make_folds(setup, rows=rows), folder=folder / "0001")
    return outcome, trial


@pytest.mark.parametrize("place", range(len(OPTIMIZERS)), ids=lambda n: " ".join(map(str, OPTIMIZERS[n].values())))
def test_every_optimizer_learns_at_its_own_rate_with_one_schedule_or_another(tmp_path, place):
    schedule = SCHEDULES[place % len(SCHEDULES)]
    outcome, _ = run(tmp_path, epochs=12, schedule_epochs=12, dropout=0.0, schedule=schedule, **OPTIMIZERS[place])
    assert outcome.result.state == "completed", outcome.result.reason
    for curves in outcome.curves:
        assert np.isfinite([curves.loss, curves.validation_loss, curves.learning_rate]).all()
        assert curves.loss[-1] < curves.loss[0]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_rate_of_every_schedule_is_recorded_in_each_epoch(tmp_path, schedule):
    outcome, _ = run(tmp_path, epochs=2, schedule=schedule)  # one graph for all of them
    assert outcome.result.state == "completed", outcome.result.reason
    rates = outcome.curves[0].learning_rate
    assert len(rates) == 2
    assert (rates[0] == rates[1]) == (schedule in ("constant", "plateau", "step")), rates


def test_all_that_regularises_works_together_twice_the_same_and_comes_back_from_its_files(tmp_path):
    first, trial = run(tmp_path / "a", schedule="one_cycle", **EVERYTHING)
    second, _ = run(tmp_path / "b", schedule="one_cycle", **EVERYTHING)
    assert first.result.state == "completed", first.result.reason
    assert first.curves == second.curves
    np.testing.assert_array_equal(first.predictions, second.predictions)
    fold = make_folds()[0]
    member = load_member(tmp_path / "a" / "0001", trial, fold=0, layout=LAYOUT, setup=BINARY)
    loaded = member({name: fold.validation[name] for name in member.input})
    np.testing.assert_allclose(loaded, first.predictions[0], rtol=1e-5, atol=1e-6)
    hidden = member.get_layer("mlp").get_layer("hidden_0") if "mlp" in {x.name for x in member.layers} else None
    if hidden is not None:  # an average of limited weights is within the limit
        assert np.linalg.norm(hidden.kernel, axis=0).max() <= 2.0 + 1e-5


def test_the_range_test_sets_the_rate_and_leaves_a_file(tmp_path):
    outcome, _ = run(tmp_path, schedule="constant", **EVERYTHING)
    found = RangeTest(**json.loads((tmp_path / "0001" / "range_test.json").read_text()))
    assert outcome.curves[0].learning_rate[0] == pytest.approx(found.proposal)
    assert len(found.rates) == len(found.losses) == len(found.smoothed) > 50
    assert found.given == 1e-3


@pytest.mark.parametrize(("batch_size", "rows"), [(1, 80), (7, 80), (0, 2000)])
def test_a_batch_is_a_row_a_few_rows_or_all_rows(tmp_path, batch_size, rows):
    outcome, _ = run(tmp_path, rows=rows, epochs=2, batch_size=batch_size)  # one graph for all of them
    assert outcome.result.state == "completed", outcome.result.reason
    assert np.isfinite(outcome.curves[0].loss).all()


def test_a_mean_of_weights_is_kept_of_many_perceptrons_in_one(tmp_path):
    outcome, _ = run(tmp_path, setup=REGRESSION, family="tabm", weight_average="swa", average_fraction=0.5)
    assert outcome.result.state == "completed", outcome.result.reason


def test_what_a_network_of_neighbours_cannot_do_is_said_in_a_sentence(tmp_path):
    mixed, _ = run(tmp_path / "a", family="modern_nca", mixup_alpha=0.2)
    single, _ = run(tmp_path / "b", family="modern_nca", batch_size=1)
    assert mixed.result.reason.startswith("mixup_alpha is not for a network that looks at the labels of other rows")
    assert single.result.reason.startswith("a batch_size of 1 is not for")


def test_neighbours_are_remembered_as_averaged_weights_place_them(tmp_path):
    outcome, trial = run(tmp_path, family="modern_nca", weight_average="ema", epochs=2)
    assert outcome.result.state == "completed", outcome.result.reason
    fold = make_folds()[0]
    member = load_member(tmp_path / "0001", trial, fold=0, layout=LAYOUT, setup=BINARY)
    loaded = member({name: fold.validation[name] for name in member.input})
    np.testing.assert_allclose(loaded, outcome.predictions[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("switch", "off", "on"),
    [
        ("dropout", 0.0, 0.4),
        ("normalization", "none", "layer"),
        ("weight_decay", 0.0, 0.5),
        ("l2", 0.0, 0.01),
        ("patience", 0, 1),
        ("gradient_clip_norm", 0.0, 0.01),
    ],
)
def test_each_kind_of_regularisation_is_switched_by_one_value(tmp_path, switch, off, on):
    family = load_families(["mlp"])["mlp"]
    curves = []
    for number, value in enumerate((off, on)):
        pinned = family.with_pins({switch: str(value)}).full_space.defaults()[switch]
        outcome, _ = run(tmp_path / str(number), epochs=4, learning_rate=0.3, **{switch: pinned})
        assert outcome.result.state == "completed", outcome.result.reason
        curves.append(outcome.curves)
    assert curves[0] != curves[1]
