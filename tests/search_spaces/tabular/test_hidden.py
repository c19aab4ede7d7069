"""Initial weights follow the activation: He for rectifiers and their kin, LeCun for SELU, Glorot for the rest."""

import numpy as np
import pytest

from search_spaces.family import Layout, core_model, load_families

pytestmark = pytest.mark.keras

# Fan-in and fan-out of the kernel that is looked at: the second hidden layer, or the inner one of a block.
KERNELS = {
    "mlp": ("hidden_1", 256, 256),
    "wide_and_deep": ("hidden_1", 256, 256),
    "residual_mlp": ("block_0_inner", 256, 512),
}
GAINS = {
    "relu": lambda fan_in, fan_out: 2 / fan_in,
    "silu": lambda fan_in, fan_out: 2 / fan_in,
    "gelu": lambda fan_in, fan_out: 2 / fan_in,
    "mish": lambda fan_in, fan_out: 2 / fan_in,
    "selu": lambda fan_in, fan_out: 1 / fan_in,
    "tanh": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
}


def kernel_of(family, activation):
    name, *fans = KERNELS[family]
    values = {"activation": activation, "width": 256}
    model = core_model(load_families([family])[family], Layout(numbers=3), outputs=1, hyperparameters=values, seed=0)
    return np.asarray(model.get_layer(name).kernel), fans


@pytest.mark.parametrize("family", KERNELS)
def test_initial_weights_have_the_variance_that_goes_with_the_activation(family):
    parameter = load_families([family])[family].space["activation"]
    for activation in (*parameter.values, *parameter.also):
        if activation in GAINS:
            kernel, fans = kernel_of(family, activation)
            assert kernel.var() == pytest.approx(GAINS[activation](*fans), rel=0.05), activation
