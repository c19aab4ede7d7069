from __future__ import annotations

import numpy as np
import pytest

from automl_cli.preprocessing.statistics import fit_statistics, target_columns

pytestmark = pytest.mark.keras


def test_levels_are_ordered_by_their_mean_target_and_drawn_to_the_overall_mean() -> None:
    codes = np.repeat([2, 3, 4], [200, 200, 2]).astype(np.int32)
    target = np.concatenate([np.zeros(200), np.ones(200), np.ones(2)])
    layer, _ = fit_statistics(codes[:, None], [0], sizes=[5], averaged=target_columns(target, "binary"), seed=0)
    of_levels = layer.statistics.numpy()[:, 0]
    unseen, missing, low, high, few = of_levels
    assert low < unseen < few < high
    assert unseen == missing  # nothing is known of either: the overall mean


def test_a_row_has_no_share_in_what_it_is_told() -> None:
    random = np.random.default_rng(0)
    rows, levels = 2000, 700
    codes = random.integers(2, levels + 2, rows).astype(np.int32)
    target = random.normal(size=rows)  # nothing to learn
    averaged = target_columns(target, "regression")
    layer, training = fit_statistics(codes[:, None], [0], sizes=[levels + 2], averaged=averaged, seed=0)
    told = layer(codes[:, None]).numpy()[:, 0]
    assert np.corrcoef(told, target)[0, 1] > 0.5  # the trap: averages over all rows know each row's target
    assert abs(np.corrcoef(training[:, 0], target)[0, 1]) < 0.1


def test_counts_are_told_too() -> None:
    codes = np.repeat([2, 3, 0], [100, 4, 50]).astype(np.int32)
    averaged = target_columns(np.arange(154.0), "regression")
    layer, _ = fit_statistics(codes[:, None], [0], sizes=[4], averaged=averaged, seed=0)
    unseen, _, often, seldom = layer.statistics.numpy()[:, 1]
    assert unseen < seldom < often  # the 50 rows of rare levels are of 50 levels


@pytest.mark.parametrize(("classes", "width"), [(3, 3), (40, 10)])
def test_each_frequent_class_has_an_average(classes: int, width: int) -> None:
    target = np.arange(200) % classes
    averaged = target_columns(target, "multiclass")
    assert averaged.shape == (200, width)
    assert averaged.sum(axis=1).max() == 1


def test_the_same_seed_gives_the_same_figures() -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, 30, (300, 2)).astype(np.int32)
    averaged = target_columns(random.integers(0, 2, 300), "binary")
    first, second, other = (
        fit_statistics(codes, [0, 1], sizes=[30, 30], averaged=averaged, seed=seed)[1] for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
