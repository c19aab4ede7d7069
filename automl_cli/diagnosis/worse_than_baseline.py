"""Worse than a baseline: all the searching came to less than a constant or a linear model."""

from __future__ import annotations

from collections.abc import Iterator

from automl_cli.diagnosis.rule import RunRule
from automl_cli.diagnosis.searched import Searched


def _look(search: Searched) -> Iterator[str]:
    if not search.tried or not search.baselines:
        return
    best, baseline = search.tried[0], search.baselines[0]
    assert best.score is not None
    assert baseline.score is not None
    if search.is_better(best.score, baseline.score):
        return
    yield (
        f"The best of {len(search.tried)} trials has a {search.metric} of {best.score:.4g} ({best.trial.family}), "
        f"no better than the {baseline.score:.4g} of the {baseline.trial.family} baseline."
    )


WORSE_THAN_BASELINE = RunRule(
    code="worse-than-baseline",
    name="Worse than a baseline",
    row=42,
    cure="more time or other families; or the columns hold nothing that goes beyond a straight line",
    look=_look,
)
