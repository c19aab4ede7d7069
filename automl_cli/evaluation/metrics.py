"""The metrics, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from numpy.typing import NDArray

from automl_cli.evaluation import classification, regression
from automl_cli.records import Task

_CLASSES: tuple[Task, ...] = ("binary", "multiclass")
_VALUES: tuple[Task, ...] = ("regression",)

# Quantiles, in percent, whose predictions can be measured.
_QUANTILES = (1, 2, *range(5, 100, 5), 98, 99)

Reads = Literal["labels", "ranks", "probabilities", "values"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A way to measure predictions.

    Attributes:
        name: As it is written in a spec.
        label: As it is shown to people.
        greater_is_better: Direction.
        tasks: Tasks that it measures.
        reads: What of the predictions it looks at: the likeliest class alone ("labels", which class factors change),
            the order of the rows ("ranks", which no rising function changes), the probabilities, or values.
        function: From the truth `(rows,)`, class indices or values, and predictions, probabilities
            `(rows, classes)` or values `(rows,)` or `(rows, 1)`, to a number.
        is_common: Whether it is told where nobody has asked for it.
    """

    name: str
    label: str
    greater_is_better: bool
    tasks: tuple[Task, ...]
    reads: Reads
    function: Callable[[NDArray[Any], NDArray[Any]], float]
    is_common: bool = True

    def improvement(self, value: float, reference: float) -> float:
        """By how much a value is better than a reference; negative when it is worse."""
        return value - reference if self.greater_is_better else reference - value


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "accuracy", True, _CLASSES, "labels", classification.accuracy),
        Metric("balanced_accuracy", "balanced accuracy", True, _CLASSES, "labels", classification.balanced_accuracy),
        Metric("roc_auc", "ROC AUC", True, _CLASSES, "ranks", classification.roc_auc),
        Metric("average_precision", "average precision", True, _CLASSES, "ranks", classification.average_precision),
        Metric("log_loss", "log loss", False, _CLASSES, "probabilities", classification.log_loss),
        Metric("f1", "F1", True, _CLASSES, "labels", classification.f1),
        Metric("precision", "precision", True, _CLASSES, "labels", classification.precision),
        Metric("recall", "recall", True, _CLASSES, "labels", classification.recall),
        Metric("mcc", "Matthews correlation", True, _CLASSES, "labels", classification.mcc),
        Metric("brier", "Brier score", False, _CLASSES, "probabilities", classification.brier),
        Metric("rmse", "RMSE", False, _VALUES, "values", regression.rmse),
        Metric("mse", "MSE", False, _VALUES, "values", regression.mse),
        Metric("mae", "mean absolute error", False, _VALUES, "values", regression.mae),
        Metric("r2", "R²", True, _VALUES, "values", regression.r2),
        Metric("mape", "mean absolute percentage error", False, _VALUES, "values", regression.mape),
        Metric(
            "median_absolute_error", "median absolute error", False, _VALUES, "values", regression.median_absolute_error
        ),
        Metric("pinball", "pinball loss; pinball_90 is that of 0.9", False, _VALUES, "values", regression.pinball),
        *(
            Metric(
                f"pinball_{percent}",
                f"pinball loss of the quantile {percent / 100:g}",
                False,
                _VALUES,
                "values",
                partial(regression.pinball, quantile=percent / 100),
                is_common=False,
            )
            for percent in _QUANTILES
        ),
    )
}


def default_metric(task: Task) -> str:
    """Returns the name of the metric that a search improves unless told otherwise."""
    return {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}[task]


def metric_of_quantile(quantile: float) -> str:
    """Returns the name of the metric that measures predictions of a quantile, or of the nearest that has one."""
    percent = min(_QUANTILES, key=lambda known: abs(known - 100 * quantile))
    return "pinball" if percent == 50 else f"pinball_{percent}"


def metrics_for(task: Task) -> tuple[Metric, ...]:
    """Returns the common metrics that measure a task, in the order of `METRICS`."""
    return tuple(metric for metric in METRICS.values() if task in metric.tasks and metric.is_common)
