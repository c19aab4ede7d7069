"""What trainings showed, for the report: evidence, cure, and whether the search has tried it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from automl_cli.data.phrases import figure
from automl_cli.diagnosis import RULES, tried_for
from automl_cli.records import Finding, TrialResult

# Begins the origin of a trial beyond the end of a range; see `automl_cli.search.cures`.
_BEYOND = "is best at the"


@dataclass(frozen=True, slots=True)
class Showed:
    """One line of the report.

    Attributes:
        where: "trial 7", or "all trials".
        name: Of the rule.
        row: Of the training guide.
        evidence: With figures.
        cure: What helps.
        tried: What the search did about it.
    """

    where: str
    name: str
    row: int
    evidence: str
    cure: str
    tried: str


def what_showed(
    results: Sequence[TrialResult], *, weights: Mapping[int, float], findings: Sequence[Finding]
) -> list[Showed]:
    """Returns what the trials of the model showed, and what all trials together did.

    Args:
        results: Of all trials.
        weights: Share of each trial in the model, by its number.
        findings: Of all trials together.
    """
    shipped = [result for result in results if result.trial.number in weights]
    lines = [
        _line(f"trial {result.trial.number}", finding, tried=_tried(results, result, finding))
        for result in shipped
        for finding in result.findings
    ]
    beyond = [result for result in results if _BEYOND in result.trial.origin]
    for finding in findings:
        tried = _named(beyond) if finding.code == "edge-of-range" and beyond else "for you to decide"
        lines.append(_line("all trials", finding, tried=tried))
    return lines


def _line(where: str, finding: Finding, *, tried: str) -> Showed:
    rule = RULES[finding.code]
    return Showed(where, rule.name, rule.row, finding.message, finding.hint or rule.cure, tried)


def _tried(results: Sequence[TrialResult], result: TrialResult, finding: Finding) -> str:
    cures = tried_for(results, result.trial.number, code=finding.code)
    return _named(cures) if cures else "not tried"


def _named(results: Sequence[TrialResult]) -> str:
    scores = [f"trial {r.trial.number} ({'no score' if r.score is None else figure(r.score)})" for r in results]
    return "tried: " + ", ".join(scores)
