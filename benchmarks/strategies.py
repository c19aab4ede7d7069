"""Compares the ways of choosing trials at an equal number of epochs, table by table.

    python benchmarks/strategies.py FOLDER RESULTS.jsonl                         # five tables, all strategies
    python benchmarks/strategies.py FOLDER RESULTS.jsonl --trials 20 --epochs 60
    python benchmarks/strategies.py FOLDER RESULTS.jsonl --summary               # print what is there, run nothing

FOLDER holds tables NAME.csv (or .csv.gz) and tables.txt, a line for each: NAME TARGET; the first five are searched.
Each strategy searches one family of networks, on the same folds, until it has spent `--trials` times `--epochs` epochs:
patience is as long as a training, so that a trial takes all of its epochs. "hyperband" and "auto" train many networks
for a few epochs; they may have more trials, and what they find after the last epoch that all have is not counted.
"manual" is one training with default values, for comparison.

The error is that of the best trial on the validation rows, by the metric of the task. It is the more flattering the
more trials there are; it compares ways of searching, not models. A mean rank of all tables ends the summary; lower is
better. About an hour on two cores with the defaults.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from automl_cli.evaluation.metrics import METRICS

AUTOML = [sys.executable, "-c", "from automl_cli.cli import main; main()"]
STRATEGIES = ("manual", "grid", "random", "bayesian", "hyperband", "greedy", "auto")
# Trials of these are shorter: so many times as many may be needed to spend the same epochs.
SHORTER = {"hyperband": 6, "auto": 3}
TABLES = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--trials", type=int, default=16, help="of full length")
    parser.add_argument("--epochs", type=int, default=40, help="of a trial of full length")
    parser.add_argument("--family", default="mlp", help="a family of networks")
    parser.add_argument("--only", default="", help="names of tables, with commas between")
    parser.add_argument("--strategies", default=",".join(STRATEGIES))
    parser.add_argument("--time", default="60m", help="bound of each search; enough for all epochs")
    parser.add_argument("--summary", action="store_true")
    asked = parser.parse_args()
    budget = {"trials": asked.trials, "epochs": asked.epochs, "family": asked.family}
    done = {(line["table"], line["strategy"]) for line in read(asked.results, budget)}
    tables = [line.split(maxsplit=1) for line in (asked.folder / "tables.txt").read_text().splitlines() if line]
    tables = [(name, target) for name, target in tables if not asked.only or name in asked.only.split(",")]
    for name, target in [] if asked.summary else tables[:TABLES]:
        for strategy in [known for known in asked.strategies.split(",") if (name, known) not in done]:
            source = next(asked.folder.glob(f"{name}.csv*"))
            found = search(source, target, strategy=strategy, budget=budget, time=asked.time)
            if found is None:
                continue
            with asked.results.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({"table": name, "strategy": strategy, **budget, **found}) + "\n")
            print(f"{name} {strategy}: {found['error']:.5g} after {found['spent']:.0f} epochs", file=sys.stderr)
    print_summary(read(asked.results, budget))


def search(
    source: Path, target: str, *, strategy: str, budget: Mapping[str, Any], time: str
) -> dict[str, float | str] | None:
    """Runs one search; returns its error when the epochs are spent."""
    epochs, trials = budget["epochs"], budget["trials"] * SHORTER.get(strategy, 1)
    with tempfile.TemporaryDirectory() as home:
        options = ["-t", target, "--strategy", strategy, "--families", budget["family"], "--folds", "3"]
        options += ["--trials", str(trials), "--time", time, "--single", "--json", "-q", "--out", home]
        for pin in (f"epochs={epochs}", f"patience={epochs}"):
            options += ["--set", pin]
        command = [*AUTOML, "search", str(source), *options]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        print(f"{source.name} {strategy}: {answer.stderr.strip()[-300:]}", file=sys.stderr)
        return None
    found = json.loads(answer.stdout)
    sign = -1.0 if METRICS[found["metric"]].greater_is_better else 1.0
    results = [result for result in found["trials"] if result["trial"]["origin"] != "baseline"]
    return {"metric": found["metric"], **best_within(results, sign=sign, epochs=budget["trials"] * epochs)}


def best_within(results: Sequence[Mapping[str, Any]], *, sign: float, epochs: int) -> dict[str, float]:
    """Returns the lowest error of the trials that so many epochs pay for, in the order in which they were given out.

    A trial that goes on from another pays for what it adds.
    """
    error, spent, count = float("inf"), 0.0, 0
    for result in sorted(results, key=lambda result: result["trial"]["number"]):
        cost = max(0.0, result["epochs"] - result["trial"]["initial_epoch"])
        if spent + cost > epochs:
            break
        spent, count = spent + cost, count + 1
        if result["score"] is not None:
            error = min(error, sign * result["score"])
    return {"error": error, "spent": spent, "counted": count}


def read(results: Path, budget: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the results of this budget."""
    lines = map(json.loads, results.read_text(encoding="utf-8").splitlines()) if results.exists() else ()
    return [line for line in lines if all(line[key] == value for key, value in budget.items())]


def print_summary(results: Sequence[Mapping[str, Any]]) -> None:
    errors: dict[str, dict[str, float]] = defaultdict(dict)
    for line in results:
        errors[line["table"]][line["strategy"]] = line["error"]
    known = [name for name in STRATEGIES if any(name in own for own in errors.values())]
    print("| table | " + " | ".join(known) + " |")
    print("|---" * (len(known) + 1) + "|")
    ranks: dict[str, list[float]] = defaultdict(list)
    for table, own in errors.items():
        print(f"| {table} | " + " | ".join(f"{own[name]:.5g}" if name in own else "" for name in known) + " |")
        for name, error in own.items():
            ranks[name].append(1 + sum(other < error for other in own.values()))
    means = [f"{statistics.fmean(ranks[name]):.1f}" for name in known]
    print("| mean rank | " + " | ".join(means) + " |")


if __name__ == "__main__":
    main()
