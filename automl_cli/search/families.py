"""The families that a search chooses from, with the user's own space and fixed values in place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from automl_cli.errors import UsageError
from automl_cli.records import Task, Trial, TrialResult
from automl_cli.search.strategies.tree import default_trial
from automl_cli.spec.dataset import DatasetSpec
from automl_cli.spec.monotone import directions_of
from automl_cli.spec.search import SearchSpec
from search_spaces.family import Family, load_families, load_space
from search_spaces.grammar import Value

BASELINES = ("constant", "linear")


def resolve_families(
    plan: SearchSpec, *, task: Task, rows: int, has_rare_class: bool = False, monotone: bool = False
) -> dict[str, Family]:
    """Returns the families to search, by name, suited to the task and the number of training rows.

    With a space of the user's own and no families named, only the family of that space is searched. A fixed value
    holds in every family that knows its name.

    Args:
        plan: Names families (none means all that learn by gradient), a space and fixed values.
        task: What is predicted.
        rows: Rows to learn from; defaults depend on them.
        has_rare_class: Whether a class has few of them; cures are searched then.
        monotone: Whether the model has to keep directions of columns: only families that do are searched then.

    Raises:
        UsageError: A family, a file, a name or a value is not right, or a family that was named keeps no directions.
    """
    try:
        own = load_space(Path(plan.space)) if plan.space else None
        pinned_family = plan.hyperparameters.get("family")
        names = (
            [str(pinned_family)]
            if pinned_family
            else list(plan.families) or ([own.name] if own else _searched(monotone))
        )
        families = load_families(names)
    except (ValueError, OSError) as error:
        raise UsageError(str(error), hint="'automl spaces' lists the families") from error
    if monotone:
        _require_monotone(families)
    if own is not None and own.name in families:
        families[own.name] = own
    suited = {
        name: family.for_table(task=task, rows=rows, has_rare_class=has_rare_class) for name, family in families.items()
    }
    return _pinned(suited, {name: value for name, value in plan.hyperparameters.items() if name != "family"})


def baseline_trials(*, task: Task, rows: int) -> list[Trial]:
    """Returns the trials that every leaderboard starts with: the constant and the linear model."""
    families = load_families(BASELINES).values()
    return [
        default_trial(number, family.for_table(task=task, rows=rows), origin="baseline")
        for number, family in enumerate(families, start=1)
    ]


def keeping_directions(results: Sequence[TrialResult], dataset: DatasetSpec) -> Sequence[TrialResult]:
    """Returns the trials that may be part of the model: all, or where directions are declared, those that keep them."""
    if not directions_of(dataset):
        return results
    families = load_families({result.trial.family for result in results})
    return [result for result in results if families[result.trial.family].can_be_monotone]


def _searched(monotone: bool) -> list[str]:
    families = load_families().values()
    return [f.name for f in families if f.name not in BASELINES and (f.can_be_monotone or not monotone)]


def _require_monotone(families: dict[str, Family]) -> None:
    others = [family.name for family in families.values() if not family.can_be_monotone]
    if others:
        raise UsageError(
            f"{', '.join(others)} cannot keep the direction of a column.",
            hint=f"choose from {', '.join(_searched(True))}",
        )


def _pinned(families: dict[str, Family], pins: dict[str, Value]) -> dict[str, Family]:
    known = {name for family in families.values() for name in family.full_space.names}
    for name in pins:
        if name not in known:
            raise UsageError(
                f"No family of this search has a hyperparameter '{name}'.",
                hint="'automl spaces FAMILY' lists them",
            )
    try:
        return {
            name: family.with_pins({pin: value for pin, value in pins.items() if pin in family.full_space.names})
            for name, family in families.items()
        }
    except ValueError as error:
        raise UsageError(f"A fixed value is not possible: {error}.") from error
