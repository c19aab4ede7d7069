"""From raw columns to what a network reads: fitted on training rows, kept as one graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_cli.data.dataset import INPUT_KINDS
from automl_cli.data.table import Table
from automl_cli.errors import ColumnError
from automl_cli.preprocessing.category import SelectCodes, fit_levels, fit_one_hot
from automl_cli.preprocessing.cross_choice import choose_crosses
from automl_cli.preprocessing.cross_trees import Material
from automl_cli.preprocessing.crosses import fit_cross_codes, fit_cross_numbers
from automl_cli.preprocessing.date import date_readers
from automl_cli.preprocessing.encoding import BATCH_ROWS, Preprocessing, model_of
from automl_cli.preprocessing.number import number_readers
from automl_cli.preprocessing.number_text import text_number_readers
from automl_cli.preprocessing.positions import positions_of
from automl_cli.preprocessing.reader import Reader
from automl_cli.preprocessing.scaling import Nothing, fit_scaling
from automl_cli.preprocessing.statistics import fit_statistics, target_columns
from automl_cli.preprocessing.text import fit_topics, length_readers, share_dimensions
from automl_cli.preprocessing.words import find_truths, word_readers
from automl_cli.records import Task
from automl_cli.spec.dataset import ColumnSpec
from search_spaces.family import Layout

# Categories of at most so many levels are spread one-hot; those of more get statistics.
_MAX_ONE_HOT = 16
# Codes of one column: rarer levels have too few rows to learn an embedding from.
_MAX_CODES = 1_002
_DIRECTIONS = {"increasing": 1, "decreasing": -1, None: 0}


@dataclass(frozen=True, slots=True)
class _Signal:
    """A place in the graph, and what the training rows are there.

    Attributes:
        symbol: Symbolic tensor, shape `(None, ...)`.
        values: Array, shape `(rows, ...)`.
    """

    symbol: keras.KerasTensor
    values: NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Known:
    """What crosses are made of.

    Attributes:
        features: All that was read as numbers, `(rows, features)` each.
        measured: Positions of the features that are no flags or waves.
        monotone: Direction of each of these, as of a layout; those that have one are not crossed.
        groups: Made already.
        cardinalities: Sizes of the codes.
    """

    features: Sequence[_Signal]
    measured: Sequence[int]
    monotone: Sequence[int]
    groups: Mapping[str, _Signal]
    cardinalities: tuple[int, ...]


def fit_preprocessing(
    table: Table,
    columns: Mapping[str, ColumnSpec],
    *,
    target: NDArray[Any],
    task: Task,
    seed: int,
    crosses: bool = False,
) -> Preprocessing:
    """Fits the way from raw columns to the groups of numbers that a network reads.

    Every layer is fitted on what the layers before it make of the training rows, so the graph cannot differ from
    what was fitted.

    Args:
        table: Typed rows to learn from; nothing else is looked at.
        columns: What the columns are; those of a kind that no model learns from are left out.
        target: Class indices or numbers of the same rows, shape `(rows,)`.
        task: What is predicted.
        seed: Of the inner folds of target statistics, of the decomposition of texts and of the choice of crosses.
        crosses: Whether crosses of columns are sought, which takes about a second.

    Raises:
        ColumnError: No column can be learned from, or a date has no format.
    """
    columns = {name: spec for name, spec in columns.items() if spec.kind in INPUT_KINDS}
    if not columns:
        raise ColumnError("No column is left to predict from.", hint="declare one a number or a category")
    sources = {
        # People's names are the keys; layers cannot be called 'price/night', nor two of them alike.
        name: _Signal(keras.Input((), dtype=spec.dtype, name=f"column_{number}"), table[name])
        for number, (name, spec) in enumerate(columns.items())
    }
    truths = find_truths(table, columns)
    categories = {name: spec for name, spec in columns.items() if _is_category(spec, known=name in truths)}
    readers = [
        *number_readers(columns),
        *text_number_readers(columns),
        *word_readers(columns, truths),
        *date_readers(columns),
        *length_readers(columns),
    ]
    features = [_apply(reader.layer, [sources[name] for name in reader.columns]) for reader in readers]
    numbers, measured, monotone = _fit_numbers(columns, readers, features)
    coded, cardinalities = _fit_categories(categories, sources, averaged=target_columns(target, task), seed=seed)
    groups = {**numbers, **coded, **_fit_texts(columns, sources, averaged=target_columns(target, task), seed=seed)}
    if crosses:
        known = _Known(features, measured, monotone, groups, cardinalities)
        groups |= _fit_crosses(known, target=target, task=task, seed=seed)
    if not groups:
        groups["numbers"] = groups["quantiles"] = _apply(Nothing(name="nothing"), next(iter(sources.values())))
    widths = {group: signal.values.shape[1] for group, signal in groups.items() if group != "codes"}
    inputs = {name: signal.symbol for name, signal in sources.items()}
    model = model_of(inputs, {group: signal.symbol for group, signal in groups.items()})
    return Preprocessing(
        model=model,
        layout=Layout(**widths, cardinalities=cardinalities, monotone=monotone),
        training={group: signal.values for group, signal in groups.items()},
        positions=positions_of(model, readers, categories=list(categories)),
    )


def _is_category(spec: ColumnSpec, *, known: bool) -> bool:
    """Says whether a column's levels get codes: so do a boolean's when it is not known which mean yes."""
    return spec.kind == "category" or (spec.kind == "boolean" and spec.dtype == "string" and not known)


def _fit_numbers(
    columns: Mapping[str, ColumnSpec], readers: Sequence[Reader], features: Sequence[_Signal]
) -> tuple[dict[str, _Signal], list[int], tuple[int, ...]]:
    """Returns the groups of numbers that have columns, positions of measured features, and their directions if any."""
    if not readers:
        return {}, [], ()
    owners = [owner for reader in readers for owner in reader.owners]
    scaling = fit_scaling(
        np.concatenate([feature.values for feature in features], axis=1),
        owners=owners,
        bounded=[bounded for reader in readers for bounded in reader.bounded],
    )
    groups: dict[str, _Signal] = _apply(scaling, features)
    directions = tuple(_DIRECTIONS[columns[owners[position]].monotone] for position in scaling.measured)
    return groups, scaling.measured, directions if any(directions) else ()


def _fit_categories(
    columns: Mapping[str, ColumnSpec],
    sources: Mapping[str, _Signal],
    *,
    averaged: NDArray[np.float64],
    seed: int,
) -> tuple[dict[str, _Signal], tuple[int, ...]]:
    """Returns those of the groups `codes`, `one_hot` and `statistics` that have columns, and the sizes of the codes."""
    if not columns:
        return {}, ()
    levels = fit_levels({name: sources[name].values for name in columns}, columns)
    codes = _apply(levels, [sources[name] for name in columns])
    varied = [column for column in range(len(columns)) if np.ptp(codes.values[:, column]) > 0]
    if not varied:
        return {}, ()
    limits = [min(levels.sizes[column], _MAX_CODES) for column in varied]
    groups = {"codes": _apply(SelectCodes(varied, limits, name="select_codes"), codes)}
    few = [column for column in varied if len(levels.levels[column]) <= _MAX_ONE_HOT]
    if few:
        groups["one_hot"] = _apply(fit_one_hot(codes.values, few), codes)
    many = [column for column in varied if column not in few]
    if many:
        sizes = [levels.sizes[column] for column in many]
        layer, training = fit_statistics(codes.values, many, sizes=sizes, averaged=averaged, seed=seed)
        groups["statistics"] = _Signal(layer(codes.symbol), training)
    return groups, tuple(limits)


def _fit_crosses(known: _Known, *, target: NDArray[Any], task: Task, seed: int) -> dict[str, _Signal]:
    """Returns the group `crosses`, unless no cross is worth it."""
    groups, rows = known.groups, len(target)
    none = np.zeros((rows, 0), np.float32)
    features = np.concatenate([none, *(feature.values for feature in known.features)], axis=1, dtype=np.float64)
    directions = known.monotone or [0] * len(known.measured)
    crossed = [place for place, direction in enumerate(directions) if not direction]
    positions = [known.measured[place] for place in crossed]
    others = np.delete(groups["values"].values, crossed, axis=1) if "values" in groups else none
    texts = groups["text"].values if "text" in groups else none
    codes = groups["codes"].values if "codes" in groups else np.zeros((rows, 0), np.int32)
    material = Material(
        features[:, positions],
        np.concatenate([others, texts], axis=1),
        codes=codes,
        sizes=known.cardinalities,
        target=target,
        task=task,
    )
    chosen = choose_crosses(material, seed=seed)
    made = []
    if chosen.numbers:
        pairs = {
            operation: [(positions[first], positions[second]) for first, second in chosen_pairs]
            for operation, chosen_pairs in chosen.numbers.items()
        }
        made.append(_apply(fit_cross_numbers(features, pairs), known.features))
    if chosen.codes:
        crossing, sizes = fit_cross_codes(codes, chosen.codes, sizes=known.cardinalities)
        crossed = _apply(crossing, groups["codes"])
        layer, training = fit_statistics(
            crossed.values,
            range(len(sizes)),
            sizes=sizes,
            averaged=target_columns(target, task),
            seed=seed,
            name="cross_statistics",
        )
        made.append(_Signal(layer(crossed.symbol), training))
    return _joined(made, "crosses")


def _fit_texts(
    columns: Mapping[str, ColumnSpec], sources: Mapping[str, _Signal], *, averaged: NDArray[np.float64], seed: int
) -> dict[str, _Signal]:
    """Returns the group `text`, unless there is no text column in which texts share words."""
    texts = {name: spec for name, spec in columns.items() if spec.kind == "text"}
    topics = []
    for number, (name, spec) in enumerate(texts.items()):
        layer = fit_topics(
            sources[name].values,
            spec,
            averaged=averaged,
            dimensions=share_dimensions(len(texts)),
            seed=seed,
            name=f"topics_{number}",
        )
        if layer is not None:
            topics.append(_apply(layer, sources[name]))
    return _joined(topics, "text")


def _joined(signals: Sequence[_Signal], group: str) -> dict[str, _Signal]:
    """Returns signals side by side as one group; none if there are none."""
    if len(signals) < 2:
        return {group: signals[0]} if signals else {}
    symbol = keras.layers.Concatenate(name=group)([signal.symbol for signal in signals])
    return {group: _Signal(symbol, np.concatenate([signal.values for signal in signals], axis=1))}


def _apply(layer: keras.layers.Layer, source: Any) -> Any:
    """Goes one layer on: in the graph, and with the training rows.

    Args:
        layer: Fitted.
        source: A signal, or a list of them, as the layer takes tensors.

    Returns:
        A signal, or a dict of them, as the layer returns tensors.
    """
    symbols = layer(keras.tree.map_structure(lambda signal: signal.symbol, source))
    arrays = keras.tree.map_structure(lambda signal: signal.values, source)
    batches = [
        keras.tree.map_structure(np.asarray, layer(_rows_of(arrays, start)))
        for start in range(0, len(keras.tree.flatten(arrays)[0]), BATCH_ROWS)
    ]
    values = keras.tree.map_structure(lambda *parts: np.concatenate(parts), *batches)
    return keras.tree.map_structure(_Signal, symbols, values)


def _rows_of(arrays: Any, start: int) -> Any:
    return keras.tree.map_structure(lambda array: tf.convert_to_tensor(array[start : start + BATCH_ROWS]), arrays)
