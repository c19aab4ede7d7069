"""What NumPy makes of raw outputs is what Keras makes of them."""

import numpy as np
import pytest

from automl_cli.training.raw_outputs import row_losses, to_predictions
from automl_cli.training.target_scale import fit_scale

TARGETS = {
    "binary": np.array([0, 1, 1, 0, 1, 0]),
    "multiclass": np.array([0, 2, 1, 1, 2, 0]),
    "regression": np.array([-3.0, 0.5, 1.0, 2.0, 8.0, 900.0]),
}
each_task = pytest.mark.parametrize("task", TARGETS)


def made_raw(task, *, spread=2.0):
    return np.random.default_rng(0).normal(scale=spread, size=(6, 3 if task == "multiclass" else 1))


@pytest.mark.keras
@each_task
def test_predictions_are_those_of_the_head(task):
    from automl_cli.training.heads import apply_head

    scale, raw = fit_scale(TARGETS[task], task), made_raw(task)
    theirs = apply_head(raw.astype(np.float32), scale, task=task)
    np.testing.assert_allclose(to_predictions(raw, scale, task=task), theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.keras
@each_task
def test_losses_are_those_of_training(task):
    import keras

    loss = {
        "binary": keras.losses.BinaryCrossentropy(from_logits=True),
        "multiclass": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "regression": keras.losses.MeanSquaredError(),
    }[task]
    raw, target = made_raw(task), TARGETS[task]
    theirs = float(loss(target[:, None].astype(np.float32), raw.astype(np.float32)))
    assert row_losses(raw, target, task=task).mean() == pytest.approx(theirs, rel=1e-5)


@each_task
def test_large_raw_outputs_stay_numbers(task):
    raw, target = made_raw(task, spread=1e4), TARGETS[task]
    with np.errstate(over="raise", invalid="raise"):
        assert np.isfinite(row_losses(raw, target, task=task)).all()
        assert np.isfinite(to_predictions(raw, fit_scale(target, task), task=task)).all()


def test_a_class_that_is_all_but_certain_leaves_the_other_a_chance():
    shares = to_predictions(np.array([[40.0], [-40.0]]), fit_scale(np.arange(2), "binary"), task="binary")
    assert shares.dtype == np.float32
    assert shares[0, 0] > 0
    assert shares[1, 1] > 0
