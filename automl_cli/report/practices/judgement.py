"""What a run came to about a practice, and the five states that there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["applied", "tried and rejected", "not needed", "not for this data", "available, not used"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A state and the evidence for it.

    Attributes:
        state: Whether the run used the practice.
        reason: Why it is so, from the records of the run, in one sentence without its full stop.
    """

    state: State
    reason: str


def applied(reason: str) -> Judgement:
    """The run, or the model that came of it, has it."""
    return Judgement("applied", reason)


def rejected(reason: str) -> Judgement:
    """Trials had it, and the model has none of them."""
    return Judgement("tried and rejected", reason)


def not_needed(reason: str) -> Judgement:
    """What it is good against was not there."""
    return Judgement("not needed", reason)


def not_for_this(reason: str) -> Judgement:
    """It belongs to other tasks or other kinds of data."""
    return Judgement("not for this data", reason)


def unused(reason: str) -> Judgement:
    """It could have been used."""
    return Judgement("available, not used", reason)
