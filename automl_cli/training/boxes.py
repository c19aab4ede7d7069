"""Boxes: how much two of them overlap, and losses that pull one over the other.

A box is `(x, y, w, h)` in the last axis: the corner with the smallest coordinates, then width and height, in any one
unit. Predicted and true boxes `(..., 4)` give one number for each pair, `(...)`. A box of negative size is empty.
"""

from __future__ import annotations

import math
from typing import Any

from keras import ops

# Keeps quotients of empty boxes numbers; far below the area of any box of a pixel's fraction.
_TINY = 1e-9


def iou(truth: Any, predicted: Any) -> Any:
    """Returns the intersection over the union, 0 to 1 (Jaccard index)."""
    shared, union, _ = _areas(truth, predicted)
    return shared / (union + _TINY)


def iou_loss(truth: Any, predicted: Any) -> Any:
    """Returns `1 - IoU`; boxes that do not touch have no gradient."""
    return 1.0 - iou(truth, predicted)


def giou_loss(truth: Any, predicted: Any) -> Any:
    """Returns `1 - GIoU`, 0 to 2 (Rezatofighi et al., 2019, arXiv 1902.09630).

    From the IoU it takes the share of the smallest box around both that belongs to neither: boxes that are apart are
    pulled together.
    """
    shared, union, (width, height) = _areas(truth, predicted)
    hull = width * height
    return 1.0 - shared / (union + _TINY) + (hull - union) / (hull + _TINY)


def ciou_loss(truth: Any, predicted: Any) -> Any:
    """Returns `1 - CIoU` (Zheng et al., 2020, arXiv 1911.08287).

    To `1 - IoU` it adds the squared distance of the centres over that of the corners of the box around both, and a
    term for unlike shapes, which weighs more the more the boxes overlap already.
    """
    overlap, (_, _, (width, height)) = iou(truth, predicted), _areas(truth, predicted)
    (left, top, wide, high), (other_left, other_top, other_wide, other_high) = _sides(truth), _sides(predicted)
    centres = ops.square(left + wide / 2 - other_left - other_wide / 2)
    centres += ops.square(top + high / 2 - other_top - other_high / 2)
    distance = centres / (ops.square(width) + ops.square(height) + _TINY)
    angle = ops.arctan2(wide, high + _TINY) - ops.arctan2(other_wide, other_high + _TINY)
    shape = 4 / math.pi**2 * ops.square(angle)
    weight = ops.stop_gradient(shape / (1.0 - overlap + shape + _TINY))
    return 1.0 - overlap + distance + weight * shape


def _sides(boxes: Any) -> tuple[Any, Any, Any, Any]:
    """Returns left, top, width and height, none of the sizes below 0."""
    left, top, width, height = ops.unstack(ops.convert_to_tensor(boxes), 4, axis=-1)
    return left, top, ops.maximum(width, 0.0), ops.maximum(height, 0.0)


def _areas(truth: Any, predicted: Any) -> tuple[Any, Any, tuple[Any, Any]]:
    """Returns the area of the intersection, that of the union, and the sides of the smallest box around both."""
    (left, top, wide, high), (other_left, other_top, other_wide, other_high) = _sides(truth), _sides(predicted)
    right, bottom, other_right, other_bottom = left + wide, top + high, other_left + other_wide, other_top + other_high
    across = ops.maximum(ops.minimum(right, other_right) - ops.maximum(left, other_left), 0.0)
    down = ops.maximum(ops.minimum(bottom, other_bottom) - ops.maximum(top, other_top), 0.0)
    shared = across * down
    hull = (
        ops.maximum(right, other_right) - ops.minimum(left, other_left),
        ops.maximum(bottom, other_bottom) - ops.minimum(top, other_top),
    )
    return shared, wide * high + other_wide * other_high - shared, hull
