"""Kills a search at random moments and resumes it: the journal must end like that of a search left in peace.

    python benchmarks/kill.py [ROUNDS]

Each round kills the command, one of its workers, or both, after a random share of the time that the undisturbed search
took to its last trial; then `automl resume`. Twenty rounds are the bar.
"""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from automl_cli.runs.journal import read_results

AUTOML = [sys.executable, "-c", "from automl_cli.cli import main; main()"]
STRATEGIES = ("auto", "hyperband", "random", "greedy", "bayesian")
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def search(strategy: str) -> list[str]:
    plan = ["--strategy", strategy, "--trials", "6", "--families", "mlp,linear" if strategy != "hyperband" else "mlp"]
    return [*AUTOML, "search", "example:penguins", "--time", "10m", "--set", "width=64", *plan]


def outcomes(run: Path) -> list[tuple[object, ...]]:
    results = read_results(run / "journal.jsonl")
    return [(r.trial, r.state, r.score, r.fold_scores, r.best_epochs, r.epochs) for r in results]


def workers_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Returns the processes that were forked from the one that main has started."""
    own = psutil.Process(process.pid)
    return [child for parent in own.children() for child in parent.children()]


def disturb(folder: Path, strategy: str, *, after_seconds: float, victim: str) -> str:
    """Runs a search, kills something in it, and sees it to its end; says what was killed."""
    process = subprocess.Popen(search(strategy), cwd=folder, **QUIET)
    time.sleep(after_seconds)
    killed = []
    if victim in ("worker", "both") and process.poll() is None and (workers := workers_of(process)):
        random.choice(workers).kill()
        killed.append("worker")
    if victim in ("main", "both") or not killed:
        process.kill()
        killed.append("main")
    process.wait()
    if process.returncode != 0:
        has_begun = (folder / "runs" / "penguins-1" / "journal.jsonl").exists()
        command = [*AUTOML, "resume", "penguins-1"] if has_begun else search(strategy)
        subprocess.run(command, cwd=folder, check=True, **QUIET)
    return " and ".join(killed)


if __name__ == "__main__":
    random.seed(0)
    rounds, equal = int(sys.argv[1]) if len(sys.argv) > 1 else 20, 0
    expected: dict[str, tuple[list[tuple[object, ...]], float]] = {}
    for number in range(rounds):
        strategy = STRATEGIES[number % len(STRATEGIES)]
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            if strategy not in expected:
                start = time.perf_counter()
                subprocess.run(search(strategy), cwd=folder, check=True, **QUIET)
                expected[strategy] = outcomes(folder / "runs" / "penguins-1"), time.perf_counter() - start
                (folder / "runs").rename(folder / "undisturbed")
            truth, whole_seconds = expected[strategy]
            after = random.uniform(1.0, whole_seconds)
            killed = disturb(folder, strategy, after_seconds=after, victim=random.choice(("main", "worker", "both")))
            same = outcomes(folder / "runs" / "penguins-1") == truth
            equal += same
            print(
                f"{strategy:<10} {killed} killed after {after:5.1f} s: {'equal' if same else 'DIFFERENT'}", flush=True
            )
    print(f"{equal} of {rounds} runs ended like an undisturbed one")
