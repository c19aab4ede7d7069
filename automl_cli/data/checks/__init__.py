"""What is wrong with the data, or may be: one rule a file; `run_checks` asks them all."""

from __future__ import annotations

from automl_cli.data.checks.combination import check_combination
from automl_cli.data.checks.copies import check_copies
from automl_cli.data.checks.duplicates import check_duplicates
from automl_cli.data.checks.examined import Examined
from automl_cli.data.checks.few_rows import check_few_rows
from automl_cli.data.checks.imbalance import check_imbalance
from automl_cli.data.checks.leak import check_leak
from automl_cli.data.checks.many_rows import check_many_rows
from automl_cli.data.checks.mostly_missing import check_mostly_missing
from automl_cli.data.checks.target_cells import check_target_cells
from automl_cli.data.checks.unused import check_unused
from automl_cli.data.table import Table
from automl_cli.data.target import Target
from automl_cli.records import Finding, Severity, Split
from automl_cli.spec.dataset import DatasetSpec

CHECKS = (
    check_target_cells,
    check_copies,
    check_leak,
    check_combination,
    check_duplicates,
    check_few_rows,
    check_imbalance,
    check_many_rows,
    check_mostly_missing,
    check_unused,
)
_URGENCY: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}


def run_checks(table: Table, target: Target, *, dataset: DatasetSpec, split: Split) -> tuple[Finding, ...]:
    """Looks for what makes a score too good, a model useless, or a guess of ours wrong.

    Args:
        table: Raw cells, the target among them.
        target: As `encode_target` returns it.
        dataset: What the columns are.
        split: Which rows serve what.

    Returns:
        The most urgent first.
    """
    data = Examined(table, target, dataset, split)
    findings = [finding for check in CHECKS for finding in check(data)]
    return tuple(sorted(findings, key=lambda finding: _URGENCY[finding.severity]))
