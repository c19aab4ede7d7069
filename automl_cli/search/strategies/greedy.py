"""AutoKeras' greedy search: the best trial so far with one group of its values drawn anew."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from autokeras.tuners.greedy import GreedyOracle

from automl_cli.search.strategies.by_oracle import ByOracle
from automl_cli.search.strategies.oracle import Oracle
from automl_cli.search.strategies.tree import declare, default_trial, make_tree, tree_values
from search_spaces.family import Family


def greedy_strategy(families: Mapping[str, Family], *, greater_is_better: bool, seed: int) -> ByOracle:
    """Returns a strategy that begins with the default of each family and then changes the best trial.

    A group is one value, the values of one family, or everything; the fewer it holds, the more often it is chosen.
    """
    oracle = Oracle(
        partial(
            GreedyOracle,
            initial_hps=[tree_values(default_trial(0, family)) for family in families.values()],
            max_trials=None,
        ),
        declare(make_tree(families)),
        greater_is_better=greater_is_better,
        seed=seed,
    )
    return ByOracle(oracle, families, origin="greedy", greater_is_better=greater_is_better)
