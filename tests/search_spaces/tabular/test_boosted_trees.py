from __future__ import annotations

from tests.contracts.family_contract import FittedFamilyContract


class TestBoostedTrees(FittedFamilyContract):
    name = "boosted_trees"


class TestExtraTrees(FittedFamilyContract):
    name = "extra_trees"


class TestAdditiveTrees(FittedFamilyContract):
    name = "additive_trees"
