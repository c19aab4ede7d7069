"""Rows that occur more than once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.checks.examined import Examined
from automl_cli.data.phrases import share_of
from automl_cli.data.table import Column
from automl_cli.records import Finding

_WORTH_SAYING = 0.01
_WORRYING = 0.1


def check_duplicates(data: Examined) -> Iterator[Finding]:
    """Counts rows that repeat another one, target included; test rows that were trained on make the test too easy."""
    prints = _row_prints(data)
    train, test = prints[data.split.train], prints[data.split.test]
    rows = len(train) + len(test)
    ordered = np.sort(np.concatenate([train, test]))
    repeated = int((ordered[1:] == ordered[:-1]).sum())
    if repeated <= _WORTH_SAYING * rows:
        return
    known = int(np.isin(test, train).sum())
    worries = known > _WORRYING * len(test)
    yield Finding(
        "duplicate-rows",
        "warning" if worries else "info",
        f"{share_of(repeated, rows)} rows repeat another one; "
        f"{share_of(known, len(test))} test rows are copies of training rows.",
        hint="a test on known rows flatters: drop the copies, or keep them together with --group" if worries else None,
    )


def _row_prints(data: Examined) -> NDArray[np.uint64]:
    """Returns a fingerprint of each row's inputs and target, shape `(rows,)`; equal rows have equal ones."""
    prints = np.zeros(data.table.rows, dtype=np.uint64)
    for name in (*data.inputs, data.dataset.target):
        # A sum alone would take (1, 2) for (2, 1); products wrap around, as those of hashes do.
        prints = prints * np.uint64(0x9E3779B97F4A7C15) + _cell_prints(data.table[name])
    return prints


def _cell_prints(column: Column) -> NDArray[np.uint64]:
    if column.dtype == object:
        return np.fromiter(map(hash, column.tolist()), dtype=np.int64, count=len(column)).view(np.uint64)
    # All NaN are one, and so are 0 and -0; the bits of near numbers differ in few places, so they are spread.
    cells = column if column.dtype == np.int64 else np.where(np.isnan(column), np.nan, column + 0.0).astype(np.float64)
    bits = cells.view(np.uint64) * np.uint64(0xFF51AFD7ED558CCD)
    return bits ^ (bits >> np.uint64(32))
