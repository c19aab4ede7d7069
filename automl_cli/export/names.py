"""What raw columns are called in the signature of a SavedModel.

TensorFlow takes the inputs of a signature as keyword arguments: a name has to be a Python identifier in ASCII, no
keyword, and two names may not differ in case alone. Columns of real tables are called `Fare paid`, `größe`, `1st`
or `a/b`; each gets the closest name that is allowed, and the bundle's `automl.json` tells which. The signature
for `tf.train.Example` needs none of this: there, features carry the names of the columns as they are.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable

# `self` is an argument of TensorFlow's own functions.
_RESERVED = {word.casefold() for word in keyword.kwlist} | {"self"}


def signature_names(columns: Iterable[str]) -> dict[str, str]:
    """Returns the name in the signature for each column: `{"Fare paid": "Fare_paid", "1st": "column_1st"}`.

    Names that are allowed stay as they are wherever they come in the table; others that would become the same are
    numbered in the order of the table.
    """
    ordered = list(columns)
    candidates = {column: _identifier(column) for column in ordered}
    names: dict[str, str] = {}
    taken: set[str] = set()
    # False sorts before true: columns that keep their name choose first.
    for column in sorted(ordered, key=lambda name: candidates[name] != name):
        name, number = candidates[column], 2
        while name.casefold() in taken:
            name = f"{candidates[column]}_{number}"
            number += 1
        taken.add(name.casefold())
        names[column] = name
    return {column: names[column] for column in ordered}


def _identifier(text: str) -> str:
    # Accents are dropped (größe -> große -> gro_e), everything else that is not allowed becomes one underscore.
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    name = re.sub(r"[^A-Za-z0-9_]+", "_", plain).strip("_") if not _is_allowed(text) else text
    return name if _is_allowed(name) else f"column_{name}".rstrip("_")


def _is_allowed(name: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)) and name.casefold() not in _RESERVED
