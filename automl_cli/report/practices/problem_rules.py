"""What a run shows of practices 29 to 35: what can go wrong in training, and the course of the rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from automl_cli.data.phrases import figure, percent
from automl_cli.records import TrialResult, Value
from automl_cli.report.practices.evidence import Evidence, named
from automl_cli.report.practices.judgement import Judgement, applied, not_for_this, not_needed, unused
from automl_cli.report.practices.values import in_model, of_value

# A class with a smaller share of the rows is rare.
_RARE = 0.2
# Hyperparameters that are cures of rare classes, with the values that are none.
_CURES = {"class_weight": ("none",)}


def problem(evidence: Evidence, *, codes: tuple[str, ...], what: str) -> Judgement:
    """Practices 29 to 33: what the diagnosis of trials found.

    Args:
        evidence: Of the run.
        codes: Of the findings that speak of it.
        what: The problem.
    """
    found: list[TrialResult] = []
    message = ""
    for result in sorted(evidence.results, key=lambda r: (not evidence.is_member(r), r.trial.number)):
        for finding in getattr(result, "findings", ()):
            if finding.code in codes:
                found.append(result)
                message = message or f"trial {result.trial.number}: {finding.message.rstrip('.')}"
                break
    if found:
        return applied(f"{what} was seen in {named(found)}; {message}")
    if not evidence.networks:
        return not_needed(f"no network was trained that could show {what}")
    return not_needed(f"{named(evidence.networks)}: none shows {what}")


def exploding(evidence: Evidence) -> Judgement:
    """Practice 32: a trial without a finding may have ended by numbers that are none."""
    broken = [r for r in evidence.results if r.state == "failed" and _is_no_number(r.reason)]
    if broken:
        return applied(f"{named(broken)} ended early: {broken[0].reason}")
    return problem(evidence, codes=("exploding-gradients",), what="an explosion")


def rare_classes(evidence: Evidence) -> Judgement:
    """Practice 34."""
    if evidence.task == "regression":
        return not_for_this("numbers are predicted (regression)")
    used: dict[Value, list[TrialResult]] = {}
    for name, off in _CURES.items():
        for value, results in evidence.values(name).items():
            if value not in off:
                used.setdefault(f"{value} {name.replace('_', ' ')}", []).extend(results)
    shares = evidence.class_shares
    smallest = min(shares, key=shares.__getitem__, default="")
    share = f"the smallest class, {smallest}, has {percent(shares[smallest])} of the rows" if shares else ""
    if used:
        judged = in_model(evidence, used, what="cures:")
        return Judgement(judged.state, f"{share}; {judged.reason}" if share else judged.reason)
    if not shares:
        return unused("the run does not say how large its classes are")
    if shares[smallest] >= min(_RARE, 0.5 / len(shares)):
        return not_needed(share)
    return unused(share)


def schedule(evidence: Evidence) -> Judgement:
    """Practice 35."""
    judged = of_value(evidence, "schedule", off=("constant",))
    for result in sorted(evidence.networks, key=lambda r: (not evidence.is_member(r), r.trial.number)):
        for curve in evidence.curves(result.trial.number):
            rates = curve.learning_rate
            if len(rates) > 1 and min(rates) < max(rates):
                course = f"trial {result.trial.number} went from {figure(rates[0])} to {figure(rates[-1])}"
                return Judgement(judged.state, f"{judged.reason}; {course}")
    return judged


def _is_no_number(reason: str | None) -> bool:
    return reason is not None and any(word in reason for word in ("no number", "NaN", "not finite", "explod"))


RULES: Mapping[int, Callable[[Evidence], Judgement]] = {
    29: partial(problem, codes=("overfitting",), what="overfitting"),
    30: partial(problem, codes=("underfitting", "worse-than-baseline"), what="underfitting"),
    31: partial(problem, codes=("vanishing-gradients",), what="vanishing gradients"),
    32: exploding,
    33: partial(problem, codes=("slow-convergence", "too-few-epochs"), what="slow convergence"),
    34: rare_classes,
    35: schedule,
}
