"""What is shipped of all that was trained: which trials with what weight, and what is done with their mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.ensemble.selection import Candidate, select
from automl_cli.ensemble.work import MOST_WORK, WorkBudget
from automl_cli.errors import RunError
from automl_cli.evaluation.calibration import apply_temperature, fit_temperature
from automl_cli.evaluation.decision import decide, fit_decision
from automl_cli.evaluation.intervals import prediction_interval
from automl_cli.evaluation.metrics import METRICS, Metric
from automl_cli.records import Score, TrialResult
from automl_cli.runs.folder import RunFolder
from automl_cli.spec.search import SearchSpec
from automl_cli.training.archive import weights_path
from automl_cli.training.runner import load_predictions
from automl_cli.training.task import FoldData

# Of the work that a prediction may take, what one network may where fast or small models are preferred.
_SHARE_OF_WORK = 0.1
# What a cheaper trial keeps of the best one's gain over a constant guess, to be taken in its place.
_KEPT_GAIN = 0.97
# What a network costs beside its products, as multiplications.
_WORK_OF_A_NETWORK = 1e5


@dataclass(frozen=True, slots=True)
class Choice:
    """The model that is shipped: a weighted mean of trials, each of them the mean of some of its models.

    Attributes:
        weights: Share of each trial by its number, the largest first; they sum to 1.
        models: How many of its models each trial has in it, the last ones; one where it is trained on all rows.
        temperature: By which the logarithms of the mean probabilities are divided; 1 leaves them as they are.
        factors: By which the probability of each class is multiplied before the likeliest is taken; empty for a
            regression.
        validation: The score on validation rows, and where a test score is to be expected.
    """

    weights: Mapping[int, float]
    models: Mapping[int, int]
    temperature: float
    factors: tuple[float, ...]
    validation: Score

    @property
    def best(self) -> int:
        """Number of the trial with the largest weight."""
        return next(iter(self.weights))

    def of_models(self, trained: Mapping[int, int]) -> Choice:
        """Returns the same with no more models of each trial than were trained."""
        return replace(self, models={number: min(count, trained[number]) for number, count in self.models.items()})

    def combine(self, predictions: Mapping[int, NDArray[Any]]) -> NDArray[np.float32]:
        """Returns what the model predicts, from what its trials predict, each `(rows, classes)` or `(rows, 1)`."""
        return _calibrated(_mean(self.weights, predictions), self.temperature)

    def scored(self, predictions: NDArray[Any], metric: Metric) -> NDArray[Any]:
        """Returns what a metric is to look at: probabilities, or where labels count, what decides on them."""
        return decide(predictions, self.factors) if metric.reads == "labels" else predictions


def choose_trials(
    run: RunFolder,
    ranked: Sequence[TrialResult],
    *,
    folds: Sequence[FoldData],
    plan: SearchSpec,
    further: int,
    test_rows: int,
) -> Choice:
    """Selects trials by their out-of-fold predictions, and calibrates the mean of those that were selected.

    Args:
        run: Holds the predictions.
        ranked: All trials, best first; the first has a score.
        folds: Their targets tell the truth.
        plan: Says what is measured, and whether one trial alone is shipped: the best, or one nearly as good that
            predicts faster or is smaller.
        further: How many more models of each trial may be trained.
        test_rows: How many rows the test has: the fewer, the further its score may lie from that of the validation.

    Raises:
        RunError: Predictions cannot be read.
    """
    measure, truth = METRICS[plan.metric], np.concatenate([fold.validation_target for fold in folds])
    single = plan.single or plan.refit or plan.prefer != "accurate"
    eligible = _eligible(run, preferred(run, ranked, plan=plan), single=single)
    candidates = [_candidate(run, result, folds=len(folds)) for result in eligible]
    budget = WorkBudget.of(folds, further=further)
    most = budget.most_of_one_model_each()
    selection = select(candidates, truth, metric=measure, most_steps=1 if single else 25, most_cost=most)
    weights = dict(sorted(selection.weights.items(), key=lambda pair: (-pair[1], pair[0])))
    work = {candidate.number: candidate.cost for candidate in candidates}
    models = dict.fromkeys(weights, 1) if plan.refit else budget.share_out(weights, work)
    mean = _mean(weights, {candidate.number: candidate.predictions for candidate in candidates})
    temperature = fit_temperature(truth, mean) if measure.reads == "probabilities" else 1.0
    mean = _calibrated(mean, temperature)
    factors = fit_decision(truth, mean, metric=measure) if measure.reads != "values" else ()
    words = f"{len(truth):,} validation rows" + (f" in {len(folds)} folds" if len(folds) > 1 else "")
    measured = decide(mean, factors) if measure.reads == "labels" else mean
    validation = prediction_interval(truth, measured, metric=measure, measured_on=words, rows=test_rows)
    return Choice(weights, models, temperature, factors, validation)


class Weighing:
    """Says of trials, while a search goes on, what share each would have in an ensemble.

    Args:
        run: Holds their predictions.
        folds: Their targets tell the truth.
        plan: Names the search's metric, and what the model is to be.
        further: How many more models of each trial may be trained.
    """

    def __init__(self, run: RunFolder, folds: Sequence[FoldData], *, plan: SearchSpec, further: int) -> None:
        self._run = run
        self._folds = len(folds)
        budget = WorkBudget.of(folds, further=further)
        self._most_cost = budget.most_of_one_model_each() if plan.prefer == "accurate" else _SHARE_OF_WORK * MOST_WORK
        self._truth = np.concatenate([fold.validation_target for fold in folds])
        self._metric = METRICS[plan.metric]
        self._known: dict[int, Candidate] = {}

    def __call__(self, results: Sequence[TrialResult]) -> Mapping[int, float]:
        """Returns shares by number; those of trials that have none are absent."""
        for result in results:
            if result.trial.number not in self._known:
                self._known[result.trial.number] = _candidate(self._run, result, folds=self._folds)
        candidates = [self._known[result.trial.number] for result in results]
        return select(candidates, self._truth, metric=self._metric, most_cost=self._most_cost).weights


def preferred(run: RunFolder, ranked: Sequence[TrialResult], *, plan: SearchSpec) -> Sequence[TrialResult]:
    """Returns trials, the one first that suits what the model is to be.

    Where fast or small models are preferred, that is the one of least work, or of smallest weights, of those that keep
    nearly all that the best of them gains over a constant guess.

    Args:
        run: Holds the weights.
        ranked: All trials, best first.
        plan: Names the search's metric, and what the model is to be.
    """
    kept = _with_weights(run, ranked)
    guess = next((r.score for r in ranked if r.trial.family == "constant" and r.score is not None), None)
    if plan.prefer == "accurate" or guess is None or not kept:
        return ranked
    gains = {r.trial.number: METRICS[plan.metric].improvement(r.score or 0.0, guess) for r in kept}
    near = [r for r in kept if gains[r.trial.number] >= _KEPT_GAIN * max(gains.values())]

    def cost(result: TrialResult) -> float:
        if plan.prefer == "fast":
            return result.work
        return weights_path(run.trial(result.trial.number), 0).stat().st_size

    cheapest = min(near, key=cost, default=kept[0])
    return [cheapest, *(result for result in ranked if result is not cheapest)]


def _with_weights(run: RunFolder, ranked: Sequence[TrialResult]) -> list[TrialResult]:
    return [r for r in ranked if r.score is not None and weights_path(run.trial(r.trial.number), 0).exists()]


def _eligible(run: RunFolder, ranked: Sequence[TrialResult], *, single: bool) -> list[TrialResult]:
    """Returns trials whose weights are still there; the constant only where there is nothing else."""
    kept = _with_weights(run, ranked)
    if not kept:
        raise RunError(f"'{run.trials}' holds the weights of no trial any more.", hint="was the run folder moved?")
    able = [result for result in kept if result.trial.family != "constant"] or kept
    # A constant that beats everything is an answer: nothing else helps.
    first = [kept[0]] if kept[0] not in able else []
    return kept[:1] if single else [*first, *able]


def _candidate(run: RunFolder, result: TrialResult, *, folds: int) -> Candidate:
    number = result.trial.number
    assert result.score is not None
    return Candidate(
        number=number,
        predictions=load_predictions(run.trial(number), folds=folds),
        score=result.score,
        cost=result.work + _WORK_OF_A_NETWORK,
    )


def _mean(weights: Mapping[int, float], predictions: Mapping[int, NDArray[Any]]) -> NDArray[np.float32]:
    total = sum(share * predictions[number].astype(np.float64) for number, share in weights.items())
    return np.asarray(total, np.float32)


def _calibrated(mean: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    return mean if temperature == 1.0 else apply_temperature(mean, temperature)
