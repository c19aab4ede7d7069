"""Rows that occur more than once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.checks.examined import Examined
from automl_cli.data.levels import text_cells
from automl_cli.data.phrases import share_of
from automl_cli.records import Finding

_WORTH_SAYING = 0.01
_WORRYING = 0.1


def check_duplicates(data: Examined) -> Iterator[Finding]:
    """Counts rows that repeat another one, target included; test rows that were trained on make the test too easy."""
    prints = _row_prints(data)
    train, test = prints[data.split.train], prints[data.split.test]
    rows = len(train) + len(test)
    repeated = rows - len(np.unique(np.concatenate([train, test])))
    known = int(np.isin(test, train).sum())
    if repeated <= _WORTH_SAYING * rows:
        return
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
        column = data.table[name]
        cells = np.fromiter(map(hash, text_cells(column).tolist()), dtype=np.int64, count=len(column))
        prints = prints * np.uint64(0x9E3779B97F4A7C15) + cells.view(np.uint64)  # wraps around, as hashes do
    return prints
