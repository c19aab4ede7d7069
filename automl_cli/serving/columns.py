"""Finds the columns that a model takes among those that a file has."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from automl_cli.errors import ColumnError


def match_columns(required: Sequence[str], present: Sequence[str]) -> dict[str, str]:
    """Returns, for each required column, what it is called in the file.

    Order and further columns do not matter, nor do blanks around a name and the case of its letters, unless that
    leaves more than one choice.

    Raises:
        ColumnError: Some are missing; the message names all of them, the hint those that come close.
    """
    folded: dict[str, list[str]] = {}
    for name in present:
        folded.setdefault(_fold(name), []).append(name)
    found: dict[str, str] = {}
    for name in required:
        candidates = [name] if name in present else folded.get(_fold(name), [])
        if len(candidates) == 1:
            found[name] = candidates[0]
    missing = [name for name in required if name not in found]
    if missing:
        raise _missing_columns(missing, [name for name in present if name not in found.values()], len(required))
    return found


def _fold(name: str) -> str:
    return " ".join(name.split()).casefold()


def _missing_columns(missing: Sequence[str], others: Sequence[str], required: int) -> ColumnError:
    by_folded = {_fold(name): name for name in others}
    close = {
        name: by_folded[match[0]]
        for name in missing
        if (match := difflib.get_close_matches(_fold(name), by_folded, n=1, cutoff=0.7))
    }
    if close:
        hint = "close: " + ", ".join(f"the file's '{other}' for '{name}'" for name, other in close.items())
    elif others:
        hint = "other columns of the file: " + ", ".join(f"'{name}'" for name in others[:10])
    else:
        hint = "the file has no other columns"
    names = ", ".join(f"'{name}'" for name in missing)
    return ColumnError(f"{len(missing)} of the {required} columns that the model needs are missing: {names}.", hint)
