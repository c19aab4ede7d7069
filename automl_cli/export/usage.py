"""The note beside an exported model: how to call it from Python with TensorFlow alone."""

from __future__ import annotations

from automl_cli.export.interface import InputColumn, Interface

_PAGE = """# How to use this model

It predicts {target}. TensorFlow is all it needs: `pip install tensorflow`.

```python
import tensorflow as tf

model = tf.saved_model.load("model")  # this folder
predict = model.signatures["serving_default"]

# One tensor per column, all of one length: here two equal rows.
outputs = predict(
{arguments}
)
{reading}
```

Missing cells are `""` in a string column and `float("nan")` in a float32 column.{integers}
Columns whose names TensorFlow does not allow have another one here; `automl.json` lists both (`name` and
`signature_name`), together with the kind and an example of each column.

Rows may also come as serialized `tf.train.Example`; there the features carry the names of the columns as they are,
and a missing cell is a feature that is left out:

```python
row = tf.train.Example(features=tf.train.Features(feature={{
{features}
}}))
outputs = model.signatures["serve_examples"](examples=tf.constant([row.SerializeToString()]))
```

With TensorFlow Serving, put this folder at `models/NAME/1` and post
`{{"instances": [{{"{first}": ...}}, ...]}}` to `/v1/models/NAME:predict`.
"""

_READ_VALUES = 'outputs["prediction"].numpy()  # (rows,)'
_READ_CLASSES = """outputs["label"].numpy()  # (rows,) of bytes
outputs["probabilities"].numpy()  # (rows, classes); the order of classes is in automl.json"""


def write_usage(interface: Interface) -> str:
    """Returns the note, in Markdown; its Python blocks run as they stand from the folder that holds the bundle."""
    regression = interface.task == "regression"
    return _PAGE.format(
        target=f"`{interface.target}`" + ("" if regression else f": one of {len(interface.classes)} classes"),
        arguments="\n".join(_argument(column) for column in interface.inputs),
        features="\n".join(_feature(column) for column in interface.inputs),
        reading=_READ_VALUES if regression else _READ_CLASSES,
        integers=" An int64 column has none." if any(column.dtype == "int64" for column in interface.inputs) else "",
        first=interface.inputs[0].signature_name,
    )


def _argument(column: InputColumn) -> str:
    return f"    {column.signature_name}=tf.constant([{column.example!r}] * 2, tf.{column.dtype}),"


def _feature(column: InputColumn) -> str:
    if column.dtype == "string":
        value = f"bytes_list=tf.train.BytesList(value=[{column.example!r}.encode()])"
    elif column.dtype == "int64":
        value = f"int64_list=tf.train.Int64List(value=[{column.example!r}])"
    else:
        value = f"float_list=tf.train.FloatList(value=[{column.example!r}])"
    return f"    {column.name!r}: tf.train.Feature({value}),"
