"""The bundle: what is in it, and that TensorFlow alone predicts with it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from automl_cli.errors import ExportError
from automl_cli.export.interface import read_interface
from automl_cli.export.saved_model import write_saved_model
from automl_cli.records import Task
from tests.export.made_model import CLASSES, COLUMNS, make_interface, make_model, make_table, predict

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module", params=["multiclass", "regression"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Task]:
    folder = tmp_path_factory.mktemp("run") / "model"
    model = make_model(request.param)
    write_saved_model(model, folder, interface=make_interface(request.param), about={"trial": 7, "loss": np.nan})
    return folder, request.param


def serve(folder: Path, rows: int) -> dict[str, np.ndarray]:
    """Predicts through the signature, as somebody does who has read `automl.json`."""
    inputs = json.loads((folder / "automl.json").read_text("utf-8"))["inputs"]
    table = make_table(rows)
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    outputs = signature(**{i["signature_name"]: tf.constant(table[i["name"]], i["dtype"]) for i in inputs})
    return {name: tensor.numpy() for name, tensor in outputs.items()}


@pytest.mark.parametrize("rows", [0, 1, 37])
def test_any_number_of_rows_is_predicted_as_the_model_does(exported: tuple[Path, Task], rows: int) -> None:
    folder, task = exported
    outputs = serve(folder, rows)
    expected = predict(make_model(task), make_table(rows))
    if task == "regression":
        np.testing.assert_allclose(outputs["prediction"], expected[:, 0], rtol=1e-5)
    else:
        np.testing.assert_allclose(outputs["probabilities"], expected, atol=1e-6)
        assert [label.decode() for label in outputs["label"]] == [CLASSES[task][i] for i in expected.argmax(axis=1)]


def test_the_document_describes_the_model_beside_it_and_among_the_assets(exported: tuple[Path, Task]) -> None:
    folder, task = exported
    document = json.loads((folder / "automl.json").read_text("utf-8"))
    assert document["about"] == {"trial": 7, "loss": None}
    assert (folder / "assets" / "automl.json").read_bytes() == (folder / "automl.json").read_bytes()
    assert read_interface(folder) == make_interface(task)
    assert [entry["name"] for entry in document["inputs"]] == list(COLUMNS)


def test_the_note_runs_as_it_stands_with_tensorflow_alone(exported: tuple[Path, Task]) -> None:
    folder, task = exported
    blocks = re.findall(r"```python\n(.*?)```", (folder / "USAGE.md").read_text("utf-8"), re.DOTALL)
    output = "prediction" if task == "regression" else "probabilities"
    code = [
        "import sys; sys.modules.update(automl_cli=None, search_spaces=None, keras=None)",
        blocks[0],
        "first = outputs",
        blocks[1],
        f"print(first[{output!r}].shape[0], float(abs(first[{output!r}][0] - outputs[{output!r}][0]).numpy().max()))",
    ]
    done = subprocess.run(
        [sys.executable, "-P", "-c", "\n".join(code)], capture_output=True, text=True, check=False, cwd=folder.parent
    )
    assert done.returncode == 0, done.stderr
    rows, difference = done.stdout.split()
    assert rows == "2"
    assert float(difference) < 1e-3


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "model" / "mine.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    with pytest.raises(ExportError, match="exists already"):
        write_saved_model(make_model("binary"), tmp_path / "model", interface=make_interface("binary"), about={})
    assert [path.name for path in kept.parent.iterdir()] == ["mine.txt"]


def test_a_failed_export_leaves_nothing_behind(tmp_path: Path) -> None:
    interface = make_interface("binary")
    unknown = make_model("binary")
    with pytest.raises(KeyError):
        # An interface that lacks a column of the model fails in the midst of the export.
        write_saved_model(
            unknown, tmp_path / "model", interface=type(interface)(interface.inputs[1:], "y", "binary"), about={}
        )
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="could not be written"):
        write_saved_model(
            make_model("binary"), tmp_path / "file" / "model", interface=make_interface("binary"), about={}
        )
