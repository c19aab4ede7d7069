"""The command line: one file per command; each parses, calls the workflow and prints.

Nothing heavy is imported until a command runs, so that `automl --help` answers at once.
"""

from __future__ import annotations

import sys

import typer

from automl_cli.cli.check import check
from automl_cli.cli.evaluate import evaluate
from automl_cli.cli.guide import guide
from automl_cli.cli.init import init
from automl_cli.cli.leaderboard import leaderboard
from automl_cli.cli.predict import predict
from automl_cli.cli.resume import resume
from automl_cli.cli.runs import runs
from automl_cli.cli.schema import schema
from automl_cli.cli.search import search
from automl_cli.cli.spaces import spaces
from automl_cli.errors import AutomlError

app = typer.Typer(
    help="From a table in a file to a tested, portable Keras model.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # the boxes of rich would triple the time that --help takes
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: automl search data.csv",
)
for command in (search, resume, predict, evaluate, leaderboard, runs, init, spaces, guide, schema, check):
    app.command()(command)


def main() -> None:
    """Runs the command line and turns errors into one line, a hint and an exit code."""
    try:
        app()
    except AutomlError as error:
        _explain(error.message, error.hint)
        raise SystemExit(error.exit_code) from (error if _debugging() else None)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nobody is left to be told.
        raise SystemExit(0) from None
    except Exception as error:  # the boundary: whatever is left is a fault of this tool
        if _debugging():
            raise
        _explain(
            f"This should not have happened: {type(error).__name__}: {error}",
            "it is a fault of automl, not yours; the same command with --debug shows where",
        )
        raise SystemExit(1) from None


def _debugging() -> bool:
    return "--debug" in sys.argv


def _explain(message: str, hint: str | None) -> None:
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    console.print("[bold red]error:[/]", end=" ")
    console.print(message, markup=False, soft_wrap=True)
    if hint:
        console.print("[bold]hint:[/]", end=" ")
        console.print(hint, markup=False, soft_wrap=True)
    if _debugging():
        console.print_exception()
