"""The default of a family before any search within it."""

from __future__ import annotations

from collections.abc import Callable

from automl_cli.records import Trial, TrialResult
from automl_cli.search.strategies.tree import default_trial
from automl_cli.search.strategy import Strategy
from search_spaces.family import Family


class DefaultFirst:
    """Gives the default of a family, and then what another strategy asks for.

    The other strategy is made when it is first needed: KerasTuner, which takes a second to import, is imported
    while the defaults are trained.

    Args:
        family: Whose default is the first trial.
        make: Makes the strategy that goes on; it hears of all trials that ended before.
    """

    def __init__(self, family: Family, make: Callable[[], Strategy]) -> None:
        self._family = family
        self._make = make
        self._begun = False
        self._strategy: Strategy | None = None
        self._heard: list[TrialResult] = []

    def ask(self, number: int) -> Trial | None:
        """Returns the default, later the other strategy's next trial."""
        if not self._begun:
            self._begun = True
            return default_trial(number, self._family)
        if self._strategy is None:
            self._strategy = self._make()
            for result in self._heard:
                self._strategy.tell(result)
        return self._strategy.ask(number)

    def tell(self, result: TrialResult) -> None:
        """Passes a result on."""
        if result.trial.hyperparameters == self._family.full_space.defaults():
            self._begun = True  # somebody else has tried it
        if self._strategy is None:
            self._heard.append(result)
        else:
            self._strategy.tell(result)
