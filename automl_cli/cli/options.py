"""Options that several commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RunHome = Annotated[
    Path, typer.Option("--out", envvar="AUTOML_OUT", help="Folder in which run folders gather.", show_default=True)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, for machines.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No talk on stderr, only results and errors.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show every reason and note.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        envvar="AUTOML_WORKERS",
        min=0,
        help="Trials at a time, each in a process of its own; 0: none of its own. [by cores and memory]",
    ),
]
TrackOption = Annotated[
    str | None,
    typer.Option(
        "--track", envvar="AUTOML_TRACK", help="Log to tensorboard, mlflow or wandb too, with commas between."
    ),
]
DEFAULT_HOME = Path("runs")


def split_run_and_data(first: str, second: str | None) -> tuple[str | None, str]:
    """Tells `DATA` from `RUN DATA`: with one argument it is the data, and the run is the latest."""
    return (None, first) if second is None else (first, second)
