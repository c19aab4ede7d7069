"""Losses agree with Keras', or with what a paper says, row by row; guide rows 8 and 9."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_cli.training.losses import Objective, make_loss, make_objective
from automl_cli.training.regression_losses import REGRESSION_LOSSES
from automl_cli.training.task import TaskSetup, TrialFailure

pytestmark = pytest.mark.keras

BINARY = Objective("binary", 2)
MULTICLASS = Objective("multiclass", 3)
GENERATOR = np.random.default_rng(0)


def value(objective, target, outputs, **values):
    named = {name: np.array([[each]], np.float32) for name, each in values.items()}
    losses = make_loss(objective)(np.float32(target)[None], np.float32(outputs)[None], named)
    return np.asarray(losses)[0]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropies(smoothing):
    labels, logits = np.array([0.0, 1, 0, 1]), GENERATOR.normal(size=(4, 1))
    binary = keras.losses.BinaryCrossentropy(True, label_smoothing=smoothing, reduction=None)
    ours = value(BINARY, labels, logits, label_smoothing=smoothing)
    np.testing.assert_allclose(ours, binary(labels[:, None], logits), rtol=1e-5)
    classes, logits = np.array([0, 2, 1, 2]), GENERATOR.normal(size=(4, 3))
    categorical = keras.losses.CategoricalCrossentropy(True, label_smoothing=smoothing, reduction=None)
    ours = value(MULTICLASS, classes, logits, label_smoothing=smoothing)
    np.testing.assert_allclose(ours, categorical(np.eye(3)[classes], logits), rtol=1e-5)


@pytest.mark.parametrize(("objective", "outputs"), [(BINARY, [[9.0]]), (MULTICLASS, [[0.0, 9.0, 0.0]])])
def test_smoothing_punishes_certainty_in_training_only(objective, outputs):
    plain = value(objective, [1], outputs)
    assert value(objective, [1], outputs, label_smoothing=0.1) > plain + 0.1
    assert value(objective, [1], outputs, label_smoothing=0.0) == plain


@pytest.mark.parametrize(
    ("recipe", "theirs"),
    [
        ({}, keras.losses.MeanSquaredError(reduction=None)),
        ({"loss": "mse"}, keras.losses.MeanSquaredError(reduction=None)),
        ({"loss": "mae"}, keras.losses.MeanAbsoluteError(reduction=None)),
        ({"loss": "huber"}, keras.losses.Huber(0.7, reduction=None)),
        ({"loss": "log_cosh"}, keras.losses.LogCosh(reduction=None)),
    ],
)
def test_regression_losses(recipe, theirs):
    target, outputs = GENERATOR.normal(size=6), GENERATOR.normal(size=(6, 1))
    objective = make_objective(TaskSetup("regression", 0, "rmse", seed=0), recipe)
    ours = value(objective, target, outputs, huber_delta=0.7)
    np.testing.assert_allclose(ours, theirs(target[:, None], outputs), rtol=1e-5, atol=1e-7)


def test_quantile_loss_is_the_pinball_loss_and_smallest_at_its_quantile():
    target, objective = GENERATOR.normal(size=2001), Objective("regression", distance="quantile")
    error = target - 0.3
    expected = np.where(error > 0, 0.9 * error, -0.1 * error)
    ours = value(objective, target, np.full((2001, 1), 0.3), quantile=0.9)
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)
    candidates = np.quantile(target, [0.5, 0.8, 0.9, 0.97])
    means = [value(objective, target, np.full((2001, 1), each), quantile=0.9).mean() for each in candidates]
    assert np.argmin(means) == 2


def test_poisson_and_tweedie_losses_are_those_of_their_likelihoods():
    counts, outputs = GENERATOR.poisson(2.0, size=50).astype(float), GENERATOR.normal(size=(50, 1))
    mean = np.exp(outputs[:, 0])
    ours = value(Objective("regression", distance="poisson"), counts, outputs)
    np.testing.assert_allclose(ours, keras.losses.Poisson(reduction=None)(counts[:, None], mean[:, None]), rtol=1e-4)
    ours = value(Objective("regression", distance="tweedie"), counts, outputs, tweedie_power=1.5)
    np.testing.assert_allclose(ours, counts * mean**-0.5 / 0.5 + mean**0.5 / 0.5, rtol=1e-4)
    # Half of scikit-learn's deviance, which adds what does not depend on the prediction.
    from sklearn.metrics import mean_tweedie_deviance

    constant = counts**0.5 / (1.5 - 1) / (2 - 1.5)
    assert ours.mean() - constant.mean() == pytest.approx(mean_tweedie_deviance(counts, mean, power=1.5) / 2, rel=1e-4)


@pytest.mark.parametrize("distance", ["poisson", "tweedie"])
def test_losses_of_counts_are_smallest_at_the_mean(distance):
    counts = np.array([0.0, 0.0, 1.0, 3.0, 11.0])
    objective = Objective("regression", distance=distance)

    def mean_loss(prediction):
        return value(objective, counts, np.full((5, 1), np.log(prediction)), tweedie_power=1.5).mean()

    assert mean_loss(3.0) < min(mean_loss(2.8), mean_loss(3.2))


@pytest.mark.parametrize("recipe", [{"loss": "quantile", "quantile": 1.5}, {"loss": "tweedie", "tweedie_power": 2.0}])
def test_values_that_no_loss_has_are_refused(recipe):
    with pytest.raises(TrialFailure, match="between"):
        make_objective(TaskSetup("regression", 0, "rmse", seed=0), recipe)


@pytest.mark.parametrize("gamma", [0.0, 2.0, 3.5])
def test_focal_loss_of_two_classes_is_that_of_keras(gamma):
    labels, logits = np.array([0.0, 1, 0, 1, 1]), GENERATOR.normal(scale=2, size=(5, 1))
    theirs = keras.losses.BinaryFocalCrossentropy(gamma=gamma, from_logits=True, reduction=None)
    ours = value(dataclasses.replace(BINARY, balancing="focal"), labels, logits, focal_gamma=gamma)
    np.testing.assert_allclose(ours, theirs(labels[:, None], logits), rtol=1e-4)


@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_focal_loss_of_several_classes_is_that_of_keras(gamma):
    classes, logits = np.array([0, 2, 1, 2]), GENERATOR.normal(scale=2, size=(4, 3))
    theirs = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=gamma, from_logits=True, reduction=None)
    ours = value(dataclasses.replace(MULTICLASS, balancing="focal"), classes, logits, focal_gamma=gamma)
    np.testing.assert_allclose(ours, theirs(np.eye(3)[classes], logits), rtol=1e-4)


def test_a_focal_recipe_reads_its_gamma_and_others_do_not():
    labels, logits = np.array([0.0, 1.0]), np.array([[3.0], [3.0]])
    np.testing.assert_array_equal(value(BINARY, labels, logits, focal_gamma=2.0), value(BINARY, labels, logits))


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_class_weights_multiply_the_losses_of_their_rows(task):
    plain = {"binary": BINARY, "multiclass": MULTICLASS}[task]
    weights = np.float32([[0.5, 4.0, 1.5][: plain.classes]])
    target = np.float32([[0, 1, 1, 0]])
    outputs = GENERATOR.normal(size=(1, 4, 3 if task == "multiclass" else 1)).astype("float32")
    weighed = make_loss(dataclasses.replace(plain, balancing="weights"))(target, outputs, {"class_weights": weights})
    np.testing.assert_allclose(weighed, make_loss(plain)(target, outputs, {}) * np.float32([0.5, 4, 4, 0.5]), rtol=1e-6)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_logit_adjustment_adds_the_logarithms_of_the_shares(task):
    plain, shares = {"binary": BINARY, "multiclass": MULTICLASS}[task], np.float32([0.9, 0.08, 0.02])
    offsets = np.log(shares) if task == "multiclass" else np.log([shares[1] / shares[0]])
    target, outputs = np.float32([[0, 1]]), GENERATOR.normal(size=(1, 2, len(offsets))).astype("float32")
    loss = make_loss(dataclasses.replace(plain, balancing="offsets"))
    adjusted = loss(target, outputs, {"class_offsets": np.float32(offsets)[None]})
    np.testing.assert_allclose(adjusted, make_loss(plain)(target, np.float32(outputs + offsets), {}), rtol=1e-5)


VALUES = {"huber_delta": 0.7, "quantile": 0.9, "tweedie_power": 1.5, "focal_gamma": 2.0, "label_smoothing": 0.1}
OBJECTIVES = [
    *(Objective("regression", distance=distance) for distance in REGRESSION_LOSSES),
    *(dataclasses.replace(plain, balancing=way) for plain in (BINARY, MULTICLASS) for way in ("none", "focal")),
]


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: f"{o.task}-{o.distance}-{o.balancing}")
def test_gradients_are_numbers_at_extreme_outputs(objective):
    extremes = np.float32([-1e4, -200.0, -30.0, 0.0, 30.0, 200.0, 1e4])
    width = 3 if objective.task == "multiclass" else 1
    outputs = tf.Variable(np.pad(extremes[None, :, None], ((0, 0), (0, 0), (0, width - 1))))
    values = {name: tf.constant([[each]]) for name, each in VALUES.items()}
    for target in (0.0, 1.0):
        with tf.GradientTape() as tape:
            losses = make_loss(objective)(tf.fill((1, 7), target), outputs, values)
            total = tf.reduce_sum(losses)
        assert np.isfinite(losses).all()
        assert np.isfinite(tape.gradient(total, outputs)).all()


@pytest.mark.parametrize(
    "objective",
    [
        Objective("binary", 2),
        Objective("multiclass", 3),
        Objective("regression", 0, "huber"),
        Objective("regression", 0, "tweedie"),
        *(Objective("multiclass", 3, balancing=way) for way in ("weights", "offsets", "focal")),
        *(Objective("binary", 2, balancing=way) for way in ("weights", "offsets", "focal")),
    ],
)
def test_models_in_one_network_are_trained_each_for_itself(objective):
    width = 3 if objective.task == "multiclass" else 1
    outputs = GENERATOR.normal(size=(2, 7, 4, width)).astype("float32")  # (members, batch, models, outputs)
    target = GENERATOR.integers(0, 2, size=(2, 7)).astype("float32")
    values = {name: np.full((2, 1), each, "float32") for name, each in VALUES.items()}
    values |= {name: np.full((2, size), 1.5, "float32") for name, size in objective.vectors.items()}
    loss = make_loss(objective)
    together = loss(target, outputs, values)
    alone = [loss(target, outputs[:, :, model], values) for model in range(4)]
    np.testing.assert_allclose(together, np.mean(alone, axis=0), rtol=1e-5)
