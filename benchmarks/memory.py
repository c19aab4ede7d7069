"""What main process and workers hold after 10 trials and after 100.

    python benchmarks/memory.py [WORKERS]

The bar is 150 MB of growth each.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
from tables import write_table

AUTOML = [sys.executable, "-c", "from automl_cli.cli import main; main()"]
TRIALS, EARLY = 100, 10


def megabytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 1e6)


def sizes(process: psutil.Process) -> dict[str, float]:
    """Returns the resident size of the main process and of the largest worker."""
    workers = [worker for server in process.children() for worker in server.children()]
    return {"main": megabytes(process), "worker": max(map(megabytes, workers), default=0.0)}


if __name__ == "__main__":
    workers = sys.argv[1] if len(sys.argv) > 1 else "2"
    with tempfile.TemporaryDirectory() as folder:
        table = write_table(Path(folder, "table.csv"), rows=1_500, task="binary")
        command = [*AUTOML, "search", str(table), "-t", "y", "--time", "30m", "--trials", str(TRIALS)]
        command += ["--workers", workers, "--set", "epochs=20"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        main, seen = psutil.Process(process.pid), dict[int, dict[str, float]]()
        for line in process.stderr or ():
            if line.startswith("trial"):
                number = len(seen) + 1
                seen[number] = sizes(main)
        for who in ("main", "worker"):
            early, late = seen[EARLY + 2][who], seen[max(seen)][who]
            growth = f"{early:.0f} MB after {EARLY} trials, {late:.0f} MB after {max(seen) - 2}"
            print(f"{who}: {growth}: {late - early:+.0f} MB")
