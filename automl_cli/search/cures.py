"""What is tried for what a training showed: near that trial, within the ranges, past nothing that is fixed.

    what was seen        what is changed: the first line of which anything can be, and only what can be
    exploding-gradients  a tenth of the learning rate, but at most 0.01, and gradients clipped to a length of 1
    vanishing-gradients  batch or layer normalisation, and silu instead of tanh or sigmoid; residual_mlp instead
    dead-units           silu, gelu or mish as activation; a third of the rate
    unstable-rate        a third of the rate
    overfitting          0.15 more dropout and three times the weight decay; more l2; half the width
    underfitting         twice the width and half the dropout; a layer more; three times the rate
    slow-convergence     three times the rate; half of a batch
    plateau              schedule warmup_cosine or cosine; a third of the rate
    too-few-epochs       twice the epochs, where the time allows it; twice the rate
    edge-of-range        a value beyond the end at which the best one lies, see `edge_of_range.beyond`

What is tried never takes more than every second turn behind the first trials of the portfolio, once for each trial and
what it showed, and only for trials of the better half. What explodes has precedence, as long as its family has no trial
that did not. What was tried for a trial is followed further only if it was better. All of this depends on what was told
and asked, and on nothing else: a replay comes to the same trials.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from automl_cli.diagnosis import because
from automl_cli.diagnosis.edge_of_range import beyond, edges_of_best
from automl_cli.diagnosis.searched import Searched
from automl_cli.records import Trial, TrialResult, Value
from automl_cli.search.strategy import SCREENED
from search_spaces.family import Family
from search_spaces.grammar import Parameter
from search_spaces.values import nearest_number, numbers_among

# What may be tried: a family, and all hyperparameters of a trial of it.
Options = Iterator[tuple[Family, dict[str, Value]]]
# For what something is tried, so that it is tried once; its origin; and what may be tried.
Wanted = tuple[tuple[Any, ...], str, Options]
# From a parameter and its value to another value; None where there is none.
Move = Callable[[Parameter, Value], Value | None]
# Plans how long a network of such a family and such hyperparameters is trained.
Plan = Callable[[Family, dict[str, Value]], dict[str, Value]]

_EXPLODING, _VANISHING = "exploding-gradients", "vanishing-gradients"
# Has skip connections and normalisation, whatever its settings.
_DEEP = "residual_mlp"


# Every network of ours bears that rate, whatever was tried before: from 100, a tenth at a time is a long way.
_BEARABLE_RATE = 0.01


def _times(factor: float, *, at_most: float = math.inf) -> Move:
    def move(parameter: Parameter, value: Value) -> Value | None:
        return _clipped(parameter, min(float(value) * factor, at_most))

    return move


def _stronger(factor: float) -> Move:
    """The next number of a choice, or so many times a number of a range."""

    def move(parameter: Parameter, value: Value) -> Value | None:
        if parameter.type != "choice":
            return _clipped(parameter, float(value) * factor)
        return min((number for number in numbers_among(parameter.values) if number > float(value)), default=None)

    return move


def _plus(amount: float) -> Move:
    def move(parameter: Parameter, value: Value) -> Value | None:
        return _clipped(parameter, float(value) + amount)

    return move


def _one_of(*wanted: Value, instead_of: tuple[Value, ...] = ()) -> Move:
    def move(parameter: Parameter, value: Value) -> Value | None:
        if instead_of and value not in instead_of:
            return None
        return next((other for other in wanted if other != value and parameter.allows(other)), None)

    return move


_LOWER, _HIGHER = {"learning_rate": _times(1 / 3)}, {"learning_rate": _times(3.0)}
_CURES: dict[str, tuple[Mapping[str, Move], ...]] = {
    _EXPLODING: ({"learning_rate": _times(0.1, at_most=_BEARABLE_RATE), "gradient_clip_norm": _one_of(1.0)},),
    _VANISHING: (
        {
            "normalization": _one_of("batch", "layer", instead_of=("none",)),
            "activation": _one_of("silu", "relu", instead_of=("tanh", "sigmoid")),
        },
    ),
    "dead-units": ({"activation": _one_of("silu", "gelu", "mish")}, _LOWER),
    "unstable-rate": (_LOWER,),
    "overfitting": (
        {"dropout": _plus(0.15), "weight_decay": _times(3.0)},
        {"l2": _stronger(10.0)},
        {"width": _times(0.5)},
    ),
    "underfitting": (
        {"width": _times(2.0), "dropout": _times(0.5)},
        {"depth": _plus(1.0), "blocks": _plus(1.0)},
        _HIGHER,
    ),
    "slow-convergence": (_HIGHER, {"batch_size": _times(0.5)}),
    "plateau": ({"schedule": _one_of("warmup_cosine", "cosine")}, _LOWER),
    "too-few-epochs": ({"epochs": _times(2.0)}, {"learning_rate": _times(2.0)}),
}


def changes_for(code: str, trial: Trial, *, families: Mapping[str, Family]) -> Options:
    """Yields what may be tried for what a trial showed, the most promising first.

    Args:
        code: Of the finding.
        trial: That showed it.
        families: That are searched, with the user's fixed values.

    Yields:
        A family, and all hyperparameters of a trial of it.
    """
    family = families[trial.family]
    space = family.full_space
    for moves in _CURES.get(code, ()):
        changed = {
            name: value
            for name, move in moves.items()
            if name in trial.hyperparameters
            and (value := _moved(space[name], trial.hyperparameters[name], move)) is not None
        }
        if changed:
            yield family, _complete(family, trial.hyperparameters, changed)
    if code == _VANISHING and trial.family != _DEEP and _DEEP in families:
        yield families[_DEEP], families[_DEEP].full_space.defaults()


class Cures:
    """Hears of trials and says what is to be tried for what they showed.

    Args:
        families: That are searched, by name.
        greater_is_better: Direction of the scores.
        plan: How long a trial is trained.
    """

    def __init__(self, families: Mapping[str, Family], *, greater_is_better: bool, plan: Plan) -> None:
        self._families = families
        self._greater_is_better = greater_is_better
        self._plan = plan
        self._results: list[TrialResult] = []
        self._known: list[tuple[str, Mapping[str, Value]]] = []
        self._done: set[tuple[Any, ...]] = set()
        # For which trial and what finding a trial was tried, and its family, by its number.
        self._sources: dict[int, tuple[int, str, str]] = {}
        self._is_rested = True

    def tell(self, result: TrialResult) -> None:
        """Hears of the end of a trial of one of the families."""
        self._results.append(result)
        if not self._is_known(result.trial.family, result.trial.hyperparameters):
            self._known.append((result.trial.family, result.trial.hyperparameters))

    def rest(self, trial: Trial) -> None:
        """Hears that the search has had its turn."""
        self._known.append((trial.family, trial.hyperparameters))
        self._is_rested = True

    def next(self, number: int, *, urgent_only: bool = False, is_idle: bool = False) -> Trial | None:
        """Returns what is to be tried under this number; None where there is nothing, or it is not their turn.

        Args:
            number: Of the trial.
            urgent_only: Whether only a family that has nothing but explosions is helped.
            is_idle: Whether the search has nothing to try itself.
        """
        if not self._is_rested and not is_idle:
            return None
        for key, origin, options in self._wanted(urgent_only):
            for family, values in options:
                planned = self._plan(family, values)
                if self._is_known(family.name, planned):
                    continue
                self._done.add(key)
                self._is_rested = False
                self._known.append((family.name, planned))
                if isinstance(key[0], int):
                    self._sources[number] = (key[0], key[1], family.name)
                return Trial(number, family.name, planned, epochs=int(planned.get("epochs", 1)), origin=origin)
        return None

    def _wanted(self, urgent_only: bool) -> Iterator[Wanted]:
        """Yields for what something may be tried, and what: the most urgent first, then what the best trials show."""
        ranked = self._ranked()
        urgent = [result for result in self._results if self._is_urgent(result)]
        better = [] if urgent_only else ranked[: math.ceil(len(ranked) / 2)]
        for result in (*urgent, *better):
            trial = result.trial
            for finding in result.findings:
                key = (trial.number, finding.code)
                if key not in self._done and self._is_worth(result, finding.code):
                    options = changes_for(finding.code, trial, families=self._families)
                    yield key, because(trial.number, finding.code), options
        if not urgent_only:
            yield from self._edges()

    def _edges(self) -> Iterator[Wanted]:
        searched = Searched(
            [result for result in self._results if result.trial.origin != SCREENED],
            self._families,
            metric="",
            greater_is_better=self._greater_is_better,
        )
        for name, end in edges_of_best(searched):
            best = searched.tried[0].trial
            family = self._families[best.family]
            key, value = (best.family, name, end), beyond(family.full_space[name], end)
            if key not in self._done and value is not None:
                changed = _complete(family, best.hyperparameters, {name: value})
                yield key, f"tried because {name} is best at the {end} end of its range", iter([(family, changed)])

    def _is_urgent(self, result: TrialResult) -> bool:
        codes = [finding.code for finding in result.findings]
        sane = any(
            other.score is not None and all(finding.code != _EXPLODING for finding in other.findings)
            for other in self._results
            if other.trial.family == result.trial.family
        )
        return _EXPLODING in codes and not sane

    def _is_being_helped(self, family: str) -> bool:
        """Whether something is tried against explosions of a family, of which nobody knows what comes of it."""
        told = {result.trial.number for result in self._results}
        return any(
            code == _EXPLODING and helped == family and number not in told
            for number, (_, code, helped) in self._sources.items()
        )

    def _is_worth(self, result: TrialResult, code: str) -> bool:
        """True unless the trial was itself tried for the same thing, and came to no more than the one before."""
        if code == _EXPLODING:
            return not self._is_being_helped(result.trial.family)
        source = self._sources.get(result.trial.number)
        if source is None or source[1] != code:
            return True
        before = next((other for other in self._results if other.trial.number == source[0]), None)
        if before is None or before.score is None or result.score is None:
            return True
        return result.score > before.score if self._greater_is_better else result.score < before.score

    def _ranked(self) -> list[TrialResult]:
        sign = -1.0 if self._greater_is_better else 1.0
        scored = [
            result
            for result in self._results
            if result.score is not None and math.isfinite(result.score) and result.trial.origin != SCREENED
        ]
        return sorted(scored, key=lambda result: (sign * float(result.score or 0.0), result.trial.number))

    def _is_known(self, family: str, hyperparameters: Mapping[str, Value]) -> bool:
        return any(family == other and dict(hyperparameters) == dict(values) for other, values in self._known)


def _moved(parameter: Parameter, value: Value, move: Move) -> Value | None:
    if parameter.fixed:
        return None
    moved = move(parameter, value)
    return None if moved == value else moved


def _complete(family: Family, values: Mapping[str, Value], changed: Mapping[str, Value]) -> dict[str, Value]:
    """Returns all hyperparameters of a trial; how long it is trained is planned anew, unless that was changed."""
    space = family.full_space
    planned = {"epochs": space["epochs"].default} if "epochs" in space.names else {}
    return space.active({**values, **planned, **changed})


def _clipped(parameter: Parameter, value: float) -> Value | None:
    """Returns the number as the parameter has it, no further than the end of its range."""
    if parameter.type == "choice":
        return nearest_number(value, parameter.values)
    if parameter.low is None or parameter.high is None:
        return None
    inside = min(max(value, parameter.low), parameter.high)
    return round(inside) if parameter.type == "int" else float(f"{inside:.4g}")
