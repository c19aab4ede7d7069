"""The one door to every way of choosing trials."""

from __future__ import annotations

from typing import Protocol

from automl_cli.records import Trial, TrialResult

# The origin of a trial that is trained for a look, and may go on.
SCREENED = "screened"


class Strategy(Protocol):
    """Chooses trials and learns from their results.

    A fresh strategy of the same seed that is asked and told the same again goes on in the same way; that is how a
    run is resumed.
    """

    def ask(self, number: int) -> Trial | None:
        """Returns the next trial under this number.

        None means that nothing is left to try or, while trials are running, that their results are waited for.
        """

    def tell(self, result: TrialResult) -> None:
        """Hears how a trial that it gave ended."""
