"""Rows are mixed in proportion, categories are one of two, and the loss follows."""

import numpy as np
import pytest
import tensorflow as tf

from automl_cli.training import seeds
from automl_cli.training.mixup import draw_mixture, mix_groups, mix_losses

pytestmark = pytest.mark.keras


def test_numbers_are_between_two_rows_and_categories_are_of_one_of_them():
    generator = np.random.default_rng(0)
    numbers = generator.normal(size=(1, 200, 3)).astype(np.float32)
    codes = generator.integers(0, 9, (1, 200, 4)).astype(np.int32)
    one_hot = np.eye(5, dtype=np.float32)[generator.integers(5, size=(1, 200))]
    mixture = draw_mixture(seeds.stream(0), steps=1, batch=200, alpha=1.0)
    groups = {"numbers": tf.constant(numbers), "codes": tf.constant(codes), "one_hot": tf.constant(one_hot)}
    mixed = {name: values.numpy() for name, values in mix_groups(groups, tf.constant(mixture)).items()}
    share, keeps = mixture[0, :, :1], mixture[0, :, 1] == 1
    others = np.roll(np.arange(200), 1)
    np.testing.assert_allclose(mixed["numbers"][0], share * numbers[0] + (1 - share) * numbers[0][others], atol=1e-6)
    for name, values in (("codes", codes), ("one_hot", one_hot)):  # both speak of the same columns, and agree
        np.testing.assert_array_equal(mixed[name][0], np.where(keeps[:, None], values[0], values[0][others]))
    assert mixed["codes"].dtype == np.int32
    assert 0.3 < keeps.mean() < 0.7


def test_a_small_alpha_leaves_most_rows_nearly_as_they_are():
    even, faint = (draw_mixture(seeds.stream(0), steps=9, batch=99, alpha=alpha)[..., 0] for alpha in (5.0, 0.05))
    assert np.abs(even - 0.5).mean() < 0.2
    assert np.abs(faint - 0.5).mean() > 0.4


def test_losses_are_mixed_as_the_rows_are():
    mixed = mix_losses(
        tf.constant([[1.0, 2.0]]), tf.constant([[3.0, 6.0]]), mixture=tf.constant([[[1.0, 1.0], [0.25, 0.0]]])
    )
    np.testing.assert_allclose(mixed, [[1.0, 5.0]])
