"""From the names of trackers to listeners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from automl_cli.errors import MissingExtraError, UsageError
from automl_cli.events import Listener
from automl_cli.tracking.mlflow import MlflowTracker
from automl_cli.tracking.tensorboard import TensorBoardTracker
from automl_cli.tracking.wandb import WandbTracker

# Each with the package that it cannot do without; TensorFlow writes TensorBoard's files by itself.
_TRACKERS: Mapping[str, tuple[str, Callable[[Path], Listener]]] = {
    "mlflow": ("mlflow", MlflowTracker),
    "tensorboard": ("tensorflow", TensorBoardTracker),
    "wandb": ("wandb", WandbTracker),
}


def make_trackers(names: str | None, home: Path) -> list[Listener]:
    """Returns the trackers that a user asks for.

    Args:
        names: With commas between: "tensorboard,mlflow"; None for none.
        home: Folder in which run folders gather.

    Raises:
        UsageError: There is no such tracker.
        MissingExtraError: Its package is not installed.
    """
    listeners = []
    for name in dict.fromkeys(part.strip() for part in (names or "").split(",") if part.strip()):
        if name not in _TRACKERS:
            raise UsageError(f"'{name}' is no tracker.", hint=f"one of {', '.join(_TRACKERS)}")
        package, make = _TRACKERS[name]
        if find_spec(package) is None:
            raise MissingExtraError(f"Logs for {name}", name)
        listeners.append(make(home))
    return listeners
