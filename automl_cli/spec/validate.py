"""From loose values, as flags and files give them, to checked settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from automl_cli.errors import UsageError
from automl_cli.spec.search import SearchSettings


def settings_from(said: Mapping[str, Any]) -> SearchSettings:
    """Checks what the flags said.

    Raises:
        UsageError: A value is not possible; the first one is named.
    """
    try:
        return SearchSettings(**{name: value for name, value in said.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = "--" + ".".join(str(part) for part in first["loc"])
        problem = first["msg"].removeprefix("Value error, ").rstrip(".")
        raise UsageError(f"{where}: {problem}.") from error
