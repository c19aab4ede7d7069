"""Columns that a model is not fed: identifiers and constants."""

from __future__ import annotations

from collections.abc import Iterator

from automl_cli.data.checks.examined import Examined
from automl_cli.data.phrases import count_of, listing
from automl_cli.records import Finding, Kind

_WHY: tuple[tuple[Kind, str, str], ...] = (
    ("identifier", "names its row", "name their rows"),
    ("constant", "never varies", "never vary"),
)


def check_unused(data: Examined) -> Iterator[Finding]:
    """Says which columns are left out, so that a wrong guess is noticed."""
    for kind, one, many in _WHY:
        names = tuple(
            name for name, column in data.dataset.columns.items() if column.kind == kind and name != data.dataset.target
        )
        if names:
            why = f"{one} and is" if len(names) == 1 else f"{many} and are"
            yield Finding(
                kind,
                "info",
                f"{count_of(len(names), 'column')} {why} left out: {listing(names)}.",
                hint=f"if that is wrong: --kind '{names[0]}=category'" if kind == "identifier" else None,
                columns=names,
            )
