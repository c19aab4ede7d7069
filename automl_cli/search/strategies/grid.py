"""Grid search within one family."""

from __future__ import annotations

import keras_tuner

from automl_cli.search.strategies.by_oracle import ByOracle
from automl_cli.search.strategies.oracle import Oracle
from automl_cli.search.strategies.tree import as_choice, declare, make_tree
from search_spaces.family import Family
from search_spaces.grammar import Parameter, Space


def grid_strategy(family: Family, *, greater_is_better: bool, seed: int) -> ByOracle:
    """Returns a strategy that begins with the default and runs through all combinations, the last parameter first.

    A range without steps stands for its two ends and its default: KerasTuner's ten points of each would not let a
    run of minutes past the last parameter.
    """
    families = {family.name: family}
    tree = Space(tuple(_three_points(parameter) for parameter in make_tree(families).parameters))
    oracle = Oracle(keras_tuner.oracles.GridSearchOracle, declare(tree), greater_is_better=greater_is_better, seed=seed)
    return ByOracle(oracle, families, origin="grid", greater_is_better=greater_is_better)


def _three_points(parameter: Parameter) -> Parameter:
    if parameter.low is None or parameter.fixed:
        return parameter
    return as_choice(parameter, [parameter.low, parameter.high])
