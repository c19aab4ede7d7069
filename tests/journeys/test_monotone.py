"""Directions of columns from the command line to the exported model, which TensorFlow alone moves along a column."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search_spaces.family import Layout, load_families

pytestmark = pytest.mark.keras

AUTOML = [sys.executable, "-c", "from automl_cli.cli import main; main()"]
PLAN = ["--folds", "2", "--workers", "0", "--metric", "log_loss"]
DIRECTIONS = ["--monotone", "area=increasing", "--monotone", "AGE=decreasing"]
SENTENCE = "never falls as 'area' grows and never rises as 'age' grows"


def automl(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*AUTOML, *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def made_rows(rows: int = 400) -> dict[str, Any]:
    """Rows whose class turns with the area, up and down, and with noise."""
    random = np.random.default_rng(4)
    area, age = random.uniform(20, 220, rows), random.uniform(0, 90, rows)
    city = random.choice(["Bern", "Oslo", "Rom"], rows)
    score = area / 80 + 2 * np.sin(area / 12) - age / 45 + (city == "Rom") + random.normal(0, 0.7, rows)
    area[random.random(rows) < 0.05] = np.nan
    sold = np.where(score > np.median(score), "yes", "no")
    return {"area": area.astype("float32"), "age": age.astype("float32"), "city": city, "sold": sold}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("directions")
    columns = made_rows()
    lines = ["" if cell == "nan" else cell for column in columns.values() for cell in map(str, column)]
    cells = np.array(lines).reshape(len(columns), -1).T
    (folder / "data.csv").write_text("\n".join(map(",".join, [[*columns], *cells.tolist()])) + "\n")
    return folder


def changes(model: Path, column: str, ends: tuple[float, float]) -> np.ndarray:
    """How the probability of "yes" changes in 50 rows as one column grows beyond all that was seen."""
    import tensorflow as tf

    rows = {name: cells[:50] for name, cells in made_rows().items() if name != "sold"}
    grid = np.linspace(*ends, 200, dtype="float32")
    moved = {name: np.repeat(cells, len(grid)) for name, cells in rows.items()} | {column: np.tile(grid, 50)}
    serve = tf.saved_model.load(str(model)).signatures["serving_default"]
    answers = serve(**{name: tf.constant(cells) for name, cells in moved.items()})
    return np.diff(answers["probabilities"].numpy()[:, 1].reshape(50, -1), axis=1)


def test_the_exported_model_keeps_directions_also_when_the_run_goes_on(folder: Path) -> None:
    done = automl("search", "data.csv", "-t", "sold", *PLAN, *DIRECTIONS, "--trials", "3", "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["monotone"] == {"area": "increasing", "age": "decreasing"}
    families = {trial["trial"]["number"]: trial["trial"]["family"] for trial in told["trials"]}
    assert set(families.values()) >= {"constant", "linear", "boosted_trees"}
    assert all(families[int(number)].endswith("_trees") for number in told["weights"])
    check(folder / "runs" / "data-1")

    more = automl("resume", "data-1", "--trials", "+1", "--workers", "0", folder=folder)
    assert more.returncode == 0, more.stderr
    assert SENTENCE in " ".join(more.stderr.split())
    check(folder / "runs" / "data-1")


def test_without_directions_the_same_rows_let_predictions_fall() -> None:
    family = load_families(["boosted_trees"])["boosted_trees"]
    columns, layout = made_rows(), Layout(values=2)
    values = np.stack([columns["area"], columns["age"]], axis=1)
    given = {"layout": layout, "task": "binary", "classes": 2, "seed": 0, "validation": None}
    arguments = family.arguments({"rounds": 50})
    solution = family.fit({"values": values}, (columns["sold"] == "yes").astype(int), **given, **arguments)
    moved = np.repeat(values[:50], 200, axis=0)
    moved[:, 0] = np.tile(np.linspace(-50, 300, 200), 50)
    answers = family.predict(solution, {"values": moved}, layout=layout).reshape(50, -1)
    assert np.diff(answers, axis=1).min() < -0.5


def check(run: Path) -> None:
    # Probabilities are rounded to float32 several times: some digits of it are nobody's.
    rises, falls = changes(run / "model", "area", (-50, 300)), changes(run / "model", "age", (-20, 150))
    assert min(rises.min(), -falls.max()) > -1e-6
    assert min(rises.sum(axis=1).mean(), -falls.sum(axis=1).mean()) > 0.1
    assert "monotone: increasing" in (run / "dataset.yaml").read_text()
    assert SENTENCE in (run / "report.html").read_text().replace("&#39;", "'")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--monotone", "size=increasing"], 3, "no column 'size'"),
        (["--monotone", "area=up"], 2, "one of increasing, decreasing"),
        (["--monotone", "area"], 2, "for example: --monotone area=increasing"),
        (["--monotone", "area=increasing", "--families", "mlp"], 2, "mlp cannot keep the direction"),
        (["--monotone", "area=increasing", "--from", "network.keras"], 2, "leave out --from"),
    ],
)
def test_what_cannot_be_kept_is_said_in_a_line(folder: Path, arguments: list[str], code: int, words: str) -> None:
    (folder / "network.keras").touch()
    before = sorted(folder.glob("runs/*"))
    done = automl("search", "data.csv", "-t", "sold", *arguments, folder=folder)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(folder.glob("runs/*")) == before


def test_a_description_holds_directions_and_a_search_takes_them_from_it(folder: Path) -> None:
    assert automl("init", "data.csv", "-t", "sold", *DIRECTIONS, "-o", "spec.yaml", folder=folder).returncode == 0
    done = automl("search", "spec.yaml", "--dry-run", "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["dataset"]["columns"]["age"]["monotone"] == "decreasing"
    assert plan["search"]["families"] == ["boosted_trees", "extra_trees", "additive_trees"]
