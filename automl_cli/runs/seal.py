"""The seal on the test rows: they are scored once, and the receipt says when and what came of it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from automl_cli.errors import RunError
from automl_cli.records import Score, to_json
from automl_cli.runs.folder import RunFolder


def record_test_scores(run: RunFolder, scores: Sequence[Score], *, verdict: str) -> None:
    """Writes the receipt of the one and only look at the test rows.

    Args:
        run: The run.
        scores: The winner's, the search's metric first.
        verdict: The sentence that the user was told.

    Raises:
        RunError: The seal was opened before; a second look would no longer be a test.
    """
    receipt: dict[str, Any] = {
        "opened": datetime.now(UTC).isoformat(timespec="seconds"),
        "scores": scores,
        "verdict": verdict,
    }
    try:
        handle = os.open(run.test_score, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError as error:
        raise RunError(
            f"The test rows of '{run.name}' were scored before; a second look is no test.",
            hint="search again for a new run, or use 'automl evaluate' with rows of your own",
        ) from error
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(to_json(receipt), stream, indent=2, ensure_ascii=False)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
