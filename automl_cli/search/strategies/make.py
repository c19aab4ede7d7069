"""From the name of a strategy to the strategy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from automl_cli.errors import UsageError
from automl_cli.records import TrialResult
from automl_cli.search.planning import Terms
from automl_cli.search.strategies.by_family import ByFamily
from automl_cli.search.strategies.manual import Manual
from automl_cli.search.strategy import Strategy
from automl_cli.spec.search import StrategyName
from automl_cli.training.seeds import integer
from search_spaces.family import Family

# Trials of a family over those of the family ranked behind it.
_DECAY = 2.0


def make_strategy(
    name: StrategyName,
    families: Mapping[str, Family],
    *,
    greater_is_better: bool,
    seed: int,
    terms: Terms | None = None,
    weigh: Callable[[Sequence[TrialResult]], Mapping[int, float]] | None = None,
) -> Strategy:
    """Returns a fresh strategy; imports KerasTuner, and so TensorFlow, for all but "manual".

    Args:
        name: "auto" is the portfolio first and then a search around what has helped the ensemble.
        families: To choose from, suited to the table, with the user's fixed values; the most promising first.
        greater_is_better: Direction of the search's metric.
        seed: The search's seed.
        terms: For "auto": what is known of the search before its first trial.
        weigh: For "auto": says what trials contribute to an ensemble.

    Raises:
        UsageError: Hyperband without a family that trains by epochs.
    """
    if name == "manual" or not families:
        return Manual(families.values())
    if name in ("bayesian", "grid"):
        members = {
            family.name: _within(name, family, greater_is_better=greater_is_better, seed=seed)
            for family in families.values()
        }
        return ByFamily(members, greater_is_better=greater_is_better, decay=1.0 if name == "grid" else _DECAY)
    seed = integer(seed, "strategy")
    if name == "auto":
        from automl_cli.search.strategies.auto import Auto

        return Auto(families, greater_is_better=greater_is_better, seed=seed, terms=terms, weigh=weigh)
    if name == "hyperband":
        from automl_cli.search.strategies.hyperband import Hyperband

        trained = {family.name: family for family in families.values() if family.kind == "gradient"}
        if not trained:
            raise UsageError(
                f"Hyperband stops and continues trainings, but {', '.join(families)} have no epochs.",
                hint="choose another strategy: only networks, such as mlp, have epochs",
            )
        return Hyperband(trained, greater_is_better=greater_is_better, seed=seed)
    if name == "greedy":
        from automl_cli.search.strategies.greedy import greedy_strategy

        return greedy_strategy(families, greater_is_better=greater_is_better, seed=seed)
    from automl_cli.search.strategies.random_search import random_strategy

    return random_strategy(families, greater_is_better=greater_is_better, seed=seed)


def _within(name: StrategyName, family: Family, *, greater_is_better: bool, seed: int) -> Strategy:
    """Returns the strategy of one family; families draw from streams of their own."""
    seed = integer(seed, "strategy", family.name)
    if name == "grid":
        from automl_cli.search.strategies.grid import grid_strategy

        return grid_strategy(family, greater_is_better=greater_is_better, seed=seed)
    from automl_cli.search.strategies.bayesian import bayesian_strategy

    return bayesian_strategy(family, greater_is_better=greater_is_better, seed=seed)
