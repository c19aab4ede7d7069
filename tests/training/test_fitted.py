"""Trials of fitted families: scored, written and read back without TensorFlow."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from automl_cli.training.archive import read_arrays, weights_path
from automl_cli.training.task import Watch
from automl_cli.training.trial import run_trial
from search_spaces.family import Layout
from tests.training.made_data import BINARY, MULTICLASS, REGRESSION, SETUPS, make_folds, make_trial

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("family", ["constant", "linear"])
def test_no_tensorflow_is_loaded(tmp_path, family):
    program = (
        "import sys; from pathlib import Path; from automl_cli.training.trial import run_trial;"
        "from tests.training.made_data import BINARY, make_folds, make_trial;"
        f"result = run_trial(make_trial('{family}'), task=BINARY, folds=make_folds(), folder=Path(sys.argv[1])).result;"
        "assert result.state == 'completed', result.reason;"
        "heavy = {'tensorflow', 'keras'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, cwd=ROOT)


@pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS.keys())
def test_the_constant_needs_no_encoded_rows(tmp_path, setup):
    folds = make_folds(setup)
    bare = [dataclasses.replace(fold, train={}, validation={}, layout=Layout()) for fold in folds]
    early = run_trial(make_trial("constant"), task=setup, folds=bare, folder=tmp_path / "early")
    late = run_trial(make_trial("constant"), task=setup, folds=folds, folder=tmp_path / "late")
    assert early.result.score == late.result.score
    assert [predictions.shape for predictions in early.predictions] == [(60, setup.classes or 1)] * 2
    np.testing.assert_array_equal(early.predictions, late.predictions)


def test_rows_may_lie_in_files_and_be_predicted_in_parts(tmp_path, monkeypatch):
    folds = make_folds(REGRESSION)

    def mapped(groups, name):
        for group, array in groups.items():
            np.save(tmp_path / f"{name}-{group}.npy", array)
        return {group: np.load(tmp_path / f"{name}-{group}.npy", mmap_mode="r") for group in groups}

    in_files = [
        dataclasses.replace(fold, train=mapped(fold.train, f"{n}-train"), validation=mapped(fold.validation, n))
        for n, fold in enumerate(folds)
    ]
    whole = run_trial(make_trial("linear"), task=REGRESSION, folds=folds, folder=tmp_path / "whole")
    monkeypatch.setattr("automl_cli.training.fitted._PREDICTED_AT_ONCE", 7)
    parts = run_trial(make_trial("linear"), task=REGRESSION, folds=in_files, folder=tmp_path / "parts")
    np.testing.assert_allclose(parts.predictions, whole.predictions, rtol=1e-6)
    assert parts.curves[0].loss == pytest.approx(whole.curves[0].loss)


def test_a_fold_is_heard_of_as_of_one_epoch(tmp_path):
    heard = []
    watch = Watch(on_epoch=heard.append)
    outcome = run_trial(
        make_trial("linear"), task=MULTICLASS, folds=make_folds(MULTICLASS), folder=tmp_path, watch=watch
    )
    assert [(event.fold, event.epoch, event.epochs) for event in heard] == [(0, 1, 1), (1, 1, 1)]
    assert [event.validation_loss for event in heard] == [curves.validation_loss[0] for curves in outcome.curves]
    assert outcome.result.best_epochs == (1, 1)


def test_the_loss_of_a_regression_is_that_of_the_standardised_target(tmp_path):
    folds = make_folds(REGRESSION)
    outcome = run_trial(make_trial("constant"), task=REGRESSION, folds=folds, folder=tmp_path)
    assert outcome.curves[0].loss == pytest.approx((1.0,))  # the variance


def test_weights_are_plain_arrays(tmp_path):
    result = run_trial(make_trial("linear"), task=BINARY, folds=make_folds(), folder=tmp_path).result
    arrays = read_arrays(weights_path(tmp_path, 1))
    assert set(arrays) == {"scale", "solution/kernel", "solution/bias", "solution/l2"}
    assert result.parameters == arrays["solution/kernel"].size + arrays["solution/bias"].size
