"""Folds that differ in the levels of their training rows alone share one layout, and so one compiled network."""

from __future__ import annotations

import numpy as np
import pytest

from automl_cli.data.table import Table
from automl_cli.records import Fold
from automl_cli.spec.dataset import ColumnSpec
from automl_cli.training.folds import EncodedFold, encode_fold, share_layouts

pytestmark = pytest.mark.keras

COLUMNS = {"city": ColumnSpec(kind="category"), "size": ColumnSpec(kind="number", dtype="float32")}


def encoded(cities: list[str], train: list[int], validation: list[int]) -> EncodedFold:
    rows = len(cities)
    table = Table({"city": np.array(cities, dtype=object), "size": np.arange(rows, dtype=np.float32)})
    fold = Fold(np.array(train), np.array(validation))
    return encode_fold(fold, table, columns=COLUMNS, target=np.arange(rows) % 2, task="binary", seed=0)


def test_folds_with_other_levels_share_a_layout_that_holds_all_codes() -> None:
    cities = [f"city {number // 2}" for number in range(80)]
    folds = [
        encoded(cities, list(range(60)), list(range(60, 80))),
        encoded(cities, list(range(16, 80)), list(range(16))),
    ]
    assert folds[0].data.layout != folds[1].data.layout
    shared = share_layouts(folds)
    assert shared[0].data.layout == shared[1].data.layout
    for before, after in zip(folds, shared, strict=True):
        assert after.data.train["codes"] is before.data.train["codes"]
        assert after.data.train["codes"].max() < after.data.layout.cardinalities[0]


def test_folds_of_other_widths_keep_their_own_layouts() -> None:
    cities = ["north", "south"] * 20
    constant = encoded(["north"] * 30 + ["south"] * 10, list(range(30)), list(range(30, 40)))
    varied = encoded(cities, list(range(30)), list(range(30, 40)))
    shared = share_layouts([varied, constant])
    assert [fold.data.layout for fold in shared] == [varied.data.layout, constant.data.layout]
