"""KerasTuner's door to the default strategy: the portfolio first, then draws around what has worked.

After the portfolio, families take turns by what they have contributed to the ensemble for the time that they took.
Within a family of networks, draws around the defaults are trained for a few epochs, and the best of them in full: that
is as good as halving in many rounds (Egele et al. 2023, arXiv 2307.15422). Then, and with families that know no epochs,
it is local changes of the best trials (as FLAML's, Wu et al. 2021), of which the likeliest by the densities of good and
of other trials is taken (Bergstra et al. 2011).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras_tuner
import numpy as np
from numpy.typing import NDArray

from automl_cli.search.strategies.coordinates import point_of, values_at, varied

# Draws that are screened at a time, and those of them that are trained in full.
_SCREENED, _PROMOTED = 6, 2
# Standard deviation of draws around the defaults, on axes of length 1.
_SPREAD = 0.25
# Candidates among which the densities choose, and what share of the trials counts as good.
_CANDIDATES, _GOOD_SHARE = 48, 0.25
# Below, there is no density: the nearest change of the best is as good as any.
_FEWEST_FOR_DENSITIES = 6
# Share of the axes that a change moves, and how far.
_CHANGED_SHARE, _STEP = 0.25, 0.15
_BANDWIDTH = 0.2
_TRIES = 50


@dataclass(slots=True)
class Guidance:
    """What the strategy tells the oracle; it changes while a search goes on.

    Attributes:
        portfolio: Values by their names in the tree, in their order; what has been given is taken out.
        credits: What each family has contributed to the ensemble, 0 to 1; absent ones are unknown.
        cost: About how long a trial of these values takes.
        can_screen: Whether a family trains by epochs.
    """

    portfolio: Sequence[Mapping[str, Any]]
    cost: Callable[[Mapping[str, Any]], float]
    can_screen: Callable[[str], bool]
    credits: dict[str, float] = field(default_factory=dict)


class AutoOracle(keras_tuner.Oracle):
    """Chooses the trials of the default strategy.

    Values may hold `screen: True` for a training of a few epochs, and `parent`, the name of a screened trial that is to
    go on.

    Args:
        guidance: See there.
        objective: As of `keras_tuner.Oracle`, like all that follow.
        hyperparameters: The tree.
        seed: Of all draws.
        max_consecutive_failed_trials: For the base class.
    """

    # A family that has contributed nothing yet is not given up.
    least_credit = 0.05

    def __init__(
        self,
        guidance: Guidance,
        *,
        objective: Any,
        hyperparameters: Any,
        seed: int,
        max_consecutive_failed_trials: int,
    ) -> None:
        super().__init__(
            objective=objective,
            hyperparameters=hyperparameters,
            seed=seed,
            max_consecutive_failed_trials=max_consecutive_failed_trials,
        )
        self._guidance = guidance
        self._families = next(p for p in hyperparameters.space if p.name == "family").values
        self._spent = dict.fromkeys(self._families, 0.0)
        self._screens: dict[str, list[str]] = {family: [] for family in self._families}
        self._promoted: set[str] = set()

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Returns a status and values, as `keras_tuner.Oracle` asks for."""
        if self._guidance.portfolio:
            first, *self._guidance.portfolio = self._guidance.portfolio
            return {"status": "RUNNING", "values": dict(first)}
        # Drawn anew for each trial: a replay needs no state but the number of trials.
        draw = np.random.default_rng([self.seed, len(self.trials)])
        for family in self._by_turn():
            values = self._next_of(family, trial_id, draw)
            if values is not None:
                self._spent[family] += self._guidance.cost(values)
                return {"status": "RUNNING", "values": values}
        return {"status": "STOPPED", "values": None}

    def _by_turn(self) -> list[str]:
        """Returns families, first the one whose next trial is cheapest for what the family has contributed."""
        least, credits = self.least_credit, self._guidance.credits

        def price(family: str) -> float:
            typical = self._guidance.cost(self._default(family))
            return (self._spent[family] + typical) / (least + credits.get(family, 0.0))

        return sorted(self._families, key=price)

    def _next_of(self, family: str, name: str, draw: np.random.Generator) -> dict[str, Any] | None:
        screens = self._screens[family]
        if self._guidance.can_screen(family):
            if len(screens) < _SCREENED:
                values = self._near_default(family, draw)
                if values is None:
                    return None
                screens.append(name)
                return {**values, "screen": True}
            if (parent := self._promotable(family)) is not None:
                self._promoted.add(parent)
                return {**self._own(parent), "parent": parent}
        return self._densest(family, draw)

    def _promotable(self, family: str) -> str | None:
        """Returns the best screened trial that has not gone on, once all of its round are known."""
        trials = [self.trials[name] for name in self._screens[family]]
        if any(trial.status == "RUNNING" for trial in trials):
            return None
        known = sorted((t for t in trials if t.score is not None), key=lambda t: self._sign * t.score)
        best = [trial.trial_id for trial in known[:_PROMOTED] if trial.trial_id not in self._promoted]
        return best[0] if best else None

    def _densest(self, family: str, draw: np.random.Generator) -> dict[str, Any] | None:
        ranked = self._ranked(family)
        if not ranked:
            return self._near_default(family, draw)
        good = ranked[: max(1, round(_GOOD_SHARE * len(ranked)))]
        if len(ranked) < _FEWEST_FOR_DENSITIES:
            return self._new(lambda: self._around(good[:1], draw, spread=_STEP, share=_CHANGED_SHARE))
        points, others = self._points(good), self._points(ranked[len(good) :])
        drawn = [self._around(good, draw, spread=_STEP, share=_CHANGED_SHARE) for _ in range(_CANDIDATES)]
        new = [values for values in drawn if not self._is_known(values)]
        if not new:
            return None
        places = self._points(new)
        gain = _log_density(places, points) - _log_density(places, others)
        return new[int(np.argmax(gain))]

    def _around(
        self, centres: Sequence[Mapping[str, Any]], draw: np.random.Generator, *, spread: float, share: float = 1.0
    ) -> dict[str, Any]:
        """Draws values near one of some others; those of its own family move."""
        centre = centres[int(draw.integers(len(centres)))]
        family, axes = str(centre["family"]), varied(self.hyperparameters)
        point = np.array(point_of(self.hyperparameters, centre))
        own = np.array([axis.name.startswith(f"{family}/") for axis in axes])
        moved = own & (draw.uniform(size=len(own)) < share)
        if own.any():
            moved[draw.choice(np.flatnonzero(own))] = True
        drawn = np.clip(point + spread * draw.standard_normal(len(point)), 0.0, 1.0 - 1e-9)
        values = values_at(self.hyperparameters, np.where(moved, drawn, point).tolist(), held=centre)
        return {**values, "family": family}

    def _near_default(self, family: str, draw: np.random.Generator) -> dict[str, Any] | None:
        return self._new(lambda: self._around([self._default(family)], draw, spread=_SPREAD))

    def _new(self, make: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        for _ in range(_TRIES):
            values = make()
            if not self._is_known(values):
                return values
        return None

    def _is_known(self, values: Mapping[str, Any]) -> bool:
        return any(_plain(trial.hyperparameters.values) == _plain(values) for trial in self.trials.values())

    def _ranked(self, family: str) -> list[dict[str, Any]]:
        """Returns the values of a family's trials that were trained in full, best first."""
        trials = [
            trial
            for trial in self.trials.values()
            if trial.score is not None
            and trial.hyperparameters.values.get("family") == family
            and not trial.hyperparameters.values.get("screen")
        ]
        return [_plain(t.hyperparameters.values) for t in sorted(trials, key=lambda t: self._sign * t.score)]

    def _points(self, several: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
        return np.array([point_of(self.hyperparameters, values) for values in several])

    def _default(self, family: str) -> dict[str, Any]:
        tree = self.hyperparameters
        centre = [axis.value_to_prob(family if axis.name == "family" else axis.default) for axis in varied(tree)]
        return {**values_at(tree, centre), "family": family}

    def _own(self, name: str) -> dict[str, Any]:
        return _plain(self.trials[name].hyperparameters.values)

    @property
    def _sign(self) -> float:
        return -1.0 if self.objective.direction == "max" else 1.0


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in ("screen", "parent")}


def _log_density(places: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of a mixture of equal Gaussian products around centres, at places: `(places,)`, up to a constant."""
    distances = ((places[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2) / (2 * _BANDWIDTH**2)
    return np.asarray(np.logaddexp.reduce(-distances, axis=1) - np.log(len(centres)))
