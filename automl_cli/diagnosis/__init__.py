"""What trainings showed: one rule a file, each with a name, evidence, a cure and a row of the training guide.

Rules read what was recorded: losses, rates and gradients of every epoch, scores of all trials. They never look at a
network. What is found of a trial stands in its result; what is found of all of them, in the run's journal.
"""

from __future__ import annotations

from collections.abc import Sequence

from automl_cli.diagnosis.dead_units import DEAD_UNITS
from automl_cli.diagnosis.edge_of_range import EDGE_OF_RANGE
from automl_cli.diagnosis.exploding_gradients import EXPLODING_GRADIENTS
from automl_cli.diagnosis.imbalance_ignored import IMBALANCE_IGNORED
from automl_cli.diagnosis.overfitting import OVERFITTING
from automl_cli.diagnosis.plateau import PLATEAU
from automl_cli.diagnosis.rule import RunRule, TrialRule
from automl_cli.diagnosis.searched import Searched
from automl_cli.diagnosis.shift import SHIFT
from automl_cli.diagnosis.slow_convergence import SLOW_CONVERGENCE
from automl_cli.diagnosis.small_validation import SMALL_VALIDATION
from automl_cli.diagnosis.too_few_epochs import TOO_FEW_EPOCHS
from automl_cli.diagnosis.training import Training
from automl_cli.diagnosis.underfitting import UNDERFITTING
from automl_cli.diagnosis.unstable_rate import UNSTABLE_RATE
from automl_cli.diagnosis.vanishing_gradients import VANISHING_GRADIENTS
from automl_cli.diagnosis.worse_than_baseline import WORSE_THAN_BASELINE
from automl_cli.records import Finding, TrialResult

# The most urgent first.
TRIAL_RULES: tuple[TrialRule, ...] = (
    EXPLODING_GRADIENTS,
    VANISHING_GRADIENTS,
    DEAD_UNITS,
    UNSTABLE_RATE,
    OVERFITTING,
    UNDERFITTING,
    SLOW_CONVERGENCE,
    PLATEAU,
    TOO_FEW_EPOCHS,
)
RUN_RULES: tuple[RunRule, ...] = (
    WORSE_THAN_BASELINE,
    SHIFT,
    SMALL_VALIDATION,
    IMBALANCE_IGNORED,
    EDGE_OF_RANGE,
)
RULES: dict[str, TrialRule | RunRule] = {
    **{rule.code: rule for rule in TRIAL_RULES},
    **{rule.code: rule for rule in RUN_RULES},
}


def diagnose_trial(training: Training) -> tuple[Finding, ...]:
    """Returns what a training showed, the most urgent first; nothing of one that went well."""
    seen = [(rule, evidence) for rule in TRIAL_RULES if (evidence := rule.look(training))]
    explained = {code for rule, _ in seen for code in rule.explains}
    return tuple(
        Finding(rule.code, rule.severity, evidence, hint=rule.cure)
        for rule, evidence in seen
        if rule.code not in explained
    )


def diagnose_run(search: Searched) -> tuple[Finding, ...]:
    """Returns what all trials of a search together showed, the most urgent first."""
    return tuple(
        Finding(rule.code, rule.severity, evidence, hint=rule.cure)
        for rule in RUN_RULES
        for evidence in rule.look(search)
    )


def because(number: int, code: str) -> str:
    """Returns the origin of a trial that is tried for what another one showed: "tried because trial 7 overfits"."""
    rule = RULES[code]
    return f"tried because trial {number} {rule.verb if isinstance(rule, TrialRule) else rule.name.lower()}"


def tried_for(results: Sequence[TrialResult], number: int, *, code: str) -> tuple[TrialResult, ...]:
    """Returns the trials that were tried for what another one showed."""
    return tuple(result for result in results if result.trial.origin == because(number, code))
