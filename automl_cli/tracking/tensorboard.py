"""Writes the curves of all trials for TensorBoard, into the folder `tensorboard` of the run.

`tensorboard --logdir runs/NAME/tensorboard` shows them; the files are written by TensorFlow alone.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from automl_cli.events import EpochEnded, Event, SearchEnded, TrialEnded, search_of


class TensorBoardTracker:
    """A listener.

    Args:
        home: Folder in which run folders gather.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._folder = home
        self._writers: dict[str, Any] = {}

    def __call__(self, event: Event) -> None:
        """Writes what an event tells: curves of each trial and fold, scores by the number of the trial."""
        if (started := search_of(event)) is not None:
            self._folder = self._home / started.run / "tensorboard"
        elif isinstance(event, EpochEnded):
            writer = f"trial-{event.number:04d}/fold-{event.fold + 1}"
            self._write(writer, "loss", event.loss, step=event.epoch)
            self._write(writer, "validation loss", event.validation_loss, step=event.epoch)
            self._write(writer, "learning rate", event.learning_rate, step=event.epoch)
        elif isinstance(event, TrialEnded):
            result = event.result
            self._write("search", "score", result.score, step=result.trial.number)
            self._write("search", "seconds", result.seconds, step=result.trial.number)
            self._close(f"trial-{result.trial.number:04d}/")
        elif isinstance(event, SearchEnded):
            if event.test is not None:
                self._write("search", "test score", event.test.value, step=event.best or 0)
            self._close("")

    def _write(self, writer: str, name: str, value: float | None, *, step: int) -> None:
        if value is None or not math.isfinite(value):
            return
        import tensorflow as tf

        if writer not in self._writers:
            self._writers[writer] = tf.summary.create_file_writer(str(self._folder / writer))
        plugin = tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars")
        metadata = tf.compat.v1.SummaryMetadata(plugin_data=plugin)
        with self._writers[writer].as_default():
            # tf.summary.scalar would need the package tensorboard, which TensorFlow does not bring any more.
            tf.summary.write(name, tf.constant(value, tf.float32), step=step, metadata=metadata.SerializeToString())

    def _close(self, beginning: str) -> None:
        for name in [name for name in self._writers if name.startswith(beginning)]:
            self._writers.pop(name).close()
