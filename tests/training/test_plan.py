from __future__ import annotations

import pytest

from automl_cli.training.plan import batches


@pytest.mark.parametrize(
    ("rows", "expected"), [(1, (1, 1)), (256, (1, 256)), (257, (2, 129)), (1000, (4, 250)), (5_000_000, (1024, 256))]
)
def test_rows_are_dealt_out_evenly_and_an_epoch_is_not_endless(rows: int, expected: tuple[int, int]) -> None:
    assert batches(rows, at_most=256) == expected
