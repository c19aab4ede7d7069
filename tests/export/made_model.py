"""Small models of the shape that a search ends with, over columns whose names TensorFlow does not like."""

from __future__ import annotations

import keras
import numpy as np

from automl_cli.data.table import Table
from automl_cli.ensemble.average import Member, combine
from automl_cli.export.interface import Interface, describe_inputs
from automl_cli.records import Task
from automl_cli.spec.dataset import ColumnSpec

COLUMNS = {
    "Fare paid (£)": ColumnSpec(kind="number", dtype="float32"),
    "age": ColumnSpec(kind="number", dtype="float32"),
    "Age": ColumnSpec(kind="number", dtype="int64"),
    "größe/年齢": ColumnSpec(kind="category", dtype="string"),
    "1st": ColumnSpec(kind="boolean", dtype="string"),
}
CLASSES = ("no", "yes", "peut-être")
SAFE = {name: f"input_{position}" for position, name in enumerate(COLUMNS)}
LEVELS = {"größe/年齢": ["klein", "groß", "大"], "1st": ["true", "false"]}


def make_table(rows: int, seed: int = 0) -> Table:
    random = np.random.default_rng(seed)
    table: dict[str, np.ndarray] = {}
    for name, column in COLUMNS.items():
        if column.dtype == "string":
            table[name] = random.choice(np.array([*LEVELS[name], "", "never seen"], object), rows)
        elif column.dtype == "int64":
            table[name] = random.integers(0, 2**40, rows)
        else:
            table[name] = np.where(random.random(rows) < 0.2, np.nan, random.normal(20, 5, rows)).astype(np.float32)
    return Table(table)


def make_member(outputs: int, seed: int) -> Member:
    """A preprocessing and a network of random weights; each call makes another, of the same names."""
    keras.utils.set_random_seed(seed)
    raw = {name: keras.Input((), dtype=column.dtype, name=SAFE[name]) for name, column in COLUMNS.items()}
    numbers = keras.ops.stack(
        [keras.ops.cast(raw[name], "float32") for name, c in COLUMNS.items() if c.dtype != "string"], axis=1
    )
    filled = keras.ops.where(keras.ops.isnan(numbers), 0.0, numbers)
    scaled = keras.layers.Normalization(mean=[20.0, 20.0, 5e11], variance=[25.0 + seed, 25.0, 1e23])(filled)
    one_hot = keras.layers.Concatenate()(
        [keras.layers.StringLookup(vocabulary=LEVELS[name], output_mode="one_hot")(raw[name]) for name in LEVELS]
    )
    missing = keras.ops.cast(keras.ops.isnan(numbers), "float32")
    preprocessing = keras.Model(
        raw, {"numbers": scaled, "indicators": missing, "one_hot": one_hot}, name="preprocessing"
    )

    # Like a family that does not care for missing cells: it reads some of the groups only.
    groups = {"numbers": keras.Input((3,), name="numbers"), "one_hot": keras.Input((7,), name="one_hot")}
    hidden = keras.layers.Dense(16, activation="relu")(keras.layers.Concatenate()([*groups.values()]))
    head = {1: keras.layers.Dense(1, activation=lambda x: 1000 * x)}.get(
        outputs, keras.layers.Dense(outputs, activation="softmax")
    )
    return Member(preprocessing, keras.Model(groups, head(hidden), name="mlp"))


def make_model(outputs: int, members: int = 2) -> keras.Model:
    return combine([make_member(outputs, seed) for seed in range(members)])


def make_interface(task: Task) -> Interface:
    classes = {"binary": CLASSES[:2], "multiclass": CLASSES, "regression": ()}[task]
    return Interface(describe_inputs(make_table(50), COLUMNS), target="outcome", task=task, classes=classes)


def predict(model: keras.Model, table: Table) -> np.ndarray:
    tensors = {name: keras.ops.convert_to_tensor(table[name], dtype=COLUMNS[name].dtype) for name in COLUMNS}
    return keras.ops.convert_to_numpy(model(tensors, training=False))
