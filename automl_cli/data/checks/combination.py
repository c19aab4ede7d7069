"""Two columns that together are the target: parts of a sum, a count and its total."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.checks.examined import Examined
from automl_cli.data.checks.leak import line_fit
from automl_cli.data.phrases import shorten
from automl_cli.records import Finding

_EXACT = 0.9995  # leaves room for targets that were rounded
_ALONE = 0.98  # such a column is a leak of its own
_ROWS = 400
_FEWEST_ROWS = 50
_MOST_COLUMNS = 60


def check_combination(data: Examined) -> Iterator[Finding]:
    """Finds the pair of numeric columns whose sum, difference, product or ratio is proportional to the target."""
    if data.target.classes or len(data.sample) < _FEWEST_ROWS:
        return
    some = slice(None, None, 1 + len(data.sample) // _ROWS)
    values = data.answers[some]
    usable = {
        name: numbers[some]
        for name, numbers in list(data.numbers.items())[:_MOST_COLUMNS]
        if np.isnan(numbers).mean() < 0.1 and line_fit(numbers, data.answers) < _ALONE
    }
    best = _best_pair(np.array(list(usable.values())), values) if len(usable) > 1 else None
    if best is None or best[0] < _EXACT:
        return
    first, second = (list(usable)[column] for column in best[2:])
    yield Finding(
        "leak",
        "warning",
        f"'{shorten(first)}' {best[1]} '{shorten(second)}' gives the target almost exactly.",
        hint="if they are not known when you predict, leave them out: --kind NAME=ignored",
        columns=(first, second),
    )


def _best_pair(columns: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[float, str, int, int] | None:
    """Returns the squared correlation, the sign and the two columns of the best pair.

    Args:
        columns: Shape `(columns, rows)`.
        values: The target, shape `(rows,)`.
    """
    known = ~np.isnan(columns).any(axis=0)
    if known.sum() < _FEWEST_ROWS or not np.ptp(values[known]):
        return None
    columns, values = columns[:, known], values[known]
    best = (0.0, "", 0, 0)
    for first in range(len(columns)):
        one = columns[first]
        for sign, combined in (
            ("+", one + columns),
            ("−", one - columns),
            ("×", one * columns),
            ("÷", one / np.where(columns == 0.0, np.nan, columns)),
        ):
            fit = _squared_correlations(combined, values)
            fit[first] = 0.0
            second = int(np.argmax(fit))
            if fit[second] > best[0]:
                best = (float(fit[second]), sign, first, second)
    return best


def _squared_correlations(columns: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the squared correlation of each row of `columns` with the values; 0 where it is not defined."""
    centred = columns - columns.mean(axis=1, keepdims=True)
    target = values - values.mean()
    scale = (centred**2).sum(axis=1) * (target**2).sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        correlations: NDArray[np.float64] = np.nan_to_num((centred @ target) ** 2 / scale)
    return correlations
