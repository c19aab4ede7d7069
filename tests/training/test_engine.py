"""The compiled epoch: the same arithmetic as Keras' own, every row once, nothing traced twice."""

import keras
import numpy as np
import pytest

from automl_cli.training import seeds
from automl_cli.training.engine import Engine

pytestmark = pytest.mark.keras


def squared_error(target, outputs):
    return keras.ops.mean((target[:, None] - outputs) ** 2)


def make_network(*, dropout=0.0, l2=0.0, normalised=False, seed=0):
    keras.utils.set_random_seed(seed)
    inputs = {"numbers": keras.Input((3,), name="numbers"), "codes": keras.Input((1,), dtype="int32", name="codes")}
    levels = keras.layers.Flatten()(keras.layers.Embedding(4, 2)(inputs["codes"]))
    x = keras.layers.Concatenate()([inputs["numbers"], levels])
    x = keras.layers.Dense(8, activation="tanh", kernel_regularizer=keras.regularizers.L2(l2) if l2 else None)(x)
    x = keras.layers.BatchNormalization()(x) if normalised else x
    x = keras.layers.Dropout(dropout)(x) if dropout else x
    return keras.Model(inputs, keras.layers.Dense(1)(x))


def make_engine(network, optimizer=None):
    optimizer = optimizer or keras.optimizers.Adam(0.01, global_clipnorm=1.0)
    optimizer.build(network.trainable_variables)
    return Engine(network, optimizer=optimizer, loss=squared_error, validation_loss=squared_error)


def make_rows(rows=50):
    generator = np.random.default_rng(0)
    groups = {
        "numbers": generator.normal(size=(rows, 3)).astype(np.float32),
        "codes": generator.integers(0, 4, size=(rows, 1)).astype(np.int32),
        "unread": np.zeros((rows, 1), np.float32),
    }
    return groups, groups["numbers"].sum(axis=1) + groups["codes"][:, 0]


def train(engine, rows, *, epochs=3, steps=5, seed=0):
    return [
        engine.train_epoch(rows, rates=np.full(steps, 0.01), seeds=seeds.stream(seed, epoch)) for epoch in range(epochs)
    ]


def test_a_full_batch_is_what_keras_fit_does():
    groups, target = make_rows()
    ours, theirs = make_network(l2=0.01, normalised=True), make_network(l2=0.01, normalised=True)
    engine = make_engine(ours)
    train(engine, engine.load(groups, target), epochs=4, steps=1)
    theirs.compile(keras.optimizers.Adam(0.01, global_clipnorm=1.0), "mse")
    read = {name: groups[name] for name in ("numbers", "codes")}
    theirs.fit(read, target[:, None], batch_size=50, epochs=4, verbose=0)
    for our_weight, their_weight in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(our_weight, their_weight, atol=1e-5)


@pytest.mark.parametrize("steps", [1, 3, 7, 50])
def test_every_row_is_used_once_an_epoch_however_they_are_dealt_out(steps):
    # With a rate of 0, the mean over all batches is the loss of all rows.
    groups, target = make_rows()
    engine = make_engine(make_network())
    rows = engine.load(groups, target)
    loss = engine.train_epoch(rows, rates=np.zeros(steps), seeds=seeds.stream(0))
    assert loss == pytest.approx(engine.measure(rows, engine.apply(rows)), rel=1e-5)


def test_another_epoch_another_length_and_another_fold_trace_nothing_anew():
    seen = []

    class Witness(keras.layers.Layer):
        def call(self, x):
            seen.append(x)  # Python code runs while a graph is traced, not when it is used
            return x

    network = make_network()
    witnessed = keras.Model(network.input, Witness()(network.output))
    seen.clear()
    engine = make_engine(witnessed)
    groups, target = make_rows(50)
    rows = engine.load(groups, target)
    train(engine, rows, epochs=1)
    engine.apply(rows)
    traces = len(seen)
    assert traces > 0
    for count in (50, 49, 20):
        groups, target = make_rows(count)
        rows = engine.load(groups, target)
        train(engine, rows, epochs=2, steps=count // 5)
        engine.apply(rows)
    assert len(seen) == traces


def test_the_stream_alone_decides_order_and_dropout():
    groups, target = make_rows()
    engine = make_engine(make_network(dropout=0.3))
    rows, weights = engine.load(groups, target), engine.network.get_weights()
    runs = []
    for seed in (0, 1, 0):
        engine.reset(weights, engine.fresh_optimizer)
        runs.append(train(engine, rows, seed=seed))
    assert runs[0] == runs[2]
    assert runs[0] != runs[1]


def test_an_engine_that_was_reset_is_as_good_as_new():
    groups, target = make_rows()
    used = make_engine(make_network(normalised=True, seed=1))
    train(used, used.load(groups, target))
    fresh_network = make_network(normalised=True, seed=2)
    used.reset(fresh_network.get_weights(), used.fresh_optimizer)
    fresh = make_engine(fresh_network)
    assert train(used, used.load(groups, target)) == train(fresh, fresh.load(groups, target))


def test_each_step_has_its_own_rate():
    groups, target = make_rows()
    engine = make_engine(make_network(), keras.optimizers.SGD(1.0))
    rows, before = engine.load(groups, target), engine.network.get_weights()
    engine.train_epoch(rows, rates=np.array([0.0, 0.0, 0.0]), seeds=seeds.stream(0))
    for old, new in zip(before, engine.network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    engine.train_epoch(rows, rates=np.array([0.0, 0.25]), seeds=seeds.stream(0))
    assert float(engine.optimizer.learning_rate) == 0.25


def test_many_rows_are_predicted_in_parts():
    groups, target = make_rows(20_000)
    engine = make_engine(make_network())
    outputs = engine.apply(engine.load(groups, target))
    assert outputs.shape == (20_000, 1)
    expected = engine.network({name: groups[name][-3:] for name in ("numbers", "codes")})
    np.testing.assert_allclose(outputs[-3:], expected, atol=1e-6)
