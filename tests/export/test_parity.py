"""The proof that a bundle predicts what the trained model predicts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from automl_cli.errors import ExportError
from automl_cli.export import verifier_process
from automl_cli.export.parity import TOLERANCE, Verifier, prove_parity
from automl_cli.export.saved_model import write_saved_model
from automl_cli.records import Task
from tests.export.made_model import make_interface, make_model, make_table, predict

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_a_fresh_process_with_tensorflow_alone_predicts_the_same(tmp_path: Path, task: Task) -> None:
    model, interface, table = make_model(task), make_interface(task), make_table(500)
    with Verifier() as verifier:
        write_saved_model(model, tmp_path / "model", interface=interface, about={})
        parity = prove_parity(
            tmp_path / "model", table, interface=interface, expected=predict(model, table), verifier=verifier
        )
    assert parity.maximum_difference <= TOLERANCE
    assert parity.rows == 500
    assert parity.seconds > 0


def test_a_difference_is_an_error(tmp_path: Path) -> None:
    model, interface, table = make_model("binary"), make_interface("binary"), make_table(20)
    write_saved_model(model, tmp_path / "model", interface=interface, about={})
    expected = predict(model, table)
    expected[7] += 1e-3
    with pytest.raises(ExportError, match=r"predicts differently.*by up to 0\.001"):
        prove_parity(tmp_path / "model", table, interface=interface, expected=expected)


def test_what_tensorflow_cannot_load_is_an_error_with_its_reason(tmp_path: Path) -> None:
    interface, table = make_interface("binary"), make_table(5)
    with pytest.raises(ExportError, match=r"TensorFlow alone could not predict.*automl\.json"):
        prove_parity(tmp_path, table, interface=interface, expected=np.zeros((5, 2)))


def test_the_verifier_ends_when_it_is_not_needed() -> None:
    verifier = Verifier()
    verifier.close()
    assert verifier._process.returncode is not None
    assert not Path(verifier._folder.name).exists()


def test_columns_travel_unchanged() -> None:
    words = np.array(["", "größe", "a\x00", "\n", "年齢" * 100], object)
    numbers = np.array([1.5, np.nan, -np.inf, 0, 3], np.float32)
    arrays = verifier_process.pack([words, numbers])
    assert [cell.decode() for cell in verifier_process.unpack(arrays, 0)] == words.tolist()
    np.testing.assert_array_equal(verifier_process.unpack(arrays, 1), numbers)
