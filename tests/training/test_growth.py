"""Row 28, of depth: blocks of a residual network are switched on one after the other."""

import keras
import numpy as np
import pytest

from automl_cli.training import seeds
from automl_cli.training.flat import gates, initial_weights
from automl_cli.training.loop import Course
from automl_cli.training.rows import Rows, Source
from automl_cli.training.stages import Stages
from automl_cli.training.trial import load_member, run_trial
from search_spaces.family import core_model, load_families
from search_spaces.layers.gate import Gate
from tests.training.made_data import BINARY, LAYOUT, make_folds, make_trial
from tests.training.made_engine import SGD, make_engine, make_groups

pytestmark = pytest.mark.keras

DEEP = {"blocks": 2, "width": 16, "growth": "depth", "normalization": "layer", "batch_size": 32}


def test_gates_open_one_after_the_other_until_half_of_the_epochs():
    stages = Stages(grown=6, gates=3)
    assert [stages.open_gates(done) for done in range(8)] == [1, 1, 2, 2, 3, 3, 3, 3]
    assert stages.settled == 6


@pytest.mark.parametrize("members", [1, 2])
def test_a_block_behind_a_shut_gate_does_not_move(members):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((3,), name="numbers")
    x = keras.layers.Dense(4)(inputs)
    for name in ("first", "second"):
        x = keras.layers.Add()([x, Gate()(keras.layers.Dense(4, name=name)(x))])
    network = keras.Model({"numbers": inputs}, keras.layers.Dense(1)(x))
    engine = make_engine(network, SGD, members=members)
    groups, target = make_groups(40)
    rows = Rows([Source({"numbers": groups["numbers"]}, target)] * members, 40)
    begun = initial_weights(network)
    state = engine.start([begun] * members, [engine.fresh_memory] * members)
    for opened in ([1] * members, [2] * members):
        course = Course(np.full((2, members), 0.1), 20, np.ones(members), gates=opened)
        state, _ = engine.train_epoch(state, rows, course=course, seeds=[seeds.stream(0, m) for m in range(members)])
        ended = engine.weights(state, members - 1)
        moved = {v.path: not np.array_equal(a, b) for v, a, b in zip(network.weights, begun, ended, strict=True)}
        assert moved["first/kernel"]
        assert moved["second/kernel"] == (opened[0] == 2)


def test_the_network_that_is_kept_has_all_gates_open(tmp_path):
    folds = make_folds(BINARY)[:1]
    trial = make_trial("residual_mlp", epochs=6, schedule_epochs=6, **DEEP)
    outcome = run_trial(trial, task=BINARY, folds=folds, folder=tmp_path / "0001")
    assert outcome.result.state == "completed", outcome.result.reason
    assert min(outcome.result.best_epochs) > 3  # not of an epoch in which a part was shut
    member = load_member(tmp_path / "0001", trial, fold=0, layout=LAYOUT, setup=BINARY)
    assert [float(gate.open.value) for gate in gates(member)] == [1.0, 1.0]
    loaded = member({name: folds[0].validation[name] for name in member.input})
    np.testing.assert_allclose(loaded, outcome.predictions[0], rtol=1e-5, atol=1e-6)


def test_a_shut_block_is_the_identity():
    family = load_families(["residual_mlp"])["residual_mlp"]
    deep = core_model(family, LAYOUT, outputs=1, hyperparameters=DEEP, seed=0)
    shallow = core_model(family, LAYOUT, outputs=1, hyperparameters={**DEEP, "blocks": 1}, seed=0)
    for gate in gates(deep)[1:]:
        gate.open.assign(0.0)
    for layer in shallow.layers:
        layer.set_weights(deep.get_layer(layer.name).get_weights())
    rows = make_folds(BINARY)[0].validation
    read = {name: rows[name] for name in deep.input}
    np.testing.assert_allclose(deep(read), shallow(read), rtol=1e-5, atol=1e-6)
