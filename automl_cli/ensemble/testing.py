"""Opens the seal: what the chosen model, and the baselines beside it, say of the test rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.table import Table
from automl_cli.ensemble.trained import TrainedModel
from automl_cli.evaluation.by_class import ClassScores, score_classes
from automl_cli.evaluation.intervals import bootstrap_interval
from automl_cli.evaluation.metrics import METRICS, metrics_for
from automl_cli.evaluation.verdict import Baseline, Baselines, verdict
from automl_cli.records import Score, Trial, TrialResult
from automl_cli.runs.folder import RunFolder
from automl_cli.runs.seal import describe_test_rows, record_test_scores
from automl_cli.spec.search import SearchSpec


@dataclass(frozen=True, slots=True)
class Tested:
    """What the sealed rows said.

    Attributes:
        scores: Of the model, the search's metric first.
        predictions: Probabilities `(test rows, classes)`, or values `(test rows, 1)`.
        decided: The same, where labels count: the largest value of a row is its label.
        verdict: One sentence for people.
        by_class: How well each class is told from the others; empty for a regression.
    """

    scores: tuple[Score, ...]
    predictions: NDArray[np.float32]
    decided: NDArray[Any]
    verdict: str
    by_class: tuple[ClassScores, ...] = ()


def score_test_rows(
    run: RunFolder,
    trained: TrainedModel,
    *,
    rows: Table,
    truth: NDArray[Any],
    plan: SearchSpec,
    classes: Sequence[str] = (),
) -> Tested:
    """Scores the model on the sealed rows, and writes the receipt.

    Args:
        run: The run.
        trained: What is shipped; the best linear and constant trials are scored beside it.
        rows: The test rows.
        truth: Their target.
        plan: The settings.
        classes: Their names; none for a regression.
    """
    choice, metric, seed = trained.choice, METRICS[plan.metric], plan.seed
    baselines = _baselines(trained.ranked)
    predicted = trained.predict((*trained.trials, *baselines.values()), rows)
    model = choice.combine(predicted)
    alone = next((family for family, trial in baselines.items() if [*choice.weights] == [trial.number]), None)
    trained_families = {result.trial.family for result in trained.ranked if result.score is not None}
    references = Baselines(
        **{family: predicted[trial.number] for family, trial in baselines.items()},
        shipped=alone,
        are_all=trained_families <= {"constant", alone},
    )
    decided = choice.scored(model, METRICS["accuracy"]) if choice.factors else model
    sentence = verdict(
        truth,
        decided if metric.reads == "labels" else model,
        metric=metric,
        baselines=references,
        seed=seed,
    )
    scores = [
        bootstrap_interval(
            truth,
            decided if known.reads == "labels" else model,
            metric=known,
            measured_on=describe_test_rows(run, len(truth)),
            seed=seed,
        )
        for known in (metric, *(known for known in metrics_for(trained.task) if known is not metric))
    ]
    by_class = score_classes(truth, decided, classes=classes, measured_on=scores[0].measured_on, seed=seed)
    record_test_scores(run, scores, verdict=sentence, classes=by_class)
    return Tested(tuple(scores), model, decided, sentence, by_class)


def _baselines(results: Sequence[TrialResult]) -> Mapping[Baseline, Trial]:
    best = {result.trial.family: result.trial for result in reversed(results) if result.score is not None}
    families: tuple[Baseline, ...] = ("constant", "linear")
    return {family: best[family] for family in families if family in best}
