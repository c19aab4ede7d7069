from __future__ import annotations

import numpy as np
import pytest

from automl_cli.preprocessing.number import number_readers
from automl_cli.spec.dataset import ColumnSpec
from tests.preprocessing.made_tables import number, table_of

pytestmark = pytest.mark.keras


def test_figures_that_mean_missing_are_missing_in_their_own_column_only() -> None:
    specs = {
        "degrees": number("-999.9", "n/a"),
        "count": ColumnSpec(kind="number", dtype="int64", missing=["-1", "0.5"]),
        "flag": ColumnSpec(kind="boolean", dtype="int64"),
        "price": ColumnSpec(kind="number", dtype="string"),
    }
    columns = {"degrees": [-999.9, -1, np.nan], "count": [-1, 2**60 + 2**9, -999], "flag": [0, 1, -1]}
    table = table_of(columns, specs)
    (reader,) = number_readers(specs)
    assert reader.columns == reader.owners == ("degrees", "count", "flag")
    features = reader.layer([table[name] for name in reader.columns])
    np.testing.assert_array_equal(features, [[np.nan, np.nan, 0], [-1, 2**60 + 2**9, 1], [np.nan, -999, -1]])
