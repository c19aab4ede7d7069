"""What a run shows of practices 36 to 47: measuring, keeping, showing, and what accuracy costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from automl_cli.data.phrases import count_of, figure
from automl_cli.report.practices.evidence import Evidence, named
from automl_cli.report.practices.judgement import Judgement, applied, not_for_this, not_needed, unused

_METRICS_SHOWN = 3


def classification_metrics(evidence: Evidence) -> Judgement:
    """Practice 36."""
    if evidence.task == "regression":
        return not_for_this("numbers are predicted (regression)")
    return _measured(evidence)


def regression_metrics(evidence: Evidence) -> Judgement:
    """Practice 37."""
    if evidence.is_classification:
        return not_for_this(f"classes are predicted ({evidence.task})")
    return _measured(evidence)


def validation(evidence: Evidence) -> Judgement:
    """Practice 38."""
    if not evidence.folds:
        return unused("the run did not get as far as dividing its rows")
    how = "a hold-out" if evidence.folds == 1 else f"{evidence.folds} folds"
    return applied(f"{count_of(len(evidence.scored), 'trial')} scored by {evidence.plan.get('metric')} on {how}")


def monitoring(evidence: Evidence) -> Judgement:
    """Practice 39."""
    for result in evidence.networks:
        for curve in evidence.curves(result.trial.number):
            epochs = len(curve.loss)
            kept = f"loss, validation loss, metric and rate of {count_of(epochs, 'epoch')}"
            return applied(f"{kept} of trial {result.trial.number} stand in curves.json, and so of every network")
    return unused("no curves of a network are there")


def checkpoints(evidence: Evidence) -> Judgement:
    """Practice 40."""
    kept = [r for r in evidence.results if any(evidence.run.trial(r.trial.number).glob("fold-*.weights.npz"))]
    sittings = sum(line.get("event") == "SearchResumed" for line in evidence.lines)
    again = f"; the run went on {count_of(sittings, 'time')} from where it stood" if sittings else ""
    if not kept:
        return unused(f"no weights of a trial are there{again}")
    return applied(f"the best weights of {named(kept)} are kept{again}")


def reproducibility(evidence: Evidence) -> Judgement:
    """Practice 41."""
    if "seed" not in evidence.plan:
        return unused("search.yaml does not say which seed was used")
    packages = evidence.environment.get("packages")
    versions = f"; {sum(map(bool, packages.values()))} versions are recorded" if isinstance(packages, Mapping) else ""
    return applied(f"seed {evidence.plan['seed']}{versions}")


def baselines(evidence: Evidence) -> Judgement:
    """Practice 42."""
    scores = {r.trial.family: r.score for r in reversed(evidence.scored) if r.trial.family in ("constant", "linear")}
    if not scores:
        return unused("no baseline has a score yet")
    words = [f"{family} {_number(score)}" for family, score in sorted(scores.items())]
    validated = _validation(evidence)
    model = f"; the model {validated}" if validated else ""
    return applied(f"{', '.join(words)}{model} ({evidence.plan.get('metric')} on validation rows)")


def pictures(evidence: Evidence) -> Judgement:
    """Practice 43."""
    if not evidence.test:
        return unused("the report is written when the model has been tested")
    drawn = {
        "binary": "loss curves, confusion matrix, ROC, precision against recall, calibration",
        "multiclass": "loss curves, confusion matrix, ROC and precision against recall of each class, calibration",
    }.get(evidence.task, "loss curves, predictions, residuals")
    return applied(f"report.html shows {drawn}")


def tracking(evidence: Evidence) -> Judgement:
    """Practice 44."""
    if not evidence.lines:
        return unused("the journal is empty")
    trackers = [name for name in ("tensorboard", "wandb") if (evidence.run.path / name).is_dir()]
    trackers += ["mlflow"] if any("mlflow" in str(word) for word in evidence.environment.get("command") or ()) else []
    told = f"{', '.join(trackers)} heard of them" if trackers else "no tracker was asked for"
    return applied(f"{count_of(len(evidence.lines), 'event')} in journal.jsonl; {told}")


def cross_validation(evidence: Evidence) -> Judgement:
    """Practice 45."""
    asked = (evidence.dataset.get("split") or {}).get("folds")
    folds, rows = evidence.folds, evidence.train_rows
    if not folds:
        return unused("the run did not get as far as dividing its rows")
    why = "as asked for" if asked else f"because {rows:,} rows"
    if not asked and evidence.plan.get("horizon"):
        why += f" and {evidence.plan['horizon']:,.0f} s allow them"
    if folds == 1:
        because = f"asked for {asked}" if asked else f"{rows:,} rows are too many for folds in this time"
        further = max(evidence.models.values(), default=1) - 1
        if further > 0:
            return applied(f"a hold-out: {because}; what it chose was trained with {further} others held out as well")
        return not_needed(f"a hold-out: {because}")
    return applied(f"{folds} folds {why}")


def tested_once(evidence: Evidence) -> Judgement:
    """Practice 46."""
    if not evidence.test:
        return unused(f"{evidence.test_rows:,} rows are sealed, and nobody has looked yet")
    looks = int(evidence.test.get("look") or 1)
    if looks == 1:
        return applied(f"scored once on {evidence.test_rows:,} sealed rows")
    return applied(f"scored {looks} times on {evidence.test_rows:,} rows: the run went on after it had ended")


def cost(evidence: Evidence) -> Judgement:
    """Practice 47."""
    if not evidence.scored:
        return unused("no trial has ended with a score yet")
    prefer = evidence.plan.get("prefer") or "accurate"
    members = sorted(
        (result for result in evidence.scored if evidence.is_member(result)),
        key=lambda result: -evidence.weights[result.trial.number],
    )
    if not members:
        return unused(f"the run prefers {prefer}, and has no model yet")
    size, work = sum(r.parameters for r in members), sum(r.work for r in members)
    what = f"{count_of(len(members), 'trial')} of {size:,} parameters, {work:,.0f} multiplications a row"
    spread = [score for result in members[:1] for score in result.fold_scores]
    folds = f"; its folds score {_number(min(spread))} to {_number(max(spread))}" if len(spread) > 1 else ""
    return applied(f"the run prefers {prefer}: {what}, of each fold's models{folds}")


def _measured(evidence: Evidence) -> Judgement:
    scores = [score for score in evidence.test.get("scores") or () if isinstance(score, Mapping)]
    if not scores:
        return unused("the test rows have not been scored yet")
    words = ", ".join(f"{score.get('metric')} {_number(score.get('value'))}" for score in scores[:_METRICS_SHOWN])
    rest = len(scores) - _METRICS_SHOWN
    more = f" and {rest} more" if rest > 0 else ""
    return applied(f"{words}{more}, each with an interval, on {evidence.test_rows:,} test rows")


def _validation(evidence: Evidence) -> str:
    chosen = [line for line in evidence.lines if line.get("event") == "ModelChosen"]
    return _number((chosen[-1].get("validation") or {}).get("value")) if chosen else ""


def _number(value: Any) -> str:
    if not isinstance(value, (int, float)):
        return "unknown"
    return f"{value:,.0f}" if abs(value) >= 10_000 else figure(float(value))


RULES: Mapping[int, Callable[[Evidence], Judgement]] = {
    36: classification_metrics,
    37: regression_metrics,
    38: validation,
    39: monitoring,
    40: checkpoints,
    41: reproducibility,
    42: baselines,
    43: pictures,
    44: tracking,
    45: cross_validation,
    46: tested_once,
    47: cost,
}
