"""What a run shows of practices 29 to 35: what can go wrong in training, and the course of the rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from automl_cli.data.phrases import figure, percent
from automl_cli.data.rare_class import rare_share
from automl_cli.diagnosis import RULES as RULES_OF_DIAGNOSIS
from automl_cli.diagnosis import tried_for
from automl_cli.diagnosis.imbalance_ignored import CURES
from automl_cli.records import Finding, TrialResult, Value
from automl_cli.report.practices.evidence import Evidence, named
from automl_cli.report.practices.judgement import (
    Judgement,
    applied,
    not_for_this,
    not_needed,
    rejected,
    unused,
)
from automl_cli.report.practices.values import in_model, of_value


def problem(evidence: Evidence, *, row: int, what: str) -> Judgement:
    """Practices 29 to 33: what the diagnosis of trials found, and what was tried for it.

    Args:
        evidence: Of the run.
        row: Number of the practice, which rules of the diagnosis name.
        what: The problem, in a word or two.
    """
    seen = [(result, finding) for result in evidence.results for finding in result.findings if _row(finding) == row]
    if not seen:
        if not evidence.networks:
            return not_needed(f"no network was trained that could show {what}")
        return not_needed(f"{named(evidence.networks)}: none shows {what}")
    shown = list({result.trial.number: result for result, _ in seen}.values())
    cures = {
        cure.trial.number: cure
        for result, finding in seen
        for cure in tried_for(evidence.results, result.trial.number, code=finding.code)
    }
    first, finding = min(seen, key=lambda pair: evidence.precedence(pair[0]))
    told = f"{what} in {named(shown)}; trial {first.trial.number}: {finding.message.rstrip('.')}"
    if not cures:
        return unused(f"{told}; nothing was tried for it")
    kept = [cure for cure in cures.values() if evidence.is_member(cure)]
    if kept or not evidence.weights:
        return applied(f"{named(kept or list(cures.values()))} tried for it; {told}")
    return rejected(f"{named(list(cures.values()))} tried for it, none is in the model; {told}")


def _row(finding: Finding) -> int | None:
    rule = RULES_OF_DIAGNOSIS.get(finding.code)
    return rule.row if rule else None


def rare_classes(evidence: Evidence) -> Judgement:
    """Practice 34."""
    if evidence.task == "regression":
        return not_for_this("numbers are predicted (regression)")
    used: dict[Value, list[TrialResult]] = {}
    for name, off in CURES.items():
        for value, results in evidence.values(name).items():
            if value != off:
                used.setdefault(f"{value} {name.replace('_', ' ')}", []).extend(results)
    shares = evidence.class_shares
    smallest = min(shares, key=shares.__getitem__, default="")
    share = f"the smallest class, {smallest}, has {percent(shares[smallest])} of the rows" if shares else ""
    if used:
        judged = in_model(evidence, used, what="cures:")
        return Judgement(judged.state, f"{share}; {judged.reason}" if share else judged.reason)
    if not shares:
        return unused("the run does not say how large its classes are")
    if shares[smallest] >= rare_share(len(shares)):
        return not_needed(share)
    return unused(share)


def schedule(evidence: Evidence) -> Judgement:
    """Practice 35."""
    judged = of_value(evidence, "schedule", off=("constant",))
    for result in sorted(evidence.networks, key=evidence.precedence):
        for curve in evidence.curves(result.trial.number):
            rates = curve.learning_rate
            if len(rates) > 1 and min(rates) < max(rates):
                course = f"trial {result.trial.number} went from {figure(rates[0])} to {figure(rates[-1])}"
                return Judgement(judged.state, f"{judged.reason}; {course}")
    return judged


RULES: Mapping[int, Callable[[Evidence], Judgement]] = {
    29: partial(problem, row=29, what="overfitting"),
    30: partial(problem, row=30, what="underfitting"),
    31: partial(problem, row=31, what="vanishing gradients or dead units"),
    32: partial(problem, row=32, what="exploding gradients or an unstable rate"),
    33: partial(problem, row=33, what="slow convergence"),
    34: rare_classes,
    35: schedule,
}
