"""Row 25: weights that start from an earlier network: columns by name, levels by level, frozen and then slower."""

import dataclasses

import keras
import numpy as np
import pytest

from automl_cli.errors import RunError
from automl_cli.records import Positions, to_json
from automl_cli.runs.artifacts import write_json
from automl_cli.training.archive import weights_path, write_arrays
from automl_cli.training.backbone import ABOUT, ENCODING, LAYERS, Encoding, load_backbone
from automl_cli.training.checkpoint import load_progress, load_weights
from automl_cli.training.keras_layers import read_layers
from automl_cli.training.transfer import inherit
from automl_cli.training.trial import load_member, run_trial
from search_spaces.family import Layout, core_model, load_families
from tests.training.made_data import BINARY, LAYOUT, make_folds, make_trial

pytestmark = pytest.mark.keras

NUMBERS = [("age", "number 0"), ("height", "number 0"), ("weight", "number 0"), ("income", "number 0")]
HERE = Positions(
    {
        "numbers": NUMBERS,
        "quantiles": NUMBERS,
        "one_hot": [("town", "level a"), ("town", "level b"), ("town", "level c")],
        "codes": [("town", "codes")],
    },
    [["unseen", "missing", "level a", "level b", "level c"]],
)
# The same columns in another order, without the income, with another level and one more column.
OLD_NUMBERS = [("weight", "number 0"), ("shoe", "number 0"), ("age", "number 0"), ("height", "number 0")]
THERE = Positions(
    {
        "numbers": OLD_NUMBERS,
        "quantiles": OLD_NUMBERS,
        "one_hot": [("town", "level c"), ("town", "level x"), ("town", "level a")],
        "codes": [("colour", "codes"), ("town", "codes")],
    },
    [["unseen", "missing", "level red"], ["unseen", "missing", "level c", "level x", "level a", "level y"]],
)
OLD_LAYOUT = Layout(numbers=4, quantiles=4, one_hot=3, cardinalities=(3, 6))
NEW_LAYOUT = dataclasses.replace(LAYOUT, quantiles=4)
SMALL = {
    "mlp": {"depth": 2, "width": 8, "embedding_width": 2, "normalization": "batch"},
    "residual_mlp": {"blocks": 1, "width": 8, "embedding_width": 2},
    "realmlp": {"width": 8, "depth": 2},
    "tabm": {"width": 8, "blocks": 2, "members": 2, "bins": 3, "embedding_width": 4, "categories": "embedding"},
    "ft_transformer": {"width": 8, "blocks": 1, "heads": 2},
    "wide_and_deep": {"width": 8, "depth": 1},
    "modern_nca": {"width": 8, "hidden_blocks": 1, "bins": 3, "capacity": 64},
    "autokeras_structured": {"num_layers": 2, "units_0": 16, "units_1": 16},
}


def make_backbone(folder, family, *, values, classes=("no", "yes"), folds=2):
    """Writes an earlier run's networks as a run keeps them; returns the one of the first fold."""
    task = "binary" if len(classes) == 2 else "multiclass"
    before = Encoding("y", task, classes, (OLD_LAYOUT,) * folds, (THERE,) * folds)
    here = Encoding("y", "binary", ("no", "yes"), (NEW_LAYOUT,) * folds, (HERE,) * folds)
    about = {"origin": "from old-1, trial 3", "family": family, "hyperparameters": values, "folds": [0, 1]}
    write_json(folder / ABOUT, about)
    write_json(folder / ENCODING, to_json(before))
    write_json(folder.parent / ENCODING, to_json(here))
    networks = []
    for fold in range(folds):
        network = core_model(
            load_families([family])[family],
            OLD_LAYOUT,
            outputs=1 if task == "binary" else len(classes),
            hyperparameters=values,
            seed=10 + fold,
        )
        weights = {f"weights/{place}": array for place, array in enumerate(network.get_weights())}
        write_arrays(weights_path(folder, fold), {"scale": np.zeros(5), **weights})
        networks.append(network)
    return networks[0]


def make_new(family, values):
    return core_model(load_families([family])[family], NEW_LAYOUT, outputs=1, hyperparameters=values, seed=1)


def taken(inherited, network):
    """What is taken over, by the path of the weight."""
    paths = [variable.path for variable in network.weights]
    return dict(zip(paths, zip(inherited.values, inherited.written, strict=True), strict=True))


def test_columns_are_matched_by_name_and_levels_by_level(tmp_path):
    values = {**SMALL["mlp"], "scaling": "robust", "categories": "both"}
    old = make_backbone(tmp_path / "backbone", "mlp", values=values)
    network = make_new("mlp", values)
    inherited = inherit(network, load_backbone(tmp_path / "backbone"), layout=NEW_LAYOUT, positions=HERE, fold=0)
    own, before = taken(inherited, network), {v.path: v.numpy() for v in old.weights}
    kernel, written = own["hidden_0/kernel"]
    # features here: age height weight income, town a b c, and two numbers for the level of the town
    # features there: weight shoe age height, town c x a, two numbers for the colour and two for the town
    known = {0: 2, 1: 3, 2: 0, 4: 6, 6: 4, 7: 9, 8: 10}
    for place in range(9):
        assert written[place].all() == (place in known)
        if place in known:
            np.testing.assert_array_equal(kernel[place], before["hidden_0/kernel"][known[place]])
    levels, level_written = own["levels/embeddings"]
    # unseen, missing, a, b and c of the town here; there it stands behind three of the colour
    np.testing.assert_array_equal(levels[[0, 1, 2, 4]], before["levels/embeddings"][[3, 4, 7, 5]])
    assert level_written.all(axis=1).tolist() == [True, True, True, False, True]
    for path in ("hidden_0/bias", "hidden_1/kernel", "hidden_1_norm/gamma", "hidden_1_norm/moving_mean"):
        np.testing.assert_array_equal(own[path][0], before[path])
    np.testing.assert_array_equal(own["logits/kernel"][0], before["logits/kernel"])  # the same classes


@pytest.mark.parametrize("family", SMALL)
def test_every_family_takes_over_hidden_layers_and_named_columns(tmp_path, family):
    make_backbone(tmp_path / "backbone", family, values=SMALL[family], classes=("a", "b", "c"))
    network = make_new(family, SMALL[family])
    inherited = inherit(network, load_backbone(tmp_path / "backbone"), layout=NEW_LAYOUT, positions=HERE, fold=0)
    own = taken(inherited, network)
    outputs = [path for path in own if "logits" in path]
    assert not any(own[path][1].any() for path in outputs)  # the classes are others
    inside = [place for path, (_, place) in own.items() if path not in outputs]
    assert np.mean([place.any() for place in inside]) > 0.5
    assert any(place.any() and not place.all() for place in inside)  # a column, or a level, is new here


def test_what_was_taken_over_stands_still_and_then_moves_slowly(tmp_path):
    values = {"depth": 2, "width": 8, "embedding_width": 2, "scaling": "robust"}
    make_backbone(tmp_path / "backbone", "mlp", values=values)
    folds = [
        dataclasses.replace(
            fold,
            train={**fold.train, "quantiles": fold.train["numbers"]},
            validation={**fold.validation, "quantiles": fold.validation["numbers"]},
            layout=NEW_LAYOUT,
            positions=HERE,
        )
        for fold in make_folds(BINARY)
    ]
    setup = dataclasses.replace(BINARY, backbone=str(tmp_path / "backbone"))
    recipe = {**values, "start": "transfer", "frozen_fraction": 0.5, "backbone_rate": 0.1, "batch_size": 32}
    network = make_new("mlp", values)
    places = {variable.path: place for place, variable in enumerate(network.weights)}
    begun = load_weights(tmp_path / "backbone", 0)[0]
    for number, epochs in ((1, 2), (2, 4)):
        trial = make_trial(epochs=epochs, schedule_epochs=4, number=number, **recipe)
        outcome = run_trial(trial, task=setup, folds=folds, folder=tmp_path / "trials" / f"{number:04d}")
        assert outcome.result.state == "completed", outcome.result.reason
        ended = load_progress(tmp_path / "trials" / f"{number:04d}", 0).weights
        hidden = ended[places["hidden_1/kernel"]] - begun[places["hidden_1/kernel"]]
        if epochs == 2:
            np.testing.assert_array_equal(hidden, 0.0)
            # the income is new here: it learns from the first step
            first = ended[places["hidden_0/kernel"]]
            fresh = np.zeros_like(hidden[0])
            assert (first[3] != fresh).all()
        else:
            assert 0 < np.abs(hidden).max() < 2 * 4 * 0.1 * 1e-3 * 1.2  # steps of two epochs at a tenth of the rate
    member = load_member(tmp_path / "trials" / "0002", trial, fold=0, layout=NEW_LAYOUT, setup=setup)
    loaded = member({name: folds[0].validation[name] for name in member.input})
    np.testing.assert_allclose(loaded, outcome.predictions[0], rtol=1e-5, atol=1e-6)


def test_a_trial_that_has_nothing_to_start_from_says_so(tmp_path):
    outcome = run_trial(make_trial(start="transfer"), task=BINARY, folds=make_folds(BINARY), folder=tmp_path / "0001")
    assert outcome.result.state == "failed"
    assert "--from" in outcome.result.reason


def keras_model(*layers, inputs=5):
    return keras.Sequential([keras.Input((inputs,)), *layers, keras.layers.Dense(3, activation="softmax")])


def test_a_keras_model_becomes_the_hidden_layers_of_a_perceptron(tmp_path):
    hidden = [keras.layers.Dense(12, activation="relu"), keras.layers.Dropout(0.1), keras.layers.Dense(6)]
    model = keras_model(*hidden, keras.layers.ReLU())
    model.save(tmp_path / "model.keras")
    values, layers = read_layers(tmp_path / "model.keras")
    assert (values["depth"], values["width"], values["activation"]) == (3, 12, "relu")
    folder = tmp_path / "backbone"
    about = {"origin": "from model.keras", "family": "mlp", "hyperparameters": values, "folds": [0]}
    write_json(folder / ABOUT, about)
    write_arrays(folder / LAYERS, layers)
    network = make_new("mlp", values)
    inherited = inherit(network, load_backbone(folder), layout=NEW_LAYOUT, positions=HERE, fold=0)
    network.set_weights(inherited.over(network.get_weights()))
    # Whatever the fresh projection gives, the first units compute what those of the model do.
    projected = np.maximum(np.random.default_rng(0).normal(size=(4, 12)), 0).astype(np.float32)
    ours = projected
    for name in ("hidden_1", "hidden_2"):
        ours = np.maximum(network.get_layer(name)(ours), 0)
    theirs = keras.Model(model.inputs, model.layers[-2].output)(projected[:, :5])
    np.testing.assert_allclose(ours[:, :6], theirs, rtol=1e-5, atol=1e-6)
    own = dict(zip([v.path for v in network.weights], inherited.transferred, strict=True))
    assert own["hidden_1/kernel"].sum() == 5 * 12
    assert own["hidden_2/kernel"].sum() == 12 * 6
    assert not own["hidden_0/kernel"].any()


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (keras_model, "no hidden"),
        (lambda: keras_model(keras.layers.Dense(4, "relu"), keras.layers.Dense(4, "tanh")), "activations"),
        (lambda: keras_model(keras.layers.Dense(4, "relu"), keras.layers.BatchNormalization()), "BatchNormalization"),
        (lambda: keras.Sequential([keras.Input((4, 4)), keras.layers.Dense(4, "relu")]), "one float input"),
    ],
)
def test_other_keras_models_are_refused_with_a_reason(tmp_path, model, reason):
    model().save(tmp_path / "model.keras")
    with pytest.raises(RunError, match=reason):
        read_layers(tmp_path / "model.keras")


def test_no_code_of_a_file_is_run(tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x + 1), keras.layers.Dense(1)])
    model.save(tmp_path / "model.keras")
    with pytest.raises(RunError, match="cannot be read"):
        read_layers(tmp_path / "model.keras")
    (tmp_path / "other.keras").write_bytes(b"no archive")
    with pytest.raises(RunError, match="cannot be read"):
        read_layers(tmp_path / "other.keras")
