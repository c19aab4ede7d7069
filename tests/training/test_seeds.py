"""Streams: named, stable, unrelated; zero is a seed like any other."""

import numpy as np
import pytest

from automl_cli.training import seeds


def drawn(seed, *path):
    return np.random.default_rng(seeds.stream(seed, *path)).integers(2**40)


def test_the_same_name_gives_the_same_stream():
    assert drawn(0, "epoch", 1, 2) == drawn(0, "epoch", 1, 2)


@pytest.mark.parametrize("other", [(1, "epoch", 1, 2), (0, "weights", 1, 2), (0, "epoch", 2, 1), (0, "epoch", 1)])
def test_another_seed_or_name_gives_another_stream(other):
    assert drawn(0, "epoch", 1, 2) != drawn(*other)


def test_integers_suit_libraries_that_take_31_bits():
    values = {seeds.integer(0, "weights", fold) for fold in range(100)}
    assert len(values) == 100
    assert all(0 <= value < 2**31 for value in values)
