"""The small tables that ship with this tool: `example:penguins`."""

from __future__ import annotations

import difflib
from importlib import resources
from pathlib import Path

from automl_cli.errors import ReadError

_SUFFIXES = (".csv", ".csv.gz")


def example_names() -> tuple[str, ...]:
    """Returns the names that may follow `example:`, in alphabetical order."""
    return tuple(sorted(_examples()))


def example_path(name: str) -> Path:
    """Returns the file of an example.

    Raises:
        ReadError: There is no example of this name; the hint lists those there are.
    """
    examples = _examples()
    if name in examples:
        return examples[name]
    close = difflib.get_close_matches(name, examples, n=1)
    raise ReadError(
        f"There is no example '{name}'" + (f"; did you mean '{close[0]}'?" if close else "."),
        hint="there are: " + ", ".join(f"example:{known}" for known in sorted(examples)),
    )


def _examples() -> dict[str, Path]:
    # An installed wheel carries the examples inside the package, a checkout beside it.
    package = Path(str(resources.files("automl_cli")))
    for folder in (package / "_examples", package.parent / "examples"):
        if folder.is_dir():
            paths = [path for path in folder.iterdir() if path.name.endswith(_SUFFIXES)]
            return {path.name.split(".")[0]: path for path in paths}
    return {}
