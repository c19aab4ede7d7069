"""What an exported model takes and returns: the content of the bundle's `automl.json`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.problem import Problem
from automl_cli.data.sampling import INFERRED_ROWS, sample_rows
from automl_cli.data.table import Column, Table
from automl_cli.errors import ExportError
from automl_cli.export.names import signature_names
from automl_cli.records import Kind, Task, Value, to_json
from automl_cli.runs.environment import installed_version
from automl_cli.spec.dataset import ColumnSpec, Dtype

FILE_NAME = "automl.json"
FORMAT = 1
# Beyond so many levels a column is as good as free text, and its list would only burden the file.
MAX_LEVELS = 1_000


@dataclass(frozen=True, slots=True)
class InputColumn:
    """One raw column that the model takes.

    Attributes:
        name: As in the table, and of the feature in a `tf.train.Example`.
        signature_name: Of the argument of `serving_default`.
        dtype: "string" and "float32" may be missing ('' and NaN), "int64" may not.
        kind: What the column means.
        example: A typical cell: the most frequent text, the median number.
        levels: Categories that occur in the training rows; None where the column has none, or too many to list.
    """

    name: str
    signature_name: str
    dtype: Dtype
    kind: Kind
    example: Value
    levels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """Inputs and outputs of an exported model.

    Attributes:
        inputs: In the order of the table.
        target: Name of the column that is predicted.
        task: A classification returns labels and probabilities, a regression numbers.
        classes: In the order of the probabilities; empty for a regression.
        factors: By which the probability of each class is multiplied before the likeliest gives the label; empty where
            the likeliest is taken as it is.
    """

    inputs: tuple[InputColumn, ...]
    target: str
    task: Task
    classes: tuple[str, ...] = ()
    factors: tuple[float, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Raw names of the inputs."""
        return tuple(column.name for column in self.inputs)

    def decide(self, probabilities: NDArray[np.float32]) -> NDArray[np.int64]:
        """Returns the index of the class `(rows,)` that probabilities `(rows, classes)` give as a label."""
        decisive = probabilities * np.array(self.factors, np.float32) if self.factors else probabilities
        return np.asarray(decisive.argmax(axis=1))


def interface_of(problem: Problem, *, factors: Sequence[float]) -> Interface:
    """Describes the inputs and outputs of a model that solves a problem.

    Args:
        problem: Its training rows tell what cells look like.
        factors: Of the classes, as in `Interface`; those that are all 1 change nothing.
    """
    rows = problem.table.take(sample_rows(problem.split.train, INFERRED_ROWS, seed=0))
    return Interface(
        inputs=describe_inputs(rows, problem.dataset.columns),
        target=problem.dataset.target,
        task=problem.dataset.task,
        classes=problem.target.classes,
        factors=() if set(factors) <= {1.0} else tuple(factors),
    )


def describe_inputs(table: Table, columns: Mapping[str, ColumnSpec]) -> tuple[InputColumn, ...]:
    """Describes the columns of a typed table of training rows, all of which the model takes."""
    signature = signature_names(table.names)
    return tuple(
        InputColumn(
            name=name,
            signature_name=signature[name],
            dtype=columns[name].dtype,
            kind=columns[name].kind,
            example=_example(table[name]),
            levels=_levels(table[name], columns[name]),
        )
        for name in table.names
    )


def to_document(interface: Interface, about: Mapping[str, Any]) -> str:
    """Writes `automl.json`: the interface, how to read it, and what else is known of the model."""
    outputs = (
        {"prediction": "float32 (batch,)"}
        if interface.task == "regression"
        else {"label": "string (batch,)", "probabilities": "float32 (batch, classes), in the order of 'classes'"}
    )
    document = {
        "format": FORMAT,
        "task": interface.task,
        "target": interface.target,
        "classes": interface.classes,
        "factors": interface.factors,
        "inputs": interface.inputs,
        "outputs": outputs,
        "signatures": {
            "serving_default": "One tensor (batch,) per input under its 'signature_name', which is its 'name' with "
            "whatever TensorFlow does not allow replaced. Missing: '' in a string, NaN in a float32.",
            "serve_examples": "A string tensor (batch,) named 'examples' of serialized tf.train.Example whose "
            "features carry the 'name' of each input: bytes_list for string, float_list for float32, int64_list for "
            "int64. Missing: leave the feature out.",
        },
        "versions": {package: installed_version(package) for package in ("automl-cli", "tensorflow", "keras")},
        "about": about,
    }
    return json.dumps(to_json(document), indent=2, ensure_ascii=False) + "\n"


def read_interface(folder: Path) -> Interface:
    """Reads the interface of the bundle in `folder`.

    Raises:
        ExportError: The folder holds no bundle, or one that a newer version has written.
    """
    path = folder / FILE_NAME
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] > FORMAT:
            raise ExportError(f"'{folder}' was written by a newer version.", hint="pip install --upgrade automl-cli")
        inputs = [{**entry, "levels": _optional_tuple(entry["levels"])} for entry in document["inputs"]]
        return Interface(
            inputs=tuple(InputColumn(**entry) for entry in inputs),
            target=document["target"],
            task=document["task"],
            classes=tuple(document["classes"]),
            factors=tuple(document.get("factors", ())),
        )
    except FileNotFoundError as error:
        raise ExportError(f"'{folder}' holds no exported model.", hint="the run may not have finished") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExportError(f"'{path}' is damaged: {error}.") from error


def _example(cells: Column) -> Value:
    if cells.dtype == object:
        counts = Counter(cell for cell in cells.tolist() if cell)
        return counts.most_common(1)[0][0] if counts else ""
    if cells.dtype.kind == "i":
        return int(np.median(cells)) if len(cells) else 0
    present = cells[~np.isnan(cells)]
    return float(f"{np.median(present):.6g}") if len(present) else 0.0


def _levels(cells: Column, spec: ColumnSpec) -> tuple[str, ...] | None:
    if cells.dtype != object or spec.kind not in ("category", "boolean"):
        return None
    levels = sorted(set(cells.tolist()) - {"", *spec.missing})
    return tuple(levels) if len(levels) <= MAX_LEVELS else None


def _optional_tuple(levels: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if levels is None else tuple(levels)
