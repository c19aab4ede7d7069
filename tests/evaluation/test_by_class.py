"""Every class by itself: guide row 36."""

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from automl_cli.evaluation.by_class import score_classes


def made(rows=400, classes=3, seed=0):
    generator = np.random.default_rng(seed)
    truth = np.minimum(generator.integers(0, 5, size=rows), classes - 1)
    scores = np.eye(classes)[truth] + generator.normal(scale=0.7, size=(rows, classes))
    return truth, np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


def test_values_are_those_of_scikit_learn_with_intervals_around_them():
    truth, shares = made()
    known = score_classes(truth, shares, classes=("a", "b", "c"), measured_on="400 test rows", seed=0)
    precision, recall, f1, rows = precision_recall_fscore_support(truth, shares.argmax(axis=1))
    for index, each in enumerate(known):
        assert (each.name, each.rows) == ("abc"[index], rows[index])
        for score, expected in ((each.precision, precision), (each.recall, recall), (each.f1, f1)):
            assert score.value == pytest.approx(expected[index])
            assert 0 <= score.low < score.value < score.high <= 1
            assert score.measured_on == "400 test rows"


def test_intervals_are_as_wide_as_theory_has_them():
    truth, shares = made(rows=4000, classes=2)
    each = score_classes(truth, shares, classes=("no", "yes"), measured_on="", seed=1)[1]
    error = np.sqrt(each.recall.value * (1 - each.recall.value) / each.rows)
    assert (each.recall.high - each.recall.low) == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_a_class_without_rows_counts_as_not_found_and_numbers_have_no_classes():
    truth, shares = made(classes=2)
    wider = np.pad(shares, ((0, 0), (0, 1)))
    absent = score_classes(truth, wider, classes=("a", "b", "c"), measured_on="", seed=0)[2]
    assert (absent.rows, absent.recall.value, absent.recall.high) == (0, 0.0, 0.0)
    assert score_classes(np.ones(3), np.ones((3, 1)), classes=(), measured_on="", seed=0) == ()
