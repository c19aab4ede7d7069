"""`automl schema`: the JSON Schema of a dataset spec, for editors."""

from __future__ import annotations

from automl_cli.cli.options import Debug


def schema(debug: Debug = False) -> None:
    """Print the JSON Schema of dataset.yaml, for editors."""
    import json

    from automl_cli.spec.schema import dataset_schema

    print(json.dumps(dataset_schema(), indent=2))
