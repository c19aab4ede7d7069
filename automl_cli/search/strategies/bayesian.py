"""Bayesian optimisation within one family: KerasTuner's oracle with an acquisition as quick as small networks."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import keras_tuner
import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process.kernels import Matern

from automl_cli.search.strategies.by_oracle import ByOracle
from automl_cli.search.strategies.coordinates import point_of, values_at
from automl_cli.search.strategies.oracle import Oracle
from automl_cli.search.strategies.tree import declare, make_tree
from search_spaces.family import Family

# KerasTuner draws three for every dimension: at twenty dimensions, a run of minutes would never get further.
_RANDOM_TRIALS = 3
# Of the scores' variance: what a validation score varies by itself. KerasTuner's 1e-4 believes in every digit.
_NOISE = 1e-2
# Shorter, and with few trials the likelihood can settle on a process that is flat between them.
_SHORTEST_LENGTH = 0.3

# Candidates, and the share of them that are one of the best trials with some of its values changed.
_CANDIDATES, _LOCAL_SHARE = 400, 0.8
_PARENTS = 3
# Share of the values that change: half of them by steps of this standard deviation, half to anywhere.
_CHANGED_SHARE, _STEP = 0.15, 0.15


def bayesian_strategy(family: Family, *, greater_is_better: bool, seed: int) -> ByOracle:
    """Returns the strategy of one family."""
    families = {family.name: family}
    oracle = Oracle(
        partial(_Bayesian, max_trials=None, num_initial_points=_RANDOM_TRIALS, alpha=_NOISE),
        declare(make_tree(families)),
        greater_is_better=greater_is_better,
        seed=seed,
    )
    return ByOracle(oracle, families, origin="bayesian", greater_is_better=greater_is_better)


class _Bayesian(keras_tuner.oracles.BayesianOptimizationOracle):
    """Chooses among drawn candidates instead of climbing from fifty points by numeric gradients.

    KerasTuner's climb takes 1 to 6 seconds a suggestion, ends on the borders of the space where many dimensions
    are uncertain, and suggests what was tried already. This takes a twentieth of a second at 25 dimensions. Each
    candidate is read as values before it is judged, so that the process judges what would be trained.
    """

    def _make_gpr(self) -> Any:
        process = super()._make_gpr()
        kernel = Matern(nu=2.5, length_scale_bounds=(_SHORTEST_LENGTH, 10.0))
        return process.set_params(kernel=kernel, n_restarts_optimizer=2)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Returns a status and values, as `keras_tuner.Oracle` asks for."""
        completed = sum(trial.status == "COMPLETED" for trial in self.trials.values())
        if completed < self.num_initial_points:
            return self._random()
        points, losses = self._vectorize_trials()  # (trials, dimensions) in [0, 1], (trials,) smaller is better
        # Beyond twice the median's distance from the best, how bad a trial was says nothing of where the best are.
        losses = np.minimum(losses, 2 * np.median(losses) - losses.min())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # of a length at one of its bounds, which is meant
            self.gpr.fit(points, losses)
        tree, drawn = self.hyperparameters, self._draw(points[np.argsort(losses, kind="stable")])
        candidates = [values_at(tree, point) for point in drawn]
        new = [values for values in candidates if not self._duplicate(values)]
        if not new:
            return self._random()
        mean, deviation = self.gpr.predict(np.array([point_of(tree, values) for values in new]), return_std=True)
        chosen = new[int(np.argmin(mean - self.beta * deviation))]
        return {"status": "RUNNING", "values": chosen}

    def _random(self) -> dict[str, Any]:
        status: dict[str, Any] = self._random_populate_space()
        return status

    def _draw(self, ranked: NDArray[np.float64]) -> NDArray[np.float64]:
        """Draws candidates `(candidates, dimensions)`, given the trials' points, best first."""
        draw, dimensions = self._random_state, ranked.shape[1]
        anywhere = draw.uniform(size=(_CANDIDATES, dimensions))
        count = int(_CANDIDATES * _LOCAL_SHARE)
        parents = ranked[draw.randint(min(_PARENTS, len(ranked)), size=count)]
        nearby = np.clip(parents + _STEP * draw.standard_normal(parents.shape), 0.0, 1.0)
        moved = np.where(draw.uniform(size=parents.shape) < 0.5, nearby, anywhere[:count])
        changed = draw.uniform(size=parents.shape) < _CHANGED_SHARE
        changed[np.arange(count), draw.randint(dimensions, size=count)] = True
        return np.concatenate([np.where(changed, moved, parents), anywhere[count:]])
