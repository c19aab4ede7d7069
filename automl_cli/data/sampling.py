"""Fixed random samples of the rows of very large tables, for what needs no more to be exact."""

from __future__ import annotations

import numpy as np

from automl_cli.records import Rows

# Up to so many rows a table stays text as it was written, and its columns are judged by all of them.
MOST_ROWS_OF_TEXT = 200_000
# Of more rows, what kind of column this is shows in so many.
INFERRED_ROWS = 100_000
# Medians, quantiles, levels and averages of so many training rows are as good as those of any more.
MOST_FITTED_ROWS = 500_000
# A score on so many rows is exact to the third figure; more of them only cost time.
MOST_SCORED_ROWS = 200_000


def sample_rows(rows: Rows, most: int, *, seed: int) -> Rows:
    """Returns all row numbers, or `most` of them drawn at random, in their order; the same seed draws the same."""
    if len(rows) <= most:
        return rows
    return rows[np.sort(np.random.default_rng([seed, 1]).choice(len(rows), most, replace=False))]
