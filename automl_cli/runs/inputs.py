"""What a run starts from, written before its first trial."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from automl_cli.records import Finding, Split
from automl_cli.runs.artifacts import write_json, write_text
from automl_cli.runs.environment import describe_environment
from automl_cli.runs.folder import RunFolder
from automl_cli.spec.dataset import DatasetSpec
from automl_cli.spec.files import dump_dataset
from automl_cli.spec.search import SearchSpec


def record_inputs(
    run: RunFolder, dataset: DatasetSpec, *, plan: SearchSpec, split: Split, findings: Sequence[Finding]
) -> None:
    """Writes dataset.yaml, search.yaml, split.json, findings.json and environment.json.

    Args:
        run: The run.
        dataset: What was read and inferred.
        plan: The resolved settings.
        split: Which rows serve what.
        findings: What the checks noticed.

    Raises:
        RunError: The folder cannot be written.
    """
    write_text(run.dataset, dump_dataset(dataset))
    write_text(run.search, yaml.safe_dump(plan.model_dump(), sort_keys=False))
    write_json(run.split, split)
    write_json(run.path / "findings.json", findings)
    write_json(run.environment, describe_environment())
