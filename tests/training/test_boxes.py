"""Losses of boxes against figures worked out by hand; guide row 10."""

import keras
import numpy as np
import pytest
from keras import ops

from automl_cli.training.boxes import ciou_loss, giou_loss, iou, iou_loss

pytestmark = pytest.mark.keras

SQUARE = [0.0, 0.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("other", "overlap", "generalised", "complete"),
    [
        # The same box.
        (SQUARE, 1.0, 0.0, 0.0),
        # Half a side to the right and down: 1 of 7 shared, a hull of 9, centres sqrt(2) apart, corners sqrt(18).
        ([1.0, 1.0, 2.0, 2.0], 1 / 7, 1 - 1 / 7 + 2 / 9, 1 - 1 / 7 + 2 / 18),
        # Apart: nothing shared of 8, a hull of 2 x 8, centres 6 apart, corners sqrt(68).
        ([6.0, 0.0, 2.0, 2.0], 0.0, 1 + 8 / 16, 1 + 36 / 68),
        # Inside, of another shape: 2 of 4 shared, centres 0.5 apart, corners sqrt(8); angles of 45 and of atan(1/2).
        ([0.0, 0.0, 1.0, 2.0], 0.5, 0.5, None),
    ],
)
def test_hand_computed_boxes(other, overlap, generalised, complete):
    truth, predicted = np.float32([SQUARE, SQUARE]), np.float32([other, other])
    if complete is None:
        shape = 4 / np.pi**2 * (np.pi / 4 - np.arctan(0.5)) ** 2
        complete = 1 - 0.5 + 0.25 / 8 + shape**2 / (1 - 0.5 + shape)
    np.testing.assert_allclose(iou(truth, predicted), [overlap] * 2, atol=1e-6)
    np.testing.assert_allclose(iou_loss(truth, predicted), [1 - overlap] * 2, atol=1e-6)
    np.testing.assert_allclose(giou_loss(truth, predicted), [generalised] * 2, atol=1e-6)
    np.testing.assert_allclose(ciou_loss(truth, predicted), [complete] * 2, atol=1e-6)


def test_empty_boxes_have_numbers():
    empty = np.float32([[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, -3.0, 2.0]])
    for loss in (iou_loss, giou_loss, ciou_loss):
        assert np.isfinite(ops.convert_to_numpy(loss(empty, empty))).all()


@pytest.mark.parametrize("loss", [giou_loss, ciou_loss])
def test_descent_pulls_a_box_that_is_apart_over_the_true_one(loss):
    import tensorflow as tf

    truth, box = tf.constant([[4.0, 5.0, 2.0, 3.0]]), tf.Variable([[0.0, 0.0, 1.0, 1.0]])
    optimizer = keras.optimizers.Adam(0.1)
    for _ in range(250):
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(loss(truth, box))
        optimizer.apply(tape.gradient(value, [box]), [box])
    assert float(iou(truth, box)[0]) > 0.8
