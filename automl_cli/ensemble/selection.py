"""Which candidates make up the ensemble, and with which weights: greedy selection (Caruana et al., 2004).

From the best single candidate on, that candidate is added, again and again, which makes the mean of all chosen so far
the best; weights are how often each was chosen. Predictions are of rows that no candidate was trained on.

On few rows the best blend is partly luck. Three things keep it honest: candidates far behind the best are not looked
at; where a metric is coarse, the log loss has a say, which tells models apart by fewer rows; and a gain over the best
single candidate that is less than half its standard error is believed in part only. On samples of 150 to 1,000 rows of
fifteen tables, blends of 14 models chosen so had 1 to 8 % less loss on fresh rows than the model that seemed best;
equal weights of the best few had more than either where one model was far ahead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from automl_cli.ensemble.blends import Measure, measure_blends
from automl_cli.evaluation.intervals import improvement_interval
from automl_cli.evaluation.metrics import METRICS, Metric

# Of what the best candidate gains over a constant guess, others gain at least so much.
_LEAST_SHARE_OF_GAIN = 0.5
# What the log loss counts beside the metric itself, both relative to the best candidate's: ranks of few rows are
# coarse, labels coarser still. Beyond so many rows it counts less, the more there are.
_SAY_OF_LOG_LOSS = {"roc_auc": 0.3, "average_precision": 0.3, "accuracy": 1.0, "precision": 1.0, "recall": 1.0}
_ROWS_OF_FULL_SAY = 1_000
# Where class factors are fitted to the blend afterwards, decisions before that say nothing: the log loss alone counts.
_DECIDED_AFTERWARDS = ("f1", "balanced_accuracy", "mcc")
# Digits, relative to the best candidate, in which blends differ.
_DIGITS = 6
# A gain is compared with its error on no more rows than these: beyond, it is always clear enough.
_FEW_ROWS = 3_000
_RESAMPLES = 200
# Half the width of an interval of 95 %, in standard errors.
_ERRORS_IN_HALF = 1.96
# A gain of so many standard errors is believed. Asking for one made no blend safer and some worse.
_ERRORS_TO_TRUST = 0.5
# Of the cost that is allowed, what a single member may take: the best of these blends is taken.
_SHARES_OF_COST = (1.0, 0.5, 0.25)
# A member with no more weight than one of 25 steps makes the model larger and slower; it goes unless the loss grows by
# more than this share.
_SMALL_WEIGHT = 0.0401
_HARMLESS = 5e-4

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trial that may become a member.

    Attributes:
        number: Of the trial.
        predictions: Of the rows that are measured, in the order of the truth, by models that have not seen them:
            probabilities `(rows, classes)` or values `(rows, 1)`, float32.
        score: The metric on these rows.
        cost: Multiplications and additions for one row of a prediction, of one of its fold models.
    """

    number: int
    predictions: NDArray[np.float32]
    score: float
    cost: float


@dataclass(frozen=True, slots=True)
class Selection:
    """Members and their weights.

    Attributes:
        weights: Above 0, by number of the trial; they sum to 1; the largest first.
        score: The metric of the weighted mean on the same rows.
        steps: How many candidates were added, each as often as it was.
    """

    weights: Mapping[int, float]
    score: float
    steps: int


def select(
    candidates: Sequence[Candidate],
    truth: NDArray[Any],
    *,
    metric: Metric,
    most_steps: int = 25,
    most_cost: float = float("inf"),
) -> Selection:
    """Chooses members and weights.

    Args:
        candidates: At least one; all predict the same rows.
        truth: `(rows,)` class indices or values.
        metric: What the ensemble shall be good at.
        most_steps: How often a candidate is added, at most. Beyond 25 nothing is gained (Salinas & Erickson, 2024).
        most_cost: What all members together may cost. If no candidate is that cheap, the cheapest is taken alone.

    Returns:
        Weights; the same for the same candidates in any order.

    Raises:
        ValueError: There is no candidate.
    """
    if not candidates:
        raise ValueError("a selection needs at least one candidate")
    # Cheaper ones first: the first of equals is taken.
    pool = sorted(candidates, key=lambda candidate: (candidate.cost, candidate.number))
    pool = [each for each in pool if np.isfinite(each.score) and each.cost <= most_cost] or pool[:1]
    predictions = [candidate.predictions for candidate in pool]
    costs = np.array([candidate.cost for candidate in pool])
    # A second thread of BLAS waits more than it works, and takes a core from others.
    with threadpool_limits(1):
        measure = _objective(metric, [*predictions, _constant(truth, like=predictions[0])], truth=truth)
        *alone, constant = measure(np.zeros(len(pool) + 1))
        best = int(np.argmin(alone))
        allowed = constant - np.array(alone) >= _LEAST_SHARE_OF_GAIN * max(constant - alone[best], 0)
        allowed[best] = True
        counts = _add_within(measure, allowed, costs=costs, most_steps=most_steps, most_cost=most_cost)
        weights = counts / counts.sum()
        if costs[best] + costs[(counts > 0) & (np.arange(len(pool)) != best)].sum() > most_cost:
            best = int(np.argmin(np.where(counts > 0, alone, np.inf)))
        if len(truth) <= _FEW_ROWS and weights[best] < 1:
            trust = _trust_in_gain(metric, truth, blend=_mean(predictions, weights), best=predictions[best])
            weights = trust * weights + (1 - trust) * np.eye(len(pool))[best]
        weights = _without_small(measure, weights)
    order = np.argsort(-weights, kind="stable")
    return Selection(
        MappingProxyType({pool[index].number: float(weights[index]) for index in order if weights[index] > 0}),
        metric.function(truth, _mean(predictions, weights)),
        int(counts.sum()),
    )


def _objective(metric: Metric, predictions: Sequence[NDArray[Any]], *, truth: NDArray[Any]) -> Measure:
    """Measures blends by the losses that count, each relative to what the best prediction alone has."""
    says = {metric.name: 1.0}
    if metric.name in _DECIDED_AFTERWARDS:
        says = {"log_loss": 1.0}
    elif metric.name in _SAY_OF_LOG_LOSS:
        says["log_loss"] = _SAY_OF_LOG_LOSS[metric.name] * min(1.0, _ROWS_OF_FULL_SAY / len(truth))
    parts = []
    for name, say in says.items():
        measure = measure_blends(METRICS[name], predictions, truth=truth)
        smallest = float(np.min(measure(np.zeros(len(predictions)))))
        parts.append((measure, say / smallest if smallest > 0 else say))

    def measure_all(counts: Array) -> Array:
        losses: Array = np.sum([factor * measure(counts) for measure, factor in parts], axis=0)
        return np.round(losses, _DIGITS)

    return measure_all


def _constant(truth: NDArray[Any], *, like: NDArray[Any]) -> NDArray[Any]:
    """Predicts the same for every row: the shares of the classes, or the median."""
    classes = like.shape[1]
    value = np.bincount(truth, minlength=classes) / len(truth) if classes > 1 else np.median(truth)
    return np.broadcast_to(np.asarray(value, like.dtype), like.shape)


def _add_within(
    measure: Measure, allowed: NDArray[np.bool_], *, costs: Array, most_steps: int, most_cost: float
) -> Array:
    """Returns the best of some greedy blends: a dear candidate may leave no room for some that are better together."""
    cheap = [allowed & (costs <= share * most_cost) for share in _SHARES_OF_COST]
    several = {each.tobytes(): each for each in cheap if each.any()}
    blends = [
        _add_greedily(measure, each, costs=costs, most_steps=most_steps, most_cost=most_cost)
        for each in (several or {b"": allowed}).values()
    ]
    return min(blends, key=lambda counts: _loss_of_weights(measure, counts))


def _add_greedily(
    measure: Measure, allowed: NDArray[np.bool_], *, costs: Array, most_steps: int, most_cost: float
) -> Array:
    """Returns how often each candidate is in the best blend on the way, `(candidates,)`.

    What is measured beyond the candidates, the constant, is never added.
    """
    counts = np.zeros(len(costs))
    best, smallest = counts, np.inf
    for _ in range(most_steps):
        affordable = (counts > 0) | (costs[counts > 0].sum() + costs <= most_cost)
        losses = np.where(allowed & affordable, measure(np.append(counts, 0))[:-1], np.inf)
        ties = np.flatnonzero(losses == losses.min())
        known = ties[counts[ties] > 0]
        chosen = (known if len(known) else ties)[0]
        counts = counts + np.eye(len(costs))[chosen]
        if losses[chosen] < smallest:
            best, smallest = counts, losses[chosen]
    return best


def _trust_in_gain(metric: Metric, truth: NDArray[Any], *, blend: NDArray[Any], best: NDArray[Any]) -> float:
    """Says how much of a blend's gain over the best candidate to believe: all from half its standard error on."""
    # Labels change in steps, few of them on few rows.
    judge = METRICS["log_loss"] if metric.reads == "labels" else metric
    low, high = improvement_interval(truth, blend, metric=judge, reference=best, seed=0, resamples=_RESAMPLES)
    gain = judge.improvement(judge.function(truth, blend), judge.function(truth, best))
    error = (high - low) / 2 / _ERRORS_IN_HALF
    return float(np.clip(gain / (_ERRORS_TO_TRUST * error), 0, 1)) if error > 0 else float(gain > 0)


def _without_small(measure: Measure, weights: Array) -> Array:
    """Leaves out members of small weight, one by one from the smallest, where that does next to no harm."""
    most = (1 + _HARMLESS) * _loss_of_weights(measure, weights)
    for index in np.argsort(weights, kind="stable"):
        if 0 < weights[index] <= _SMALL_WEIGHT:
            fewer = np.where(np.arange(len(weights)) == index, 0, weights)
            fewer = fewer / fewer.sum()
            if _loss_of_weights(measure, fewer) <= most:
                weights = fewer
    return weights


def _loss_of_weights(measure: Measure, weights: Array) -> float:
    """Measures any weights: as counts that need not be whole, of which the largest weight gives the last step."""
    largest = int(weights.argmax())
    counts = weights / weights[largest]
    counts[largest] = 0
    return float(measure(np.append(counts, 0))[largest])


def _mean(predictions: Sequence[NDArray[np.float32]], weights: Array) -> NDArray[np.float32]:
    """Returns the weighted mean; what has no weight is not read."""
    mean = np.zeros_like(predictions[0])
    for each, weight in zip(predictions, weights, strict=True):
        if weight > 0:
            mean += np.float32(weight) * each
    return mean
