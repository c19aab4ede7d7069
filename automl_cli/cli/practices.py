"""What `automl guide` prints: practices in short lines, one in full, and what a run shows of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from automl_cli.report.practices.catalogue import Practice
from automl_cli.report.practices.record import Practised
from automl_cli.terminal.tables import plain_table

# In a narrower window the flags are left to the page of each practice.
_WIDTH_OF_FLAGS = 100
_COLOURS = {
    "applied": "green",
    "tried and rejected": "yellow",
    "not needed": "cyan",
    "not for this data": "dim",
    "available, not used": "dim",
}


def practices_table(practices: Sequence[Practice], *, width: int) -> Table:
    """Draws one short line a practice, grouped.

    Args:
        practices: By number.
        width: Of the window, in characters.
    """
    flags = width >= _WIDTH_OF_FLAGS
    table = plain_table("", "practice", "what automl does", *(["flag"] if flags else []), right=[""])
    group = ""
    for practice in practices:
        if practice.group != group:
            group = practice.group
            table.add_row("", f"[bold]{group}[/]")
        first = re.split(r"[,;]", practice.switch)[0]
        cells = [escape(first if first != "none" else "")] if flags else []
        table.add_row(
            str(practice.number), practice.name, practice.brief, *cells, style="dim" if practice.input else None
        )
    return table


def practice_table(practice: Practice) -> Table:
    """Draws one practice in full."""
    table = plain_table("", f"{practice.number} {practice.name}")
    table.add_row("group", practice.group)
    if practice.input:
        table.add_row("input", f"{practice.input}: not read yet")
    for name in ("does", "searched", "switch", "record"):
        label = {"does": "by default", "switch": "switched by", "record": "seen in"}.get(name, name)
        table.add_row(label, escape(getattr(practice, name)))
    return table


def practised_table(judged: Sequence[Practised]) -> Table:
    """Draws what a run shows of each practice, grouped, with the reason."""
    table = plain_table("", "practice", "state", "because", right=[""])
    group = ""
    for each in judged:
        if each.group != group:
            group = each.group
            table.add_row("", f"[bold]{group}[/]")
        colour = _COLOURS[each.state]
        table.add_row(str(each.number), each.name, f"[{colour}]{each.state}[/]", escape(each.reason))
    return table
