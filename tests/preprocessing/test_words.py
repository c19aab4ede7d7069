from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from automl_cli.preprocessing.words import find_truths, word_readers
from automl_cli.spec.dataset import ColumnSpec
from tests.preprocessing.made_tables import table_of

pytestmark = pytest.mark.keras


def truths_of(*cells: str, missing: tuple[str, ...] = ()) -> dict[str, float] | None:
    specs = {"x": ColumnSpec(kind="boolean", missing=list(missing))}
    return find_truths(table_of({"x": cells}, specs), specs).get("x")


@pytest.mark.parametrize(
    ("cells", "truths"),
    [
        (("yes", "No", ""), {"no": -1, "yes": 1}),
        (("1", "0"), {"0": -1, "1": 1}),
        (("TRUE", "false", "y", "0"), {"true": 1, "false": -1, "y": 1, "0": -1}),
        (("m", "f"), {"f": -1, "m": 1}),
        (("alive", "dead", "dead"), {"alive": -1, "dead": 1}),
        (("on",), {"on": 1}),
        ((), {}),
        (("red", "green", "blue"), None),
    ],
)
def test_which_words_mean_yes(cells: tuple[str, ...], truths: dict[str, float] | None) -> None:
    assert truths_of(*cells) == truths


def test_marks_are_no_answers() -> None:
    assert truths_of("yes", "no", "?", missing=("?",)) == {"no": -1, "yes": 1}


def test_words_become_numbers_in_any_case_and_unknown_ones_are_missing() -> None:
    specs = {
        "answer": ColumnSpec(kind="boolean", missing=["-"]),
        "size": ColumnSpec(kind="category", order=["low", "Medium", "high"]),
    }
    answers, sizes = word_readers(specs, {"answer": {"no": -1.0, "yes": 1.0}})
    cells = tf.constant(["YES", "no", "maybe", "", "-"])
    np.testing.assert_array_equal(answers.layer([cells])[:, 0], [1, -1, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(
        sizes.layer([tf.constant(["LOW", "medium", " high ", "huge"])])[:, 0], [0, 1, 2, np.nan]
    )
    assert answers.bounded == (True,)
    assert sizes.bounded == (False,)
