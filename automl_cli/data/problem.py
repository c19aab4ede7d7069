"""A described table as a problem to be solved: typed, divided and checked."""

from __future__ import annotations

from dataclasses import dataclass

from automl_cli.data.cast import type_table
from automl_cli.data.checks import run_checks
from automl_cli.data.dataset import input_columns
from automl_cli.data.described import Described
from automl_cli.data.split import split_table
from automl_cli.data.table import Table
from automl_cli.data.target import Target, encode_target
from automl_cli.data.test_file import join_test_file
from automl_cli.records import Finding, Split
from automl_cli.spec.dataset import DatasetSpec


@dataclass(frozen=True, slots=True)
class Problem:
    """A described table, ready to be learned from.

    Attributes:
        dataset: What the columns are.
        table: The model's input columns, of all rows.
        target: Values and classes of the same rows.
        split: Which of these rows serve what.
        findings: What the checks noticed.
    """

    dataset: DatasetSpec
    table: Table
    target: Target
    split: Split
    findings: tuple[Finding, ...]


def prepare(described: Described, *, seed: int, folds: int = 1) -> Problem:
    """Types the cells, encodes the target, divides the rows and checks what was given.

    Args:
        described: The data.
        seed: Of the split.
        folds: Of the validation; 1 is a hold-out.

    Raises:
        DataError: Too little is left to learn from.
    """
    dataset = described.dataset
    raw, test_rows = join_test_file(described.source.result.table, dataset)
    target = encode_target(raw, dataset)
    split = split_table(raw, target, dataset=dataset, seed=seed, test_rows=test_rows, folds=folds)
    table = type_table(raw, input_columns(dataset))
    findings = run_checks(raw, target, dataset=dataset, split=split)
    return Problem(dataset, table, target, split, findings)
