"""What a run ran on: versions, processor, memory."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

_CONTROL_GROUP = Path("/sys/fs/cgroup")
PACKAGES = ("automl-cli", "tensorflow", "keras", "keras-tuner", "autokeras", "numpy", "scikit-learn", "duckdb")


def describe_environment() -> dict[str, Any]:
    """Returns versions and machine, without importing any of the packages."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": usable_cores(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "command": sys.argv[1:],
        "packages": {name: installed_version(name) for name in PACKAGES},
    }


def usable_cores() -> int:
    """Returns the cores that this process may run on, which a container can make fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory_bytes() -> int:
    """Returns the memory that is free for this process, which a container can make less than the machine has."""
    free = int(psutil.virtual_memory().available)
    try:
        most, used = (int((_CONTROL_GROUP / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return free
    return max(0, min(free, most - used))


def installed_version(package: str) -> str | None:
    """Returns the version of a distribution, None where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
