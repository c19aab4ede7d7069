"""Linear models, fitted in closed form or by a convex solver."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from search_spaces.family import GroupInputs, Layout, Validation
from search_spaces.grammar import Task
from search_spaces.tabular.levels import stack_codes

if TYPE_CHECKING:
    import keras

# Penalties that are tried, as multiples of the one that was asked for; the first of equals stays. Each takes as long as
# the one, which a table of so many cells can bear.
_PATH = (1.0, 10.0, 0.1, 100.0, 0.01)
_MOST_ENTRIES_OF_A_PATH = 1_000_000
# Multiplications of one logistic fit over all iterations: a second or two on one core.
_WORK = 1e10
_FEWEST_ITERATIONS, _MOST_ITERATIONS = 15, 300
# Above so many multiplications for the normal equations of ridge regression, least squares are solved by iteration.
_NORMAL_EQUATIONS = 2e10
# Numbers that are held in memory at once: 200 MB, which solvers may double. More rows than that change no weight much.
_MOST_CELLS = 50_000_000


def fit(
    arrays: Mapping[str, NDArray[Any]],
    target: NDArray[Any],
    *,
    layout: Layout,
    task: Task,
    classes: int,
    seed: int,
    validation: Validation | None,
    l2: float,
) -> dict[str, NDArray[Any]]:
    """Fits logistic or ridge regression; see `Family.fit` for the other arguments.

    Reads robust numbers, indicators, one-hot categories, statistics and text; where no category column has few
    levels, the codes.

    Args:
        arrays: Encoded groups.
        target: Class indices or numbers.
        layout: Which groups there are.
        task: What is predicted.
        classes: How many there are.
        seed: Draws the rows of a table that is too large to be held in memory.
        validation: Chooses among penalties around `l2`; of more rows than a few thousand, the penalty hardly matters
            and is as given.
        l2: Penalty on half the sum of squared weights, against the sum of losses over the rows (for regression,
            half the squared errors of the standardised target).

    Returns:
        `kernel` `(features, outputs)`, its rows in the order of the groups that are read, with one for each level
        of each column of codes; `bias` `(outputs,)`; and the penalty `l2` that was chosen.
    """
    groups = _groups_read(layout)
    rows = max(_MOST_CELLS // sum(layout.widths[group] for group in groups), 1)
    if rows < len(target):
        drawn = np.sort(np.random.default_rng(seed).choice(len(target), rows, replace=False))
        arrays, target = {group: arrays[group][drawn] for group in groups}, target[drawn]
    design = _design(arrays, layout)
    best: dict[str, NDArray[Any]] = {}
    smallest = math.inf
    for factor in _PATH if validation is not None and _entries(design) <= _MOST_ENTRIES_OF_A_PATH else (1.0,):
        if task == "regression":
            kernel, bias = _ridge(design, target, l2=factor * l2)
        else:
            kernel, bias = _logistic(design, target, classes=classes, l2=factor * l2)
        solution = {"kernel": kernel, "bias": bias, "l2": np.array(factor * l2)}
        loss = _loss(solution, validation, layout=layout, task=task) if validation is not None else 0.0
        if not best or loss < smallest:
            best, smallest = solution, loss
    return best


def predict(
    solution: Mapping[str, NDArray[Any]], arrays: Mapping[str, NDArray[Any]], *, layout: Layout
) -> NDArray[np.float64]:
    """Returns raw outputs `(rows, outputs)`; see `Family.predict`."""
    kernel, start, raw = solution["kernel"], 0, solution["bias"]
    for group in _groups_read(layout):
        if group == "codes":
            raw = raw + kernel[start:][stack_codes(arrays["codes"], layout.cardinalities)].sum(axis=1)
        else:
            raw = raw + arrays[group] @ kernel[start : start + layout.widths[group]]
            start += layout.widths[group]
    return raw


def restore(solution: Mapping[str, NDArray[Any]], *, layout: Layout) -> keras.Model:
    """Returns a model of one dense layer; see `Family.restore`."""
    return linear_model(layout, _groups_read(layout), kernel=solution["kernel"], bias=solution["bias"])


def linear_model(layout: Layout, groups: Sequence[str], *, kernel: NDArray[Any], bias: NDArray[Any]) -> keras.Model:
    """Returns the Keras model of known weights.

    Args:
        layout: Widths of the groups.
        groups: What is read, in the order of the kernel's rows; codes come last.
        kernel: `(features, outputs)`; codes have one feature for each level of each column.
        bias: `(outputs,)`.

    Returns:
        A model from a dict of groups `(batch, width)` to `(batch, outputs)`.
    """
    import keras

    from search_spaces.tabular.features import sum_of_weights

    inputs = GroupInputs(layout)
    parts = [inputs[group] for group in groups if group != "codes"]
    features = sum(layout.widths[group] for group in groups if group != "codes")
    weights, logits = {}, []
    if "codes" in groups:
        levels = stack_codes(inputs["codes"], layout.cardinalities)
        logits.append(sum_of_weights(levels, sum(layout.cardinalities), outputs=len(bias), name="levels"))
        # Every row has one level of each column, so the levels of the first can carry the bias.
        table = kernel[features:].copy()
        table[: layout.cardinalities[0]] += bias
        weights["levels"], bias = [table], np.zeros_like(bias)
    if parts:
        flat = keras.layers.Concatenate(name="features")(parts) if len(parts) > 1 else parts[0]
        logits.append(keras.layers.Dense(len(bias), name="linear")(flat))
        weights["linear"] = [kernel[:features], bias]
    model = keras.Model(dict(inputs), keras.layers.Add()(logits) if len(logits) > 1 else logits[0])
    for name, values in weights.items():
        model.get_layer(name).set_weights(values)
    return model


def _groups_read(layout: Layout) -> list[str]:
    """Returns the groups that are read, in the order of the kernel's rows."""
    groups: list[str] = [g for g in ("numbers", "indicators", "one_hot", "statistics", "text") if g in layout.widths]
    return [*groups, "codes"] if layout.cardinalities and not layout.one_hot else groups


def _design(arrays: Mapping[str, NDArray[Any]], layout: Layout) -> Any:
    """Joins the groups to `(rows, features)`; sparse where there are codes."""
    from scipy import sparse

    groups = _groups_read(layout)
    if groups[-1] != "codes":
        return np.concatenate([arrays[group] for group in groups], axis=1)
    rows, columns = arrays["codes"].shape
    positions = stack_codes(arrays["codes"], layout.cardinalities).ravel()
    starts = np.arange(0, rows * columns + 1, columns)
    ones = np.ones(rows * columns, "float32")
    levels = sparse.csr_matrix((ones, positions, starts), shape=(rows, sum(layout.cardinalities)))
    return sparse.hstack([*(arrays[group] for group in groups[:-1]), levels], format="csr")


def _entries(design: Any) -> int:
    """Returns how many cells are not known to be 0."""
    return int(design.size if isinstance(design, np.ndarray) else design.nnz)


def _loss(solution: Mapping[str, NDArray[Any]], validation: Validation, *, layout: Layout, task: Task) -> float:
    """Returns the mean squared error, or the mean cross-entropy, on the validation rows."""
    raw, target = predict(solution, validation.arrays, layout=layout), validation.target
    if task == "regression":
        return float(np.mean((raw[:, 0] - target) ** 2))
    logits = np.concatenate([np.zeros_like(raw), raw], axis=1) if task == "binary" else raw
    highest = logits.max(axis=1)
    log_sums = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
    return float(np.mean(log_sums - logits[np.arange(len(target)), target]))


def _one_thread() -> threadpool_limits:
    """Limits BLAS, once the solver is imported: a library that is loaded later would escape.

    A second thread waits more than it works, and takes a core from others: up to 12 times slower.
    """
    return threadpool_limits(1)


def _ridge(design: Any, target: NDArray[Any], *, l2: float) -> tuple[NDArray[Any], NDArray[Any]]:
    from sklearn.linear_model import Ridge

    rows, features = design.shape
    center, scale = float(np.mean(target)), float(np.std(target)) or 1.0
    is_large = rows * min(rows, features) * features > _NORMAL_EQUATIONS
    solver = "cholesky" if isinstance(design, np.ndarray) and not is_large else "sparse_cg"
    ridge = Ridge(alpha=l2, solver=solver, max_iter=_MOST_ITERATIONS, tol=1e-4)
    with _one_thread():
        ridge.fit(design, (target - center) / scale)
    return ridge.coef_[:, None] * scale, np.array([ridge.intercept_ * scale + center])


def _logistic(design: Any, target: NDArray[Any], *, classes: int, l2: float) -> tuple[NDArray[Any], NDArray[Any]]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    rows, features = design.shape
    kernel, bias = np.zeros((features, classes)), np.zeros(classes)
    seen = np.unique(target)
    if len(seen) > 1:
        iterations = int(np.clip(_WORK / (_entries(design) * len(seen)), _FEWEST_ITERATIONS, _MOST_ITERATIONS))
        model = LogisticRegression(C=1 / l2, max_iter=iterations, tol=1e-4)
        with _one_thread(), warnings.catch_warnings():
            # A fit that ran out of iterations is a little more regularised, no more.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(design, target)
        # Of two classes the solver gives the log odds of the second; halves of it are logits of both.
        both = len(seen) == 2
        kernel[:, seen] = (np.concatenate([-model.coef_, model.coef_]) / 2 if both else model.coef_).T
        bias[seen] = np.concatenate([-model.intercept_, model.intercept_]) / 2 if both else model.intercept_
    # What never occurred gets the odds of less than one row in all.
    bias[np.setdiff1d(np.arange(classes), seen)] = bias[seen].min() - math.log(rows + 1) - 1.0
    if classes == 2:
        return kernel[:, 1:] - kernel[:, :1], bias[1:] - bias[:1]
    return kernel, bias
