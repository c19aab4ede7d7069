"""Dataset specs as YAML files: read with errors that name the line, written with reasons beside what they explain.

In the file, the reason for a kind or for the task is the comment behind it, and is read back from there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from automl_cli.errors import UsageError
from automl_cli.spec.dataset import ColumnSpec, DatasetSpec
from automl_cli.spec.monotone import misplaced_directions

# Values of hyperparameters may be of any plain type, so the file decides what `3`, `0.1` and `true` are. Everywhere
# else the schema does, and scalars stay as written: the label `no` is a word, the missing mark `007` keeps its zeros.
_TYPED = ("search", "hyperparameters")
_COMMENT = re.compile(r"\s*#\s?(.*)")
_LONGEST_KEY = 1_000  # YAML looks no further for the colon

_HEADER = """\
# What automl made of {data}. The comment behind a kind says why. Correct what is wrong, then:
#   automl search THIS_FILE
# Kinds that a model learns from: number, category, boolean, datetime, text.
# Kinds that are left out: identifier, constant, ignored.
"""
_FOOTER = """
# split: {test_fraction: 0.2, group: COLUMN, time_column: COLUMN, folds: 5}
# search: {time: 5m, trials: 50, metric: roc_auc, families: [mlp, linear], seed: 0}
"""


def load_dataset(path: Path) -> DatasetSpec:
    """Reads a dataset spec.

    Raises:
        UsageError: The file is absent, no YAML, or says something impossible; the message names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError(f"There is no file '{path}'.", hint="automl init DATA writes one") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"'{path}' cannot be read as text: {error}.") from error
    return parse_dataset(text, source=str(path))


def parse_dataset(text: str, *, source: str = "dataset.yaml") -> DatasetSpec:
    """Reads a dataset spec from text; `source` names it in errors.

    Raises:
        UsageError: It is no YAML, or says something impossible.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{source}, line {line}: this is not YAML: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{source}: this is not YAML: {error}.") from error
    if not isinstance(root, yaml.MappingNode):
        raise UsageError(f"{source}: a dataset spec has the keys data, target, task and columns.")
    values = _plain(root, source=source)
    _take_reasons(values, root, text.splitlines())
    try:
        dataset = DatasetSpec.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise _problem(root, first["loc"], _message(first), source=source) from error
    for place, message in _contradictions(dataset):
        raise _problem(root, place, message, source=source)
    return dataset


def dump_dataset(dataset: DatasetSpec) -> str:
    """Returns a dataset spec as commented YAML; `parse_dataset` gives the same spec back."""
    values = dataset.model_dump(exclude_defaults=True)
    lines = [_HEADER.format(data=Path(dataset.data).name), f"data: {_inline(dataset.data)}"]
    read = {"format": dataset.read.format, **values.get("read", {})}
    lines += ["read:", *(f"  {key}: {_inline(value)}" for key, value in read.items()), ""]
    lines += [f"target: {_inline(dataset.target)}", f"task: {dataset.task}{_comment(dataset.task_reason)}"]
    if dataset.labels is not None:
        lines += ["labels:  # classes, and the spellings that mean them"]
        lines += [f"  {_inline(name)}: {_inline(spellings)}" for name, spellings in dataset.labels.items()]
    lines += ["", "columns:"]
    for name, column in dataset.columns.items():
        lines += _column_lines(name, column)
    for section in ("split", "search"):
        if section in values:
            lines += ["", f"{section}:", *(f"  {key}: {_inline(value)}" for key, value in values[section].items())]
    return "\n".join(lines) + "\n" + ("" if {"split", "search"} & set(values) else _FOOTER)


def _column_lines(name: str, column: ColumnSpec) -> Iterator[str]:
    key = _inline(name)
    first, indent = ("  ? " + key, "  : ") if len(key) > _LONGEST_KEY else (f"  {key}:", "    ")
    yield first
    yield f"{indent}kind: {column.kind}{_comment(column.reason)}"
    for setting, value in column.model_dump(exclude_defaults=True, exclude={"kind", "reason", "number"}).items():
        yield f"    {setting}: {_inline(value)}"
    if column.number:
        yield f"    number: {_inline(column.number.model_dump())}"


def _inline(value: Any) -> str:
    """Returns a value on one line, quoted where YAML would take it for something else."""
    text: str = yaml.safe_dump(
        [value], default_flow_style=True, width=float("inf"), allow_unicode=True, sort_keys=False
    )
    bare = text.strip()[1:-1]
    # Text of several lines fits on one only in JSON's way, which YAML shares.
    return bare if "\n" not in bare else json.dumps(value, ensure_ascii=False)


def _comment(reason: str) -> str:
    return f"  # {' '.join(reason.split())}" if reason else ""


def _plain(node: yaml.Node, place: tuple[str, ...] = (), *, source: str) -> Any:
    """Turns a node into dicts, lists, text and None.

    Raises:
        UsageError: A key occurs twice.
    """
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in values:
                raise UsageError(f"{source}, line {key_node.start_mark.line + 1}: the key '{key}' occurs twice.")
            values[key] = _plain(value_node, (*place, key), source=source)
        return values
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, place, source=source) for item in node.value]
    scalar = cast(yaml.ScalarNode, node)
    if scalar.style is None and scalar.value in ("", "~", "null"):
        return None
    return _typed(scalar) if place[:2] == _TYPED else scalar.value


def _typed(node: yaml.ScalarNode) -> bool | int | float | str:
    text: str = node.value
    if node.style is not None:
        return text
    if text in ("true", "false"):
        return text == "true"
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _take_reasons(values: dict[str, Any], root: yaml.MappingNode, lines: Sequence[str]) -> None:
    """Puts the comments behind kinds and behind the task where the spec keeps its reasons."""
    task = _find(root, ("task",))
    if task is not None and "task_reason" not in values:
        values["task_reason"] = _comment_behind(task, lines)
    for name, column in (values.get("columns") or {}).items():
        kind = _find(root, ("columns", name, "kind"))
        if kind is not None and "reason" not in column:
            column["reason"] = _comment_behind(kind, lines)


def _comment_behind(node: yaml.Node, lines: Sequence[str]) -> str:
    match = _COMMENT.fullmatch(lines[node.end_mark.line], node.end_mark.column)
    return match[1].strip() if match else ""


def _find(node: yaml.Node, place: Sequence[str | int]) -> yaml.Node | None:
    """Returns the node at a place, or None."""
    if not place:
        return node
    if isinstance(node, yaml.MappingNode):
        found = next((value for key, value in node.value if key.value == place[0]), None)
        return None if found is None else _find(found, place[1:])
    if isinstance(node, yaml.SequenceNode) and isinstance(place[0], int):
        return _find(node.value[place[0]], place[1:])
    return None


def _contradictions(dataset: DatasetSpec) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yields what each field allows and all of them together do not."""
    if dataset.target not in dataset.columns:
        yield ("target",), f"there is no column '{dataset.target}' under 'columns'"
    if dataset.task != "regression" and not dataset.labels:
        yield ("task",), f"a {dataset.task} task needs 'labels'; 'automl init' with --task {dataset.task} writes them"
    for name, column in dataset.columns.items():
        if column.kind == "datetime" and not column.datetime:
            yield ("columns", name, "kind"), "a datetime needs its format, for example datetime: '%d.%m.%Y'"
        if column.kind != "number" and column.dtype != "string":
            yield ("columns", name, "dtype"), f"a {column.kind} reaches the model as string: remove this line"
    for name, reason, _ in misplaced_directions(dataset):
        yield ("columns", name, "monotone"), f"'{name}' can have no direction: {reason}"


def _message(error: Any) -> str:
    """Returns what is wrong, in words that do not need pydantic."""
    if error["type"] == "extra_forbidden":
        return "there is no such setting"
    if error["type"] == "missing":
        return "this is missing"
    message, came = str(error["msg"]).removeprefix("Value error, ").rstrip("."), repr(error["input"])
    return message if came in message else f"{message}, not {came}"


def _problem(root: yaml.MappingNode, place: Sequence[str | int], message: str, *, source: str) -> UsageError:
    """Returns an error that names the line of the nearest thing that is there."""
    nodes = (_find(root, place[:length]) for length in range(len(place), -1, -1))
    line = next(node for node in nodes if node is not None).start_mark.line + 1
    return UsageError(f"{source}, line {line}: {'.'.join(str(part) for part in place)}: {message}.")
