"""The list of practices promises nothing that is not there, and a run is judged by its own records."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from automl_cli.cli import app
from automl_cli.report.practices.catalogue import Practice, find_practices, load_practices
from automl_cli.report.practices.record import RULES, judge_run, record_practices
from automl_cli.runs.folder import RunFolder
from search_spaces.family import load_families
from tests.report.made_run import make_run

AUTOML = [sys.executable, "-c", "from automl_cli.cli import main; main()"]


def of(run: RunFolder, number: int) -> tuple[str, str]:
    judged = next(each for each in judge_run(run) if each.number == number)
    return judged.state, judged.reason


def test_there_are_47_practices_and_each_is_judged_by_a_rule_of_its_own() -> None:
    numbers = [practice.number for practice in load_practices()]
    assert numbers == list(range(1, 48))
    assert sorted(RULES) == numbers


@pytest.mark.parametrize("practice", load_practices(), ids=lambda practice: str(practice.number))
def test_every_flag_and_every_hyperparameter_that_is_named_exists(practice: Practice) -> None:
    command = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    flags = {flag for name in ("search", "resume", "check") for option in command[name].params for flag in option.opts}
    assert set(re.findall(r"(?<!\w)--?[a-z][a-z-]*", practice.switch)) <= flags
    spaces = [family.full_space for family in load_families().values()]
    for name, value in re.findall(r"--set (\w+)=([\w.]+)", practice.switch):
        if name == "NAME":
            continue
        read = yaml.safe_load(value)
        owners = [space for space in spaces if name in space.names]
        assert owners, f"no family has '{name}'"
        assert any(_is_allowed(space, name, read) for space in owners), f"{name}={value}"
    families = re.search(r"--families (\w+)", practice.switch)
    assert families is None or families[1] in load_families()


def _is_allowed(space: object, name: str, value: object) -> bool:
    try:
        space.with_pins({name: value})  # type: ignore[attr-defined]
    except ValueError:
        return False
    return True


def test_lines_are_short_and_a_practice_is_found_by_its_words() -> None:
    assert max(len(practice.brief) for practice in load_practices()) <= 52
    assert [each.number for each in find_practices("imbalance")] == [34]
    assert [each.number for each in find_practices("34")] == [34]
    assert 16 in [each.number for each in find_practices("Early  Stopping")]
    assert find_practices("48") == []
    assert find_practices("") == []


def test_what_needs_other_data_says_so() -> None:
    others = {each.number: each.input for each in load_practices() if each.input}
    assert {10, 17, 18, 19} <= set(others)
    assert all("not read yet" in each.does for each in load_practices() if each.number in (10, 17, 18, 19))


def test_a_stopped_training_is_told_with_its_epochs(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    state, reason = of(run, 16)
    assert state == "applied"
    assert reason == "trial 3 stopped at epoch 4 of 9, weights of epoch 2 kept"


def test_what_no_member_has_was_rejected(tmp_path: Path) -> None:
    tried = {"optimizer": ["adam", "adamw"], "weights": {"3": 1.0}}
    assert of(make_run(tmp_path / "a", **tried), 12) == (
        "applied",
        "optimizer adam and adamw were tried; adam is in the model (trial 3)",
    )
    state, reason = of(make_run(tmp_path / "b", optimizer=["adam"], weights={"2": 1.0}), 12)
    assert state == "tried and rejected"
    assert "adam in trial 3" in reason


def test_other_tasks_and_other_data_are_told_apart(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    assert of(run, 8)[0] == "not for this data"
    assert of(run, 9)[0] == "applied"
    assert "images" in of(run, 10)[1]


def test_balanced_classes_need_no_cure(tmp_path: Path) -> None:
    assert of(make_run(tmp_path / "a", shares=(0.67, 0.33)), 34) == (
        "not needed",
        "the smallest class, yes, has 33 % of the rows",
    )
    assert of(make_run(tmp_path / "b", shares=(0.96, 0.04)), 34)[0] == "available, not used"


def test_folds_and_looks_at_the_test_rows_are_counted(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    assert of(run, 45) == ("applied", "2 folds because 40 rows and 60 s allow them")
    assert of(run, 46) == ("applied", "scored once on 10 sealed rows")


def test_the_record_in_the_run_is_what_is_judged(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    judged = record_practices(run)
    written = json.loads((run.path / "practices.json").read_text(encoding="utf-8"))
    assert [(each["number"], each["reason"]) for each in written] == [(each.number, each.reason) for each in judged]


def test_of_an_empty_run_what_can_be_said_is_said(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_text("")
    judged = judge_run(RunFolder(tmp_path))
    assert len(judged) == 47
    assert {each.state for each in judged if each.number in (1, 7, 36, 46)} == {"available, not used"}


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"labels": 3, "split": 4, "scores": [1]}', "\x00\xff"])
def test_damaged_files_cost_no_more_than_what_they_said(tmp_path: Path, content: str) -> None:
    run = make_run(tmp_path)
    files = [path for path in run.path.rglob("*") if path.is_file()]
    for path in files:
        before = path.read_bytes()
        path.write_text(content, encoding="latin-1")
        assert len(judge_run(run)) == 47, path
        path.write_bytes(before)
    for path in files:
        path.write_text(content, encoding="latin-1")
    assert all(each.reason for each in judge_run(run))


def test_a_journal_of_strange_values_is_no_reason_to_break(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    lines = [{"event": "SearchStarted", "train_rows": "many", "folds": [1]}, {"event": "TrialEnded", "result": 3}, 5]
    run.journal.write_text("\n".join(json.dumps(line) for line in lines))
    assert len(judge_run(run)) == 47


def test_the_command_tells_practices_from_runs(tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "made-1")
    told = [_guide(tmp_path, *words) for words in (["34"], ["made-1", "16", "--json"], ["nonsense"], [str(run.path)])]
    assert [done.returncode for done in told] == [0, 0, 2, 0]
    assert "Class imbalance" in told[0].stdout
    assert [each["state"] for each in json.loads(told[1].stdout)] == ["applied"]
    assert "Traceback" not in told[2].stderr
    assert "weights of epoch 2 kept" in told[3].stdout


def _guide(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*AUTOML, "guide", *words], cwd=folder, capture_output=True, text=True, check=False)
