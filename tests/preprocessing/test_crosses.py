from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_cli.data.table import Table
from automl_cli.preprocessing import Preprocessing, encode, fit_preprocessing
from automl_cli.preprocessing.cross_choice import Chosen, choose_crosses
from automl_cli.preprocessing.cross_trees import KEPT, Material
from automl_cli.preprocessing.crosses import CrossCodes, CrossNumbers, fit_cross_codes, fit_cross_numbers
from automl_cli.records import Task
from automl_cli.spec.dataset import ColumnSpec
from tests.preprocessing.made_tables import category, number, table_of

pytestmark = pytest.mark.keras

NAN, INF = np.nan, np.inf


def crossed(operation: str, first: float, second: float) -> float:
    layer = CrossNumbers({operation: [(0, 1)]})
    return float(layer([tf.constant([[first, second]], tf.float64)])[0, 0])


@pytest.mark.parametrize(
    ("operation", "first", "second", "expected"),
    [
        ("sum", 7, 2, 9),
        ("difference", 7, 2, 5),
        ("product", 7, 2, 14),
        ("ratio", 7, 2, 3.5),
        ("ratio", 7, 0, NAN),
        ("ratio", 0, 0, NAN),
        ("ratio", 7, 1e-300, 1e15),
        ("product", 1e200, -1e200, -1e15),
        ("difference", INF, INF, NAN),
        *((operation, *pair, NAN) for operation in ("sum", "ratio") for pair in ((NAN, 1), (1, NAN))),
    ],
)
def test_arithmetic(operation: str, first: float, second: float, expected: float) -> None:
    np.testing.assert_equal(crossed(operation, first, second), np.float32(expected))


def test_a_ratio_is_that_of_the_numbers_as_they_were_read() -> None:
    random = np.random.default_rng(0)
    values = random.uniform([1000, 5], [1001, 6], (200, 2))
    layer = fit_cross_numbers(values, {"ratio": [(0, 1)], "sum": [(1, 0)]})
    total, ratio = layer([tf.constant(values)]).numpy().T
    np.testing.assert_array_equal(np.argsort(ratio), np.argsort(values[:, 0] / values[:, 1]))
    np.testing.assert_array_equal(np.argsort(total), np.argsort(values[:, 0] + values[:, 1]))
    assert np.quantile(ratio, 0.75) - np.quantile(ratio, 0.25) == pytest.approx(1)


def test_large_numbers_keep_the_digits_in_which_they_differ() -> None:
    values = np.stack([2e15 + np.arange(9.0), np.zeros(9)], axis=1)
    cross = fit_cross_numbers(values, {"sum": [(0, 1)]})([tf.constant(values)]).numpy()
    np.testing.assert_allclose(cross[:, 0], np.arange(-4, 5) / 4)


def test_a_cross_that_says_nothing_in_these_rows_says_nothing_wrong() -> None:
    values = np.array([[NAN, 1.0, 3.0], [2.0, NAN, 3.0]])
    cross = fit_cross_numbers(values, {"sum": [(0, 1), (2, 2)]})([tf.constant(values)]).numpy()
    np.testing.assert_array_equal(cross, [[NAN, 0], [NAN, 0]])


def test_pairs_of_levels_have_codes_unless_they_are_rare() -> None:
    codes = np.array([[2, 2, 2], [2, 2, 3], [2, 3, 2], [2, 3, 2], [3, 2, 3]], np.int32)
    layer, sizes = fit_cross_codes(codes, [(0, 1), (2, 0)], sizes=[4, 4, 4])
    new = np.array([[2, 2, 2], [2, 3, 3], [3, 2, 0], [3, 3, 3], [0, 0, 1]], np.int32)
    assert sizes == [3, 2]
    np.testing.assert_array_equal(layer(new), [[1, 1], [2, 0], [0, 0], [0, 0], [0, 0]])


def material(
    numbers: np.ndarray, target: np.ndarray, *, codes: np.ndarray | None = None, task: Task = "regression"
) -> Material:
    codes = np.zeros((len(target), 0), np.int32) if codes is None else codes
    sizes = (codes.max(axis=0) + 1).tolist() if codes.size else []
    return Material(numbers, np.zeros((len(target), 0), np.float32), codes, sizes, target, task)


def test_the_operation_that_makes_the_target_is_chosen() -> None:
    numbers = np.random.default_rng(0).normal(size=(900, 5))
    chosen = choose_crosses(material(numbers, numbers[:, 3] * numbers[:, 1] + 1e9), seed=0)
    assert chosen.numbers["product"][0] == (1, 3)
    assert sum(map(len, chosen.numbers.values())) <= KEPT["numbers"]


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_ratio_divides_by_the_column_that_stays_away_from_0(task: Task) -> None:
    random = np.random.default_rng(1)
    numbers = np.stack([random.uniform(1, 9, 3000), random.normal(size=3000), random.normal(size=3000)], axis=1)
    numbers[::50, 0] = NAN
    ratio = numbers[:, 2] / numbers[:, 0]
    target = np.digitize(ratio, [-0.1, 0.1] if task == "multiclass" else [0.1])
    chosen = choose_crosses(material(numbers, target, task=task), seed=0)
    assert (2, 0) in chosen.numbers["ratio"]
    assert (0, 2) not in chosen.numbers["ratio"]


def test_two_categories_that_say_something_only_together_are_crossed() -> None:
    random = np.random.default_rng(0)
    codes = random.integers(2, 10, (2000, 4)).astype(np.int32)
    target = random.normal(size=(10, 10))[codes[:, 0], codes[:, 2]] + 0.1 * random.normal(size=2000)
    chosen = choose_crosses(material(np.zeros((2000, 0)), target, codes=codes), seed=0)
    assert chosen.codes[0] == (0, 2)
    assert not chosen.numbers


def test_categories_are_not_crossed_where_each_of_several_classes_would_have_a_statistic() -> None:
    codes = np.random.default_rng(0).integers(2, 10, (1200, 2)).astype(np.int32)
    assert not choose_crosses(
        material(np.zeros((1200, 0)), codes.sum(axis=1) % 3, codes=codes, task="multiclass"), seed=0
    ).codes


@pytest.mark.parametrize("rows", [299, 1200])
def test_noise_is_not_crossed(rows: int) -> None:
    random = np.random.default_rng(4)
    target = random.integers(0, 2, rows)
    numbers = random.normal(size=(rows, 5)) + 0.3 * target[:, None]
    codes = random.integers(2, 9, (rows, 3)).astype(np.int32)
    assert choose_crosses(material(numbers, target, codes=codes, task="binary"), seed=0) == Chosen()


SPECS = {"a": number(), "b": number(), "flag": ColumnSpec(kind="datetime", datetime="%d.%m.%Y"),
         "c": category(), "d": category()}  # fmt: skip


def crossed_table(rows: int = 1500, seed: int = 0) -> tuple[Table, np.ndarray]:
    """Rows in which a product of numbers and a pair of categories tell most; the date comes before neither."""
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(2, rows))
    c, d = random.integers(0, 7, (2, rows))
    effects = np.random.default_rng(9).normal(size=(7, 7))
    a[random.random(rows) < 0.05] = NAN
    target = np.nan_to_num(a * b) + 2 * effects[c, d]
    days = [f"{day}.{month}.2021" for day, month in random.integers(1, 13, (rows, 2))]
    columns = {"flag": days, "a": a, "b": b, "c": [f"c{level}" for level in c], "d": [f"d{level}" for level in d]}
    return table_of(columns, SPECS), target


@pytest.fixture(scope="module")
def fitted() -> Preprocessing:
    table, target = crossed_table()
    return fit_preprocessing(table, SPECS, target=target, task="regression", seed=0, crosses=True)


def test_numbers_and_categories_are_crossed_in_one_group(fitted: Preprocessing) -> None:
    table, target = crossed_table(800, seed=1)
    crosses = encode(fitted, table)["crosses"]
    assert crosses.shape == (800, fitted.layout.crosses)
    assert crosses.dtype == np.float32
    # A row without `a` has no product.
    known = ~np.isnan(crosses)
    correlations = [
        abs(np.corrcoef(column[whole], target[whole])[0, 1])
        for column, whole in zip(crosses.T, known.T, strict=True)
        if np.ptp(column[whole]) > 0
    ]
    assert np.isnan(table["a"]).any()
    np.testing.assert_array_equal(~known.all(axis=1), np.isnan(table["a"]))
    assert sorted(correlations)[-1] > 0.7  # the pair of categories
    product = np.nan_to_num(table["a"].astype(np.float64) * table["b"])
    assert max(abs(np.corrcoef(np.nan_to_num(column), product)[0, 1]) for column in crosses.T) > 0.99


def test_training_rows_are_crossed_as_others_but_for_the_share_in_their_own_statistics(fitted: Preprocessing) -> None:
    encoded = encode(fitted, crossed_table()[0])["crosses"]
    layer = fitted.model.get_layer("cross_numbers")
    width = sum(map(len, layer.pairs.values()))
    training = fitted.training["crosses"]
    np.testing.assert_array_equal(encoded[:, :width], training[:, :width])
    assert 0 < width < encoded.shape[1]
    assert not np.array_equal(encoded[:, width:], training[:, width:])


def test_the_same_seed_gives_the_same_crosses(fitted: Preprocessing) -> None:
    table, target = crossed_table()
    again = fit_preprocessing(table, SPECS, target=target, task="regression", seed=0, crosses=True)
    np.testing.assert_array_equal(again.training["crosses"], fitted.training["crosses"])


def test_crosses_are_added_only_on_request(fitted: Preprocessing) -> None:
    table, target = crossed_table()
    plain = fit_preprocessing(table, SPECS, target=target, task="regression", seed=0)
    assert plain.layout.widths == {k: width for k, width in fitted.layout.widths.items() if k != "crosses"}


def test_no_cross_is_made_of_a_directed_number(fitted: Preprocessing) -> None:
    table, target = crossed_table()
    assert fitted.layout.monotone == ()
    directed = {**SPECS, "a": SPECS["a"].model_copy(update={"monotone": "decreasing"})}
    one = fit_preprocessing(table, directed, target=target, task="regression", seed=0, crosses=True)
    place = one.positions.groups["values"].index(("a", "number 0"))
    assert one.layout.monotone[place] == -1
    assert sum(map(abs, one.layout.monotone)) == 1
    # As long as it has crosses with others, none of them changes with it.
    assert one.layout.crosses > 0
    moved = Table({**table.columns, "a": table["a"] + np.float32(1)})
    np.testing.assert_array_equal(encode(one, moved)["crosses"], encode(one, table)["crosses"])
    assert not np.array_equal(encode(fitted, moved)["crosses"], encode(fitted, table)["crosses"], equal_nan=True)


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
def test_files_of_keras_and_tensorflow_hold_the_crosses(fitted: Preprocessing, tmp_path: Path) -> None:
    table, _ = crossed_table(100, seed=2)
    expected = encode(fitted, table)["crosses"]
    fitted.model.save(tmp_path / "model.keras")
    columns = {name: tf.constant(table[name]) for name in fitted.model.input}
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(columns)["crosses"], expected)
    archive = keras.export.ExportArchive()
    archive.track(fitted.model)
    signature = {name: tf.TensorSpec([None], tensor.dtype) for name, tensor in fitted.model.input.items()}
    archive.add_endpoint("serve", fitted.model, input_signature=[signature])
    archive.write_out(tmp_path / "model", verbose=False)
    served = tf.saved_model.load(tmp_path / "model")
    np.testing.assert_allclose(served.serve(columns)["crosses"], expected, rtol=1e-6)


def test_configurations_make_the_same_layers() -> None:
    for layer in (
        CrossNumbers({"ratio": [(0, 1)], "sum": [(1, 2)]}),
        CrossCodes([(0, 1)], sizes=[(3, 4)]),
    ):
        again = type(layer).from_config(layer.get_config())
        assert again.get_config() == layer.get_config()
        assert [weight.shape for weight in again.weights] == [weight.shape for weight in layer.weights]
