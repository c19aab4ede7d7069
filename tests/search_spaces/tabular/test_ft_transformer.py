from __future__ import annotations

import numpy as np
import pytest

from search_spaces.family import Layout, core_model, load_families
from tests.contracts.family_contract import GradientFamilyContract

pytestmark = pytest.mark.keras


class TestFtTransformer(GradientFamilyContract):
    name = "ft_transformer"


def network(layout: Layout, *, outputs: int):
    family = load_families(["ft_transformer"])["ft_transformer"]
    return core_model(family, layout, outputs=outputs, hyperparameters={}, seed=0)


def test_columns_attend_to_each_other() -> None:
    """A row's answer is no sum over columns: how one column counts depends on another."""
    model = network(Layout(quantiles=2), outputs=1)
    corners = np.array([[0, 0], [0, 2], [2, 0], [2, 2]], np.float32)
    neither, second, first, both = np.asarray(model({"quantiles": corners}))[:, 0]
    assert abs(both - first - second + neither) > 1e-3


def test_the_order_of_rows_does_not_matter() -> None:
    model = network(Layout(quantiles=3), outputs=2)
    rows = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    np.testing.assert_allclose(
        model({"quantiles": rows[::-1]}), np.asarray(model({"quantiles": rows}))[::-1], atol=1e-5
    )
