"""A column that repeats the target."""

from __future__ import annotations

from collections.abc import Iterator

from automl_cli.data.checks.examined import Examined
from automl_cli.data.phrases import shorten
from automl_cli.data.target import repeats_target
from automl_cli.records import Finding


def check_copies(data: Examined) -> Iterator[Finding]:
    """Finds columns that say what the target says in every row, those already ignored included."""
    for name, column in data.dataset.columns.items():
        if name == data.dataset.target or name not in data.table.columns:
            continue
        if repeats_target(data.table[name], column, target=data.target, labels=data.dataset.labels):
            is_used = name in data.inputs
            yield Finding(
                "target-copy",
                "warning",
                f"'{shorten(name)}' equals the target in every row" + ("." if is_used else " and is left out."),
                hint=f"leave it out: --kind '{shorten(name)}=ignored'" if is_used else None,
                columns=(name,),
            )
