from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from sklearn.preprocessing import QuantileTransformer

from automl_cli.preprocessing.scaling import fit_scaling

pytestmark = pytest.mark.keras


def groups_of(*columns: list[float], new: list[list[float]] | None = None) -> dict[str, np.ndarray]:
    """Fits on columns, each with an owner of its own, and scales them, or new rows."""
    values = np.array(columns, np.float64).T
    layer = fit_scaling(values, owners=[str(number) for number in range(len(columns))], bounded=[False] * len(columns))
    return {
        group: array.numpy()
        for group, array in layer([tf.constant(values if new is None else new, tf.float64)]).items()
    }


def test_numbers_are_scaled_by_median_and_quartiles_and_clipped_smoothly() -> None:
    values = np.arange(101.0)
    scaled = (values - 50) / 50
    expected = scaled / np.sqrt(1 + (scaled / 3) ** 2)
    np.testing.assert_allclose(groups_of(values.tolist())["numbers"][:, 0], expected, rtol=1e-6)


def test_where_quartiles_coincide_the_range_is_the_scale() -> None:
    numbers = groups_of([5.0] * 9 + [9.0])["numbers"][:, 0]
    np.testing.assert_allclose(numbers[[0, 9]], [0, 2 / np.sqrt(1 + 4 / 9)], rtol=1e-6)


def test_infinity_and_the_largest_numbers_stay_finite_and_in_order() -> None:
    numbers = groups_of([-np.inf, -1e308, 1.0, 2.0, 3.0, 1e308, np.inf])["numbers"][:, 0]
    assert np.all(np.abs(numbers) <= 3)
    assert np.all(np.diff(numbers) >= 0)
    new = groups_of([1.0, 2.0, 3.0, 4.0], new=[[-np.inf], [np.inf]])
    np.testing.assert_allclose(new["numbers"][:, 0], [-3, 3], rtol=1e-6)
    assert np.isfinite(new["quantiles"]).all()


def test_large_numbers_keep_the_digits_in_which_they_differ() -> None:
    ids = [1e15 + step for step in range(11)]
    np.testing.assert_array_equal(groups_of(ids)["numbers"], groups_of(list(range(11)))["numbers"])


def test_missing_cells_are_zero_and_marked_only_where_some_are_missing() -> None:
    groups = groups_of([1, np.nan, 3, 4], [1, 2, 3, 4], [np.nan] * 4, [7, 7, 7, np.nan])
    assert groups["numbers"].shape == groups["quantiles"].shape == (4, 2)
    assert groups["numbers"][1, 0] == groups["quantiles"][1, 0] == 0
    np.testing.assert_array_equal(groups["indicators"], [[0, 0], [1, 0], [0, 0], [0, 1]])


def test_a_column_of_many_features_is_marked_once() -> None:
    values = np.array([[1, 2, 3], [np.nan, np.nan, 4], [5, 6, 7.0]])
    layer = fit_scaling(values, owners=["date", "date", "age"], bounded=[False, True, False])
    groups = layer([tf.constant(values)])
    assert groups["indicators"].shape == (3, 1)
    np.testing.assert_array_equal(groups["numbers"][:, 2], [2, 0, 6])  # the bounded feature, last and unchanged


def test_ranks_follow_the_normal_distribution() -> None:
    random = np.random.default_rng(0)
    skewed = random.exponential(size=30_000)
    quantiles = groups_of(skewed.tolist())["quantiles"]
    reference = QuantileTransformer(n_quantiles=1000, output_distribution="normal", subsample=30_000)
    expected = reference.fit_transform(skewed[:, None])
    inner = np.abs(expected) < 2.9  # beyond, scikit-learn stretches the first and last of its quantiles to ±5.2
    np.testing.assert_allclose(quantiles[inner], expected[inner], atol=0.01)
    assert np.abs(quantiles).max() < 3.3


def test_equal_values_get_the_middle_of_their_ranks() -> None:
    values = [0.0] * 600 + [1.0] * 400
    quantiles = groups_of(values, new=[[0.0], [1.0], [0.5], [-9.0], [9.0]])["quantiles"][:, 0]
    np.testing.assert_allclose(quantiles[:2], [-0.524, 0.842], atol=0.05)  # normal quantiles of 0.3 and 0.8
    assert quantiles[3] < quantiles[0] < quantiles[2] < quantiles[1] < quantiles[4]
