"""Errors a user can meet, each with a way out and an exit code.

    AutomlError                1  something this tool noticed and can explain
    ├── UsageError             2  a flag, a value or a spec file is not right
    ├── DataError              3  the data cannot be read or cannot be learned from
    │   ├── ReadError             the file is missing, empty, broken or of an unknown kind
    │   ├── TargetError           the target column is absent, ambiguous or has nothing to predict
    │   └── ColumnError           a column that is needed is missing or is not what was declared
    ├── SearchError            4  no trial could be trained
    ├── RunError               5  a run folder is absent, in use, damaged or not what was expected
    ├── ExportError            6  the model could not be written, or predicts differently once written
    └── MissingExtraError      7  an optional dependency is not installed

An interrupted command exits with 130, as shells expect. Messages say what was expected and what came;
hints say what to do about it.
"""

from __future__ import annotations

from typing import ClassVar


class AutomlError(Exception):
    """Base of every error that is shown to a user as one line, without a traceback.

    Args:
        message: What was expected and what came instead, in one sentence.
        hint: What the user can do about it; shown on a line of its own.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(AutomlError):
    """A flag, a value or a spec file is not right."""

    exit_code = 2


class DataError(AutomlError):
    """The data cannot be read or cannot be learned from."""

    exit_code = 3


class ReadError(DataError):
    """The file is missing, empty, broken or of an unknown kind."""


class TargetError(DataError):
    """The target column is absent, ambiguous or has nothing to predict."""


class ColumnError(DataError):
    """A column that is needed is missing or is not what was declared."""


class SearchError(AutomlError):
    """No trial could be trained."""

    exit_code = 4


class RunError(AutomlError):
    """A run folder is absent, in use, damaged or not what was expected."""

    exit_code = 5


class ExportError(AutomlError):
    """The model could not be written, or predicts differently once written."""

    exit_code = 6


class MissingExtraError(AutomlError):
    """An optional dependency is not installed.

    Args:
        feature: What was asked for, as the user would say it ("Arrow files").
        extra: Name of the extra that brings it.
    """

    exit_code = 7

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} need an optional dependency that is not installed.",
            hint=f"pip install 'automl-cli[{extra}]'",
        )
