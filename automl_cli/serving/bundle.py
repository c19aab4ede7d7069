"""An exported model, loaded with TensorFlow alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.table import Table
from automl_cli.errors import ExportError
from automl_cli.export.interface import Interface, read_interface
from automl_cli.training.runtime import import_tensorflow

# Large enough that the cost of a call does not show, small enough that a batch of text fits into memory.
_BATCH_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Bundle:
    """An exported model that is ready to predict.

    Attributes:
        interface: What it takes and returns.
        model: What TensorFlow loaded; it owns the lookup tables, so it has to live as long as its signatures.
    """

    interface: Interface
    model: Any

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Loads the bundle in a folder.

        Raises:
            ExportError: The folder holds no bundle, or TensorFlow cannot load it.
        """
        interface = read_interface(folder)
        tf = import_tensorflow()
        try:
            model = tf.saved_model.load(str(folder))
        except (OSError, ValueError, tf.errors.OpError) as error:
            raise ExportError(f"'{folder}' cannot be loaded: {error}.", hint="is the folder complete?") from error
        return cls(interface, model)

    def predict(self, table: Table) -> NDArray[np.float32]:
        """Predicts typed rows.

        Args:
            table: Has all inputs of the interface, each with its dtype; further columns are not looked at.

        Returns:
            Probabilities `(rows, classes)`, or values `(rows, 1)` of a regression.
        """
        batches = [self._predict_batch(table, start) for start in range(0, max(table.rows, 1), _BATCH_ROWS)]
        return np.concatenate(batches)

    def _predict_batch(self, table: Table, start: int) -> NDArray[np.float32]:
        tf = import_tensorflow()
        rows = slice(start, start + _BATCH_ROWS)
        serve = self.model.signatures["serving_default"]
        outputs = serve(
            **{
                column.signature_name: tf.constant(table[column.name][rows], column.dtype)
                for column in self.interface.inputs
            }
        )
        if self.interface.task == "regression":
            values: NDArray[np.float32] = outputs["prediction"].numpy()[:, np.newaxis]
            return values
        probabilities: NDArray[np.float32] = outputs["probabilities"].numpy()
        return probabilities
