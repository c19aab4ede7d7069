"""The layers of RealMLP against pytabkit 1.7.3 (torch 2.14.1), whose figures are written down here."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from search_spaces.layers.front_scale import FrontScale
from search_spaces.layers.ntp_dense import NtpDense
from search_spaces.layers.parametric_activation import ParametricActivation
from search_spaces.layers.periodic import PeriodicEmbedding

pytestmark = pytest.mark.keras

X = np.array([[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]], "float32")


def wave(*shape: int, start: int = 0) -> np.ndarray:
    """Sines of start + 1, start + 2, ...: weights that the reference could be given too."""
    return np.sin(np.arange(1, np.prod(shape) + 1) + start).reshape(shape)


def layers() -> dict[str, keras.layers.Layer]:
    return {
        "periodic": PeriodicEmbedding(5, frequencies=7, frequency_scale=0.2, rate_factor=0.05),
        "ntp_dense": NtpDense(3, start="rows", rate_factor=0.5, bias_rate_factor=0.2),
        "front_scale": FrontScale(rate_factor=3.0),
        "parametric_activation": ParametricActivation("mish", rate_factor=0.3),
    }


def built(layer: keras.layers.Layer, features: int = 2) -> keras.layers.Layer:
    layer.build((None, features))
    return layer


def factor(layer: keras.layers.Layer, variable: keras.Variable) -> float:
    """By what a layer divides what it keeps of a weight: weight decay is told the square."""
    return variable.decay_factor**0.5 or layer.rate_factor * layer.bias_rate_factor


def give(layer: keras.layers.Layer, **weights) -> keras.layers.Layer:
    for name, value in weights.items():
        variable = getattr(layer, name)
        variable.assign(np.asarray(value) / factor(layer, variable))
    return layer


def test_numbers_become_points_on_waves():
    layer = give(
        built(PeriodicEmbedding(3, frequencies=3)),
        frequency=wave(2, 3),
        phase=wave(2, 3, start=10),
        kernel=wave(2, 3, 2, start=20),
        bias=wave(2, 2, start=40),
    )
    expected = [
        [0.27091318, 0.19640851, -0.6650491, -0.6058545, 0.5, -1.0],
        [-0.8195775, -1.257107, -0.63104886, 0.04775757, 2.0, 0.25],
        [-0.16983217, -0.27756667, 0.84679586, 0.25017232, -0.75, 1.5],
    ]
    ours = np.asarray(layer(X)).reshape(3, 2, 3)  # each number before its waves
    theirs = np.concatenate([ours[:, :, 1:].reshape(3, 4), ours[:, :, 0]], axis=1)
    np.testing.assert_allclose(theirs, expected, atol=2e-6)


def test_a_dense_layer_divides_by_the_root_of_its_inputs():
    layer = give(built(NtpDense(2), 3), kernel=wave(3, 2), bias=wave(2, start=10))
    expected = [[-2.012121, -1.3694319], [-1.4450759, -1.2800261]]
    np.testing.assert_allclose(layer(np.array([[1, 2, 3], [-1, 0.5, 0]], "float32")), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ("selu", [[-1.5201665, -1.0556654, 0.48732474], [1.050701, 0.0, 2.9239485]]),
        ("mish", [[-0.2525015, -0.65170074, 0.5623774], [0.86509836, 0.0, 3.0067325]]),
    ],
)
def test_a_unit_follows_its_activation_as_far_as_its_weight_says(activation, expected):
    layer = give(built(ParametricActivation(activation), 3), share=[1, 0.5, -0.5])
    np.testing.assert_allclose(layer(np.array([[-2, -1, 0.5], [1, 0, 3]], "float32")), expected, atol=1e-6)


def test_mish_and_its_slope_are_those_of_keras_however_large_the_number():
    x = tf.constant([[-1e30, -50, -5, -1e-3, 0, 0.7, 5, 19.9, 20.1, 50, 1e30]])
    layer = built(ParametricActivation("mish"), x.shape[1])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        ours, theirs = layer(x), keras.activations.mish(x)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(tape.gradient(ours, x), tape.gradient(theirs, x), rtol=1e-5, atol=1e-5)


def test_scales_and_shares_start_at_one():
    np.testing.assert_allclose(built(FrontScale())(X), X, rtol=1e-6)
    np.testing.assert_allclose(built(ParametricActivation("selu"))(X), keras.activations.selu(X), atol=1e-6)


@pytest.mark.parametrize("name", layers())
def test_a_step_of_adam_moves_weights_by_the_rate_times_their_factor(name):
    layer = built(layers()[name])
    before = [np.asarray(v) * factor(layer, v) for v in layer.trainable_variables]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(X) ** 2)
    optimizer = keras.optimizers.Adam(0.01, epsilon=1e-12)
    optimizer.apply(tape.gradient(loss, layer.trainable_variables), layer.trainable_variables)
    for variable, old in zip(layer.trainable_variables, before, strict=True):
        own = factor(layer, variable)
        np.testing.assert_allclose(np.abs(np.asarray(variable) * own - old), 0.01 * own, rtol=0.001)


def test_decay_goes_by_the_square_of_the_factor_and_spares_biases_of_dense_layers():
    # pytabkit's optimizer takes 0.01, 36, 1, 0 and 0.01 times rate * decay of a weight per step.
    periodic, scale, dense, bend = (
        built(layer) for layer in (PeriodicEmbedding(), FrontScale(), NtpDense(3), ParametricActivation("selu"))
    )
    assert {v.name: v.decay_factor for v in periodic.trainable_variables} == pytest.approx(
        {"frequency": 0.01, "phase": 0.01, "kernel": 0.01, "bias": 0.01}
    )
    assert (scale.scale.decay_factor, dense.kernel.decay_factor, dense.bias.decay_factor) == (36, 1, 0)
    assert bend.share.decay_factor == pytest.approx(0.01)


class TestInitialWeights:
    def test_they_are_drawn_as_published(self):
        layer = built(PeriodicEmbedding(9, frequencies=64), 100)
        drawn = {v.name: np.asarray(v) * 0.1 for v in layer.trainable_variables}
        assert drawn["frequency"].std() == pytest.approx(0.1, rel=0.05)
        assert np.abs(drawn["phase"]).max() == pytest.approx(np.pi, rel=0.01)
        for name in ("kernel", "bias"):
            assert np.abs(drawn[name]).max() == pytest.approx(1 / 8, rel=0.02)
        dense = built(NtpDense(100, rate_factor=0.5), 100)
        assert np.std(dense.kernel) * 0.5 == pytest.approx(1, rel=0.05)
        assert np.std(dense.bias) * 0.05 == pytest.approx(1, rel=0.3)

    def test_zeros_stay_zeros(self):
        assert not np.any(built(NtpDense(3, start="zeros"))(X))

    def test_fitted_to_rows_units_vary_by_one_around_rows(self):
        generator = np.random.default_rng(1)
        rows = generator.normal(size=(1000, 3)) * [1, 2, 0.1] + [0, 3, -1]
        layer = built(NtpDense(2000, rate_factor=0.5), 3)
        layer.adapt(rows, generator=generator)
        outputs = np.asarray(layer(rows.astype("float32")))
        np.testing.assert_allclose(outputs.std(axis=0), 1, rtol=1e-4)
        # pytabkit, on such rows: mean -0.008, deviation 0.567.
        assert outputs.mean() == pytest.approx(0, abs=0.05)
        assert outputs.mean(axis=0).std() == pytest.approx(0.57, abs=0.03)
        # Every unit bends inside the data.
        assert ((outputs.min(axis=0) < 0) & (outputs.max(axis=0) > 0)).all()

    def test_rows_that_are_all_the_same_leave_finite_weights(self):
        layer = built(NtpDense(4), 2)
        layer.adapt(np.ones((5, 2)), generator=np.random.default_rng(0))
        np.testing.assert_allclose(layer(np.ones((1, 2))), 0, atol=1e-5)
        assert np.isfinite(layer.kernel).all()

    def test_an_unknown_start_is_refused(self):
        with pytest.raises(ValueError, match="normal, zeros, rows"):
            NtpDense(3, start="data")

    def test_a_number_without_waves_is_refused(self):
        with pytest.raises(ValueError, match="at least 2"):
            PeriodicEmbedding(1)


def test_they_survive_being_saved(tmp_path):
    x = inputs = keras.Input((2,))
    for layer in layers().values():
        x = layer(x)
    model = keras.Model(inputs, x)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(X), model(X))
    assert [layer.get_config() for layer in again.layers] == [layer.get_config() for layer in model.layers]
