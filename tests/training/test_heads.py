"""Heads: raw outputs become probabilities, or values in the target's unit."""

import keras
import numpy as np
import pytest

from automl_cli.training.correction import Correction
from automl_cli.training.heads import apply_head, average_models, with_head
from automl_cli.training.target_scale import NO_SCALE, fit_scale
from search_spaces.family import Layout

pytestmark = pytest.mark.keras


def test_two_classes_have_two_columns():
    target = np.array([0, 1])
    logits = np.array([[-2.0], [0.0], [40.0]], dtype=np.float32)
    probabilities = np.asarray(apply_head(logits, fit_scale(target, "binary"), task="binary"))
    positive = 1 / (1 + np.exp(-logits[:, 0]))
    np.testing.assert_allclose(probabilities, np.stack([1 - positive, positive], axis=1), atol=1e-6)
    assert probabilities[2, 0] > 0  # 1 - 1 would be 0, and its logarithm infinite


def test_several_classes_sum_to_one():
    logits = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    probabilities = np.asarray(apply_head(logits, fit_scale(np.arange(4), "multiclass"), task="multiclass"))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert (probabilities.argmax(axis=1) == logits.argmax(axis=1)).all()


def test_a_regression_comes_back_in_its_own_unit():
    target = np.array([1000.0, 2000.0, 4000.0])
    scale = fit_scale(target, "regression")
    standardised = scale.standardise(target)
    assert standardised.mean() == pytest.approx(0)
    assert standardised.std() == pytest.approx(1)
    values = np.asarray(apply_head(standardised[:, None].astype(np.float32), scale, task="regression"))
    np.testing.assert_allclose(values[:, 0], target, rtol=1e-6)


def test_predictions_stay_near_the_range_of_the_training_target():
    scale = fit_scale(np.array([0.0, 100.0]), "regression")
    values = np.asarray(apply_head(np.array([[-50.0], [50.0]], dtype=np.float32), scale, task="regression"))
    assert values[:, 0].tolist() == [-5.0, 105.0]


def test_a_constant_target_is_predicted():
    target = np.full(4, 7.0)
    scale = fit_scale(target, "regression")
    assert scale.standardise(target).tolist() == [0.0] * 4
    assert np.asarray(apply_head(np.zeros((1, 1), dtype=np.float32), scale, task="regression")).tolist() == [[7.0]]


def test_the_model_with_a_head_keeps_the_inputs_by_name():
    inputs = {"numbers": keras.Input((3,), name="numbers"), "codes": keras.Input((1,), dtype="int32", name="codes")}
    embedded = keras.layers.Flatten()(keras.layers.Embedding(4, 2)(inputs["codes"]))
    core = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Concatenate()([inputs["numbers"], embedded])))
    member = with_head(core, fit_scale(np.array([0, 1]), "binary"), task="binary")
    assert set(member.input) == {"numbers", "codes"}
    groups = {"numbers": np.ones((6, 3), np.float32), "codes": np.ones((6, 1), np.int32)}
    assert member(groups).shape == (6, 2)


@pytest.mark.parametrize(("task", "width"), [("binary", 1), ("multiclass", 4), ("regression", 1)])
def test_models_in_one_network_predict_the_mean_of_their_predictions(task, width):
    outputs = np.random.default_rng(0).normal(scale=4.0, size=(6, 5, width)).astype("float32")  # (rows, models, ...)
    mean = apply_head(average_models(outputs, task=task), NO_SCALE, task=task)
    each = np.stack([apply_head(outputs[:, model], NO_SCALE, task=task) for model in range(5)])
    np.testing.assert_allclose(mean, each.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("correction", [Correction(), Correction((0.5, 0.0, -0.5)), Correction(focal_gamma=2.0)])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_no_operation_of_a_head_has_the_name_of_a_group_that_the_network_reads(task, correction):
    outputs = 3 if task == "multiclass" else 1
    inputs = {name: keras.Input((2,), name=name) for name in Layout(2, 2, 2, 2, (2, 2), 2, 2, 2, 2).widths}
    models = keras.layers.Dense(4 * outputs)(keras.layers.Concatenate()(list(inputs.values())))
    core = keras.Model(inputs, keras.layers.Reshape((4, outputs))(models))
    correction = Correction(correction.offsets[:outputs], correction.focal_gamma if outputs > 1 else 0.0)
    member = with_head(core, NO_SCALE, task=task, correction=correction)
    assert set(member.input) == set(inputs)
