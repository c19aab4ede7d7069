"""A YAML file whose mistakes can be pointed at: values, and the line where each of them stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# The same safe loader in C, ten times faster, wherever PyYAML was built with it.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML mapping and its lines.

    Attributes:
        path: Where it was read from.
        values: Plain values, as YAML gives them.
        lines: Line numbers, from 1, of every key; keys are paths such as ("parameters", "width", "low").
    """

    path: Path
    values: Mapping[str, Any]
    lines: Mapping[tuple[str, ...], int]

    def error(self, place: tuple[str, ...], message: str) -> ValueError:
        """Returns an error that names the file and the line of a key, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return ValueError(f"{self.path.name}:{self.lines.get(place, 1)}: {message}")


def read_document(path: Path) -> Document:
    """Reads a YAML file.

    Raises:
        ValueError: It cannot be read, is no YAML mapping, or has a key twice; names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=_Loader)
        values = yaml.load(text, Loader=_Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: cannot be read: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"{path.name}:{line}: is not YAML: {error.problem}") from error
    if not isinstance(root, yaml.MappingNode):
        raise ValueError(f"{path.name}:1: expected keys and values")
    return Document(path, values, _lines(root, (), path.name))


def _lines(node: yaml.MappingNode, place: tuple[str, ...], file: str) -> dict[tuple[str, ...], int]:
    lines: dict[tuple[str, ...], int] = {}
    for key, value in node.value:
        here = (*place, str(key.value))
        line = key.start_mark.line + 1
        if here in lines:  # YAML itself would silently keep the last one.
            raise ValueError(f"{file}:{line}: key {key.value!r} occurs twice")
        lines[here] = line
        if isinstance(value, yaml.MappingNode):
            lines |= _lines(value, here, file)
    return lines
