"""A bundle of random weights over a table that was read and inferred as users' files are."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from automl_cli.data.cast import type_table
from automl_cli.data.dataset import infer_dataset, input_columns
from automl_cli.data.read import read_table
from automl_cli.data.target import encode_target
from automl_cli.records import Task
from automl_cli.spec.dataset import DatasetSpec

if TYPE_CHECKING:
    from automl_cli.serving.bundle import Bundle


@dataclasses.dataclass(frozen=True)
class Exported:
    bundle: Bundle
    dataset: DatasetSpec
    csv: str


def make_csv(target: str, rows: int = 120) -> str:
    random = np.random.default_rng(0)
    lines = [f"Age,fare paid,city/größe,when,{target}"]
    for row in range(rows):
        age = random.choice(["", "22", "35.5", "61.25", str(random.integers(1, 90))])
        fare = f"${random.integers(1, 9)},{random.integers(100, 999)}"
        city = random.choice(["Bonn", "Köln", "Ulm", ""])
        day = f"{random.integers(1, 29):02}.{random.integers(1, 13):02}.2024"
        label = {"survived": random.choice(["yes", "no"]), "price": f"{random.normal(50, 20):.3f}"}[target]
        lines.append(f'{age},"{fare}",{city},{day},{"" if row == 5 else label}')
    return "\n".join(lines) + "\n"


def export(target: str, task: Task, folder: Path) -> Exported:
    from automl_cli.ensemble.average import Member, combine
    from automl_cli.export.interface import Interface, describe_inputs
    from automl_cli.export.saved_model import write_saved_model
    from automl_cli.preprocessing import fit_preprocessing
    from automl_cli.serving.bundle import Bundle
    from tests.export.made_model import make_network

    path = folder / "train.csv"
    path.write_text(make_csv(target), encoding="utf-8")
    result = read_table(str(path))
    dataset = infer_dataset(result, target=target)
    assert dataset.task == task
    columns, labels = input_columns(dataset), encode_target(result.table, dataset)
    table = type_table(result.table, columns).take(np.flatnonzero(labels.usable))
    fitted = fit_preprocessing(table, columns, target=labels.values[labels.usable], task=task, seed=0)
    model = combine([Member(fitted.model, make_network(fitted.layout, outputs=len(labels.classes) or 1))])
    interface = Interface(describe_inputs(table, columns), target=target, task=task, classes=labels.classes)
    write_saved_model(model, folder / "model", interface=interface, about={})
    return Exported(Bundle.load(folder / "model"), dataset, path.read_text("utf-8"))


@pytest.fixture(scope="session")
def survival(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export("survived", "binary", tmp_path_factory.mktemp("survival"))


@pytest.fixture(scope="session")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export("price", "regression", tmp_path_factory.mktemp("prices"))
