"""Predicts with a bundle in a process that has TensorFlow and nothing of ours; started by `automl_cli.export.parity`.

It is run by its path. It imports TensorFlow, waits for one line on standard input (JSON with the paths of the bundle,
of the rows and of the answer), writes the answer and ends; it also ends when the input is closed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# If the bundle needed any of these, it would fail here. TensorFlow itself does without Keras, and imports faster.
FORBIDDEN = ("automl_cli", "search_spaces", "keras", "keras_tuner", "autokeras", "sklearn", "pandas")
BATCH_ROWS = 4096
EXAMPLE_ROWS = 200


def main() -> None:
    """Answers one request."""
    sys.modules.update(dict.fromkeys(FORBIDDEN))  # type: ignore[arg-type]  # None makes an import fail
    import tensorflow as tf

    line = sys.stdin.readline()
    if not line:
        return
    request = json.loads(line)
    inputs = json.loads(Path(request["bundle"], "automl.json").read_text(encoding="utf-8"))["inputs"]
    with np.load(request["rows"], allow_pickle=False) as arrays:
        columns = {entry["name"]: unpack(arrays, position) for position, entry in enumerate(inputs)}
    model = tf.saved_model.load(request["bundle"])
    rows = len(columns[inputs[0]["name"]])

    def serve_columns(start: int) -> Any:
        batch = {entry["name"]: columns[entry["name"]][start : start + BATCH_ROWS] for entry in inputs}
        tensors = {e["signature_name"]: tf.constant(batch[e["name"]], e["dtype"]) for e in inputs}
        return model.signatures["serving_default"](**tensors)

    answers = [serve_columns(start) for start in range(0, rows, BATCH_ROWS)]
    of_examples = model.signatures["serve_examples"](examples=tf.constant(_to_examples(inputs, columns), tf.string))
    answer = {name: np.concatenate([part[name].numpy() for part in answers]) for name in answers[0]}
    answer |= {f"examples_{name}": tensor.numpy() for name, tensor in of_examples.items()}
    # Labels come as objects, which NumPy would pickle; as bytes of a fixed width it does not.
    answer = {name: array.astype("S") if array.dtype == object else array for name, array in answer.items()}
    np.savez(request["answer"], **answer)  # type: ignore[arg-type]  # no output is called 'allow_pickle'


def pack(columns: list[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Turns columns into arrays that need no pickle: strings become one array of bytes and one of lengths."""
    arrays: dict[str, NDArray[Any]] = {}
    for position, cells in enumerate(columns):
        if cells.dtype == object:
            encoded = [cell.encode() for cell in cells]
            arrays[f"bytes_{position}"] = np.frombuffer(b"".join(encoded), np.uint8)
            arrays[f"lengths_{position}"] = np.array([len(cell) for cell in encoded], np.int64)
        else:
            arrays[f"values_{position}"] = cells
    return arrays


def unpack(arrays: Any, position: int) -> NDArray[Any]:
    """Returns the column that `pack` was given in this position; strings as bytes."""
    if f"values_{position}" in arrays:
        values: NDArray[Any] = arrays[f"values_{position}"]
        return values
    content = arrays[f"bytes_{position}"].tobytes()
    ends = np.cumsum(arrays[f"lengths_{position}"])
    starts = ends - arrays[f"lengths_{position}"]
    cells = np.empty(len(ends), object)
    cells[:] = [content[start:end] for start, end in zip(starts, ends, strict=True)]
    return cells


def _to_examples(inputs: list[dict[str, Any]], columns: dict[str, NDArray[Any]]) -> list[bytes]:
    """Returns the first rows as serialized `tf.train.Example`; missing cells are left out."""
    import tensorflow as tf

    def feature(cell: Any, dtype: str) -> Any:
        if dtype == "string":
            return None if cell == b"" else tf.train.Feature(bytes_list=tf.train.BytesList(value=[cell]))
        if dtype == "int64":
            return tf.train.Feature(int64_list=tf.train.Int64List(value=[cell]))
        return None if np.isnan(cell) else tf.train.Feature(float_list=tf.train.FloatList(value=[cell]))

    examples = []
    for row in range(min(len(next(iter(columns.values()))), EXAMPLE_ROWS)):
        features = {entry["name"]: feature(columns[entry["name"]][row], entry["dtype"]) for entry in inputs}
        filled = {name: value for name, value in features.items() if value is not None}
        example = tf.train.Example(features=tf.train.Features(feature=filled))
        examples.append(example.SerializeToString())
    return examples


if __name__ == "__main__":
    main()
