"""Gradient-boosted trees: grown by LightGBM, kept as plain arrays, evaluated without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from search_spaces.family import GroupInputs, Layout, Validation
from search_spaces.grammar import Task
from search_spaces.tabular import constant
from search_spaces.tabular.boosting import Course, Rows, boost
from search_spaces.tabular.tree_arrays import Trees
from search_spaces.tabular.tree_tables import MOST_LEAVES, evaluate, pack, word_type

if TYPE_CHECKING:
    import keras

# The order in which columns are numbered.
_GROUPS = ("values", "numbers", "indicators", "statistics", "text", "crosses", "one_hot", "codes")
# Categories of more levels are known by their statistics alone: sets of so many levels fit noise.
_MOST_LEVELS = 100
# Columns of at most so many codes are in the one-hot group too: 16 levels, unseen and missing.
_MOST_ONE_HOT_CODES = 18
# Numbers that are held in memory at once: 400 MB, and a fourth of that in bins.
_MOST_CELLS = 100_000_000
# Columns that a tree may ask for at least: with fewer it is seldom given both columns of an interaction.
_FEWEST_COLUMNS = 12
# With many classes a round is many trees. There are fewer rounds then, so that a fit takes seconds, and larger steps:
# the sum of all steps must still reach what learning takes.
_MOST_WORK, _FEWEST_ROUNDS, _LEAST_PROGRESS, _LARGEST_STEP = 96_000, 30, 20.0, 0.3
_WORK_OF_A_TREE = 16  # besides one for each leaf
# Metrics in which a few large errors do not decide.
_ABSOLUTE_METRICS = ("mae", "median_absolute_error", "mape")
# With directions, LightGBM refuses the absolute loss: it would set leaves anew, in whatever order. Huber's loss is the
# same for errors beyond alpha, of a target of deviation 1; a smaller alpha gains little and takes many more rounds.
_NEARLY_ABSOLUTE = {"objective": "huber", "alpha": 0.2}
_SEEDS = 2**31  # LightGBM's are smaller
# Looking up a word of the tables takes as long as so many products of a matrix for each of its bytes, and
# finding and adding what a tree answers as long as so many.
_PRODUCTS_OF_A_BYTE, _PRODUCTS_OF_A_TREE = 15.0, 800.0


def fit(
    arrays: Mapping[str, NDArray[Any]],
    target: NDArray[Any],
    *,
    layout: Layout,
    task: Task,
    classes: int,
    seed: int,
    validation: Validation | None,
    learning_rate: float,
    rounds: int,
    patience: int,
    leaves: int,
    max_depth: int,
    min_rows_in_leaf: int,
    max_bin: int,
    feature_fraction: float,
    bagging_fraction: float,
    extra_trees: bool,
    l1: float,
    l2: float,
    categories: str,
    category_smoothing: float,
    category_l2: float,
    min_rows_in_category: int,
    class_weight: str,
    loss: str,
) -> dict[str, NDArray[Any]]:
    """Boosts trees. What a hyperparameter does is said in the YAML; for the other arguments see `Family.fit`.

    Reads values (numbers and indicators where there are none), statistics, text, crosses, and categories as codes or
    one-hot. It ends when a validation has not become better for `patience` rounds; the best round is the last kept.
    Each tree keeps the directions of the layout, and so does their sum.

    Returns:
        The arrays of `Trees`, columns counted through all groups of the layout; `rounds` `()`, how many are kept; and
        `floor` `(outputs,)`, below which no output goes: the answer for classes that no row had. Where nothing can be
        split, `rounds`, 0, and `bias` `(outputs,)` alone.

    Raises:
        ValueError: More than 64 leaves are asked for.
    """
    if leaves > MOST_LEAVES:
        raise ValueError(f"A tree can have {MOST_LEAVES} leaves at most, not {leaves}.")
    shape = {"num_leaves": leaves, "max_depth": max_depth, "min_data_in_leaf": min_rows_in_leaf, "max_bin": max_bin}
    draws = {"bagging_fraction": bagging_fraction, "bagging_freq": 1, "extra_trees": extra_trees, "seed": seed % _SEEDS}
    penalties = {"lambda_l1": l1, "lambda_l2": l2, "cat_smooth": category_smoothing, "cat_l2": category_l2}
    objective = _objective(task, classes, loss=loss, validation=validation)
    most, step = _pace(leaves, trees_per_round=classes if task == "multiclass" else 1)
    columns = _columns_read(layout, categories=categories)
    if not columns or (task != "regression" and len(np.unique(target)) == 1):
        return _constant(target, task=task, classes=classes)
    if any(layout.monotone):
        objective |= _directed(layout, columns, objective=objective)
    share = min(max(feature_fraction, _FEWEST_COLUMNS / sum(map(len, columns.values()))), 1.0)
    further = {"min_data_per_group": min_rows_in_category, "learning_rate": max(learning_rate, step)}
    weights = _class_weights(target, classes) if class_weight == "balanced" and task != "regression" else None
    held = (
        None if validation is None else _gather(validation.arrays, validation.target, columns=columns, weights=weights)
    )
    trees, kept = boost(
        _gather(arrays, target, columns=columns, weights=weights, drawn=_draw(target, columns, seed=seed)),
        held,
        course=Course(min(rounds, most), patience, validation.should_stop if validation else lambda: False),
        codes=len(columns.get("codes", ())),
        options={**objective, **shape, **draws, **penalties, **further, "feature_fraction": share},
    )
    if not len(trees.features):
        return _constant(target, task=task, classes=classes)
    if weights is not None:
        trees = _of_true_shares(trees, weights)
    floor = _floor(target, classes) if task == "multiclass" else np.full(1, -np.inf)
    return {**_numbered(trees, columns, layout=layout).arrays, "rounds": np.array(kept), "floor": floor}


def predict(
    solution: Mapping[str, NDArray[Any]], arrays: Mapping[str, NDArray[Any]], *, layout: Layout
) -> NDArray[np.float64]:
    """Returns raw outputs `(rows, outputs)`; see `Family.predict`."""
    if "bias" in solution:
        return constant.predict(solution, arrays, layout=layout)
    groups, trees = _groups_used(solution, layout)
    features = np.concatenate([arrays[group] for group in groups], axis=1, dtype=np.float32)
    raw: NDArray[np.float64] = np.maximum(evaluate(trees, features, outputs=len(solution["floor"])), solution["floor"])
    return raw


def restore(solution: Mapping[str, NDArray[Any]], *, layout: Layout) -> keras.Model:
    """Returns a model of one layer of tables; see `Family.restore`."""
    if "bias" in solution:
        return constant.restore(solution, layout=layout)
    import keras

    from search_spaces.layers.tree_ensemble import tree_ensemble

    groups, trees = _groups_used(solution, layout)
    inputs, floor = GroupInputs(layout), solution["floor"]
    raw = tree_ensemble([inputs[group] for group in groups], pack(trees), outputs=len(floor))
    if np.isfinite(floor).any():
        raw = keras.ops.maximum(raw, floor.astype("float32"))
    return keras.Model(dict(inputs), raw)


def work(solution: Mapping[str, NDArray[Any]]) -> float:
    """Returns what a row takes: a word of each tree for each column that is looked at; see `Family.work`."""
    if "bias" in solution:
        return 0.0
    trees = Trees.from_arrays(solution)
    count, word = len(trees.leaves), np.dtype(word_type(trees)).itemsize
    return count * (_PRODUCTS_OF_A_BYTE * word * len(np.unique(trees.features)) + _PRODUCTS_OF_A_TREE)


def _columns_read(layout: Layout, *, categories: str) -> dict[str, NDArray[np.intp]]:
    """Returns the columns that are read, group by group in their order; codes are the last."""
    is_one_hot = categories == "one_hot" and layout.one_hot > 0
    numbers = ["values"] if layout.values else ["numbers", "indicators"]
    read = [*numbers, "statistics", "text", "crosses", *(["one_hot"] if is_one_hot else [])]
    columns = {group: np.arange(layout.widths[group]) for group in _GROUPS if group in read and group in layout.widths}
    sizes = np.array(layout.cardinalities)
    coded = np.flatnonzero((sizes <= _MOST_LEVELS) & (sizes > (_MOST_ONE_HOT_CODES if is_one_hot else 0)))
    return {**columns, "codes": coded} if len(coded) else columns


def _gather(
    arrays: Mapping[str, NDArray[Any]],
    target: NDArray[Any],
    *,
    columns: Mapping[str, NDArray[np.intp]],
    weights: NDArray[np.float64] | None,
    drawn: NDArray[np.intp] | slice = slice(None),
) -> Rows:
    """Joins the columns that are read, of all rows or of those drawn."""
    parts = [arrays[group][drawn][:, numbers] for group, numbers in columns.items()]
    features = np.concatenate(parts, axis=1, dtype=np.float32)
    return Rows(features, target[drawn], None if weights is None else weights[target[drawn]])


def _draw(target: NDArray[Any], columns: Mapping[str, NDArray[np.intp]], *, seed: int) -> NDArray[np.intp] | slice:
    """Draws as many rows as can be held in memory, where these are not all."""
    most = _MOST_CELLS // sum(map(len, columns.values()))
    if len(target) <= most:
        return slice(None)
    return np.sort(np.random.default_rng(seed).choice(len(target), max(most, 1), replace=False))


def _starts(layout: Layout) -> dict[str, int]:
    """Returns the number of the first column of each group."""
    groups = [group for group in _GROUPS if group in layout.widths]
    ends = np.cumsum([layout.widths[group] for group in groups]).tolist()
    return dict(zip(groups, [0, *ends], strict=False))


def _numbered(trees: Trees, columns: Mapping[str, NDArray[np.intp]], *, layout: Layout) -> Trees:
    """Lets trees that count the columns that were read count those of all groups."""
    starts = _starts(layout)
    numbers = np.concatenate([starts[group] + known for group, known in columns.items()])
    return replace(trees, features=numbers[trees.features].astype(np.int32))


def _groups_used(solution: Mapping[str, NDArray[Any]], layout: Layout) -> tuple[list[str], Trees]:
    """Returns the groups that any tree looks at, and the trees, which count their columns alone."""
    trees, starts = Trees.from_arrays(solution), _starts(layout)
    owners = np.searchsorted(list(starts.values()), trees.features, side="right") - 1
    used = [group for number, group in enumerate(starts) if (owners == number).any()]
    shifts, width = np.zeros(len(starts), np.int32), 0
    for number, (group, start) in enumerate(starts.items()):
        shifts[number] = width - start
        width += layout.widths[group] if group in used else 0
    return used, replace(trees, features=trees.features + shifts[owners])


def _objective(task: Task, classes: int, *, loss: str, validation: Validation | None) -> dict[str, Any]:
    """Returns what LightGBM minimises, and what it measures the rounds by; of numbers without a metric, squares."""
    if task == "binary":
        return {"objective": "binary", "metric": "binary_logloss"}
    if task == "multiclass":
        return {"objective": "multiclass", "num_class": classes, "metric": "multi_logloss"}
    follows = loss == "metric" and validation is not None and validation.metric in _ABSOLUTE_METRICS
    measure = "l1" if follows or loss == "absolute" else "l2"
    return {"objective": measure, "metric": measure}


def _directed(
    layout: Layout, columns: Mapping[str, NDArray[np.intp]], *, objective: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns the options by which LightGBM keeps the directions of columns, whatever it minimises.

    Its methods "intermediate" and "advanced" fit better, but let answers fall where other columns have missing cells.
    """
    free = sum(map(len, columns.values())) - len(layout.monotone)
    directions = [*layout.monotone, *[0] * free]  # values are the first columns
    loss = _NEARLY_ABSOLUTE if objective["objective"] == "l1" else {}
    return {**loss, "monotone_constraints": directions, "monotone_constraints_method": "basic"}


def _pace(leaves: int, *, trees_per_round: int) -> tuple[int, float]:
    """Returns how many rounds there may be, and the learning rate that these need at least."""
    most = max(_MOST_WORK // ((leaves + _WORK_OF_A_TREE) * trees_per_round), _FEWEST_ROUNDS)
    return most, min(_LEAST_PROGRESS / most, _LARGEST_STEP)


def _class_weights(target: NDArray[Any], classes: int) -> NDArray[np.float64]:
    """Returns weights `(classes,)` that let each class that occurs weigh the same in all."""
    counts = np.bincount(target, minlength=classes)
    weights: NDArray[np.float64] = len(target) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return weights


def _of_true_shares(trees: Trees, weights: NDArray[np.float64]) -> Trees:
    """Takes back what weights of classes `(classes,)` do to probabilities, in the first tree of each output.

    Weighed rows are as if there were so many more of them: log odds are off by the logarithm of the weight (Elkan,
    2001).
    """
    shifts = -np.log(weights) if len(weights) > 2 else np.log(weights[:1] / weights[1:])
    values, start = trees.values.copy(), 0
    for shift, leaves in zip(shifts, trees.leaves, strict=False):
        values[start : start + leaves] += shift
        start += leaves
    return replace(trees, values=values)


def _floor(target: NDArray[Any], classes: int) -> NDArray[np.float64]:
    """Returns the log odds of half a row for classes without one, which LightGBM takes for impossible."""
    is_absent = np.bincount(target, minlength=classes) == 0
    return np.where(is_absent, np.log(0.5 / (len(target) + 1)), -np.inf)


def _constant(target: NDArray[Any], *, task: Task, classes: int) -> dict[str, NDArray[Any]]:
    answer = constant.fit({}, target, layout=Layout(), task=task, classes=classes, seed=0, validation=None)
    return {**answer, "rounds": np.array(0)}
