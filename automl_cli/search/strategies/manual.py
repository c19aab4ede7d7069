"""No search: the user's values, defaults for the rest."""

from __future__ import annotations

from collections.abc import Iterable

from automl_cli.records import Trial, TrialResult
from automl_cli.search.strategies.tree import default_trial
from search_spaces.family import Family


class Manual:
    """Tries each family once, with the values that the user fixed and the defaults of the others."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._waiting = list(families)

    def ask(self, number: int) -> Trial | None:
        """Returns the trial of the next family."""
        return default_trial(number, self._waiting.pop(0), origin="manual") if self._waiting else None

    def tell(self, result: TrialResult) -> None:
        """Learns nothing."""
