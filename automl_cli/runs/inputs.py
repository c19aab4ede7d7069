"""What a run starts from, written before its first trial, and the fingerprints by which a change is noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from automl_cli.errors import RunError
from automl_cli.records import Finding, Split, to_json
from automl_cli.runs.artifacts import read_json, write_json, write_text
from automl_cli.runs.environment import describe_environment
from automl_cli.runs.folder import RunFolder
from automl_cli.spec.dataset import DatasetSpec
from automl_cli.spec.files import dump_dataset
from automl_cli.spec.search import SearchSpec


def record_inputs(
    run: RunFolder, dataset: DatasetSpec, *, plan: SearchSpec, split: Split, findings: Sequence[Finding], data: str
) -> None:
    """Writes dataset.yaml, search.yaml, space.yaml, split.json, findings.json, environment.json and fingerprints.json.

    Args:
        run: The run.
        dataset: What was read and inferred.
        plan: The resolved settings; a space of the user's own is copied, so that it can be changed afterwards.
        split: Which rows serve what.
        findings: What the checks noticed.
        data: Fingerprint of the data.

    Raises:
        RunError: The folder cannot be written.
    """
    write_text(run.dataset, dump_dataset(dataset))
    if plan.space:
        write_text(run.space, Path(plan.space).read_text(encoding="utf-8"))
    write_text(run.split, json.dumps(to_json(split)))  # without indents, which take a line for each row number
    write_json(run.path / "findings.json", findings)
    write_json(run.environment, describe_environment())
    write_json(run.fingerprints, {"data": data, "split": _of_split(split)})
    record_plan(run, plan)


def record_plan(run: RunFolder, plan: SearchSpec) -> None:
    """Writes search.yaml, again if a run is given more time, and the fingerprints of all specs as they are now."""
    write_text(run.search, yaml.safe_dump(plan.model_dump(), sort_keys=False))
    write_json(run.fingerprints, {**read_json(run.fingerprints), **_of_specs(run)})


def read_plan(run: RunFolder) -> SearchSpec:
    """Reads search.yaml.

    Raises:
        RunError: It is absent or damaged.
    """
    try:
        return SearchSpec.model_validate(yaml.safe_load(run.search.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:  # what pydantic finds is a ValueError
        raise RunError(f"'{run.search}' cannot be read: {error}.") from error


def require_same_inputs(run: RunFolder, *, data: str) -> None:
    """Makes sure that nothing has changed since the run was started.

    Args:
        run: The run.
        data: Fingerprint of the data as they are now.

    Raises:
        RunError: The data or a spec is not what it was.
    """
    now = {"data": data, **_of_specs(run)}
    known: Mapping[str, str] = read_json(run.fingerprints)
    for name, digest in now.items():
        if known.get(name) != digest:
            what = "The data has" if name == "data" else f"'{run.path / name}' has"
            raise RunError(
                f"{what} changed since the run '{run.name}' was started.",
                hint="its trials would not compare any more: bring back what it was, or search again",
            )


def require_same_split(run: RunFolder, split: Split) -> None:
    """Makes sure that rows serve what they served before.

    Raises:
        RunError: They do not: another version of this tool divides them differently.
    """
    if read_json(run.fingerprints).get("split") != _of_split(split):
        raise RunError(
            f"The rows of '{run.name}' would be divided differently today.",
            hint="the run was made with other versions; search again",
        )


def _of_specs(run: RunFolder) -> dict[str, str]:
    paths = [path for path in (run.dataset, run.search, run.space) if path.exists()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in paths}


def _of_split(split: Split) -> str:
    digest = hashlib.sha256()
    for rows in (split.test, *(part for fold in split.folds for part in (fold.train, fold.validation))):
        digest.update(len(rows).to_bytes(8, "little") + rows.tobytes())
    return digest.hexdigest()[:16]
