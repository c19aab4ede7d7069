"""Rows 11 to 14 and 35 of the practices: batches, optimizers, the range test, penalties and schedules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from automl_cli.records import Curves
from automl_cli.training.flat import FlatWeights
from automl_cli.training.optimizers import RULES, apply_rule
from automl_cli.training.penalties import limit_incoming, penalty_gradient
from automl_cli.training.plan import batches
from automl_cli.training.range_test import propose, rising_rates
from automl_cli.training.schedules import make_schedule
from automl_cli.training.stopping import rate_on_plateau
from automl_cli.training.trial import run_trial
from search_spaces.family import load_families
from tests.training.made_data import BINARY, make_folds, make_trial
from tests.training.made_engine import make_network

pytestmark = pytest.mark.keras

VALUES = {"beta_2": 0.99, "momentum": 0.9}
EXPECTED = {"adam", "adamw", "nadam", "lion", "sgd", "sgd_nesterov", "rmsprop", "adagrad"}


def test_row_11_a_batch_is_from_one_row_to_all_of_them() -> None:
    assert batches(100, at_most=1) == (100, 1)
    assert batches(100, at_most=32) == (4, 25)
    assert batches(100, at_most=0) == (1, 100)


def test_row_11_the_default_grows_with_the_table() -> None:
    family = load_families(["mlp"])["mlp"]
    sizes = [
        family.for_table(task="binary", rows=rows).full_space["batch_size"].default for rows in (500, 5_000, 500_000)
    ]
    assert sizes == [32, 128, 1024]


def test_row_12_every_optimizer_is_there() -> None:
    assert set(RULES) >= EXPECTED
    choice = load_families(["mlp"])["mlp"].recipe["optimizer"]
    assert {*choice.values, *choice.also} >= {name for name in EXPECTED if name != "sgd_nesterov"}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_row_12_every_optimizer_comes_down_a_bowl(name: str) -> None:
    rule = RULES[name]
    weights = tf.constant([[3.0, -2.0]])
    memory = {key: tf.constant(array)[None] for key, array in rule.fresh(2).items()}
    values = {key: tf.constant([[value]]) for key, value in VALUES.items()}
    rate = tf.constant([[1.0 if name == "adagrad" else 0.05]])
    for _ in range(60):
        weights, memory = apply_rule(rule, weights, gradient=2 * weights, memory=memory, rate=rate, values=values)
    assert float(tf.reduce_sum(tf.square(weights))) < 0.5 * 13


def test_row_13_a_range_test_proposes_the_rate() -> None:
    rates = rising_rates()
    losses = np.where(rates < 0.5, 1 - 0.2 * np.log10(rates / 1e-6) / 6, 1 + rates)
    assert propose(rates, losses, given=7.0) == pytest.approx(0.05, rel=0.2)
    assert propose(rates, np.full(len(rates), 1.0), given=7.0) == 7.0


def test_row_14_penalties_draw_kernels_to_zero_and_long_ones_are_cut() -> None:
    layout = FlatWeights(make_network())
    row, _ = layout.pack(make_network().get_weights())
    weights, kernels = tf.constant(row[None]), layout.decays > 0
    lasso = penalty_gradient(weights, decays=layout.decays, values={"l1": tf.constant([[0.1]])}).numpy()[0]
    ridge = penalty_gradient(weights, decays=layout.decays, values={"l2": tf.constant([[0.1]])}).numpy()[0]
    np.testing.assert_allclose(lasso[kernels], 0.1 * np.sign(row[kernels]), rtol=1e-5)
    np.testing.assert_allclose(ridge[kernels], 0.2 * row[kernels], rtol=1e-5)
    assert not lasso[~kernels].any()
    limited = limit_incoming(weights * 100, layout=layout, norm=tf.constant([[2.0]]))
    lengths = [
        np.linalg.norm(values.numpy()[0], axis=0).max()
        for values, limit in zip(layout.split(limited), layout.incoming, strict=True)
        if limit is not None
    ]
    assert lengths
    assert max(lengths) <= 2.0 + 1e-4


def test_row_14_penalties_average_and_mixup_change_a_training(tmp_path: Path) -> None:
    def curves(number: int, **values: object) -> Curves:
        trial = make_trial(epochs=3, number=number, **values)
        outcome = run_trial(trial, task=BINARY, folds=make_folds()[:1], folder=tmp_path / f"{number:04d}")
        assert outcome.result.state == "completed", outcome.result.reason
        return outcome.curves[0]

    plain, other = curves(1), curves(2, l2=0.1, mixup_alpha=0.4, weight_average="ema", ema_decay=0.95)
    assert plain.loss != other.loss


@pytest.mark.parametrize(
    ("values", "falls", "rises"),
    [
        ({"schedule": "step", "step_factor": 0.5, "step_epochs": 10}, True, False),
        ({"schedule": "exponential", "decay_rate": 0.9}, True, False),
        ({"schedule": "cosine", "final_fraction": 0.0}, True, False),
        (
            {"schedule": "cosine_restarts", "restart_epochs": 10, "restart_factor": 1.0, "final_fraction": 0.0},
            True,
            True,
        ),
        ({"schedule": "warmup_cosine", "warmup_fraction": 0.2, "final_fraction": 0.0}, True, True),
        ({"schedule": "one_cycle", "peak_fraction": 0.3}, True, True),
    ],
    ids=lambda value: value["schedule"] if isinstance(value, dict) else None,
)
def test_row_35_a_schedule_lowers_the_rate_and_some_raise_it_first(
    values: dict[str, object], falls: bool, rises: bool
) -> None:
    schedule = make_schedule(values, 40)  # type: ignore[arg-type]
    assert schedule is not None
    rates = schedule(np.arange(0.5, 40))
    steps = np.diff(rates)
    assert (rates[-1] < rates.max() / 3) == falls
    assert bool((steps > 1e-9).any()) == rises


def test_row_35_a_plateau_lowers_the_rate() -> None:
    assert rate_on_plateau([1.0, 0.9, 0.9, 0.9], rate=0.1, patience=2, factor=0.5) == pytest.approx(0.05)
    assert rate_on_plateau([1.0, 0.9, 0.8, 0.7], rate=0.1, patience=2, factor=0.5) == pytest.approx(0.1)
