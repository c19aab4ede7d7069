"""Averages of weights: what is averaged, that it is what is kept, and what goes with it."""

import keras
import numpy as np
import pytest

from automl_cli.records import Curves
from automl_cli.training import seeds
from automl_cli.training.averaging import AVERAGE, make_averaging, mean_shares, moving_shares
from automl_cli.training.engine import spread_out
from automl_cli.training.loop import Course, Member, Surroundings, run_epochs
from automl_cli.training.plan import Plan
from automl_cli.training.progress import Progress
from automl_cli.training.rows import Rows, Source
from tests.training.made_engine import ADAM, make_engine, make_groups, make_network, make_rows

pytestmark = pytest.mark.keras

EMA = {**ADAM, "weight_average": "ema", "ema_decay": 0.8}
SWA = {**ADAM, "weight_average": "swa", "average_fraction": 0.5}


def averaged(shares, values):
    average = 0.0
    for share, value in zip(shares, values, strict=True):
        average += (value - average) * share
    return average


def test_shares_of_a_mean_make_the_mean_of_the_last_values_and_follow_before():
    values = np.random.default_rng(0).normal(size=10)
    shares = mean_shares(np.arange(10), begins=6)
    assert averaged(shares, values) == pytest.approx(values[6:].mean())
    assert averaged(shares[:4], values[:4]) == values[3]


def test_shares_of_a_moving_average_start_with_all_and_end_with_the_decay():
    shares = moving_shares(np.arange(10_000), decay=0.99)
    assert shares[0] == 1
    assert shares[-1] == pytest.approx(0.01)
    assert (np.diff(shares) <= 0).all()


def test_a_decay_that_never_lets_go_is_refused():
    assert make_averaging(ADAM, 10) is None
    with pytest.raises(ValueError, match="ema_decay must be at least 0 and below 1, not 1"):
        make_averaging({**EMA, "ema_decay": 1.0}, 10)


def test_rows_are_spread_over_batches_and_none_stands_twice_before_all_stood_once():
    dealt = spread_out(50, steps=7, batch=8).ravel()
    assert sorted(dealt[:50]) == list(range(50))
    few = spread_out(1000, steps=2, batch=10)
    assert (few.max(axis=1) >= 900).all()
    assert len(set(few.ravel())) == 20


def take_steps(engine, networks, rows, shares):
    """Takes single steps and returns the states after each."""
    members = len(networks)
    state = engine.start([network.get_weights() for network in networks], [engine.fresh_memory] * members)
    states = []
    for step, share in enumerate(shares):
        course = Course(np.full((1, members), 0.05), 25, np.ones(members), shares=np.full((1, members), share))
        state, _ = engine.train_epoch(state, rows, course=course, seeds=[seeds.stream(n, step) for n in range(members)])
        states.append(state)
    return states


@pytest.mark.parametrize("members", [1, 2])
def test_the_average_is_that_of_the_weights_after_each_step(members):
    networks, rows = [make_network(seed=n) for n in range(members)], Rows([Source(*make_groups(50))] * members, 50)
    engine = make_engine(networks[0], EMA, members=members)
    shares = moving_shares(np.arange(6), decay=0.8)
    states = take_steps(engine, networks, rows, shares)
    expected = averaged(shares, [state.weights.numpy() for state in states])
    measured = engine.measured(states[-1], rows, batch=25)
    np.testing.assert_allclose(measured.weights, expected, atol=1e-6)
    np.testing.assert_array_equal(measured.weights, states[-1].memory[AVERAGE])
    assert not np.allclose(measured.weights, states[-1].weights)


def test_batch_normalisation_has_the_statistics_of_the_averaged_weights():
    network = make_network(normalization=keras.layers.BatchNormalization, embeds=False)
    groups, target = make_groups(50)
    rows = Rows([Source({"numbers": groups["numbers"]}, target)], 50)
    engine = make_engine(network, EMA)
    last = take_steps(engine, [network], rows, [1.0, 0.5, 0.5])[-1]
    network.set_weights(engine.weights(engine.measured(last, rows, batch=50), 0))
    layer = network.get_layer("norm")
    inputs = np.asarray(keras.Model(network.input, layer.input)({"numbers": groups["numbers"]}))
    np.testing.assert_allclose(layer.moving_mean, inputs.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(layer.moving_variance, inputs.var(axis=0), atol=1e-4)


def train(recipe, *, epochs, start=None):
    network, rows = make_network(dropout=0.2), make_rows(50)
    engine = make_engine(network, recipe)
    weights = network.get_weights()
    plan = Plan(
        epochs=epochs,
        batch_size=20,
        learning_rate=0.05,
        schedule=None,
        patience=100,
        averaging=make_averaging(recipe, 8),
    )
    member = Member(
        plan=plan,
        start=start or Progress(Curves(), weights, engine.fresh_memory, weights),
        seeds=lambda epoch: seeds.stream(0, epoch),
        metric=lambda predictions: 0.0,
        criterion=lambda loss, value: loss,
        on_epoch=lambda curves: None,
    )
    surroundings = Surroundings(should_stop=lambda: None)
    return (
        engine,
        rows,
        run_epochs(engine, [member], train=rows, validation=make_rows(30), surroundings=surroundings)[0],
    )


@pytest.mark.parametrize("recipe", [EMA, SWA], ids=["ema", "swa"])
def test_a_pause_leaves_no_trace_in_the_average_and_the_average_is_kept(recipe):
    _, _, first = train(recipe, epochs=5)
    engine, _, resumed = train(recipe, epochs=8, start=first.progress)
    _, _, whole = train(recipe, epochs=8)
    assert resumed.progress.curves == whole.progress.curves
    np.testing.assert_array_equal(resumed.predictions, whole.predictions)
    for one, other in zip(resumed.progress.best_weights, whole.progress.best_weights, strict=True):
        np.testing.assert_array_equal(one, other)
    if whole.progress.best_epoch == 8:
        state = engine.start([whole.progress.weights], [whole.progress.memory])
        kept = engine.start([whole.progress.best_weights], [whole.progress.memory])
        np.testing.assert_array_equal(kept.weights, state.memory[AVERAGE])
        assert not np.array_equal(kept.weights, state.weights)


def test_training_does_not_end_before_anything_is_averaged():
    rising = tuple(float(n) for n in range(1, 20))
    plan = Plan(epochs=40, batch_size=1, learning_rate=1, schedule=None, patience=3, averaging=make_averaging(SWA, 40))
    ends = [plan.ends(Curves(loss=rising[:n] * 1, validation_loss=rising[:n])) for n in (10, 19)]
    assert ends == [False, False]
    longer = tuple(float(n) for n in range(1, 30))
    assert plan.ends(Curves(loss=longer, validation_loss=longer))
