"""Proves that a bundle predicts what the trained model predicts, in a fresh process that has TensorFlow alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.table import Table
from automl_cli.errors import ExportError
from automl_cli.export import verifier_process
from automl_cli.export.interface import Interface

TOLERANCE = 1e-5
Answer = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Parity:
    """What the proof found.

    Attributes:
        maximum_difference: Largest distance between a trained and an exported prediction: of a probability as it
            is, of a number divided by the largest number predicted.
        rows: Rows that were predicted.
        seconds: How long it took.
    """

    maximum_difference: float
    rows: int
    seconds: float


class Verifier:
    """A process that imports TensorFlow and waits for a bundle.

    Start it while the search still runs: the import takes seconds. It ends with `close`, and with this process.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="automl-parity-")
        self._complaints = Path(self._folder.name, "stderr.txt")
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}
        with self._complaints.open("wb") as stderr:
            self._process = subprocess.Popen(
                # -P keeps this package's own folder, and the current one, off the import path.
                [sys.executable, "-P", verifier_process.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                cwd=self._folder.name,
                # The training process may hold all memory of a graphics card.
                env={**quiet, **os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
                # Ctrl-C in the terminal ends the search early, not the proof.
                start_new_session=True,
            )

    def predict(self, bundle: Path, columns: list[NDArray[Any]], *, timeout_seconds: float) -> Answer:
        """Predicts rows with the bundle; can be called once.

        Args:
            bundle: Folder of the bundle.
            columns: In the order of its inputs, each `(rows,)`.
            timeout_seconds: How long to wait, the import included.

        Returns:
            The outputs of `serving_default` for all rows, and under `examples_...` those of `serve_examples` for
            the first rows.

        Raises:
            ExportError: TensorFlow alone cannot load the bundle or predict with it, or takes too long.
        """
        rows, answer = Path(self._folder.name, "rows.npz"), Path(self._folder.name, "answer.npz")
        np.savez(rows, **verifier_process.pack(columns))  # type: ignore[arg-type]  # no array is called 'allow_pickle'
        request = {"bundle": str(bundle.resolve()), "rows": str(rows), "answer": str(answer)}
        try:
            self._process.communicate(json.dumps(request).encode() + b"\n", timeout=timeout_seconds)
        except subprocess.TimeoutExpired as error:
            raise ExportError(f"TensorFlow alone did not predict the test rows in {timeout_seconds:.0f} s.") from error
        if self._process.returncode != 0:
            complaints = self._complaints.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            reason = complaints[-1] if complaints else f"exit code {self._process.returncode}"
            raise ExportError(f"TensorFlow alone could not predict with '{bundle}': {reason}")
        with np.load(answer, allow_pickle=False) as arrays:
            return dict(arrays)

    def close(self) -> None:
        """Ends the process and removes its files."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def prove_parity(
    bundle: Path,
    table: Table,
    *,
    interface: Interface,
    expected: NDArray[Any],
    verifier: Verifier | None = None,
    timeout_seconds: float = 120.0,
) -> Parity:
    """Compares the predictions of a bundle in a fresh process with those of the trained model.

    Args:
        bundle: Folder of the bundle.
        table: Typed rows, at least one.
        interface: The bundle's inputs and outputs.
        expected: What the trained model predicts for the rows, `(rows, classes)` or `(rows, 1)`.
        verifier: A process that was started early and is used up by this; a fresh one by default.
        timeout_seconds: How long to wait.

    Raises:
        ExportError: The bundle does not load or predict, or differs by more than `TOLERANCE`.
    """
    start = time.perf_counter()
    with verifier or Verifier() as process:
        columns = [table[name] for name in interface.names]
        answer = process.predict(bundle, columns, timeout_seconds=timeout_seconds)
    difference = max(
        _difference(answer, expected, interface=interface, prefix=""),
        _difference(answer, expected, interface=interface, prefix="examples_"),
    )
    # Written so that NaN is a failure too.
    if not difference <= TOLERANCE:
        raise ExportError(
            f"The exported model predicts differently from the trained one: by up to {difference:.2g}, "
            f"more than {TOLERANCE:g}.",
            hint="please report this; the trained weights are kept in the run folder",
        )
    return Parity(difference, table.rows, time.perf_counter() - start)


def _difference(answer: Answer, expected: NDArray[Any], *, interface: Interface, prefix: str) -> float:
    """Returns the largest difference between an endpoint's answer and the first of the expected rows."""
    if interface.task == "regression":
        values = answer[f"{prefix}prediction"]
        wanted = expected[: len(values), 0]
        scale = float(np.abs(expected).max()) or 1.0
        return float(np.abs(values - wanted).max()) / scale
    probabilities = answer[f"{prefix}probabilities"]
    labels = [label.decode() for label in answer[f"{prefix}label"].tolist()]
    if labels != [interface.classes[index] for index in interface.decide(probabilities)]:
        raise ExportError("The labels of the exported model are not those that its probabilities give.")
    return float(np.abs(probabilities - expected[: len(probabilities)]).max())
