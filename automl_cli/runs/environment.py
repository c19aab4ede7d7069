"""What a run ran on: versions, processor, memory."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from typing import Any

import psutil

PACKAGES = (
    "automl-cli",
    "tensorflow",
    "keras",
    "keras-tuner",
    "autokeras",
    "lightgbm",
    "numpy",
    "scikit-learn",
    "duckdb",
)


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


def installed_version(package: str) -> str | None:
    """Returns the version of a distribution, None where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
