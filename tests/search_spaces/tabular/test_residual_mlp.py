from __future__ import annotations

import numpy as np
import pytest

from search_spaces.family import core_model, load_families
from tests.contracts.family_contract import EVERYTHING, GradientFamilyContract, made_groups, read_by

pytestmark = pytest.mark.keras


class TestResidualMlp(GradientFamilyContract):
    name = "residual_mlp"


def test_a_block_adds_to_what_it_was_given():
    family = load_families(["residual_mlp"])["residual_mlp"]
    deep, shallow = (
        core_model(family, EVERYTHING, outputs=2, hyperparameters={"blocks": blocks}, seed=0) for blocks in (2, 1)
    )
    kept = {layer.name: layer.get_weights() for layer in shallow.layers}
    for layer in deep.layers:
        if layer.name == "block_1_outer":
            layer.set_weights([np.zeros_like(weights) for weights in layer.get_weights()])
        elif layer.name in kept:
            layer.set_weights(kept[layer.name])
    groups = read_by(deep, made_groups(EVERYTHING))
    assert np.allclose(deep(groups), shallow(groups), atol=1e-6)
