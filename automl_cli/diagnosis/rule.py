"""What a rule is: a name, a cure, a row of the training guide, and a function that looks for evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from automl_cli.diagnosis.searched import Searched
from automl_cli.diagnosis.training import Training
from automl_cli.records import Severity


@dataclass(frozen=True, slots=True)
class TrialRule:
    """Looks at one trial.

    Attributes:
        code: Stable name, the code of its findings.
        name: What people call it.
        verb: Completes "trial 7 ...".
        row: Of the training guide.
        cure: What helps, in words.
        look: Returns the evidence, with figures, in one sentence; None where there is none.
        severity: Of its findings.
        explains: Codes of rules that see the same and need not be heard where this one speaks.
    """

    code: str
    name: str
    verb: str
    row: int
    cure: str
    look: Callable[[Training], str | None]
    severity: Severity = "warning"
    explains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRule:
    """Looks at all trials of a search together.

    Attributes:
        code: Stable name, the code of its findings.
        name: What people call it.
        row: Of the training guide.
        cure: What helps, in words.
        look: Yields evidence, with figures, in sentences.
        severity: Of its findings.
    """

    code: str
    name: str
    row: int
    cure: str
    look: Callable[[Searched], Iterator[str]]
    severity: Severity = "warning"
