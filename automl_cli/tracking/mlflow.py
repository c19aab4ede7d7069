"""Tells MLflow of a search: one run for the search, one below it for each trial.

Runs go where MLFLOW_TRACKING_URI says; where it says nothing, into the folder `mlruns` beside the run folders.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from automl_cli.events import Event, SearchEnded, TrialEnded, search_of
from automl_cli.records import TrialResult

_EXPERIMENT = "automl"


class MlflowTracker:
    """A listener.

    Args:
        home: Folder in which run folders gather.
    """

    def __init__(self, home: Path) -> None:
        self._address = os.environ.get("MLFLOW_TRACKING_URI") or (home / "mlruns").resolve().as_uri()
        if "MLFLOW_TRACKING_URI" not in os.environ:
            # Files need no server and no database; MLflow wants to hear that they are meant.
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
        self._client: Any = None
        self._experiment = ""
        self._search = ""

    def __call__(self, event: Event) -> None:
        """Logs settings when a search begins, each trial when it ends, and the test score."""
        if (started := search_of(event)) is not None:
            about = {name: value for name, value in asdict(started).items() if name not in ("run", "findings")}
            self._search = self._start(started.run, about)
        elif isinstance(event, TrialEnded):
            self._log_trial(event.result)
        elif isinstance(event, SearchEnded):
            values = {"validation": event.validation, "test": event.test.value if event.test else None}
            self._finish(self._search, {**values, "seconds": event.seconds}, status="FINISHED")

    def _log_trial(self, result: TrialResult) -> None:
        trial = result.trial
        name = f"{trial.number:04d} {trial.family}"
        about = {"family": trial.family, "origin": trial.origin, **trial.hyperparameters}
        run = self._start(name, about, tags={"mlflow.parentRunId": self._search})
        values = {"score": result.score, "seconds": result.seconds, "parameters": float(result.parameters)}
        self._finish(run, values, status="FAILED" if result.state == "failed" else "FINISHED")

    def _start(self, name: str, about: Mapping[str, object], *, tags: Mapping[str, str] | None = None) -> str:
        if self._client is None:
            from mlflow import MlflowClient

            self._client = MlflowClient(self._address)
            known = self._client.get_experiment_by_name(_EXPERIMENT)
            self._experiment = known.experiment_id if known else self._client.create_experiment(_EXPERIMENT)
        run = self._client.create_run(self._experiment, run_name=name, tags=dict(tags or {}))
        for key, value in about.items():
            self._client.log_param(run.info.run_id, key, value)
        return str(run.info.run_id)

    def _finish(self, run: str, values: Mapping[str, float | None], *, status: str) -> None:
        now = int(time.time() * 1000)
        for name, value in values.items():
            if value is not None:
                self._client.log_metric(run, name, value, timestamp=now)
        self._client.set_terminated(run, status=status)
