"""Encoded folds in files: what is in them, who can open them, and what happens when the disk fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from automl_cli.data.table import Table
from automl_cli.errors import RunError
from automl_cli.preprocessing.encoding import encode
from automl_cli.preprocessing.fit import fit_preprocessing
from automl_cli.records import Fold
from automl_cli.spec.dataset import ColumnSpec
from automl_cli.training import folds as folds_module
from automl_cli.training.folds import LabelledTable, encode_folds, load_folds
from automl_cli.training.task import FoldData

pytestmark = pytest.mark.keras

COLUMNS = {"city": ColumnSpec(kind="category"), "size": ColumnSpec(kind="number", dtype="float32")}

# Another process, in which importing TensorFlow would fail, sums up what it finds.
ELSEWHERE = """
import sys
from pathlib import Path
sys.modules["tensorflow"] = sys.modules["keras"] = None
from automl_cli.training.folds import load_folds
for fold in load_folds(Path(sys.argv[1])):
    print(len(fold.train_target), float(fold.train["numbers"].sum()), fold.layout.cardinalities)
"""
# Writes rows where no file may grow beyond 20,000 bytes.
LITTLE_DISK = """
import resource, sys
from pathlib import Path
from automl_cli.errors import RunError
from automl_cli.training.folds import encode_folds
from tests.training.test_folds import halves, labelled
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    encode_folds(halves(12_000), labelled(["a", "b"] * 6_000), seed=0, folder=Path(sys.argv[1]))
except RunError as error:
    print(error.exit_code, error.message, error.hint)
"""


def labelled(cities: list[str]) -> LabelledTable:
    rows = len(cities)
    table = Table({"city": np.array(cities, dtype=object), "size": np.arange(rows, dtype=np.float32)})
    return LabelledTable(table, COLUMNS, np.arange(rows) // 2 % 2, "binary")


def halves(rows: int) -> list[Fold]:
    number = np.arange(rows)
    return [Fold(number[number % 2 == side], number[number % 2 != side]) for side in (0, 1)]


def many_cities(rows: int = 400) -> LabelledTable:
    """Rows of 40 cities, which are enough to get target statistics."""
    return labelled([f"city {number}" for number in np.random.default_rng(3).integers(0, 40, rows)])


def assert_equal_folds(one: FoldData, other: FoldData) -> None:
    assert one.layout == other.layout
    np.testing.assert_array_equal(one.train_target, other.train_target)
    np.testing.assert_array_equal(one.validation_target, other.validation_target)
    for mine, others in ((one.train, other.train), (one.validation, other.validation)):
        assert set(mine) == set(others)
        for group, values in mine.items():
            assert values.dtype == others[group].dtype
            np.testing.assert_array_equal(values, others[group], err_msg=group)


def test_the_files_hold_what_the_fitted_preprocessing_makes_of_the_rows(tmp_path: Path) -> None:
    rows = many_cities()
    fold = halves(400)[1]
    (encoded,) = encode_folds([fold], rows, seed=0, folder=tmp_path)
    fitted = fit_preprocessing(
        rows.table.take(fold.train), COLUMNS, target=rows.target[fold.train], task="binary", seed=0
    )
    expected = FoldData(
        train=fitted.training,
        train_target=rows.target[fold.train],
        validation=encode(fitted, rows.table.take(fold.validation)),
        validation_target=rows.target[fold.validation],
        layout=fitted.layout,
    )
    assert "statistics" in expected.train
    assert_equal_folds(encoded.data, expected)
    assert isinstance(encoded.data.train["numbers"], np.memmap)
    assert not encoded.data.train["numbers"].flags.writeable


def test_the_number_of_rows_written_at_a_time_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (whole,) = encode_folds(halves(400)[:1], many_cities(), seed=0, folder=tmp_path / "whole")
    monkeypatch.setattr(folds_module, "_WRITTEN_AT_ONCE", 37)
    (parts,) = encode_folds(halves(400)[:1], many_cities(), seed=0, folder=tmp_path / "parts")
    assert_equal_folds(whole.data, parts.data)


def test_a_sample_is_fitted_on_and_all_rows_are_encoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folds_module, "MOST_FITTED_ROWS", 150)
    monkeypatch.setattr(folds_module, "_WRITTEN_AT_ONCE", 64)
    rows, folds = many_cities(), halves(400)[:1]
    first, again, other = (
        encode_folds(folds, rows, seed=seed, folder=tmp_path / str(place))[0] for place, seed in enumerate((0, 0, 1))
    )
    assert_equal_folds(first.data, again.data)
    assert not np.array_equal(first.data.train["numbers"], other.data.train["numbers"])
    encoded = encode(first.preprocessing, rows.table.take(folds[0].train))
    np.testing.assert_array_equal(first.data.train["codes"], encoded["codes"])
    # Of the 200 training rows, 150 were fitted on, and have no share in their own statistics; the others never had.
    same = (first.data.train["statistics"] == encoded["statistics"]).all(axis=1)
    assert 50 <= same.sum() < 200


def test_another_process_opens_the_same_arrays_without_tensorflow(tmp_path: Path) -> None:
    encoded = encode_folds(halves(400), many_cities(), seed=0, folder=tmp_path)
    done = subprocess.run([sys.executable, "-c", ELSEWHERE, str(tmp_path)], capture_output=True, text=True, check=True)
    seen = [f"{200} {float(fold.data.train['numbers'].sum())} {fold.data.layout.cardinalities}" for fold in encoded]
    assert done.stdout.splitlines() == seen


def test_folds_with_other_levels_share_a_layout_that_holds_all_codes(tmp_path: Path) -> None:
    rows = labelled([f"city {number // 2}" for number in range(80)])
    folds = [Fold(np.arange(60), np.arange(60, 80)), Fold(np.arange(16, 80), np.arange(16))]
    alone = [encode_folds([fold], rows, seed=0, folder=tmp_path)[0].data for fold in folds]
    assert alone[0].layout != alone[1].layout
    shared = [fold.data for fold in encode_folds(folds, rows, seed=0, folder=tmp_path)]
    assert shared[0].layout == shared[1].layout
    for before, after in zip(alone, shared, strict=True):
        np.testing.assert_array_equal(after.train["codes"], before.train["codes"])
        assert after.train["codes"].max() < after.layout.cardinalities[0]


def test_directions_follow_columns_that_stand_elsewhere_in_another_fold(tmp_path: Path) -> None:
    number = np.arange(80, dtype=np.float32)
    table = Table({"odd": number % 2 * number, "size": number})  # of the second fold's rows, "odd" says nothing
    falls = ColumnSpec(kind="number", dtype="float32", monotone="decreasing")
    columns = {"odd": ColumnSpec(kind="number", dtype="float32"), "size": falls}
    rows = LabelledTable(table, columns, number, "regression")
    encoded = encode_folds(halves(80)[::-1], rows, seed=0, folder=tmp_path)
    assert [fold.data.layout.monotone for fold in encoded] == [(0, -1), (-1,)]
    assert [fold.layout for fold in load_folds(tmp_path)] == [fold.data.layout for fold in encoded]
    assert encoded[0].data.layout.widths == encoded[1].data.layout.widths


def test_folds_of_other_widths_are_filled_up_with_zeros_in_the_graph_too(tmp_path: Path) -> None:
    rows = labelled(["north"] * 30 + ["south", "north"] * 5)
    folds = [Fold(np.arange(10, 40), np.arange(10)), Fold(np.arange(30), np.arange(30, 40))]
    varied, constant = encode_folds(folds, rows, seed=0, folder=tmp_path)
    assert varied.data.layout == constant.data.layout
    assert varied.data.layout.cardinalities
    for part in (constant.data.train, constant.data.validation):
        assert {"one_hot", "codes"} <= set(part)
        assert not part["one_hot"].any()
        assert part["codes"].dtype == np.int32
        assert not part["codes"].any()
        assert part["numbers"].any()
    assert varied.data.train["one_hot"].any()
    encoded = encode(constant.preprocessing, rows.table.take(folds[1].validation))
    assert set(encoded) == set(constant.data.validation)
    for group, values in encoded.items():
        np.testing.assert_array_equal(values, constant.data.validation[group])


def test_folds_may_choose_crosses_of_their_own(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    first, second = random.normal(size=(2, 1200)).astype(np.float32)
    table = Table({"first": first, "second": second})
    columns = dict.fromkeys(table.names, COLUMNS["size"])
    # Only in the rows of the first fold is there anything to choose.
    target = np.where(np.arange(1200) < 800, first * second, random.normal(size=1200))
    folds = [Fold(np.arange(800), np.arange(800, 1200)), Fold(np.arange(800, 1200), np.arange(800))]
    plain, crossed = (
        encode_folds(folds, LabelledTable(table, columns, target, "regression", crosses), seed=0, folder=tmp_path)
        for crosses in (False, True)
    )
    assert not plain[0].data.layout.crosses
    assert crossed[0].data.layout == crossed[1].data.layout
    product = first[800:] * second[800:]
    assert max(abs(np.corrcoef(cross, product)[0, 1]) for cross in crossed[0].data.validation["crosses"].T) > 0.999
    assert not crossed[1].data.validation["crosses"].any()
    np.testing.assert_array_equal(plain[1].data.train["values"], crossed[1].data.train["values"])


def test_maps_of_rows_that_were_encoded_again_stay_what_they_were(tmp_path: Path) -> None:
    (before,) = encode_folds(halves(400)[:1], many_cities(), seed=0, folder=tmp_path)
    seen = np.array(before.data.train["numbers"])
    encode_folds(halves(20), labelled(["a", "b"] * 10), seed=0, folder=tmp_path)
    np.testing.assert_array_equal(before.data.train["numbers"], seen)


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LITTLE_DISK, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("5 ")
    assert "File too large" in done.stdout
    assert "free space" in done.stdout


def test_a_folder_that_was_removed_is_told_as_such(tmp_path: Path) -> None:
    folder = tmp_path / "encoded"
    encode_folds(halves(20), labelled(["a", "b"] * 10), seed=0, folder=folder)
    shutil.rmtree(folder / "fold-2")
    with pytest.raises(RunError, match="No such file") as raised:
        load_folds(folder)
    assert raised.value.hint is not None
    shutil.rmtree(folder)
    with pytest.raises(RunError):
        load_folds(folder)


def test_rows_cannot_be_written_where_a_file_stands(tmp_path: Path) -> None:
    (tmp_path / "encoded").write_text("in the way")
    with pytest.raises(RunError, match="cannot be used"):
        encode_folds(halves(20), labelled(["a", "b"] * 10), seed=0, folder=tmp_path / "encoded")
