"""The compiled epoch: the same arithmetic as Keras' own, every row, nothing traced twice, members kept apart."""

from typing import ClassVar

import keras
import numpy as np
import pytest

from automl_cli.training import seeds
from automl_cli.training.compiled import draws_alike_by_xla
from automl_cli.training.loop import Course
from automl_cli.training.losses import Objective
from automl_cli.training.optimizers import keras_optimizer
from automl_cli.training.rows import Rows, Source
from search_spaces.family import load_families
from search_spaces.layers.dropout import Dropout
from tests.training.made_engine import ADAM, SGD, make_engine, make_groups, make_network, make_rows

pytestmark = pytest.mark.keras

RECIPE = load_families(["mlp"])["mlp"].recipe.for_table(task="regression", rows=100)
OPTIMIZERS = (*RECIPE["optimizer"].values, *RECIPE["optimizer"].also)
NORMALIZATIONS = {
    "none": None,
    "batch": keras.layers.BatchNormalization,
    "layer": keras.layers.LayerNormalization,
}
each_way = pytest.mark.parametrize("by_xla", [False, True], ids=["plain", "XLA"])


def begin(engine, *networks):
    return engine.start([network.get_weights() for network in networks], [engine.fresh_memory] * len(networks))


def train(engine, rows, state, *, epochs=3, steps=5, seed=0, rate=0.01):
    losses = []
    members = len(rows.counts)
    for epoch in range(epochs):
        state, loss = engine.train_epoch(
            state,
            rows,
            course=Course(np.full((steps, members), rate), -(-rows.length // steps), np.ones(members)),
            seeds=[seeds.stream(seed + member, epoch) for member in range(members)],
        )
        losses.append(loss)
    return state, np.array(losses)


@each_way
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_full_batch_is_what_keras_fit_does_with_every_optimizer(name, by_xla):
    values = {"optimizer": name, "weight_decay": 0.05, "gradient_clip_norm": 0.5, "learning_rate": 0.01}
    recipe = RECIPE.active({n: v for n, v in values.items() if n in RECIPE.active({"optimizer": name})})
    groups, target = make_groups()
    # No embedding: Keras clips its gradient by a norm that counts a level once for each row that has it.
    network = make_network(l2=0.01, normalization=keras.layers.LayerNormalization, embeds=False)
    engine = make_engine(network, recipe, by_xla=by_xla)
    numbers = {"numbers": groups["numbers"]}
    state, losses = train(engine, Rows([Source(numbers, target)], 50), begin(engine, network), epochs=6, steps=1)
    network.compile(keras_optimizer(recipe, network.trainable_variables), "mse")
    network.fit(numbers, target[:, None], batch_size=50, epochs=6, verbose=0)
    for ours, theirs in zip(engine.weights(state, 0), network.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=3e-5)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("steps", [1, 3, 7, 50])
def test_every_row_is_used_in_an_epoch_however_they_are_dealt_out(steps):
    # With a rate of 0, the mean over all batches is nearly the loss of all rows: a few count twice.
    network = make_network()
    engine, rows = make_engine(network), make_rows(50)
    state, losses = train(engine, rows, begin(engine, network), epochs=1, steps=steps, rate=0.0)
    loss, _ = engine.validate(state, rows)
    assert losses[0] == pytest.approx(loss, rel=1e-5 if 50 % steps == 0 else 0.2)


def test_rows_that_fill_up_a_batch_are_the_first_of_the_epoch():
    from automl_cli.training.engine import deal_out

    order = deal_out(seeds.stream(0), 50, steps=7, batch=8).ravel()
    assert sorted(order[:50]) == list(range(50))
    assert list(order[50:]) == list(order[:6])


class Witness(keras.layers.Layer):
    seen: ClassVar = []

    def call(self, x):
        self.seen.append(x)  # Python code runs while a graph is traced, not when it is used
        return x


@each_way
def test_another_epoch_length_fold_or_trial_of_the_shape_traces_nothing_anew(by_xla):
    def make(dropout):
        network = make_network(dropout=dropout, seed=round(100 * dropout))
        return keras.Model(network.input, Witness()(network.output))

    def use(network, recipe, counts):
        engine = make_engine(network, recipe, by_xla=by_xla)
        for count in counts:
            rows, state = make_rows(count), begin(engine, network)
            state, _ = train(engine, rows, state, epochs=2, steps=count // 5)
            engine.validate(state, rows)

    first, second = make(0.1), make(0.4)
    Witness.seen.clear()
    use(first, ADAM, [50])
    traces = len(Witness.seen)
    assert traces > 0
    use(first, ADAM, [49, 20])
    use(second, {**ADAM, "beta_2": 0.9, "gradient_clip_norm": 0.0}, [50])
    assert len(Witness.seen) == traces
    use(first, SGD, [50])
    assert len(Witness.seen) == 2 * traces


@each_way
def test_the_stream_alone_decides_order_and_dropout(by_xla):
    network = make_network(dropout=0.3)
    engine, rows = make_engine(network, by_xla=by_xla), make_rows(50)
    runs = [train(engine, rows, begin(engine, network), seed=seed)[1].tolist() for seed in (0, 1, 0)]
    assert runs[0] == runs[2]
    assert runs[0] != runs[1]


def test_the_rate_of_dropout_is_that_of_the_weights():
    network = make_network(dropout=0.3)
    engine, rows = make_engine(network), make_rows(50)
    expected, _ = engine.validate(begin(engine, network), rows)
    (place,) = [n for n, variable in enumerate(network.weights) if variable.name == "rate"]
    for rate, is_still in ((1e-9, True), (0.5, False)):
        weights = network.get_weights()
        weights[place] = np.array(rate)
        state = engine.start([weights], [engine.fresh_memory])
        _, losses = train(engine, rows, state, epochs=1, steps=1)
        assert (losses.item() == pytest.approx(expected.item(), rel=1e-5)) == is_still


@each_way
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_members_side_by_side_are_trained_as_each_alone(normalization, by_xla):
    networks = [
        make_network(dropout=0.2, l2=0.01, normalization=NORMALIZATIONS[normalization], seed=n) for n in range(3)
    ]
    together = make_engine(networks[0], SGD, members=3, by_xla=by_xla)
    sources = [Source(*make_groups(count, count)) for count in (50, 48, 49)]
    rows = Rows(sources, 50)
    state, losses = train(together, rows, begin(together, *networks))
    validation_losses, predictions = together.validate(state, rows)
    for member, network in enumerate(networks):
        alone = make_engine(network, SGD)
        own_rows = Rows([sources[member]], 50)
        own, own_losses = train(alone, own_rows, begin(alone, network), seed=member)
        np.testing.assert_allclose(losses[:, member], own_losses[:, 0], rtol=1e-4)
        for ours, theirs in zip(together.weights(state, member), alone.weights(own, 0), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-4)
        own_validation, own_predictions = alone.validate(own, own_rows)
        assert validation_losses[member] == pytest.approx(own_validation[0], rel=1e-4)
        np.testing.assert_allclose(predictions[member], own_predictions[0], atol=1e-4)


def test_a_population_gets_what_single_trainings_of_its_members_get():
    recipes = [
        {**ADAM, "optimizer": "adamw", "beta_2": beta_2, "weight_decay": decay, "gradient_clip_norm": norm}
        for beta_2, decay, norm in ((0.9, 0.0, 0.0), (0.99, 0.1, 0.5), (0.999, 0.5, 5.0))
    ]
    rates = [0.001, 0.01, 0.05]
    networks = [make_network(dropout=dropout) for dropout in (0.1, 0.3, 0.5)]
    population = make_engine(networks[0], recipes=recipes)
    source = Source(*make_groups(50))
    rows, shared = Rows([source], 50), Rows([source] * 3, 50)
    same = [seeds.stream(0) for _ in recipes]
    state, _ = population.train_epoch(
        begin(population, *networks),
        shared,
        course=Course(np.tile(rates, (5, 1)), 10, np.ones(len(networks))),
        seeds=same,
    )
    for member, network in enumerate(networks):
        alone = make_engine(network, recipes[member])
        rate = np.full((5, 1), rates[member])
        own, _ = alone.train_epoch(
            begin(alone, network), rows, course=Course(rate, 10, np.ones(1)), seeds=[seeds.stream(0)]
        )
        for ours, theirs in zip(population.weights(state, member), alone.weights(own, 0), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_each_step_has_its_own_rate():
    network = make_network()
    engine = make_engine(network, {**ADAM, "optimizer": "sgd", "momentum": 0.0})
    begun, rows = begin(engine, network), make_rows(50)

    def take(*rates):
        taken, _ = engine.train_epoch(
            begun, rows, course=Course(np.array(rates)[:, None], 25, np.ones(1)), seeds=[seeds.stream(0)]
        )
        return taken

    np.testing.assert_array_equal(take(0, 0).weights, begun.weights)
    first, second = take(0.25, 0), take(0, 0.25)
    assert not np.array_equal(first.weights, second.weights)


@pytest.mark.parametrize("setting", ["label_smoothing", "huber_delta"])
def test_hyperparameters_of_the_loss_reach_it(setting):
    objective = Objective("binary", 2) if setting == "label_smoothing" else Objective("regression", 0, "huber")
    network = make_network()
    groups, target = make_groups()
    target = (target > 1).astype(int) if objective.task == "binary" else target
    loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2)
    loss = loss if objective.task == "binary" else keras.losses.Huber(0.2)
    engine = make_engine(network, {**ADAM, setting: 0.2}, objective=objective)
    rows = Rows([Source(groups, target)], 50)
    _, losses = train(engine, rows, begin(engine, network), epochs=1, steps=1)
    assert losses.item() == pytest.approx(float(loss(target[:, None], network(groups))), rel=1e-5)


def test_many_rows_are_predicted_in_parts_and_fill_up_rows_never_count():
    network = make_network()
    engine, (groups, target) = make_engine(network), make_groups(20_000)
    rows = make_rows(20_000, length=20_001)
    losses, predictions = engine.validate(begin(engine, network), rows)
    expected = np.asarray(network(groups))
    np.testing.assert_allclose(predictions[0], expected, atol=1e-5)
    assert losses[0] == pytest.approx(np.mean((expected[:, 0] - target) ** 2), rel=1e-5)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_rows_that_are_read_piece_by_piece_train_as_those_in_memory(tmp_path, dropout):
    network = make_network(dropout=dropout)
    engine, (groups, target) = make_engine(network), make_groups(3000)
    mapped = {}
    for name, values in groups.items():
        np.save(tmp_path / f"{name}.npy", values)
        mapped[name] = np.load(tmp_path / f"{name}.npy", mmap_mode="r")
    whole = make_rows(3000)
    streamed = Rows([Source(mapped, target)], 3000, resident_bytes=1000, piece_bytes=5000)
    results = [train(engine, rows, begin(engine, network), steps=60) for rows in (whole, streamed)]
    np.testing.assert_array_equal(results[0][0].weights, results[1][0].weights)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-6)
    for ours, theirs in zip(*(engine.validate(results[0][0], rows) for rows in (whole, streamed)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_xla_is_not_asked_where_keras_draws_at_random() -> None:
    x = keras.Input((3,))
    ours, theirs = (keras.Model(x, layer(0.2)(keras.layers.Dense(4)(x))) for layer in (Dropout, keras.layers.Dropout))
    assert draws_alike_by_xla(ours)
    assert not draws_alike_by_xla(theirs)
