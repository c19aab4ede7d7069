"""What a run shows of practices 8 to 10 and 17 to 28: losses, kinds of data, tuning methods and strategies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from automl_cli.data.phrases import count_of
from automl_cli.records import TrialResult
from automl_cli.report.practices.evidence import Evidence, named
from automl_cli.report.practices.judgement import Judgement, applied, not_for_this, rejected, unused
from automl_cli.report.practices.values import families_of, of_value
from automl_cli.training.stages import TRANSFER, is_paced


def regression_loss(evidence: Evidence) -> Judgement:
    """Practice 8."""
    if evidence.is_classification:
        return not_for_this(f"classes are predicted ({evidence.task})")
    return of_value(evidence, "loss")


def cross_entropy(evidence: Evidence) -> Judgement:
    """Practice 9."""
    if evidence.task == "regression":
        return not_for_this("numbers are predicted (regression)")
    if not evidence.scored:
        return unused("no trial has ended with a score yet")
    smoothed = [r for r in evidence.networks if r.trial.hyperparameters.get("label_smoothing")]
    smooth = f"labels were smoothed in {named(smoothed)}" if smoothed else "labels were not smoothed"
    return applied(f"{'two' if evidence.task == 'binary' else 'many'} classes, by cross-entropy; {smooth}")


def other_input(evidence: Evidence, *, kind: str) -> Judgement:
    """Practices of data that is not read yet."""
    return not_for_this(f"it comes with {kind}; this run is of a table with one target")


def by_hand(evidence: Evidence) -> Judgement:
    """Practice 20."""
    pins = evidence.plan.get("hyperparameters") or {}
    if pins:
        return applied(f"{', '.join(f'{name}={value}' for name, value in pins.items())} were fixed")
    if evidence.plan.get("strategy") == "manual":
        return applied("each family was trained once with its defaults")
    return unused("no value was fixed")


def strategy(evidence: Evidence, *, names: tuple[str, ...]) -> Judgement:
    """Practices 21 to 23."""
    chosen = str(evidence.plan.get("strategy") or "")
    if chosen in names:
        return applied(f"the strategy was {chosen}: {count_of(len(evidence.results), 'trial')}")
    return unused(f"the strategy was {chosen}" if chosen else "search.yaml does not say which strategy was used")


def whole_search(evidence: Evidence) -> Judgement:
    """Practice 24."""
    families = {result.trial.family for result in evidence.results}
    if not families:
        return unused("no trial has ended yet")
    of_model = f", {len(evidence.weights)} in the model" if evidence.weights else ""
    return applied(f"{count_of(len(evidence.results), 'trial')} of {families_of(evidence)}{of_model}")


def transfer(evidence: Evidence) -> Judgement:
    """Practice 25."""
    started = [result for result in evidence.results if result.trial.hyperparameters.get("start") == TRANSFER]
    if started:
        return _used(evidence, started, f"{named(started)} started {started[0].trial.origin}")
    heirs = [result for result in evidence.results if result.trial.parent is not None]
    if heirs:
        return _used(evidence, heirs, f"{named(heirs)} went on with the weights of an earlier trial")
    return unused("no trial inherited weights")


def curriculum(evidence: Evidence) -> Judgement:
    """Practice 26."""
    paced = [result for result in evidence.networks if _takes_rows_by(result, "difficulty")]
    if paced:
        return _used(evidence, paced, f"{named(paced)} learned from rows that are easy for a linear model first")
    return unused("rows came in random order")


def growing(evidence: Evidence) -> Judgement:
    """Practice 28."""
    deep = [result for result in evidence.networks if result.trial.hyperparameters.get("growth") == "depth"]
    paced = [result for result in evidence.networks if _takes_rows_by(result, "random")]
    if deep or paced:
        return _used(evidence, [*deep, *paced], f"{named([*deep, *paced])} had blocks or rows join in over the epochs")
    trees = [result for result in evidence.scored if "rounds" in result.trial.hyperparameters]
    if trees:
        return applied(f"{named(trees)} grew tree by tree; networks had their full size from the start")
    return unused("networks had their full size from the start")


def _used(evidence: Evidence, results: Sequence[TrialResult], told: str) -> Judgement:
    """Tells what trials did: applied, unless there is a model and none of them is in it."""
    if evidence.weights and not any(evidence.is_member(result) for result in results):
        return rejected(f"{told}; the model has none of them")
    return applied(told)


def _takes_rows_by(result: TrialResult, order: str) -> bool:
    values = result.trial.hyperparameters
    return is_paced(values) and values.get("order_by") == order


RULES: Mapping[int, Callable[[Evidence], Judgement]] = {
    8: regression_loss,
    9: cross_entropy,
    10: partial(other_input, kind="images"),
    17: partial(other_input, kind="images"),
    18: partial(other_input, kind="texts as documents"),
    19: partial(other_input, kind="sounds"),
    20: by_hand,
    21: partial(strategy, names=("grid",)),
    22: partial(strategy, names=("random",)),
    23: partial(strategy, names=("bayesian", "hyperband")),
    24: whole_search,
    25: transfer,
    26: curriculum,
    27: partial(other_input, kind="several targets"),
    28: growing,
}
