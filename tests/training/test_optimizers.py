"""Every optimizer of the recipe takes the steps of Keras' own, for every member by its own values."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_cli.training.optimizers import OPTIMIZER_VALUES, RULES, apply_rule, clip, keras_optimizer, rule_name
from search_spaces.family import load_families

pytestmark = pytest.mark.keras

RECIPE = load_families(["mlp"])["mlp"].recipe
NAMES = (*RECIPE["optimizer"].values, *RECIPE["optimizer"].also)
CASES = [{"optimizer": name} for name in NAMES] + [
    {"optimizer": "sgd", "nesterov": False},
    {"optimizer": "sgd", "momentum": 0.0},
    {"optimizer": "adamw", "weight_decay": 0.5, "beta_2": 0.9},
    {"optimizer": "adam", "gradient_clip_norm": 0.0},
]
GRADIENTS = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
DECAYS = np.float32([1, 1, 1, 1, 0, 0])  # a kernel of four and a bias of two


def by_keras(recipe):
    """The kernel and the bias after every gradient."""
    variables = [keras.Variable(np.ones((2, 2)), dtype="float32"), keras.Variable(np.ones(2), dtype="float32")]
    optimizer = keras_optimizer(recipe, variables)
    for gradient in GRADIENTS:
        optimizer.apply([gradient[:4].reshape(2, 2), gradient[4:]], variables)
    return np.concatenate([np.ravel(variable) for variable in variables])


def by_rules(recipes):
    """The same for several members at once."""
    rule = RULES[rule_name(recipes[0])]
    weights = tf.ones((len(recipes), 6))
    fresh = rule.fresh(6)
    memory = {name: tf.constant(np.stack([value] * len(recipes))) for name, value in fresh.items()}
    values = {n: tf.constant([[float(r[n])] for r in recipes]) for n in OPTIMIZER_VALUES if n in recipes[0]}
    if "weight_decay" in values:
        values["decay"] = values["weight_decay"] * DECAYS
    rate = tf.constant([[float(recipe["learning_rate"])] for recipe in recipes])
    for gradient in GRADIENTS:
        clipped = clip(tf.stack([gradient] * len(recipes)), values["gradient_clip_norm"])
        weights, memory = apply_rule(rule, weights, gradient=clipped, memory=memory, rate=rate, values=values)
    return np.asarray(weights)


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(map(str, case.values())))
def test_steps_are_those_of_keras(case):
    recipe = RECIPE.active({"learning_rate": 0.02, **case})
    np.testing.assert_allclose(by_rules([recipe])[0], by_keras(recipe), rtol=1e-5, atol=1e-6)


def test_members_go_by_their_own_values():
    recipes = [
        RECIPE.active({"optimizer": "adamw", "learning_rate": rate, "beta_2": beta_2, "gradient_clip_norm": norm})
        for rate, beta_2, norm in ((0.01, 0.95, 0.0), (0.001, 0.99, 1.0), (0.02, 0.999, 5.0))
    ]
    for ours, recipe in zip(by_rules(recipes), recipes, strict=True):
        np.testing.assert_allclose(ours, by_keras(recipe), rtol=1e-5)


def test_every_optimizer_has_a_rate_of_its_own():
    rates = {name: RECIPE.active({"optimizer": name})["learning_rate"] for name in NAMES}
    assert rates["adam"] == rates["adamw"] == rates["nadam"] == rates["rmsprop"]
    assert rates["lion"] < rates["adam"] < rates["sgd"] < rates["adagrad"]
    plain = RECIPE.active({"optimizer": "sgd", "momentum": 0.0})["learning_rate"]
    assert plain == pytest.approx(10 * rates["sgd"])


def test_a_gradient_that_is_no_number_stays_visible():
    assert np.isnan(clip(tf.constant([[np.inf, 1.0]]), tf.constant([[1.0]]))).any()


@pytest.mark.parametrize("name", ["adamw", "lion", "sgd"])
def test_decay_shrinks_kernels_and_leaves_biases(name):
    variables = [keras.Variable(np.ones((2, 2)), dtype="float32"), keras.Variable(np.ones(2), dtype="float32")]
    recipe = RECIPE.active({"optimizer": name, "learning_rate": 0.01, "weight_decay": 0.1})
    keras_optimizer(recipe, variables).apply([np.zeros((2, 2)), np.zeros(2)], variables)
    assert variables[0].numpy().flat[0] == pytest.approx(0.999)
    assert variables[1].numpy()[0] == 1
