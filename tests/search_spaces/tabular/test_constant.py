from __future__ import annotations

import numpy as np

from search_spaces.family import Layout, load_families
from tests.contracts.family_contract import FittedFamilyContract


class TestConstant(FittedFamilyContract):
    name = "constant"


def answers(task: str, classes: int, target: np.ndarray) -> np.ndarray:
    """Of rows that nobody has encoded: the targets are enough."""
    family = load_families(["constant"])["constant"]
    solution = family.fit({}, target, layout=Layout(), task=task, classes=classes, seed=0, validation=None)
    return family.predict(solution, {}, layout=Layout())


def test_classes_are_answered_with_their_shares():
    logits = answers("multiclass", 3, np.repeat([0, 1, 2], [700, 200, 100]))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.allclose(shares, [0.7, 0.2, 0.1], atol=2e-3)


def test_two_classes_are_answered_with_their_odds():
    assert np.allclose(answers("binary", 2, np.repeat([0, 1], [300, 100])), np.log(100 / 300), atol=1e-2)


def test_numbers_are_answered_with_their_mean():
    assert np.allclose(answers("regression", 0, np.array([1.0, 2.0, 6.0])), 3.0)
