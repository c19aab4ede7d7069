"""What trials and the model have of a hyperparameter, in words: the evidence of most practices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from automl_cli.data.phrases import figure
from automl_cli.records import TrialResult, Value
from automl_cli.report.practices.evidence import Evidence, named
from automl_cli.report.practices.judgement import Judgement, applied, rejected, unused

_VALUES_SHOWN = 6
# Values of a penalty or a layer that is not there.
_OFF = (0, "none")


def of_value(evidence: Evidence, name: str, *, off: Collection[Value] = (), what: str = "") -> Judgement:
    """Judges a practice that is the value of a hyperparameter.

    Args:
        evidence: Of the run.
        name: Of the hyperparameter.
        off: Values that mean that it is not used.
        what: How it is called in the reason; its name by default.
    """
    what = what or name.replace("_", " ")
    found = evidence.values(name)
    used = {value: results for value, results in found.items() if value not in off}
    if not found:
        return unused(f"no trial has a {what}: {families_of(evidence)} were tried")
    if not used:
        return unused(f"no trial was given a {what} other than {shown(found)}")
    return in_model(evidence, used, what=what)


def switched_on(evidence: Evidence, *names: str) -> Mapping[Value, Sequence[TrialResult]]:
    """Returns the trials by the hyperparameter that they have neither at 0 nor at "none", as it is called in words."""
    found: dict[Value, list[TrialResult]] = {}
    for name in names:
        for value, results in evidence.values(name).items():
            if value not in _OFF:
                found.setdefault(name.replace("_", " "), []).extend(results)
    return found


def in_model(evidence: Evidence, used: Mapping[Value, Sequence[TrialResult]], *, what: str) -> Judgement:
    """Says which values were tried and which of them are in the model; at least one was tried."""
    kept = {value: [r for r in results if evidence.is_member(r)] for value, results in used.items()}
    kept = {value: results for value, results in kept.items() if results}
    every = [result for results in used.values() for result in results]
    if not evidence.weights:
        return applied(f"{what} {shown(used)} in {named(every)}; the run has no model yet")
    if not kept:
        return rejected(f"{what} {shown(used)} in {named(every)}; the model has none of them")
    members = list({result.trial.number: result for results in kept.values() for result in results}.values())
    if set(kept) == set(used):
        return applied(f"{what} {shown(used)} in {named(every)}; {named(members)} {_are(members)} in the model")
    return applied(f"{what} {shown(used)} were tried; {shown(kept)} is in the model ({named(members)})")


def shown(values: Collection[Value]) -> str:
    """Lists values in their order: `32, 64 and 256`."""
    numbers = sorted((v for v in values if not isinstance(v, (str, bool))), key=float)
    words = [_text(value) for value in (*numbers, *(v for v in values if isinstance(v, (str, bool))))]
    if len(words) > _VALUES_SHOWN:
        return f"{', '.join(words[:_VALUES_SHOWN])} and {len(words) - _VALUES_SHOWN} more"
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def families_of(evidence: Evidence) -> str:
    """Lists the families that were tried: `constant, linear and mlp`; "no families" before the first trial."""
    return shown(dict.fromkeys(result.trial.family for result in evidence.results)) or "no families"


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else figure(value)


def _are(results: Sequence[TrialResult]) -> str:
    return "is" if len(results) == 1 else "are"
