"""Rows that cannot be used because of their target, and spellings that were taken for one class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from automl_cli.data.checks.examined import Examined
from automl_cli.data.levels import text_cells
from automl_cli.data.missing import CERTAIN_MARKS
from automl_cli.data.phrases import count_of, listing, share_of
from automl_cli.records import Finding

_MANY = 0.05


def check_target_cells(data: Examined) -> Iterator[Finding]:
    """Counts rows that are set aside, and names classes that are spelled in several ways."""
    name = data.dataset.target
    unused = text_cells(data.table[name][~data.target.usable])
    strange = Counter(cell for cell in unused.tolist() if cell and cell.casefold() not in CERTAIN_MARKS)
    missing = len(unused) - strange.total()
    if missing:
        yield Finding(
            "target-missing",
            "warning" if missing > _MANY * data.table.rows else "info",
            f"The target is missing in {share_of(missing, data.table.rows)} rows; they are set aside.",
            columns=(name,),
        )
    if strange:
        listed = listing([cell for cell, _ in strange.most_common()])
        what = "not among the classes" if data.target.classes else "no numbers"
        yield Finding(
            "target-set-aside",
            "warning",
            f"{count_of(strange.total(), 'row')} set aside because of a target that is {what}: {listed}.",
            hint="to learn it too, put it under 'labels' in dataset.yaml" if data.target.classes else None,
            columns=(name,),
        )
    present = frozenset(text_cells(data.table[name]).tolist()) if data.dataset.labels else frozenset()
    for label, spellings in (data.dataset.labels or {}).items():
        found = [spelling for spelling in spellings if spelling in present]
        if len(found) > 1:
            yield Finding(
                "spellings",
                "info",
                f"Class '{label}' is spelled in {len(found)} ways: {listing(found, 8)}.",
                hint="if they differ, separate them under 'labels' in dataset.yaml",
                columns=(name,),
            )
