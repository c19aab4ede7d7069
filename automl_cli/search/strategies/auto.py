"""The default strategy: a portfolio of tuned defaults, then a search around what has helped the ensemble.

In between, what trainings showed is acted on; see `automl_cli.search.cures`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from automl_cli.records import Trial, TrialResult, Value
from automl_cli.search.cures import Cures
from automl_cli.search.planning import Terms, fitted_to_time, seconds_per_epoch
from automl_cli.search.strategies.auto_oracle import AutoOracle, Guidance
from automl_cli.search.strategies.oracle import Oracle
from automl_cli.search.strategies.tree import declare, make_tree, make_trial, nearest_values, tree_values
from automl_cli.search.strategy import SCREENED
from automl_cli.training.stages import TRANSFER
from search_spaces.family import Family
from search_spaces.portfolio import Entry, all_entries, portfolio_for
from search_spaces.values import multiplied

# From results so far to the share of each trial in an ensemble, by its number.
Weigh = Callable[[Sequence[TrialResult]], Mapping[int, float]]

# Of its epochs, a screened network takes so many: the second time at which RealMLP's rate has fallen to 0.
_SCREENED_SHARE = 0.2
_FEWEST_SCREENED_EPOCHS = 3
# So many trials of the portfolio come first, as many as a minute has room for; then cures take turns with the others.
_ENTRIES_BEFORE_CURES = 8
# What the first of the families has contributed as long as nobody weighs; the next has half of it, and so on.
_CREDIT_OF_FIRST = 0.5


class Auto:
    """Asks an `AutoOracle`, plans how long networks train, and gives families credit for what they contribute.

    Args:
        families: To choose from, by name, the most promising first.
        greater_is_better: Direction of the scores.
        seed: Any number from 0.
        terms: Of the search; without them there is no portfolio but the default of each family, trained as it says.
        weigh: Says what trials contribute; without it, families are ranked by their best score.
    """

    def __init__(
        self,
        families: Mapping[str, Family],
        *,
        greater_is_better: bool,
        seed: int,
        terms: Terms | None = None,
        weigh: Weigh | None = None,
    ) -> None:
        self._families = families
        self._sign = 1.0 if greater_is_better else -1.0
        self._terms = terms
        self._weigh = weigh
        self._origins: list[tuple[dict[str, Value], str]] = []
        portfolio = [self._known_as(entry) for entry in _entries(families, terms)]
        # Where the user has fixed what tells two entries apart, they are one.
        portfolio = [values for place, values in enumerate(portfolio) if values not in portfolio[:place]]
        self._guidance = Guidance(portfolio=portfolio, cost=self._cost, can_screen=self._can_screen)
        self._oracle = Oracle(
            partial(AutoOracle, self._guidance),
            declare(make_tree(families)),
            greater_is_better=greater_is_better,
            seed=seed,
        )
        self._cures = Cures(families, greater_is_better=greater_is_better, plan=self._fitted)
        self._names: dict[int, str] = {}
        self._numbers: dict[str, int] = {}
        self._trials: dict[str, Trial] = {}
        self._results: list[TrialResult] = []
        self._scores: list[float] = []

    def ask(self, number: int) -> Trial | None:
        """Returns the next trial of the portfolio or of the search behind it, or one for what another one showed."""
        is_early = bool(self._guidance.portfolio) and len(self._trials) < _ENTRIES_BEFORE_CURES
        cure = self._cures.next(number, urgent_only=is_early)
        if cure is not None:
            return cure
        suggestion = self._oracle.suggest()
        if suggestion is None:
            return self._cures.next(number, is_idle=True)
        name, values = suggestion
        self._names[number], self._numbers[name] = name, number
        self._trials[name] = self._planned(number, values)
        self._cures.rest(self._trials[name])
        return self._trials[name]

    def tell(self, result: TrialResult) -> None:
        """Reports a trial, and asks anew who has contributed what."""
        trial, score = result.trial, result.score
        if trial.family not in self._families:
            return
        self._cures.tell(result)
        if score is not None and math.isfinite(score):
            self._scores.append(score)
            self._results.append(result)
        else:  # as the worst so far: passed over, its neighbours would be tried next
            score = (min if self._sign > 0 else max)(self._scores) if self._scores else None
        if trial.number in self._names:
            self._oracle.report(self._names.pop(trial.number), score)
        elif score is not None and trial.hyperparameters.get("start") != TRANSFER:  # its score says nothing of others
            self._skip(trial)
            self._oracle.observe(nearest_values(trial, self._families[trial.family]), score)
        if not self._guidance.portfolio:
            self._guidance.credits.update(self._credits())

    def _planned(self, number: int, values: Mapping[str, Any]) -> Trial:
        trial = make_trial(number, values, families=self._families, origin=self._origin(values))
        fitted = self._fitted(self._families[trial.family], trial.hyperparameters)
        if "epochs" in fitted:
            trial = dataclasses.replace(trial, epochs=int(fitted["epochs"]), hyperparameters=fitted)
        if values.get("screen"):
            few = max(_FEWEST_SCREENED_EPOCHS, round(_SCREENED_SHARE * trial.epochs))
            return dataclasses.replace(trial, epochs=min(few, trial.epochs))
        if (parent := values.get("parent")) is not None:
            first = self._trials[parent]
            if first.epochs < trial.epochs:
                return dataclasses.replace(trial, initial_epoch=first.epochs, parent=first.number)
        return trial

    def _fitted(self, family: Family, hyperparameters: Mapping[str, Value]) -> dict[str, Value]:
        if self._terms is None or "epochs" not in hyperparameters:
            return dict(hyperparameters)
        return fitted_to_time(family, hyperparameters, terms=self._terms)

    def _origin(self, values: Mapping[str, Any]) -> str:
        if values.get("screen"):
            return SCREENED
        if values.get("parent"):
            return "best screened"
        return next((origin for known, origin in self._origins if known == values), "near the best")

    def _known_as(self, entry: Entry) -> dict[str, Value]:
        """Returns the values of an entry by their names in the tree, and keeps what people see."""
        family = self._families[entry.family]
        space = family.full_space
        known = {name: value for name, value in entry.values.items() if name in space.names}
        # An entry's learning rate is for its own optimizer; another one that is pinned has its share of it.
        fitting = {name: multiplied(value, space[name].factor) for name, value in known.items()}
        # What the user has fixed allows itself alone.
        allowed = {name: value for name, value in fitting.items() if space[name].allows(value)}
        active = space.active(allowed)
        values: dict[str, Value] = {"family": entry.family, **{f"{entry.family}/{n}": v for n, v in active.items()}}
        self._origins.append((values, entry.name))
        return values

    def _skip(self, trial: Trial) -> None:
        """Takes out of the portfolio what somebody else has tried."""
        values = tree_values(trial)
        self._guidance.portfolio = [known for known in self._guidance.portfolio if known != values]

    def _can_screen(self, family: str) -> bool:
        return self._terms is not None and self._families[family].kind == "gradient"

    def _cost(self, values: Mapping[str, Any]) -> float:
        trial = make_trial(0, values, families=self._families, origin="")
        if self._terms is None or "batch_size" not in trial.hyperparameters:
            return 1.0 if self._terms is None else 1e-4 * self._terms.rows * self._terms.folds
        fitted = fitted_to_time(self._families[trial.family], trial.hyperparameters, terms=self._terms)
        share = _SCREENED_SHARE if values.get("screen") else 1.0
        return share * int(fitted["epochs"]) * self._terms.folds * seconds_per_epoch(fitted, self._terms)

    def _credits(self) -> dict[str, float]:
        if self._weigh is not None:
            weights = self._weigh(self._results)
            families = {result.trial.number: result.trial.family for result in self._results}
            credits = dict.fromkeys(self._families, 0.0)
            for number, share in weights.items():
                credits[families[number]] += share
            return credits
        best: dict[str, float] = {}
        for result in self._results:
            score = self._sign * float(result.score or 0.0)
            best[result.trial.family] = max(best.get(result.trial.family, -math.inf), score)
        ranked = sorted(best, key=lambda family: -best[family])
        return {family: _CREDIT_OF_FIRST / 2**place for place, family in enumerate(ranked)}


def _entries(families: Mapping[str, Family], terms: Terms | None) -> list[Entry]:
    """Returns the portfolio of these families, and the default of those that it does not speak of.

    Where a portfolio is chosen from all families, one that it does not try here has its reasons; where the user has
    named families, each of them is tried.
    """
    known = portfolio_for(terms.occasion) if terms is not None else []
    entries = [entry for entry in known if entry.family in families]
    spoken_of = {entry.family for entry in all_entries().values()}
    is_named = terms is None or not spoken_of <= families.keys()
    tried = {entry.family for entry in entries} if is_named else spoken_of
    return [*entries, *(Entry("default", name) for name in families if name not in tried)]
