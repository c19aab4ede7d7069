"""Where a run lives: `runs/NAME-N/`, made once and never overwritten."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from automl_cli.errors import RunError
from automl_cli.records import RangeTest
from automl_cli.runs.artifacts import read_json

DEFAULT_HOME = Path("runs")

# In a trial's folder, what its learning-rate range test found; most trials have none.
RANGE_TEST_FILE = "range_test.json"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The paths of one run.

    Attributes:
        path: The folder itself.
    """

    path: Path

    @property
    def name(self) -> str:
        """The folder's own name: `titanic-3`."""
        return self.path.name

    @property
    def journal(self) -> Path:
        """Every event, one JSON line each."""
        return self.path / "journal.jsonl"

    @property
    def dataset(self) -> Path:
        """What was read and inferred; can be edited and searched again."""
        return self.path / "dataset.yaml"

    @property
    def search(self) -> Path:
        """The resolved plan."""
        return self.path / "search.yaml"

    @property
    def space(self) -> Path:
        """A copy of the user's own search space, if there is one."""
        return self.path / "space.yaml"

    @property
    def fingerprints(self) -> Path:
        """By which a change of the data or of a spec is noticed."""
        return self.path / "fingerprints.json"

    @property
    def split(self) -> Path:
        """Row numbers of test and folds."""
        return self.path / "split.json"

    @property
    def environment(self) -> Path:
        """Versions and machine."""
        return self.path / "environment.json"

    @property
    def trials(self) -> Path:
        """One folder a trial."""
        return self.path / "trials"

    @property
    def encoded(self) -> Path:
        """The encoded rows of every fold; only while trials are trained."""
        return self.path / "encoded"

    @property
    def encoding(self) -> Path:
        """What the encoded columns of every fold stand for."""
        return self.path / "encoding.json"

    @property
    def backbone(self) -> Path:
        """What the run started from: a copy of an earlier network."""
        return self.path / "backbone"

    @property
    def log(self) -> Path:
        """What libraries had to say while trials were trained."""
        return self.path / "workers.log"

    @property
    def model(self) -> Path:
        """The exported SavedModel."""
        return self.path / "model"

    @property
    def refit(self) -> Path:
        """Weights of the winner, trained once more on all rows."""
        return self.path / "refit"

    @property
    def further(self) -> Path:
        """Weights of what a hold-out has chosen, trained with other rows held out."""
        return self.path / "further"

    @property
    def ensemble(self) -> Path:
        """Which trials make up the model, and with what weight."""
        return self.path / "ensemble.json"

    @property
    def test_score(self) -> Path:
        """What the sealed rows said, written once."""
        return self.path / "test_score.json"

    @property
    def report(self) -> Path:
        """The page for people."""
        return self.path / "report.html"

    def trial(self, number: int) -> Path:
        """Folder of one trial."""
        return self.trials / f"{number:04d}"


def create_run(home: Path, name: str) -> RunFolder:
    """Makes `home/NAME-N` with the first free N; two searches that start at once get two folders.

    Raises:
        RunError: `home` cannot be written.
    """
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "run"
    try:
        home.mkdir(parents=True, exist_ok=True)
        taken = [
            int(match[1]) for path in home.iterdir() if (match := re.fullmatch(rf"{re.escape(stem)}-(\d+)", path.name))
        ]
        number = max(taken, default=0) + 1
        while True:
            path = home / f"{stem}-{number}"
            try:
                path.mkdir()
            except FileExistsError:
                number += 1
                continue
            return RunFolder(path)
    except OSError as error:
        raise RunError(
            f"No run folder can be made in '{home}': {error.strerror}.", hint="choose another place with --out"
        ) from error


def name_of_run(source: str) -> str:
    """Returns how a run of this data is called: the stem of a file, the name of an example, or "stdin"."""
    if source == "-":
        return "stdin"
    name = Path(source.removeprefix("example:")).name.split(".")[0]
    return re.sub(r"[*?\[\]]+", "", name) or "run"


def list_runs(home: Path) -> list[RunFolder]:
    """Returns the runs in `home`, oldest first."""
    if not home.is_dir():
        return []
    runs = [RunFolder(path) for path in home.iterdir() if (path / "journal.jsonl").is_file()]
    return sorted(runs, key=lambda run: run.journal.stat().st_mtime_ns)


def find_run(name: str | None, home: Path) -> RunFolder:
    """Returns the run that a user named: a path, a name inside `home`, or None for the latest.

    Raises:
        RunError: There is no such run; the hint lists those there are.
    """
    runs = list_runs(home)
    if name is None:
        if not runs:
            raise RunError(f"There is no run in '{home}'.", hint="make one: automl search data.csv")
        return runs[-1]
    for path in (Path(name), home / name):
        if (path / "journal.jsonl").is_file():
            return RunFolder(path)
    known = ", ".join(run.name for run in runs[-5:]) or "none yet"
    raise RunError(f"'{name}' is not a run.", hint=f"runs in '{home}': {known}")


def range_test_of(run: RunFolder, trials: Sequence[int]) -> RangeTest | None:
    """Returns the learning-rate range test of the first of these trials that has one.

    Raises:
        RunError: The file is damaged.
    """
    paths = [path for number in trials if (path := run.trial(number) / RANGE_TEST_FILE).exists()]
    return RangeTest(**read_json(paths[0])) if paths else None
