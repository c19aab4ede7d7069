"""Models of the shape that a search ends with: columns of every kind, some of names that TensorFlow does not like."""

from __future__ import annotations

import functools
from typing import Any

import keras
import numpy as np

from automl_cli.data.table import Table
from automl_cli.ensemble.average import Member, combine
from automl_cli.export.interface import Interface, describe_inputs
from automl_cli.preprocessing import fit_preprocessing
from automl_cli.records import Task
from automl_cli.spec.dataset import ColumnSpec, NumberFormat
from search_spaces.family import Layout

COLUMNS = {
    "Fare paid (£)": ColumnSpec(kind="number", dtype="float32", missing=["-200"]),
    "serial": ColumnSpec(kind="number", dtype="int64"),
    "Serial": ColumnSpec(kind="number", number=NumberFormat(thousands=",", magnitudes=True), missing=["free"]),
    "größe/年齢": ColumnSpec(kind="category", fold_case=True, missing=["?"]),
    "1st": ColumnSpec(kind="category", order=["low", "medium", "high"]),
    "zip code": ColumnSpec(kind="category"),
    "class": ColumnSpec(kind="boolean"),
    'the "day"': ColumnSpec(kind="datetime", datetime="%d.%m.%Y %H:%M"),
    "it's a note": ColumnSpec(kind="text"),
}
CLASSES: dict[Task, tuple[str, ...]] = {
    "binary": ("no", "yes"),
    "multiclass": ("no", "yes", "peut-être"),
    "regression": (),
}
WORDS = {
    "Serial": ["$1,200", "3.5K", "free", "17", "n/a", ""],
    "größe/年齢": ["klein", "Groß", "GROSS", "大", "?", ""],
    "1st": ["low", "medium", "high", ""],
    "class": ["yes", "no", ""],
    'the "day"': ["29.02.2024 13:05", "01.01.1970 00:00", "soon", ""],
    "it's a note": ["a good day", "a bad day", "nothing good", "größer und größer", ""],
}


def make_table(rows: int, seed: int = 0) -> Table:
    random = np.random.default_rng(seed)

    def draw(name: str, column: ColumnSpec) -> np.ndarray:
        if column.dtype == "int64":
            return random.integers(0, 2**40, rows)
        if column.dtype == "float32":
            return random.choice([-200, np.nan, 0, *random.normal(20, 5, 10)], rows).astype(np.float32)
        words = WORDS.get(name) or [f"{code:05}" for code in random.integers(0, 99999, 40)]
        return random.choice(np.array([*words, f"only once {seed}"], object), rows)

    return Table({name: draw(name, column) for name, column in COLUMNS.items()})


def make_member(task: Task, seed: int) -> Member:
    """A fitted preprocessing and a network of random weights."""
    keras.utils.set_random_seed(seed)
    table = make_table(300, seed)
    target = np.random.default_rng(seed).integers(0, max(len(CLASSES[task]), 2), table.rows)
    if task == "regression":
        target = target.astype(np.float64)
    preprocessing = fit_preprocessing(table, COLUMNS, target=target, task=task, seed=seed)
    return Member(preprocessing.model, make_network(preprocessing.layout, outputs=len(CLASSES[task]) or 1))


def make_network(layout: Layout, *, outputs: int) -> keras.Model:
    groups = {
        group: keras.Input((width,), dtype="int32" if group == "codes" else "float32", name=group)
        for group, width in layout.widths.items()
        if group not in ("values", "crosses")  # their gaps are for trees
    }
    embedded = keras.layers.Flatten()(keras.layers.Embedding(max(layout.cardinalities), 4)(groups["codes"]))
    features: Any = [embedded, *(tensor for group, tensor in groups.items() if group != "codes")]
    hidden = keras.layers.Dense(16, activation="tanh")(keras.layers.Concatenate()(features))
    if outputs == 1:
        return keras.Model(groups, keras.layers.Rescaling(1000.0)(keras.layers.Dense(1)(hidden)), name="network")
    return keras.Model(groups, keras.layers.Dense(outputs, activation="softmax")(hidden), name="network")


@functools.cache
def make_model(task: Task, members: int = 2) -> keras.Model:
    return combine([make_member(task, seed) for seed in range(members)])


def make_interface(task: Task) -> Interface:
    return Interface(describe_inputs(make_table(50), COLUMNS), target="outcome", task=task, classes=CLASSES[task])


def predict(model: keras.Model, table: Table) -> np.ndarray:
    tensors = {name: keras.ops.convert_to_tensor(table[name], dtype=COLUMNS[name].dtype) for name in COLUMNS}
    return keras.ops.convert_to_numpy(model(tensors, training=False))
