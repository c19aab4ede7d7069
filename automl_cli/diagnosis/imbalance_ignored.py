"""Imbalance ignored: a class is rare, and no trial did anything about it."""

from __future__ import annotations

from collections.abc import Iterator

from automl_cli.diagnosis.rule import RunRule
from automl_cli.diagnosis.searched import Searched

# Of an even share: of two classes, a fifth of the rows, as where the search begins to look for cures.
_RARE = 0.4
# Hyperparameters that do something about it, and the values with which they do not.
CURES = {"class_weight": "none", "imbalance": "none"}


def _look(search: Searched) -> Iterator[str]:
    rows = [count for count in search.class_rows if count]
    if len(rows) < 2 or min(rows) >= _RARE * sum(rows) / len(rows) or not search.tried:
        return
    if any(
        name in CURES and value != CURES[name]
        for result in search.tried
        for name, value in result.trial.hyperparameters.items()
    ):
        return
    yield (
        f"The rarest class has {min(rows):,} of {sum(rows):,} training rows, and none of {len(search.tried)} trials "
        "weighed, resampled or focused on it."
    )


IMBALANCE_IGNORED = RunRule(
    code="imbalance-ignored",
    name="Imbalance ignored",
    row=34,
    cure="--set imbalance=class_weights (or over_sampling, smote, focal), or more time, so that the search tries them",
    look=_look,
    severity="info",
)
