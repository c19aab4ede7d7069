"""A trial that was interrupted in the middle ends with the bits of one that was not."""

import dataclasses

import numpy as np
import pytest

from automl_cli.training import checkpoint, gradient
from automl_cli.training.task import Watch
from automl_cli.training.trial import run_trial
from tests.training.made_data import BINARY, make_folds, make_trial

pytestmark = pytest.mark.keras

TRIAL = make_trial(epochs=8, dropout=0.3, learning_rate=0.02, plateau_patience=2, normalization="batch")


class Killed(BaseException):
    """Goes through everything, as the end of a process does."""


def run(folder, trial=TRIAL, *, killed_after=None, setup=BINARY):
    heard = []

    def on_epoch(event):
        heard.append(event)
        if len(heard) == killed_after:
            raise Killed

    outcome = run_trial(trial, task=setup, folds=make_folds(folds=3, rows=121), folder=folder, watch=Watch(on_epoch))
    return outcome, heard


@pytest.fixture(params=[False, True], ids=["one by one", "together"])
def together(request, monkeypatch):
    monkeypatch.setattr(gradient, "pays_to_stack", lambda **_: request.param)
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(checkpoint, "_SHARE", 1e9)
    return request.param


def assert_same(ours, theirs, folders):
    assert ours.curves == theirs.curves
    np.testing.assert_array_equal(np.concatenate(ours.predictions), np.concatenate(theirs.predictions))
    assert ours.result.score == theirs.result.score
    assert ours.result.best_epochs == theirs.result.best_epochs
    for fold in range(3):
        one, other = (checkpoint.load_progress(folder, fold) for folder in folders)
        for kind in ("weights", "best_weights"):
            for left, right in zip(getattr(one, kind), getattr(other, kind), strict=True):
                np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("moment", [2, 7, 11, 23])
def test_it_goes_on_where_it_was(tmp_path, together, moment):
    whole, all_heard = run(tmp_path / "0001")
    with pytest.raises(Killed):
        run(tmp_path / "0002", killed_after=moment)
    resumed, heard = run(tmp_path / "0002")
    assert_same(resumed, whole, (tmp_path / "0002", tmp_path / "0001"))
    # What it had heard of in the last epoch before the end was not yet kept.
    assert len(heard) <= len(all_heard) - moment + (3 if together else 1)
    assert not (tmp_path / "0002" / "training.npz").exists()


def test_a_trial_that_was_done_is_not_trained_again(tmp_path, together):
    whole, _ = run(tmp_path / "0001")
    again, heard = run(tmp_path / "0001")
    assert heard == []
    assert again.curves == whole.curves
    np.testing.assert_array_equal(np.concatenate(again.predictions), np.concatenate(whole.predictions))
    assert again.result.seconds > whole.result.seconds


def test_progress_of_another_trial_is_not_gone_on_from(tmp_path, together):
    other = dataclasses.replace(TRIAL, hyperparameters={**TRIAL.hyperparameters, "learning_rate": 0.01})
    with pytest.raises(Killed):
        run(tmp_path / "0001", other, killed_after=12)
    outcome, _ = run(tmp_path / "0001")
    fresh, _ = run(tmp_path / "0002")
    assert outcome.curves == fresh.curves


def test_damaged_progress_is_begun_again(tmp_path, together):
    whole, _ = run(tmp_path / "0001")
    with pytest.raises(Killed):
        run(tmp_path / "0002", killed_after=12)
    for path in (tmp_path / "0002").glob("*.npz"):
        path.write_bytes(path.read_bytes()[:200])
    resumed, _ = run(tmp_path / "0002")
    assert_same(resumed, whole, (tmp_path / "0002", tmp_path / "0001"))


def test_an_interrupted_child_goes_on_from_itself_and_not_from_its_parent(tmp_path, together):
    run(tmp_path / "0001", dataclasses.replace(TRIAL, number=1, epochs=3))
    child = dataclasses.replace(TRIAL, number=2, parent=1)
    whole, _ = run(tmp_path / "0002", child)
    copy = tmp_path / "copy"
    run(copy / "0001", dataclasses.replace(TRIAL, number=1, epochs=3))
    with pytest.raises(Killed):
        run(copy / "0002", child, killed_after=7)
    resumed, _ = run(copy / "0002", child)
    assert_same(resumed, whole, (copy / "0002", tmp_path / "0002"))


def test_progress_is_written_seldom(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(checkpoint, "write_arrays", lambda path, arrays: written.append(path.name))
    run(tmp_path / "0001", dataclasses.replace(TRIAL, epochs=2))
    assert "training.npz" not in written
