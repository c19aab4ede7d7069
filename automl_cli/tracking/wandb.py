"""Tells Weights & Biases of a search: one step a trial.

Nothing leaves the machine unless WANDB_MODE=online says so: what is logged stays in the folder `wandb` of the run, from
where `wandb sync` can send it.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from automl_cli.events import Event, SearchEnded, TrialEnded, search_of
from automl_cli.records import to_json


class WandbTracker:
    """A listener.

    Args:
        home: Folder in which run folders gather.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._run: Any = None

    def __call__(self, event: Event) -> None:
        """Logs settings when a search begins, each trial when it ends, and the test score."""
        if (started := search_of(event)) is not None:
            import wandb

            self._run = wandb.init(
                project="automl",
                name=started.run,
                config=to_json(asdict(started)),
                dir=str(self._home / started.run),
                mode=os.environ.get("WANDB_MODE", "offline"),
                settings=wandb.Settings(silent=True),
            )
        elif isinstance(event, TrialEnded) and self._run is not None:
            result = event.result
            about = {"family": result.trial.family, "state": result.state, "score": result.score}
            self._run.log({**about, "seconds": result.seconds, "parameters": result.parameters})
        elif isinstance(event, SearchEnded) and self._run is not None:
            test = event.test.value if event.test else None
            self._run.summary.update({"validation": event.validation, "test": test, "seconds": event.seconds})
            self._run.finish()
