"""Words for yes and no."""

from __future__ import annotations

from collections.abc import Iterable

# (false, true); the first pair that occurs in full names the classes where spellings are mixed.
PAIRS = (("no", "yes"), ("false", "true"), ("n", "y"), ("f", "t"), ("off", "on"), ("0", "1"), ("0.0", "1.0"))
FALSE_WORDS = frozenset(pair[0] for pair in PAIRS)
TRUE_WORDS = frozenset(pair[1] for pair in PAIRS)
_WORDS = FALSE_WORDS | TRUE_WORDS


def whole_pair(values: Iterable[str]) -> tuple[str, str] | None:
    """Returns the (false, true) pair that a set of cells is made of, in lower case.

    Every cell must be a word for yes or no, in any case, and one pair must be complete: 't' and 'n' are two codes,
    but 'yes', 'no', 'Y', 'true' and '0' are one question answered by several people.
    """
    folded = set()
    for value in values:
        word = value.casefold()
        if word not in _WORDS:
            return None
        folded.add(word)
    return next((pair for pair in PAIRS if folded.issuperset(pair)), None)
