"""The list of practices, and how one is found in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml


@dataclass(frozen=True, slots=True)
class Practice:
    """Something that people who train networks do, and what this tool does about it.

    Attributes:
        number: From 1; it does not change.
        name: In a few words.
        group: Heading under which it is listed.
        words: By which it is found.
        brief: What happens without being asked, in a short line.
        does: The same in a sentence or two.
        searched: What a search tries of it.
        switch: Flags, hyperparameters for `--set` and commands that turn it; "none" where there are none.
        record: Which files of a run tell of it.
        input: The kind of data that it belongs to, where that is not read yet; empty for tables.
    """

    number: int
    name: str
    group: str
    words: tuple[str, ...]
    brief: str
    does: str
    searched: str
    switch: str
    record: str
    input: str = ""


@cache
def load_practices() -> tuple[Practice, ...]:
    """Returns all practices by number."""
    text = resources.files(__package__).joinpath("catalogue.yaml").read_text(encoding="utf-8")
    return tuple(Practice(**{**entry, "words": tuple(entry["words"])}) for entry in yaml.safe_load(text))


def find_practices(text: str) -> Sequence[Practice]:
    """Returns the practices that a user means, by number or by a word of their name, best first; maybe none.

    Args:
        text: "34", "imbalance", "early stopping".
    """
    wanted = " ".join(text.casefold().split())
    if not wanted:
        return []
    practices = load_practices()
    if wanted.isdecimal():
        return [practice for practice in practices if practice.number == int(wanted)]
    by_word = [practice for practice in practices if wanted in practice.words]
    return by_word or [practice for practice in practices if any(wanted in known for known in _known_as(practice))]


def _known_as(practice: Practice) -> Sequence[str]:
    return (practice.name.casefold(), practice.group.casefold(), *practice.words)
