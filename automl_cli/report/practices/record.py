"""The practices of a run: which were applied, tried and rejected or not used, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from automl_cli.diagnosis import RULES as RULES_OF_DIAGNOSIS
from automl_cli.report.practices import loop_rules, problem_rules, result_rules, search_rules
from automl_cli.report.practices.catalogue import Practice, load_practices
from automl_cli.report.practices.evidence import Evidence
from automl_cli.report.practices.judgement import Judgement, State, unused
from automl_cli.runs.artifacts import write_json
from automl_cli.runs.folder import RunFolder

RULES = {**loop_rules.RULES, **search_rules.RULES, **problem_rules.RULES, **result_rules.RULES}
# What a rule stumbles over where a record is not of the form that this version writes.
_DAMAGED = (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Practised:
    """What a run came to about one practice.

    Attributes:
        number: Of the practice.
        name: Of the practice.
        group: Heading under which it is listed.
        state: Whether the run used it.
        reason: The evidence, from the records of the run.
    """

    number: int
    name: str
    group: str
    state: State
    reason: str


def judge_run(run: RunFolder) -> Sequence[Practised]:
    """Returns what a run shows of every practice, by number; of a damaged or unfinished run, what can be said."""
    evidence = Evidence(run)
    judged = [(practice, _judge(practice, evidence)) for practice in load_practices()]
    return [
        Practised(each.number, each.name, each.group, found.state, "; ".join([found.reason, *_seen(each, evidence)]))
        for each, found in judged
    ]


def record_practices(run: RunFolder) -> Sequence[Practised]:
    """Writes practices.json into the run, and returns what it says.

    Raises:
        RunError: The folder cannot be written.
    """
    practised = judge_run(run)
    write_json(run.path / "practices.json", practised)
    return practised


def _seen(practice: Practice, evidence: Evidence) -> list[str]:
    """Returns what all trials together showed that belongs to a practice."""
    own = {code for code, rule in RULES_OF_DIAGNOSIS.items() if rule.row == practice.number}
    return [finding.message.rstrip(".") for finding in evidence.diagnosis if finding.code in own]


def _judge(practice: Practice, evidence: Evidence) -> Judgement:
    try:
        return RULES[practice.number](evidence)
    except _DAMAGED as error:
        return unused(f"the records of the run are damaged ({type(error).__name__})")
