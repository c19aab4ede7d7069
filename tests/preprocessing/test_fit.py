from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_cli.errors import ColumnError
from automl_cli.preprocessing import Preprocessing, encode, fit_preprocessing
from automl_cli.records import Task
from automl_cli.spec.dataset import ColumnSpec
from tests.preprocessing.made_tables import MIXED, category, mixed_table, number, table_of

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def mixed() -> Preprocessing:
    table, target = mixed_table(600)
    return fit_preprocessing(table, MIXED, target=target, task="binary", seed=0)


def fit(columns: dict[str, list], specs: dict[str, ColumnSpec], task: Task = "binary") -> Preprocessing:
    table = table_of(columns, specs)
    target = np.arange(table.rows) % 2
    preprocessing = fit_preprocessing(table, specs, target=target, task=task, seed=0)
    encoded = encode(preprocessing, table)
    assert {group: array.shape[1] for group, array in encoded.items()} == preprocessing.layout.widths
    assert all(np.isfinite(array).all() for array in encoded.values())
    return preprocessing


def test_the_layout_tells_what_the_groups_are(mixed: Preprocessing) -> None:
    assert {group: array.shape for group, array in mixed.training.items()} == {
        group: (600, width) for group, width in mixed.layout.widths.items()
    }
    assert {group: array.dtype.name for group, array in mixed.training.items()} == {
        group: "int32" if group == "codes" else "float32" for group in mixed.layout.widths
    }
    scaled = {"numbers", "quantiles", "values", "indicators"}
    assert set(mixed.layout.widths) == scaled | {"one_hot", "codes", "statistics", "text"}
    assert (mixed.training["codes"].max(axis=0) < mixed.layout.cardinalities).all()


def test_the_training_rows_are_encoded_as_when_fitting_whatever_the_batch(mixed: Preprocessing) -> None:
    table, _ = mixed_table(600)
    for batch_rows in (37, 600):
        for group, array in encode(mixed, table, batch_rows=batch_rows).items():
            if group != "statistics":
                np.testing.assert_array_equal(array, mixed.training[group], err_msg=group)


def test_the_training_statistics_are_out_of_fold(mixed: Preprocessing) -> None:
    table, _ = mixed_table(600)
    assert not np.array_equal(encode(mixed, table)["statistics"], mixed.training["statistics"])


def test_the_same_seed_gives_the_same_bits(mixed: Preprocessing) -> None:
    table, target = mixed_table(600)
    again = fit_preprocessing(table, MIXED, target=target, task="binary", seed=0)
    for group, array in again.training.items():
        np.testing.assert_array_equal(array, mixed.training[group], err_msg=group)


def test_order_of_columns_and_other_columns_do_not_matter(mixed: Preprocessing) -> None:
    table, _ = mixed_table(50, seed=1)
    other = table_of({"other": [1.0] * 50}, {"other": number()})
    shuffled = type(table)({**other.columns, **dict(reversed(table.columns.items()))})
    for group, array in encode(mixed, shuffled).items():
        np.testing.assert_array_equal(array, encode(mixed, table)[group])


def test_missing_columns_are_named(mixed: Preprocessing) -> None:
    table, _ = mixed_table(5)
    with pytest.raises(ColumnError, match="lacks 1 of 11 columns: price/night"):
        encode(mixed, table.select([name for name in table.names if name != "price/night"]))


LOAD_AND_COMPARE = """
import sys, numpy as np, tensorflow as tf
arrays = np.load(sys.argv[2], allow_pickle=True)["arrays"].item()
model = tf.saved_model.load(sys.argv[1])
for rows in (slice(None), slice(0, 1), slice(0, 0)):
    encoded = model.serve({name: tf.constant(cells[rows]) for name, cells in arrays["columns"].items()})
    for group, expected in arrays["encoded"].items():
        np.testing.assert_allclose(encoded[group], expected[rows], rtol=0, atol=1e-6, err_msg=group)
assert "automl_cli" not in sys.modules
print("same")
"""


def test_a_saved_model_encodes_alike_in_a_process_that_knows_tensorflow_alone(
    mixed: Preprocessing, tmp_path: Path
) -> None:
    table, _ = mixed_table(300, seed=1)
    archive = keras.export.ExportArchive()
    archive.track(mixed.model)
    signature = {name: tf.TensorSpec([None], tensor.dtype) for name, tensor in mixed.model.input.items()}
    archive.add_endpoint("serve", mixed.model, input_signature=[signature])
    archive.write_out(tmp_path / "model", verbose=False)
    arrays = {"columns": dict(table.columns), "encoded": encode(mixed, table)}
    np.savez(tmp_path / "arrays.npz", arrays=arrays)
    command = [sys.executable, "-c", LOAD_AND_COMPARE, str(tmp_path / "model"), str(tmp_path / "arrays.npz")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "same\n", done.stderr


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
def test_a_keras_file_encodes_alike(mixed: Preprocessing, tmp_path: Path) -> None:
    table, _ = mixed_table(50, seed=1)
    mixed.model.save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    encoded = model({name: table[name] for name in model.input})
    for group, array in encode(mixed, table).items():
        np.testing.assert_array_equal(encoded[group], array, err_msg=group)


def test_columns_that_say_nothing_in_these_rows_are_left_out() -> None:
    columns = {
        "empty": [np.nan] * 6,
        "same": [3.0] * 6,
        "one level": ["x"] * 6,
        "no date": ["soon"] * 6,
        "all different": list("abcdef"),
        "useful": [1, 2, 3, 4, 5, 6],
    }
    specs = {
        "empty": number(),
        "same": number(),
        "one level": category(),
        "no date": ColumnSpec(kind="datetime", datetime="%Y"),
        "all different": category(),
        "useful": number(),
    }
    assert fit(columns, specs).layout.widths == {"numbers": 1, "quantiles": 1, "values": 1}


@pytest.mark.parametrize(
    ("cells", "spec"),
    [([1.0], number()), (["x", "x"], category()), (["", ""], ColumnSpec(kind="text")), ([7, 7], MIXED["numbers"])],
)
def test_a_table_that_says_nothing_is_a_column_of_zeros(cells: list, spec: ColumnSpec) -> None:
    assert fit({"x": cells}, {"x": spec}).layout.widths == {"numbers": 1, "quantiles": 1}


def test_a_boolean_of_three_words_is_a_category() -> None:
    layout = fit({"x": ["a", "b", "c"] * 3}, {"x": ColumnSpec(kind="boolean")}).layout
    assert layout.widths == {"one_hot": 3, "codes": 1}
    assert layout.cardinalities == (5,)


def test_every_category_is_spread_or_has_statistics() -> None:
    columns = {"few": [f"{n % 4}" for n in range(90)], "many": [f"{n % 30}" for n in range(90)]}
    layout = fit(columns, {"few": category(), "many": category()}).layout
    assert (layout.one_hot, layout.statistics, layout.cardinalities) == (4, 2, (6, 32))


def test_without_a_column_to_learn_from_there_is_an_error() -> None:
    specs = {"id": ColumnSpec(kind="identifier")}
    with pytest.raises(ColumnError, match="No column is left"):
        fit({"id": ["a", "b"]}, specs)
