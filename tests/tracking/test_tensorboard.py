"""What TensorBoard is told is what happened."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf

from automl_cli.events import EpochEnded, SearchEnded, SearchStarted, TrialEnded
from automl_cli.records import Score, Trial, TrialResult
from automl_cli.tracking.tensorboard import TensorBoardTracker

pytestmark = pytest.mark.keras


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for path in sorted(folder.glob("events.*")):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name == "scalars"
                found.setdefault(value.tag, []).append((event.step, float(tf.make_ndarray(value.tensor))))
    return found


def test_curves_and_scores_are_written(tmp_path: Path) -> None:
    tell = TensorBoardTracker(tmp_path)
    tell(SearchStarted("made-1", "y", "binary", "log_loss", 40, 10, 2, "auto", 60.0, None, ()))
    for epoch in (1, 2):
        tell(EpochEnded(3, 1, epoch, 5, 1.0 / epoch, float("nan") if epoch == 2 else 0.5, 0.01))
    tell(TrialEnded(TrialResult(Trial(3, "mlp", {}, 5), "completed", 0.25, seconds=2.0)))
    tell(TrialEnded(TrialResult(Trial(4, "mlp", {}, 5), "failed", None)))
    tell(SearchEnded(3, 0.25, Score("log_loss", 0.5, 0.25, 0.75, "10 test rows", 10), 9.0, "time is up"))
    folder = tmp_path / "made-1" / "tensorboard"
    fold = scalars(folder / "trial-0003" / "fold-2")
    assert fold["loss"] == [(1, 1.0), (2, 0.5)]
    assert fold["validation loss"] == [(1, 0.5)]
    assert [step for step, _ in fold["learning rate"]] == [1, 2]
    search = scalars(folder / "search")
    assert search["score"] == [(3, 0.25)]
    assert search["test score"] == [(3, 0.5)]
