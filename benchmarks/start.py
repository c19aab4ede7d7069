"""Seconds from the command to the first row of the leaderboard, and to the first network's.

    python benchmarks/start.py

The bars are 3 and 12, on an idle machine. Beside them stands what `import keras` takes in the same turns: that much of
the way to a network is not ours.
"""

import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 3
AUTOML = [sys.executable, "-c", "from automl_cli.cli import main; main()"]
SEARCH = [*AUTOML, "search", "example:penguins", "--time", "60s", "--trials", "1"]
BASELINES = ("constant", "linear")


def rows_of_leaderboard(folder: str) -> tuple[float, float]:
    """Returns the seconds until the first row and until the first row of a network."""
    start, first = time.perf_counter(), 0.0
    process = subprocess.Popen(SEARCH, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        for line in process.stderr or ():
            if line.startswith("trial"):
                first = first or time.perf_counter() - start
                if line.split()[2] not in BASELINES:
                    return first, time.perf_counter() - start
    finally:
        process.kill()
        process.wait()
    raise SystemExit("the search ended without a network")


def importing() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import keras"], capture_output=True, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        turns = [(*rows_of_leaderboard(folder), importing()) for _ in range(ROUNDS)]
    first, network, keras = (statistics.median(times) for times in zip(*turns, strict=True))
    print(f"first row {first:.1f} s, first network {network:.1f} s, import keras {keras:.1f} s")
