"""What workers need, imported once by the process that they are forked from; importing this module does it.

That process must never run an operation of TensorFlow: threads that its runtime starts do not survive a fork, and
a worker would wait for them for ever. Importing, and settling the number of threads, starts none.
"""

from __future__ import annotations

from importlib import import_module

from automl_cli.training.runtime import prepare_tensorflow
from search_spaces.family import load_families

prepare_tensorflow()
_FAMILIES = [family.module for name, family in load_families().items() if not name.startswith("autokeras")]
for _module in (
    "automl_cli.training.gradient",
    "automl_cli.training.runner",
    "sklearn.linear_model",
    "lightgbm",
    *_FAMILIES,
):
    import_module(_module)
