"""Every optimizer of the recipe can be made, and treats weights as the recipe says."""

import keras
import numpy as np
import pytest

from automl_cli.training.optimizers import make_optimizer
from search_spaces.family import load_families

pytestmark = pytest.mark.keras

RECIPE = load_families(["mlp"])["mlp"].recipe
NAMES = (*RECIPE["optimizer"].values, *RECIPE["optimizer"].also)


def made_variables():
    return [keras.Variable(np.ones((2, 2)), dtype="float32"), keras.Variable(np.ones(2), dtype="float32")]


def stepped(gradient, **values):
    """Takes one step and returns what became of a kernel and a bias, both of ones."""
    variables = made_variables()
    optimizer = make_optimizer(RECIPE.active(values), variables)
    optimizer.apply([keras.ops.full(variable.shape, gradient) for variable in variables], variables)
    return [variable.numpy().flat[0] for variable in variables]


@pytest.mark.parametrize("name", NAMES)
def test_a_step_goes_down_the_gradient(name):
    kernel, bias = stepped(0.1, optimizer=name, learning_rate=0.01)
    assert kernel < 1
    assert bias < 1


@pytest.mark.parametrize("name", ["adamw", "lion", "sgd"])
def test_decay_shrinks_kernels_and_leaves_biases(name):
    kernel, bias = stepped(0.0, optimizer=name, learning_rate=0.01, weight_decay=0.1)
    assert kernel == pytest.approx(0.999)
    assert bias == 1


def test_long_gradients_are_cut_to_the_norm_over_all_weights():
    plain = {"optimizer": "sgd", "momentum": 0.0, "nesterov": False, "learning_rate": 1e-2, "weight_decay": 1e-6}
    kernel, _ = stepped(100.0, **plain, gradient_clip_norm=1.0)
    assert 1 - kernel == pytest.approx(1e-2 / np.sqrt(6), rel=1e-3)
    kernel, _ = stepped(100.0, **plain, gradient_clip_norm=0.0)
    assert 1 - kernel == pytest.approx(1.0, rel=1e-3)


def test_its_state_is_there_before_the_first_step():
    variables = made_variables()
    optimizer = make_optimizer(RECIPE.active({"optimizer": "adam"}), variables)
    moments = [v for v in optimizer.variables if v.shape == (2, 2)]
    assert len(moments) == 2
