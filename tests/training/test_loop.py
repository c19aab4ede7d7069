"""The epochs of a fold: when they end, which weights stay, how the rate moves, and how a pause leaves no trace."""

import dataclasses
from itertools import pairwise

import keras
import numpy as np
import pytest

from automl_cli.records import Curves
from automl_cli.training import seeds
from automl_cli.training.engine import Engine
from automl_cli.training.loop import Hooks, Plan, Progress, run_epochs
from automl_cli.training.schedules import cosine
from automl_cli.training.task import TrialFailure

pytestmark = pytest.mark.keras

PLAN = Plan(epochs=12, batch_size=16, learning_rate=0.02, schedule=None, patience=100)


def squared_error(target, outputs):
    return keras.ops.mean((target[:, None] - outputs) ** 2)


def make_engine(learning_rate=0.02):
    keras.utils.set_random_seed(0)
    x = inputs = keras.Input((4,), name="numbers")
    x = keras.layers.Dense(32, activation="tanh")(x)
    x = keras.layers.Dropout(0.2)(x)
    network = keras.Model({"numbers": inputs}, keras.layers.Dense(1)(x))
    optimizer = keras.optimizers.Adam(learning_rate)
    optimizer.build(network.trainable_variables)
    return Engine(network, optimizer=optimizer, loss=squared_error, validation_loss=squared_error)


def make_rows(engine, count, seed):
    generator = np.random.default_rng(seed)
    numbers = generator.normal(size=(count, 4)).astype(np.float32)
    return engine.load({"numbers": numbers}, numbers[:, 0] + generator.normal(size=count))


def run(engine, plan, *, start=None, stop_at=None, scale_target=1.0):
    """Trains on few noisy rows, so that overfitting comes soon."""
    train, validation = make_rows(engine, 40, seed=1), make_rows(engine, 40, seed=2)
    train = dataclasses.replace(train, target=train.target * scale_target)
    heard = []
    hooks = Hooks(
        seeds=lambda epoch: seeds.stream(0, epoch),
        metric=lambda outputs: float(np.mean(outputs)),
        on_epoch=heard.append,
        should_stop=lambda: "time is up" if len(heard) == stop_at else None,
    )
    weights = engine.network.get_weights()
    start = start or Progress(Curves(), weights, engine.fresh_optimizer, weights)
    progress, stopped = run_epochs(engine, train=train, validation=validation, plan=plan, start=start, hooks=hooks)
    validation_loss = engine.measure(validation, engine.apply(validation))
    return progress, stopped, heard, validation_loss


def test_every_epoch_is_recorded_and_heard():
    progress, stopped, heard, _ = run(make_engine(), PLAN)
    curves = progress.curves
    assert stopped is None
    assert {len(curve) for curve in dataclasses.astuple(curves)} == {12}
    assert [len(each.loss) for each in heard] == list(range(1, 13))
    assert heard[-1] == curves
    assert curves.loss[-1] < curves.loss[0]
    assert curves.learning_rate == pytest.approx([0.02] * 12)


def test_training_ends_when_patience_does_and_the_best_weights_stay():
    plan = dataclasses.replace(PLAN, epochs=200, patience=5)
    progress, stopped, _, validation_loss = run(make_engine(), plan)
    losses = progress.curves.validation_loss
    assert stopped is None
    assert len(losses) == progress.best_epoch + 5 < 200
    assert validation_loss == pytest.approx(min(losses), rel=1e-6)


def test_a_plateau_lowers_the_rate():
    plan = dataclasses.replace(PLAN, epochs=40, plateau=(3, 0.5))
    rates = run(make_engine(), plan)[0].curves.learning_rate
    assert rates[0] == pytest.approx(0.02)
    assert rates[-1] < 0.02
    assert all(new == old or new == pytest.approx(old / 2) for old, new in pairwise(rates))


def test_a_schedule_moves_the_rate_within_an_epoch():
    plan = dataclasses.replace(PLAN, schedule=lambda done: cosine(done / 12, final=0.0))
    rates = run(make_engine(), plan)[0].curves.learning_rate
    # 40 rows in batches of at most 16 are three steps; an epoch ends with the middle of its last.
    assert rates == pytest.approx([0.02 * cosine((epoch + 5 / 6) / 12, final=0.0) for epoch in range(12)], rel=1e-5)


def test_a_wish_to_stop_is_granted_after_the_epoch():
    progress, stopped, heard, validation_loss = run(make_engine(), PLAN, stop_at=4)
    assert stopped == "time is up"
    assert len(heard) == len(progress.curves.loss) == 4
    assert validation_loss == pytest.approx(min(progress.curves.validation_loss), rel=1e-6)


def test_what_has_ended_anyway_was_not_stopped():
    assert run(make_engine(), PLAN, stop_at=12)[1] is None


@pytest.mark.parametrize(("scale", "named"), [(np.nan, "NaN"), (1e30, "infinite")])
def test_a_loss_that_is_no_number_ends_the_trial_with_its_epoch(scale, named):
    with pytest.raises(TrialFailure, match=f"the loss became {named} at epoch 1"):
        run(make_engine(), dataclasses.replace(PLAN, batch_size=40), scale_target=scale)


@pytest.mark.parametrize(
    "plan",
    [
        dataclasses.replace(PLAN, epochs=30, patience=8, plateau=(2, 0.5)),
        dataclasses.replace(PLAN, schedule=lambda done: cosine(done / 12, final=0.0)),
    ],
    ids=["patience and plateau", "schedule"],
)
@pytest.mark.parametrize("pause", [1, 5, 9])
def test_a_training_that_paused_equals_one_that_did_not(plan, pause):
    whole = run(make_engine(), plan)
    first = run(make_engine(), dataclasses.replace(plan, epochs=pause))[0]
    rest = run(make_engine(), plan, start=first)
    assert len(rest[2]) == len(whole[2]) - pause
    assert rest[0].curves == whole[0].curves
    for ours, theirs in zip(rest[0].best_weights, whole[0].best_weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert rest[3] == whole[3]


def test_nothing_is_left_to_do_for_one_that_had_ended_early():
    plan = dataclasses.replace(PLAN, epochs=100, patience=3)
    ended = run(make_engine(), plan)
    again = run(make_engine(), dataclasses.replace(plan, epochs=200), start=ended[0])
    assert again[2] == []
    assert again[0].curves == ended[0].curves
    assert again[3] == ended[3]
