"""How much memory there is for this process: a container may allow less than the machine has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil

_ROOT = Path("/sys/fs/cgroup")
# Files that say how much a group of processes may hold and how much it holds, and what of that is only cached files,
# which the system takes back when it needs the room.
_VERSION_1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_cache")
_VERSION_2 = ("memory.max", "memory.current", "file")


def free_memory_bytes() -> int:
    """Returns how much more this process and its children may hold."""
    return max(0, min(int(psutil.virtual_memory().available), *_free_in_groups()))


def _free_in_groups() -> Iterator[int]:
    """Yields what is free in the control groups of this process, those that have a limit (Linux)."""
    yield 2**62
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            names = _VERSION_2 if not controllers else _VERSION_1
            # Inside a container, the path may be that of the outside, and the group is found at the root.
            for folder in {_ROOT / controllers / path.strip("/"), _ROOT / controllers}:
                yield from _free_in(folder, names)


def _free_in(folder: Path, names: tuple[str, str, str]) -> Iterator[int]:
    most, used, cached = names
    try:
        held = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        yield int((folder / most).read_text()) - int((folder / used).read_text()) + int(held[cached])
    except (OSError, ValueError, KeyError):  # there is no such group, or it has no limit ("max")
        return
