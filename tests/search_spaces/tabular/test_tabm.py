from __future__ import annotations

import numpy as np
import pytest

from search_spaces.family import Layout, core_model, load_families, seeded
from tests.contracts.family_contract import EVERYTHING, GradientFamilyContract, made_groups, read_by

pytestmark = pytest.mark.keras

NUMBERS = Layout(numbers=3, quantiles=3)


class TestTabm(GradientFamilyContract):
    name = "tabm"


def build(layout: Layout = EVERYTHING, *, outputs: int = 2, **values):
    return core_model(load_families(["tabm"])["tabm"], layout, outputs=outputs, hyperparameters=values, seed=0)


def adapt(model, groups) -> None:
    load_families(["tabm"])["tabm"].adapt(model, read_by(model, groups), seed=0)


def wave(shape, phase: int) -> np.ndarray:
    """Weights that are easy to write down twice."""
    return 0.5 * np.sin(1.7 * np.arange(np.prod(shape)) + phase).reshape(shape)


def test_a_forward_pass_is_that_of_the_package():
    # The network of tabm 0.0.3 (`arch_type="tabm-mini"`) with embeddings of rtdl_num_embeddings 0.0.12, version "B",
    # on PyTorch 2.13: three numbers between these edges, a category of three levels, three members, two outputs.
    edges = [[-2.02, -0.555, 0.125, 0.4975, 2.04], [-3.0, -1.0, 0.0, 3.0], [0.0, 0.5, 1.0]]
    rows = {
        "quantiles": np.array([[-3.5, -3.5, -3.5], [0.1, 0.5, 0.3], [0.37, -0.2, 1], [3.5, 3.5, 3.5]], "float32"),
        "one_hot": np.eye(3, dtype="float32")[[0, 2, 1, 2]],
    }
    expected = [
        [[-0.134894, -0.806370], [-0.009849, 0.415368], [-0.136138, 0.126177]],
        [[-0.136648, -0.793589], [-0.086063, 0.387017], [-0.240366, 0.222781]],
        [[-0.060153, -0.932832], [-0.197093, 0.413749], [-0.143689, 0.254522]],
        [[-0.055059, -1.020115], [-0.244265, 0.443778], [-0.132139, 0.258193]],
    ]
    layout = Layout(numbers=3, quantiles=3, one_hot=3, cardinalities=(3,))
    model = build(layout, members=3, width=8, bins=4, embedding_width=4)
    model.get_layer("embedded_numbers").set_edges([np.array(own) for own in edges])
    trainable = model.trainable_variables
    shapes = [(3, 4), (3, 4), (3, 4, 4), (3, 15), (15, 8), (8,), (8, 8), (8,), (3, 8, 2), (3, 2)]
    assert [tuple(variable.shape) for variable in trainable] == shapes
    for phase, variable in enumerate(trainable, start=1):
        variable.assign(wave(variable.shape, phase))
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)


def test_edges_lie_at_quantiles_of_the_rows_that_it_is_adapted_to():
    model, rows = build(NUMBERS, bins=4), np.random.default_rng(0).gamma(1.0, size=(500, 3)).astype("float32")
    adapt(model, {"quantiles": rows})
    layer = model.get_layer("embedded_numbers")
    np.testing.assert_allclose(np.asarray(layer.starts).T, np.quantile(rows, [0, 0.25, 0.5, 0.75], axis=0), rtol=1e-5)


def test_adapting_changes_no_weight_that_is_trained():
    model, groups = build(), made_groups(EVERYTHING)
    before = [np.asarray(variable) for variable in model.trainable_variables]
    answers = np.asarray(model(read_by(model, groups)))
    adapt(model, groups)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.trainable_variables, strict=True))
    np.testing.assert_allclose(model(read_by(model, groups)), answers, atol=1e-6)  # at first it is linear anyway


def test_columns_of_one_value_and_few_rows_are_no_trouble():
    model = build(NUMBERS)
    rows = np.array([[0, 1, 0.5], [0, 1, 0.5], [0, 2, 0.5]], "float32")
    rows.flags.writeable = False  # as memory-mapped files are
    adapt(model, {"quantiles": rows})
    assert np.isfinite(model({"quantiles": rows * 100})).all()


def test_members_differ_and_each_gets_a_gradient_of_its_own():
    import tensorflow as tf

    model, groups = build(members=8), made_groups(EVERYTHING)
    with tf.GradientTape() as tape:
        answers = model(read_by(model, groups))  # (rows, members, outputs)
        loss = tf.reduce_mean(tf.square(answers - 1.0))
    assert len(np.unique(np.asarray(answers)[0, :, 0].round(5))) == 8
    own = [model.get_layer("members").scale, model.get_layer("logits").kernel, model.get_layer("logits").bias]
    for gradient in tape.gradient(loss, own):
        assert all(np.any(member) for member in np.asarray(gradient))
    # What a member has for itself changes no other member's answer.
    own[0].assign(tf.tensor_scatter_nd_update(own[0].value, [[2]], own[0].value[None, 2] + 1.0))
    changed = np.any(np.asarray(model(read_by(model, groups))) != np.asarray(answers), axis=(0, 2))
    assert changed.tolist() == [member == 2 for member in range(8)]


def test_members_scale_all_of_a_vector_alike_at_first():
    scale = np.asarray(build(NUMBERS, embedding_width=4).get_layer("members").scale).reshape(-1, 3, 4)
    assert (scale == scale[:, :, :1]).all()
    layout = Layout(cardinalities=(30, 40), statistics=2)
    scale = np.asarray(build(layout, level_width=2).get_layer("members").scale)
    assert len(np.unique(scale)) == 2  # signs, without embedded numbers
    assert (scale[:, 2] == scale[:, 3]).all()
    assert (scale[:, 4] == scale[:, 5]).all()


def test_drawing_anew_gives_every_fold_weights_of_its_own():
    from automl_cli.training.flat import initial_weights

    model = build()
    with seeded(1):
        first = initial_weights(model)
    with seeded(1):
        again = initial_weights(model)
    with seeded(2):
        other = initial_weights(model)
    trained = {variable.path for variable in model.trainable_variables} - {"embedded_numbers/kernel"}
    for variable, a, b, c, built in zip(model.weights, first, again, other, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        is_drawn = variable.path in trained
        assert np.array_equal(a, c) != is_drawn, variable.path
        assert np.array_equal(a, built) != is_drawn, variable.path


def test_what_is_drawn_anew_has_the_range_of_what_was_built():
    from automl_cli.training.flat import initial_weights

    model = build(width=128)
    for variable, built, drawn in zip(model.weights, model.get_weights(), initial_weights(model), strict=True):
        if variable.trainable and variable.shape != (16, 2):
            assert np.std(drawn) == pytest.approx(np.std(built), rel=0.3), variable.path


def test_biases_do_not_decay_though_they_may_have_two_axes():
    from automl_cli.training.flat import FlatWeights

    model = build()
    layout = FlatWeights(model)
    sizes = [int(np.prod(variable.shape)) for variable in model.trainable_variables]
    decays = np.split(layout.decays, np.cumsum(sizes)[:-1])
    for variable, own in zip(model.trainable_variables, decays, strict=True):
        assert (own == (variable.name != "bias")).all(), variable.path


def test_embeddings_shrink_as_columns_abound_and_then_go():
    def features(columns: int) -> int:
        layout = Layout(numbers=columns, quantiles=columns)
        return build(layout).get_layer("members").scale.shape[1]

    assert features(20) == 20 * 16
    assert features(128) == 128 * 8
    assert features(500) == 500 * 4
    assert features(600) == 600
    model = build(Layout(numbers=600, quantiles=600))
    adapt(model, {"quantiles": np.zeros((4, 600), "float32")})  # has nothing to do


def test_bins_are_fewer_where_columns_abound():
    def bins(columns: int) -> int:
        return build(Layout(numbers=columns, quantiles=columns)).get_layer("embedded_numbers").bins

    assert (bins(20), bins(128), bins(500)) == (48, 32, 8)


def test_it_is_the_same_after_an_export_for_any_number_of_rows(tmp_path):
    import keras
    import tensorflow as tf

    model = build(EVERYTHING)
    model.get_layer("embedded_numbers").kernel.assign(wave((4, 48, 16), 1))
    adapt(model, made_groups(EVERYTHING))
    model.save(tmp_path / "model.keras")
    model.export(tmp_path / "export", verbose=False)
    again, exported = keras.saving.load_model(tmp_path / "model.keras"), tf.saved_model.load(tmp_path / "export")
    for rows in (1, 7):
        groups = read_by(model, made_groups(EVERYTHING, rows=rows))
        np.testing.assert_array_equal(again(groups), model(groups))
        np.testing.assert_allclose(exported.serve(groups), model(groups), atol=1e-6)
