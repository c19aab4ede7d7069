"""Makes the orders of search_spaces/portfolio.yaml from what its entries score on public tables.

    python benchmarks/portfolio.py measure FOLDER RESULTS.jsonl   # every entry on every table, one after the other
    python benchmarks/portfolio.py order RESULTS.jsonl            # prints the orders

FOLDER holds tables NAME.csv (or .csv.gz) and tables.txt, a line for each: NAME TARGET. Each table is searched once with
`--trials` as many as there are entries, so that the whole portfolio runs on the same folds; out-of-fold scores and
seconds come from the journal. Results may be gathered in several sittings: tables that are there are passed over.

An order is greedy: next comes the entry that lowers the mean over tables of the best error so far most, for its
seconds. Errors are relative to the best of the table, so that all tables count alike. An entry that none of the tables
had a use for, as the logarithm of a target, follows the first of its family with one other between them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from automl_cli.evaluation.metrics import METRICS
from search_spaces.portfolio import all_entries

AUTOML = [sys.executable, "-c", "from automl_cli.cli import main; main()"]
BUCKETS = (2_000, 10_000, None)
# What a table of another size counts: a handful of tables of one size would be learned by heart.
OTHER_BUCKETS = 0.5
# What an entry costs at least, for an instant one would be worth any gain; and at most: in a short search a network
# gets no more, whatever it took in the long one that measured it.
LEAST_SECONDS, MOST_SECONDS = 2.0, 20.0


def measure(folder: Path, results: Path, *, seconds: str) -> None:
    done = {line["table"] for line in read(results)} if results.exists() else set()
    for line in (folder / "tables.txt").read_text().splitlines():
        name, target = line.split(maxsplit=1)
        if name in done:
            continue
        source = next(folder.glob(f"{name}.csv*"))
        with tempfile.TemporaryDirectory() as home:
            options = [
                "-t",
                target,
                "--time",
                seconds,
                "--trials",
                str(len(all_entries())),
                "--folds",
                "3",  # enough to tell entries apart; more would take time from the number of tables
                "--json",
                "-q",
                "--out",
                home,
            ]
            answer = subprocess.run(
                [*AUTOML, "search", str(source), *options], capture_output=True, text=True, check=False
            )
        if answer.returncode != 0:
            print(f"{name}: {answer.stderr.strip()}", file=sys.stderr)
            continue
        found = json.loads(answer.stdout)
        sign = -1.0 if METRICS[found["metric"]].greater_is_better else 1.0
        entries = {
            trial["trial"]["origin"]: {"error": sign * trial["score"], "seconds": trial["seconds"]}
            for trial in found["trials"]
            if trial["trial"]["origin"] in all_entries() and trial["state"] == "completed"
        }
        rows = found["validation"]["rows"]
        with results.open("a") as stream:
            stream.write(json.dumps({"table": name, "rows": rows, "entries": entries}) + "\n")
        print(f"{name}: {len(entries)} entries", file=sys.stderr)


def read(results: Path) -> list[dict]:
    return [json.loads(line) for line in results.read_text().splitlines()]


def order(tables: Sequence[Mapping], *, weights: Sequence[float]) -> list[str]:
    """Returns the names of entries, the most valuable for their time first.

    Args:
        tables: What entries scored there.
        weights: How much each of them counts.
    """
    names = sorted({name for table in tables for name in table["entries"]})
    errors = np.full((len(tables), len(names)), np.inf)
    seconds = np.full((len(tables), len(names)), np.nan)
    for row, table in enumerate(tables):
        for name, entry in table["entries"].items():
            errors[row, names.index(name)], seconds[row, names.index(name)] = entry["error"], entry["seconds"]
    # From the best of the table (0) to the middle of all (1): scales of metrics differ.
    best = errors.min(axis=1, keepdims=True)
    middle = np.array([np.median(row[np.isfinite(row)]) for row in errors])[:, None]
    regrets = np.minimum((errors - best) / np.maximum(middle - best, 1e-9), 3.0)
    is_known = ~np.isnan(seconds)
    shares = is_known * np.asarray(weights)[:, None]
    costs = (shares * np.where(is_known, np.clip(seconds, LEAST_SECONDS, MOST_SECONDS), 0.0)).sum(axis=0)
    costs /= shares.sum(axis=0)
    chosen: list[int] = []
    reached = np.full(len(tables), 3.0)
    while len(chosen) < len(names):
        left = [number for number in range(len(names)) if number not in chosen]
        gained = {n: np.average(reached - np.minimum(reached, regrets[:, n]), weights=weights) / costs[n] for n in left}
        # Where nothing is left to gain, the one that is best on its own.
        following = max(left, key=lambda n: (round(gained[n], 6), -np.average(regrets[:, n], weights=weights)))
        chosen.append(following)
        reached = np.minimum(reached, regrets[:, following])
    return [names[number] for number in chosen]


def orders(tables: Iterable[Mapping]) -> dict[str, list[str]]:
    """Returns an order for each bucket of rows; tables of other sizes have a say in it too."""
    tables = list(tables)
    own = [next(most for most in BUCKETS if most is None or table["rows"] <= most) for table in tables]
    return {
        str(most): complete(order(tables, weights=[1.0 if bucket == most else OTHER_BUCKETS for bucket in own]))
        for most in BUCKETS
    }


def complete(names: Sequence[str]) -> list[str]:
    """Returns an order with the entries that it lacks soon behind the first of their family, or at the end."""
    entries, known = all_entries(), list(names)
    for name in entries:
        if name not in known:
            families = [entries[other].family for other in known]
            family = entries[name].family
            known.insert(families.index(family) + 2 if family in families else len(known), name)
    return known


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    measuring = commands.add_parser("measure")
    measuring.add_argument("folder", type=Path)
    measuring.add_argument("results", type=Path)
    measuring.add_argument("--time", default="30m", help="of each search; enough for all entries")
    ordering = commands.add_parser("order")
    ordering.add_argument("results", type=Path)
    asked = parser.parse_args()
    if asked.command == "measure":
        measure(asked.folder, asked.results, seconds=asked.time)
    else:
        for most, names in orders(read(asked.results)).items():
            print(f"up_to_rows: {most}\n  entries: [{', '.join(names)}]")


if __name__ == "__main__":
    main()
