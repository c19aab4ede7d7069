from __future__ import annotations

import pytest

from search_spaces.family import core_model, load_families
from tests.contracts.family_contract import EVERYTHING, GradientFamilyContract

pytestmark = pytest.mark.keras


class TestAutokerasStructured(GradientFamilyContract):
    name = "autokeras_structured"


def test_the_block_is_built_of_the_values_given():
    model = core_model(
        load_families(["autokeras_structured"])["autokeras_structured"],
        EVERYTHING,
        outputs=3,
        hyperparameters={
            "num_layers": 3, "units_0": 64, "units_1": 32, "units_2": 16, "use_batchnorm": True, "dropout": 0.5,
        },
        seed=0,
    )  # fmt: skip
    kinds = [type(layer).__name__ for layer in model.layers]
    assert [layer.units for layer in model.layers if hasattr(layer, "units")] == [64, 32, 16, 3]
    assert kinds.count("BatchNormalization") == kinds.count("Dropout") == 3
    assert next(layer.rate for layer in model.layers if hasattr(layer, "rate")) == 0.5


def test_names_that_autokeras_counts_up_do_not_matter():
    from search_spaces.autokeras.answers import Answers

    answers = Answers({"units_0": 64})
    for scope in ("structured_data_block_1/dense_block_1", "dense_block_17"):
        with answers.name_scope(scope):
            assert answers.Choice("units_0", [16, 32, 64]) == 64


def test_a_question_without_an_answer_is_an_error_rather_than_a_default():
    from search_spaces.autokeras.answers import Answers

    with pytest.raises(ValueError, match="'activation'"):
        Answers({"units_0": 64}).Choice("activation", ["relu"])
