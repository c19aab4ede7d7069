"""Random search over all families at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import keras_tuner

from automl_cli.search.strategies.by_oracle import ByOracle
from automl_cli.search.strategies.oracle import Oracle
from automl_cli.search.strategies.tree import declare, make_tree
from search_spaces.family import Family


def random_strategy(families: Mapping[str, Family], *, greater_is_better: bool, seed: int) -> ByOracle:
    """Returns a strategy that draws the family first, then its values, each evenly on its scale.

    It ends where twenty draws in a row were tried before.
    """
    oracle = Oracle(
        partial(keras_tuner.oracles.RandomSearchOracle, max_trials=None),
        declare(make_tree(families)),
        greater_is_better=greater_is_better,
        seed=seed,
    )
    return ByOracle(oracle, families, origin="random", greater_is_better=greater_is_better)
