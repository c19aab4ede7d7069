"""How well searches predict what they have not seen, beside LightGBM with its defaults, table by table.

    python benchmarks/quality.py FOLDER RESULTS.jsonl --time 60s                     # every table, one after the other
    python benchmarks/quality.py FOLDER RESULTS.jsonl --time 60s --only adult,letter --peers peers.json
    python benchmarks/quality.py FOLDER RESULTS.jsonl --time 60s --ablate no_trees --families tabm,realmlp,linear

FOLDER holds a folder for each table: NAME/train.csv.gz, test.csv.gz and meta.json with `target`, `task` and `ids`, the
columns that LightGBM is not given. Searches run through the command line in a folder of their own, and get the test
file as such; what they report of it is the error here: 1 - ROC AUC, log loss or RMSE. Options that are not listed go to
`automl search` as they are; `--ablate` gives that a name, under which its results are kept apart.

Each result is a line of RESULTS.jsonl, written when it is there: tables that have one for this time and name are passed
over, failures are tried again. A table of all results ends every sitting. The bars: the geometric mean of the error
relative to LightGBM's is at most 0.85 at 60s and 0.82 at 300s, none is above 1.05; the interval that is printed holds
the test score at least 14 times of 16; the model predicts 10,000 rows in 2 s, one in 30 ms, and takes 50 MB, at most.
`--peers` adds columns with the errors of others relative to the same LightGBM: a JSON object of tables, of rivals, of
`auc`, `log_loss` and `rmse`.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

AUTOML = [sys.executable, "-c", "from automl_cli.cli import main; main()"]
# What each task is measured by: in the search's JSON, in peers.json, and whether it is subtracted from 1.
METRICS = {"binary": ("roc_auc", "auc"), "multiclass": ("log_loss", "log_loss"), "regression": ("rmse", "rmse")}
AFTER_PORTFOLIO = ("screened", "best screened", "near the best")
MISSING = ("", "?", "NA", "nan", "NaN")
MANY_ROWS, CALLS, MOST_SECONDS_OF_CALLS = 10_000, 30, 10.0

Cells = Mapping[str, Sequence[str]]
Result = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--time", default="60s")
    parser.add_argument("--only", default="", help="names of tables, with commas between")
    parser.add_argument("--ablate", default="", metavar="NAME", help="name of what the options for the search change")
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--summary", action="store_true", help="print the table of what is there, and run nothing")
    settings, options = parser.parse_known_args()
    if options and not settings.ablate:
        parser.error(f"give what {' '.join(options)} changes a name, with --ablate")

    names = sorted(path.parent.name for path in settings.folder.glob("*/meta.json"))
    names = [name for name in names if not settings.only or name in settings.only.split(",")]
    kept = {"time": settings.time, "ablation": settings.ablate}
    done = {line["name"] for line in read_results(settings.results, kept) if "failed" not in line}
    for name in [] if settings.summary else [name for name in names if name not in done]:
        result = {"name": name, **kept, **measure(settings.folder / name, settings.time, options)}
        with settings.results.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(result) + "\n")
        print(f"{name}: {result.get('failed') or describe(result)}", file=sys.stderr, flush=True)
    peers = json.loads(settings.peers.read_text(encoding="utf-8")) if settings.peers else {}
    print_summary([line for line in read_results(settings.results, kept) if line["name"] in names], peers)


def read_results(path: Path, kept: Mapping[str, str]) -> list[Result]:
    """Returns the last result of each table for this time and ablation."""
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()
    latest = {line["name"]: line for line in lines if all(line[key] == value for key, value in kept.items())}
    return [latest[name] for name in sorted(latest)]


def measure(folder: Path, seconds: str, options: Sequence[str]) -> Result:
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    train, test = (read_cells(folder / f"{part}.csv.gz") for part in ("train", "test"))
    reference = lightgbm_error(train, test, target=meta["target"], task=meta["task"], ids=meta["ids"] or ())
    with tempfile.TemporaryDirectory() as home:
        files = [str(folder / "train.csv.gz"), "--test", str(folder / "test.csv.gz"), "-t", meta["target"]]
        command = [*AUTOML, "search", *files, "--time", seconds, "--out", home, "--json", "-q", *options]
        start = time.perf_counter()
        search = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
        wall = time.perf_counter() - start
        if search.returncode != 0:
            return {"failed": search.stderr.strip()[-500:], "wall_seconds": round(wall, 1)}
        found = json.loads(search.stdout)
        speed = prediction_seconds(Path(home, found["model"]), folder / "test.csv.gz")
    tested = next(score for score in found["test"] if score["metric"] == METRICS[meta["task"]][0])
    error = error_of(tested["value"], meta["task"])
    validation = found["validation"]
    comparable = validation["metric"] == tested["metric"]  # another --metric says nothing about this one
    trials = {str(result["trial"]["number"]): result["trial"] for result in found["trials"]}
    members = [(trials[number], round(weight, 3)) for number, weight in found["weights"].items()]
    return {
        "task": meta["task"],
        "rows": len(train[meta["target"]]),
        "error": error,
        "lightgbm": reference,
        "ratio": error / reference,
        "validation": validation,
        "test": tested,
        "holds": validation["low"] <= tested["value"] <= validation["high"] if comparable else None,
        "wall_seconds": round(wall, 1),
        "model_megabytes": found["model_megabytes"],
        **speed,
        "maximum_difference": found["maximum_difference"],
        "members": [[trial["family"], weight, trial["origin"]] for trial, weight in members],
        "trials": len(found["trials"]),
    }


def error_of(value: float, task: str) -> float:
    return 1 - value if task == "binary" else value


def read_cells(path: Path) -> Cells:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        names, *rows = csv.reader(stream)
    return dict(zip(names, zip(*rows, strict=True), strict=True))


def lightgbm_error(train: Cells, test: Cells, *, target: str, task: str, ids: Iterable[str]) -> float:
    """Fits LightGBM as it comes: numbers where all cells are, categories elsewhere, both may be missing."""
    import lightgbm

    from automl_cli.evaluation.metrics import METRICS as FUNCTIONS

    columns, categories = [], []
    for name in [name for name in train if name not in {target, *ids}]:
        numbers = [as_numbers(cells[name]) for cells in (train, test)]
        if numbers[0] is None or numbers[1] is None:
            levels = {level: code for code, level in enumerate(sorted(set(train[name]) - set(MISSING)))}
            numbers = [np.array([levels.get(cell, np.nan) for cell in cells[name]]) for cells in (train, test)]
            categories.append(len(columns))
        columns.append(numbers)
    inputs = [np.column_stack([column[part] for column in columns]) for part in (0, 1)]
    options: dict[str, Any] = {"verbose": -1, "n_jobs": 2}
    if task == "regression":
        truth = [np.array(cells[target], float) for cells in (train, test)]
        model: Any = lightgbm.LGBMRegressor(**options)
    else:
        classes = sorted(set(train[target]))
        truth = [np.array([classes.index(cell) for cell in cells[target]]) for cells in (train, test)]
        model = lightgbm.LGBMClassifier(**options)
    model.fit(inputs[0], truth[0], categorical_feature=categories)
    predictions = model.predict(inputs[1]) if task == "regression" else model.predict_proba(inputs[1])
    return error_of(FUNCTIONS[METRICS[task][0]].function(truth[1], np.asarray(predictions)), task)


def as_numbers(cells: Sequence[str]) -> np.ndarray | None:
    try:
        return np.array([np.nan if cell in MISSING else float(cell) for cell in cells])
    except ValueError:
        return None


def prediction_seconds(model: Path, source: Path) -> Result:
    """Times the exported model in a fresh process that has TensorFlow and nothing of ours."""
    from automl_cli.data.cast import type_table
    from automl_cli.data.read import read_table
    from automl_cli.data.table import Table
    from automl_cli.export.interface import read_interface
    from automl_cli.spec.files import load_dataset

    dataset = load_dataset(model.parent / "dataset.yaml")
    inputs = read_interface(model).inputs
    columns = {column.name: dataset.columns[column.name] for column in inputs}
    raw = read_table(str(source), dataset.read).table
    rows = type_table(Table({name: raw[name] for name in columns}), columns)
    drawn = np.random.default_rng(0).integers(rows.rows, size=MANY_ROWS)
    arrays = {column.signature_name: (rows[column.name][drawn], column.dtype) for column in inputs}
    packed = {name: cells.astype(str) if dtype == "string" else cells for name, (cells, dtype) in arrays.items()}
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder, "rows.npz"), **packed)
        command = [sys.executable, "-c", PROBE, str(model.resolve()), str(Path(folder, "rows.npz"))]
        times = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    one, many = (json.loads(line) for line in times.splitlines()[-2:])
    return {
        "one_row_ms": round(1e3 * statistics.median(one), 2),
        "many_rows_seconds": round(statistics.median(many), 3),
    }


PROBE = f"""
import json, sys, time
import numpy as np
import tensorflow as tf

model = tf.saved_model.load(sys.argv[1])
predict = model.signatures["serving_default"]
dtypes = {{name: spec.dtype for name, spec in predict.structured_input_signature[1].items()}}
with np.load(sys.argv[2]) as rows:
    rows = {{name: rows[name] for name in rows.files}}

def seconds(first, last):
    part = {{name: tf.constant(cells[first:last], dtypes[name]) for name, cells in rows.items()}}
    start = time.perf_counter()
    {{name: tensor.numpy() for name, tensor in predict(**part).items()}}
    return time.perf_counter() - start

for rows_at_once in (1, {MANY_ROWS}):
    for number in range(3):
        seconds(0, rows_at_once)
    times, start = [], time.perf_counter()
    while len(times) < {CALLS} and (len(times) < 3 or time.perf_counter() - start < {MOST_SECONDS_OF_CALLS}):
        first = len(times) if rows_at_once == 1 else 0
        times.append(seconds(first, first + rows_at_once))
    print(json.dumps(times))
"""


def describe(result: Result) -> str:
    return f"error {result['error']:.5g}, {result['ratio']:.3f} of LightGBM's, {result['wall_seconds']:.0f} s"


def print_summary(results: Sequence[Result], peers: Mapping[str, Any]) -> None:
    whole = [result for result in results if "failed" not in result]
    if not whole:
        print("no results")
        return
    rivals = sorted({rival for result in whole for rival in peers.get(result["name"], {}) if "constant" not in rival})
    ratios: dict[str, list[float]] = {name: [] for name in ("ratio", *rivals)}
    titles = ["table", "rows", "error", "LightGBM", *ratios]
    titles += [
        "validation",
        "expected of the test",
        "test",
        "held",
        "s",
        "MB",
        "ms/row",
        "s/10,000",
        "trials",
        "members",
    ]
    table = []
    for result in whole:
        scores = peers.get(result["name"], {})
        against = {rival: peer_ratio(scores.get(rival, {}), result) for rival in rivals}
        each = {"ratio": result["ratio"], **against}
        for name, ratio in each.items():
            ratios[name] += [] if ratio is None else [ratio]
        table.append(row_of(result, ["" if ratio is None else f"{ratio:.3f}" for ratio in each.values()]))
    means = ["geometric mean", "", "", "", *(f"{geometric_mean(known):.3f}" for known in ratios.values())]
    for line in (titles, ["---"] * len(titles), *table, [*means, *[""] * (len(titles) - len(means))]):
        print("| " + " | ".join(line) + " |")
    largest = {
        name: max(result[name] for result in whole)
        for name in ("model_megabytes", "one_row_ms", "many_rows_seconds", "wall_seconds")
    }
    print(
        f"\n{len(whole)} tables, {len(results) - len(whole)} failed: "
        f"geometric mean {geometric_mean(ratios['ratio']):.3f}, "
        f"{sum(ratio > 1.05 for ratio in ratios['ratio'])} more than 5 % worse than LightGBM; "
        f"the interval held the test score {sum(result['holds'] is True for result in whole)} times; "
        f"at most {largest['model_megabytes']:.1f} MB, {largest['one_row_ms']:.1f} ms for a row, "
        f"{largest['many_rows_seconds']:.2f} s for 10,000, {largest['wall_seconds']:.0f} s in all; "
        f"{100 * statistics.fmean(map(found_after_portfolio, whole)):.0f} % of the models was found after the portfolio"
    )


def row_of(result: Result, ratios: Sequence[str]) -> list[str]:
    validation = result["validation"]
    shares: Counter[str] = Counter()
    for family, weight, _ in result["members"]:
        shares[family] += weight
    return [
        *(result["name"], f"{result['rows']:,}", f"{result['error']:.5g}", f"{result['lightgbm']:.5g}", *ratios),
        *(f"{validation['value']:.5g}", f"{validation['low']:.5g} to {validation['high']:.5g}"),
        *(f"{result['test']['value']:.5g}", {True: "yes", False: "NO", None: ""}[result["holds"]]),
        *(f"{result['wall_seconds']:.0f}", f"{result['model_megabytes']:.1f}", f"{result['one_row_ms']:.1f}"),
        *(f"{result['many_rows_seconds']:.2f}", str(result["trials"])),
        " ".join(f"{family} {100 * share:.0f}" for family, share in shares.most_common()),
    ]


def found_after_portfolio(result: Result) -> float:
    return sum(weight for _, weight, origin in result["members"] if origin in AFTER_PORTFOLIO)


def peer_ratio(scores: Mapping[str, float], result: Result) -> float | None:
    value = scores.get(METRICS[result["task"]][1])
    return None if value is None else error_of(value, result["task"]) / result["lightgbm"]


def geometric_mean(ratios: Sequence[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, ratios))) if ratios else math.nan


if __name__ == "__main__":
    main()
