"""The model of a run, ready to predict."""

from __future__ import annotations

from automl_cli.errors import RunError
from automl_cli.runs.folder import RunFolder
from automl_cli.serving.bundle import Bundle
from automl_cli.spec.dataset import DatasetSpec
from automl_cli.spec.files import load_dataset


def load_run(run: RunFolder) -> tuple[Bundle, DatasetSpec]:
    """Loads a run's exported model and what it knows of its columns.

    Raises:
        RunError: The run has no model.
        ExportError: The model is damaged.
    """
    if not run.model.is_dir():
        raise RunError(f"The run '{run.name}' has no model: it did not finish.", hint=f"automl resume {run.name}")
    return Bundle.load(run.model), load_dataset(run.dataset)
