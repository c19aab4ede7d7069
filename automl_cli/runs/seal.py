"""The seal on the test rows: they are scored when a run ends, and the receipt says when, how often and what came of it.

A run that goes on after it has ended is scored again. No trial is chosen by the test rows, but the user has seen their
score before deciding to go on, and so each receipt counts the looks and keeps those before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from automl_cli.records import Score
from automl_cli.runs.artifacts import read_json, write_json
from automl_cli.runs.folder import RunFolder


def earlier_looks(run: RunFolder) -> int:
    """Returns how often the test rows of a run were scored before."""
    return int(read_json(run.test_score)["look"]) if run.test_score.exists() else 0


def describe_test_rows(run: RunFolder, rows: int) -> str:
    """Says in words what a test score is measured on."""
    looks = earlier_looks(run)
    before = {0: "", 1: ", scored once before", 2: ", scored twice before"}
    return f"{rows:,} test rows{before.get(looks, f', scored {looks} times before')}"


def record_test_scores(run: RunFolder, scores: Sequence[Score], *, verdict: str, classes: Sequence[Any] = ()) -> None:
    """Writes the receipt of a look at the test rows.

    Args:
        run: The run.
        scores: The winner's, the search's metric first.
        verdict: The sentence that the user was told.
        classes: Records of how well each class is told from the others.

    Raises:
        RunError: The folder cannot be written.
    """
    earlier = read_json(run.test_score) if run.test_score.exists() else None
    receipt: dict[str, Any] = {
        "look": earlier_looks(run) + 1,
        "opened": datetime.now(UTC).isoformat(timespec="seconds"),
        "scores": scores,
        **({"classes": classes} if classes else {}),
        "verdict": verdict,
        "earlier": [*earlier.pop("earlier"), earlier] if earlier else [],
    }
    write_json(run.test_score, receipt)
