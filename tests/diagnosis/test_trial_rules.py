"""Every rule of a trial, from both sides: what it finds, and what it leaves alone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from automl_cli.diagnosis import RULES, TRIAL_RULES, because, diagnose_trial
from automl_cli.diagnosis.chance import chance_loss
from tests.diagnosis.made_curves import codes, coming_to_rest, curves, training

EVEN = {"hidden_0": 0.2, "hidden_1": 0.3, "hidden_2": 0.2, "logits": 0.2}


def test_nothing_is_found_of_a_training_that_went_well() -> None:
    falling = coming_to_rest(60)
    well = curves(falling, falling + 0.03, norms=EVEN, dead_units=0.2)
    assert diagnose_trial(training(well, well, well)) == ()


def test_a_few_epochs_of_patience_behind_the_best_are_no_overfitting() -> None:
    loss = np.linspace(0.6, 0.3, 40)
    validation = np.concatenate([np.linspace(0.62, 0.4, 20), np.linspace(0.4, 0.46, 20)])
    assert "overfitting" not in codes(diagnose_trial(training(curves(loss, validation))))


def test_a_gap_that_grows_behind_the_best_epoch_is_overfitting() -> None:
    loss = np.linspace(0.6, 0.02, 40)
    validation = np.concatenate([np.linspace(0.62, 0.4, 10), np.linspace(0.4, 0.9, 30)])
    (finding,) = diagnose_trial(training(curves(loss, validation)))
    assert finding.code == "overfitting"
    assert "from 0.4 at epoch 10 to 0.88" in finding.message
    assert finding.hint
    assert "dropout" in finding.hint


def test_one_fold_of_three_is_not_the_trial() -> None:
    loss = np.linspace(0.6, 0.02, 40)
    validation = np.concatenate([np.linspace(0.62, 0.4, 10), np.linspace(0.4, 0.9, 30)])
    odd, even = curves(loss, validation), curves(coming_to_rest(60))
    assert diagnose_trial(training(odd, even, even)) == ()
    assert codes(diagnose_trial(training(odd, even, odd))) == ["overfitting"]


def test_a_loss_that_stays_with_that_of_a_constant_is_underfitting() -> None:
    flat = 0.685 + 0.002 * np.sin(np.arange(30))
    assert codes(diagnose_trial(training(curves(flat, flat + 0.003)))) == ["underfitting"]


@pytest.mark.parametrize("last", [0.55, 0.2])
def test_a_loss_below_it_is_none(last: float) -> None:
    assert diagnose_trial(training(curves(coming_to_rest(60, last=last)))) == ()


def test_a_look_of_a_few_epochs_says_nothing_of_underfitting_or_of_epochs() -> None:
    falling = np.linspace(0.69, 0.65, 5)
    whole = training(curves(falling, falling))
    assert codes(diagnose_trial(whole)) == ["underfitting"]
    assert diagnose_trial(training(curves(falling, falling), epochs=100)) == ()
    assert diagnose_trial(dataclasses.replace(whole, reason="time is up")) == ()


def test_gradients_that_do_not_reach_the_first_layers_have_vanished() -> None:
    flat = np.full(20, 0.69)
    vanished = {f"hidden_{number}": 10.0 ** (number - 9) for number in range(9)} | {"logits": 0.3}
    (finding,) = diagnose_trial(training(curves(flat, flat, norms=vanished)))
    assert finding.code == "vanishing-gradients"
    assert "'hidden_0' is 1.0e-09" in finding.message
    # The same gradients in a network that learns, and even ones in a network that does not.
    assert diagnose_trial(training(curves(coming_to_rest(60), norms=vanished))) == ()
    assert codes(diagnose_trial(training(curves(flat, flat, norms=EVEN)))) == ["underfitting"]


def test_a_loss_that_is_no_number_any_more_has_exploded_with_its_rate_and_clipping() -> None:
    failed = training(diverged=True, reason="the loss became NaN at epoch 1", learning_rate=100.0)
    (finding,) = diagnose_trial(failed)
    assert finding.code == "exploding-gradients"
    assert finding.message == "The loss became NaN at epoch 1, at a learning rate of 100 with gradients of any length."


def test_a_loss_far_above_that_of_a_constant_has_exploded_too() -> None:
    grown = curves([0.7, 90.0, 3e8, 2e9, 1e9], norms={"hidden_0": 1e7})
    (finding,) = diagnose_trial(training(grown))
    assert finding.code == "exploding-gradients"
    assert "1.0e+07" in finding.message
    assert diagnose_trial(training(curves([2.5, *coming_to_rest(40)]))) == ()


@pytest.mark.parametrize(("share", "found"), [(0.3, []), (0.8, ["dead-units"])])
def test_units_are_dead_where_most_say_nothing(share: float, found: list[str]) -> None:
    assert codes(diagnose_trial(training(curves(coming_to_rest(60), dead_units=share)))) == found


def test_a_straight_line_down_is_slow_convergence() -> None:
    slow = np.linspace(0.69, 0.45, 30)
    assert codes(diagnose_trial(training(curves(slow, slow)))) == ["slow-convergence"]
    # With a rate that comes down to 0, the end of the curve is the end of the schedule.
    fading = [1e-3 * (1 - epoch / 30) for epoch in range(30)]
    assert diagnose_trial(training(curves(slow, slow, rate=fading))) == ()


def test_a_loss_that_stands_and_then_falls_again_was_on_a_plateau() -> None:
    standing = np.concatenate([[0.69, 0.65], np.full(15, 0.62), 0.62 * coming_to_rest(30, first=1.0, last=0.5)])
    found = diagnose_trial(training(curves(standing, standing)))
    assert [(finding.code, finding.severity) for finding in found] == [("plateau", "info")]
    assert "from epoch 3 to 18, and falls to 0.31" in found[0].message
    # One that stands to the end may be as low as it can be.
    assert diagnose_trial(training(curves(standing[:17]))) == ()


def test_a_loss_that_jumps_has_an_unstable_rate() -> None:
    draw = np.random.default_rng(0)
    jumping = coming_to_rest(30) * np.where(np.arange(30) % 3 == 0, 1.8, 1.0)
    assert codes(diagnose_trial(training(curves(jumping, jumping)))) == ["unstable-rate"]
    trembling = coming_to_rest(60) * (1 + 0.05 * draw.standard_normal(60))
    assert diagnose_trial(training(curves(trembling, trembling))) == ()


def test_a_best_epoch_that_is_the_last_one_asks_for_more() -> None:
    cut = np.array([0.69, 0.6, 0.53, 0.48, 0.44, 0.41])
    assert codes(diagnose_trial(training(curves(cut, cut)))) == ["too-few-epochs"]
    done = np.array([*cut, *[0.405] * 6, 0.404])
    assert diagnose_trial(training(curves(done, done, rate=1e-3))) == ()


def test_rules_are_named_once_and_point_to_rows_of_the_guide() -> None:
    assert len(RULES) == 14
    for code, rule in RULES.items():
        assert rule.code == code
        assert rule.name
        assert rule.cure
        assert 1 <= rule.row <= 47
    assert {code for rule in TRIAL_RULES for code in rule.explains} <= RULES.keys()
    assert because(7, "overfitting") == "tried because trial 7 overfits"


def test_the_loss_of_a_constant_is_known_where_the_loss_is_plain() -> None:
    target = np.array([0, 0, 0, 1])
    assert chance_loss(target, "binary", hyperparameters={}) == pytest.approx(0.5623, abs=1e-4)
    assert chance_loss(target, "binary", hyperparameters={"label_smoothing": 0.1}) is None
    assert chance_loss(target, "binary", hyperparameters={"imbalance": "focal"}) is None
    assert chance_loss(target, "regression", hyperparameters={"loss": "mse"}) == 1.0
    assert chance_loss(target, "regression", hyperparameters={"loss": "huber"}) is None
