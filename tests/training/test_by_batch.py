"""Networks whose epoch cannot be compiled train through Keras, with the results of the compiled epoch."""

import keras
import numpy as np
import pytest

from automl_cli.training import gradient, seeds
from automl_cli.training.by_batch import KerasEngine
from automl_cli.training.compiled import compile_once, is_compilable
from automl_cli.training.engine import Engine
from automl_cli.training.flat import initial_weights
from automl_cli.training.loop import Course
from automl_cli.training.rows import Rows, Source
from automl_cli.training.target_scale import NO_SCALE
from automl_cli.training.trial import run_trial
from search_spaces.family import core_model
from search_spaces.layers.gate import Gate
from tests.training.made_data import BINARY, make_folds, make_trial
from tests.training.made_engine import ADAM, SQUARES, make_engine, make_groups, make_network

pytestmark = pytest.mark.keras


class OwnStep(keras.Model):
    """Says itself how it takes a step."""

    taken = 0

    def train_step(self, data):
        type(self).taken += 1
        return super().train_step(data)


class Untraceable(keras.layers.Layer):
    """Needs the numbers themselves, which a graph does not have."""

    def call(self, x):
        if not isinstance(x, keras.KerasTensor):
            float(np.asarray(x).sum())
        return x

    def compute_output_shape(self, shape):
        return shape


def with_own_step(network):
    return OwnStep(network.input, network.output)


def untraceable(network):
    return keras.Model(network.input, Untraceable()(network.output))


def test_it_is_seen_which_networks_cannot_be_compiled():
    assert is_compilable(make_network())
    assert not is_compilable(with_own_step(make_network()))
    assert compile_once(make_network(), ADAM, objective=SQUARES).trace(by_xla=False)
    assert not compile_once(untraceable(make_network()), ADAM, objective=SQUARES).trace(by_xla=False)


@pytest.mark.parametrize("wrap", [with_own_step, untraceable])
def test_epochs_are_those_of_the_compiled_engine(wrap):
    recipe = {**ADAM, "optimizer": "adamw", "weight_decay": 0.1, "gradient_clip_norm": 0.0}
    # No embedding: where a level occurs twice in a batch, Keras squares its two gradients before it adds them.
    plain = make_network(dropout=0.3, l2=0.01, embeds=False)
    groups, target = make_groups(50)
    network, rows = wrap(plain), Rows([Source({"numbers": groups["numbers"]}, target)], 50)
    engines = make_engine(plain, recipe), KerasEngine(network, recipe, objective=SQUARES, scale=NO_SCALE)
    results = []
    for engine in engines:
        state = engine.start([plain.get_weights()], [engine.fresh_memory])
        for epoch in range(3):
            rates = np.array([[0.01], [0.02], [0.005]])
            state, losses = engine.train_epoch(
                state, rows, course=Course(rates, 17, np.ones(1)), seeds=[seeds.stream(0, epoch)]
            )
        results.append((losses, *engine.validate(state, rows), engine.weights(state, 0)))
    (losses, loss, predictions, weights), theirs = results
    np.testing.assert_allclose(loss, theirs[1], rtol=1e-4)
    np.testing.assert_allclose(predictions[0], theirs[2][0], atol=1e-4)
    for one, other in zip(weights, theirs[3], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    # Keras reports the loss with the penalties.
    assert losses[0] <= theirs[0][0]


def test_what_joins_in_over_the_epochs_does_so_here_too():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((3,), name="numbers")
    x = keras.layers.Dense(4, name="first")(inputs)
    for name in ("second", "third"):
        x = keras.layers.Add()([x, Gate()(keras.layers.Dense(4, name=name)(x))])
    network = keras.Model({"numbers": inputs}, keras.layers.Dense(1)(x))
    groups, target = make_groups(50)
    rows = Rows([Source({"numbers": groups["numbers"]}, target)], 50)
    backbone = np.zeros((1, network.count_params() - 2), bool)
    backbone[:, :12] = True  # the first kernel
    compiled = compile_once(network, ADAM, objective=SQUARES, paced=True)
    values = [{name: float(ADAM[name]) for name in compiled.value_names}]
    engines = (
        Engine(compiled, values=values, scales=[NO_SCALE], backbone=backbone),
        KerasEngine(network, ADAM, objective=SQUARES, scale=NO_SCALE, backbone=backbone),
    )
    begun, ended = network.get_weights(), []
    course = Course(np.full((2, 1), 0.01), 10, np.ones(1), taken=[np.arange(20)], gates=[1], backbone=np.array([0.1]))
    for engine in engines:
        state = engine.start([begun], [engine.fresh_memory])
        state, _ = engine.train_epoch(state, rows, course=course, seeds=[seeds.stream(0)])
        ended.append(engine.weights(state, 0))
    for one, other in zip(*ended, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    moved = [float(np.abs(after - before).max()) for before, after in zip(begun, ended[0], strict=True)]
    assert 0 < moved[0] < 0.3 * moved[1]  # kernel and bias of the first layer


@pytest.mark.parametrize("wrap", [with_own_step, untraceable])
def test_a_trial_of_such_a_network_is_trained_goes_on_and_comes_back(tmp_path, monkeypatch, wrap):
    def build(*arguments, **options):
        return wrap(core_model(*arguments, **options))

    monkeypatch.setattr(gradient, "core_model", build)
    outcomes = [
        run_trial(trial, task=BINARY, folds=make_folds(), folder=tmp_path / f"{trial.number:04d}")
        for trial in (make_trial(epochs=2), make_trial(epochs=4, number=2, parent=1), make_trial(epochs=4, number=3))
    ]
    assert [outcome.result.state for outcome in outcomes] == ["completed"] * 3, outcomes[0].result.reason
    assert outcomes[1].curves == outcomes[2].curves
    monkeypatch.undo()
    compiled = run_trial(make_trial(epochs=4, number=4), task=BINARY, folds=make_folds(), folder=tmp_path / "0004")
    for ours, theirs in zip(outcomes[2].predictions, compiled.predictions, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_initial_weights_do_not_depend_on_the_way():
    network = make_network()
    assert [w.shape for w in initial_weights(with_own_step(network))] == [w.shape for w in network.get_weights()]
