"""`automl spaces`: the model families and what is searched in each."""

from __future__ import annotations

from typing import Annotated

import typer

from automl_cli.cli.options import Debug, Json
from automl_cli.errors import UsageError


def spaces(
    family: Annotated[str | None, typer.Argument(help="Show every hyperparameter of this family.")] = None,
    yaml: Annotated[
        bool, typer.Option("--yaml", help="Print the family's YAML, to edit and search with --space.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the model families, or what is searched in one."""
    from automl_cli.terminal.console import make_terminal
    from automl_cli.terminal.tables import families_table, space_table
    from search_spaces.family import load_families, space_text

    terminal = make_terminal(json=json)
    if yaml and family is None:
        raise UsageError("--yaml prints one family.", hint="automl spaces mlp --yaml > my.yaml")
    try:
        families = load_families([family] if family else None)
    except ValueError as error:
        raise UsageError(f"{error}.", hint="'automl spaces' lists them") from error
    if family is None:
        machine = {name: known.summary for name, known in families.items()}
        terminal.show(families_table(families), machine)
        terminal.say("[dim]automl spaces FAMILY shows its hyperparameters.[/]")
        return
    if yaml:
        print(space_text(family), end="")
        return
    known = families[family]
    terminal.show(space_table(known), known.full_space)
