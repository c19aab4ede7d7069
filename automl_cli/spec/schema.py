"""The JSON Schema of dataset.yaml, by which editors complete and check it."""

from __future__ import annotations

from typing import Any

from automl_cli.spec.dataset import DatasetSpec


def dataset_schema() -> dict[str, Any]:
    """Returns the JSON Schema (draft 2020-12) of a dataset spec."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **DatasetSpec.model_json_schema(),
        "title": "dataset.yaml of automl",
        "description": "A table, what its columns mean, what is to be predicted and how to search for a model.",
    }
