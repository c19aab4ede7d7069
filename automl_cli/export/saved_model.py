"""Writes a model as a TensorFlow SavedModel that takes raw rows: the bundle.

    model/
      saved_model.pb, variables/, assets/    loads with TensorFlow alone
      automl.json                            inputs, outputs and classes; also among the assets
      USAGE.md                               how to call it

The model is traced once and called by both signatures. What is saved is not the tree of Keras objects, which takes
two to three times as long to write and to load, but the variables and lookup tables that the traced graph uses.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from automl_cli.errors import ExportError
from automl_cli.export.interface import FILE_NAME, Interface, to_document
from automl_cli.export.usage import write_usage

Tensors = dict[str, Any]


def write_saved_model(model: keras.Model, folder: Path, *, interface: Interface, about: Mapping[str, Any]) -> None:
    """Writes the bundle, whole or not at all.

    Args:
        model: From a dict of raw columns by name, each `(batch,)`, to probabilities `(batch, classes)` or values
            `(batch, 1)`.
        folder: Does not exist yet.
        interface: What the model takes and returns.
        about: Anything else for `automl.json`: the run, scores, the members.

    Raises:
        ExportError: The folder exists or cannot be written.
    """
    if folder.exists():
        raise ExportError(f"'{folder}' exists already.", hint="move it away or choose another folder")
    try:
        unfinished = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}")
        unfinished.mkdir(parents=True)
        try:
            document = to_document(interface, about)
            (unfinished / FILE_NAME).write_text(document, encoding="utf-8")
            (unfinished / "USAGE.md").write_text(write_usage(interface), encoding="utf-8")
            _save(model, unfinished, interface=interface)
            unfinished.rename(folder)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    except (OSError, tf.errors.OpError) as error:
        raise ExportError(
            f"The model could not be written to '{folder}': {error}.", hint="check the free space and the permissions"
        ) from error


def _save(model: keras.Model, folder: Path, *, interface: Interface) -> None:
    specifications = {
        column.signature_name: tf.TensorSpec([None], column.dtype, name=column.signature_name)
        for column in interface.inputs
    }
    serve = tf.function(_raw_columns_to_outputs(model, interface), autograph=False)
    serve_columns = serve.get_concrete_function(specifications)
    parse = tf.function(_examples_to_outputs(serve_columns, interface), autograph=False)
    serve_examples = parse.get_concrete_function(tf.TensorSpec([None], tf.string, name="examples"))

    module = tf.Module()
    module.captured_variables = list(serve_columns.variables)
    module.lookup_tables = _resources(model)
    module.interface = tf.saved_model.Asset(str(folder / FILE_NAME))
    tf.saved_model.save(
        module,
        str(folder),
        signatures={"serving_default": serve_columns, "serve_examples": serve_examples},
        # Nobody differentiates the bundle; tracing gradients would take as long as all the rest.
        options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
    )


def _raw_columns_to_outputs(model: keras.Model, interface: Interface) -> Callable[[Tensors], Tensors]:
    def serve(columns: Tensors) -> Tensors:
        raw = {column.name: columns[column.signature_name] for column in interface.inputs}
        predictions = model({name: raw[name] for name in model.input}, training=False)
        if interface.task == "regression":
            return {"prediction": tf.squeeze(predictions, axis=-1)}  # (batch, 1) -> (batch,)
        classes = tf.constant(interface.classes, tf.string)
        decisive = predictions * tf.constant(interface.factors) if interface.factors else predictions
        return {"label": tf.gather(classes, tf.argmax(decisive, axis=-1)), "probabilities": predictions}

    return serve


def _examples_to_outputs(serve: Callable[[Tensors], Tensors], interface: Interface) -> Callable[[Any], Tensors]:
    # A feature that is left out is missing; an integer cannot be missing, so there TensorFlow complains.
    missing = {"string": "", "float32": float("nan"), "int64": None}
    features = {
        column.name: tf.io.FixedLenFeature([], column.dtype, default_value=missing[column.dtype])
        for column in interface.inputs
    }

    def serve_examples(examples: Any) -> Tensors:
        parsed = tf.io.parse_example(examples, features)
        return serve({column.signature_name: parsed[column.name] for column in interface.inputs})

    return serve_examples


def _resources(model: keras.Model) -> list[Any]:
    """Returns the lookup tables inside the layers of the model; a graph does not know the owners of its handles."""
    parts = tf.train.TrackableView(model).descendants()
    return [part for part in parts if isinstance(part, tf.saved_model.experimental.TrackableResource)]
