"""The answer that looks at nothing: class shares or the mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from search_spaces.family import Layout, Validation
from search_spaces.grammar import Task

if TYPE_CHECKING:
    import keras


def fit(
    arrays: Mapping[str, NDArray[Any]],
    target: NDArray[Any],
    *,
    layout: Layout,
    task: Task,
    classes: int,
    seed: int,
    validation: Validation | None,
) -> dict[str, NDArray[Any]]:
    """Returns the one answer for every row, `bias` `(outputs,)`; see `Family.fit` for the arguments.

    Neither groups nor layout are looked at: both may be empty, so that rows need not be encoded for it.
    """
    del arrays, layout, seed, validation
    if task == "regression":
        return {"bias": np.array([np.mean(target)])}
    # Half a row more per class: a class that is absent here may still occur elsewhere.
    shares = np.bincount(target, minlength=classes) + 0.5
    bias = np.log(shares / shares.sum())
    return {"bias": bias[1:] - bias[:1] if task == "binary" else bias}


def predict(
    solution: Mapping[str, NDArray[Any]], arrays: Mapping[str, NDArray[Any]], *, layout: Layout
) -> NDArray[np.float64]:
    """Returns one row of raw outputs, `(1, outputs)`, for however many rows; see `Family.predict`."""
    del arrays, layout
    return solution["bias"][None, :]


def restore(solution: Mapping[str, NDArray[Any]], *, layout: Layout) -> keras.Model:
    """Returns a model that reads one group, whichever is first, for the number of rows alone; see `Family.restore`."""
    from search_spaces.tabular.linear import linear_model

    group = next(iter(layout.widths))
    features = sum(layout.cardinalities) if group == "codes" else layout.widths[group]
    bias = solution["bias"]
    return linear_model(layout, [group], kernel=np.zeros((features, len(bias))), bias=bias)
