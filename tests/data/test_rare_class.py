"""When the search does something about a rare class."""

import numpy as np
import pytest

from automl_cli.data.rare_class import has_rare_class


@pytest.mark.parametrize(
    ("counts", "is_rare"),
    [
        ((79, 21), False),
        ((81, 19), True),
        ((8, 92), True),
        ((40, 40, 17), False),  # less than a fifth, but not much less than the others
        ((45, 45, 10), True),
        ((10,) * 10, False),  # as many as can be
        ((50, 50, 0), False),  # nothing can be done about a class that does not occur
    ],
)
def test_a_class_is_rare_below_a_fifth_and_half_an_equal_share(counts, is_rare):
    target = np.repeat(np.arange(len(counts)), counts)
    assert has_rare_class(target, classes=len(counts)) is is_rare


def test_amounts_have_no_classes():
    assert not has_rare_class(np.linspace(0, 1, 9), classes=0)
