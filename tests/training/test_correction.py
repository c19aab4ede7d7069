"""What a network learned of other shares of the classes, or by the focal loss, becomes probabilities of the table."""

import numpy as np
import pytest
import tensorflow as tf

from automl_cli.training.correction import Correction, correct, unfocused
from automl_cli.training.losses import Objective, make_loss

pytestmark = pytest.mark.keras


def test_nothing_is_done_without_a_correction():
    logits = np.ones((2, 3), np.float32)
    assert correct(logits, Correction(), task="multiclass") is logits
    assert correct(logits, Correction((0.0, 0.0, 0.0)), task="multiclass") is logits


def test_offsets_take_back_other_shares():
    seen, true = np.array([0.5, 0.3, 0.2]), np.array([0.9, 0.08, 0.02])
    likelihoods = np.random.default_rng(0).uniform(0.1, 1, size=(5, 3))
    learned = np.log(likelihoods * seen)
    corrected = np.asarray(correct(np.float32(learned), Correction(tuple(np.log(true / seen))), task="multiclass"))
    expected = likelihoods * true
    shares = np.exp(corrected)
    np.testing.assert_allclose(
        shares / shares.sum(axis=1, keepdims=True), expected / expected.sum(axis=1, keepdims=True), rtol=1e-4
    )


def smallest(share, gamma):
    """The logit with which the focal loss is smallest on average over rows of which this share is of the class."""
    candidates = tf.linspace(-6.0, 6.0, 20_001)
    loss = make_loss(Objective("binary", 2, balancing="focal"))
    outputs, values = candidates[None, :, None], {"focal_gamma": tf.constant([[gamma]])}
    one, none = (loss(tf.fill((1, 20_001), target), outputs, values)[0] for target in (1.0, 0.0))
    return float(candidates[int(tf.argmin(share * one + (1 - share) * none))])


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("gamma", [0.5, 2.0, 5.0])
def test_the_best_answers_to_a_focal_loss_become_the_true_shares(share, gamma):
    logit = smallest(share, gamma)
    told = float(unfocused(tf.constant([[logit]]), gamma, task="binary")[0, 0])
    assert 1 / (1 + np.exp(-told)) == pytest.approx(share, abs=2e-3)
    both = tf.constant([[0.0, logit]])  # two logits of which one is 0 are one logit
    several = np.asarray(unfocused(both, gamma, task="multiclass"))[0]
    assert several[1] - several[0] == pytest.approx(told, abs=1e-3)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_extreme_answers_stay_numbers_and_keep_their_order(task):
    logits = np.float32([-1e4, -200, -30, -15.1, -14.9, 0, 14.9, 15.1, 30, 200, 1e4])[:, None]
    given = logits if task == "binary" else np.concatenate([np.zeros_like(logits), logits, logits - 3], axis=1)
    told = np.asarray(unfocused(given, 2.0, task=task))
    assert np.isfinite(told).all()
    assert (np.diff(told[:, 0] if task == "binary" else told[:, 1] - told[:, 0]) > 0).all()
