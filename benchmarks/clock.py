"""How well `--time` is kept, from the command to the end of the report.

    python benchmarks/clock.py 60          # five tables of 150 to 100,000 rows, a minute each

The bar is 5 seconds more than was asked for, at most.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tables import write_table

AUTOML = [sys.executable, "-c", "from automl_cli.cli import main; main()"]
TABLES = ((150, "multiclass"), (1_000, "regression"), (6_000, "binary"), (25_000, "regression"), (100_000, "binary"))


def seconds(table: Path, budget: int) -> tuple[float, str]:
    """Returns the wall time of a search, and why it ended."""
    start = time.perf_counter()
    command = [*AUTOML, "search", str(table), "-t", "y", "--time", f"{budget}s", "--trials", "1000"]
    done = subprocess.run(command, cwd=table.parent, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(done.stderr)
    return taken, next(line for line in done.stderr.splitlines() if line.startswith("The search ended"))


if __name__ == "__main__":
    budget = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as folder:
        for rows, task in TABLES:
            table = write_table(Path(folder, f"table_{rows}.csv"), rows=rows, task=task)
            taken, why = seconds(table, budget)
            verdict = "kept" if taken <= budget + 5 else "LATE"
            print(f"{rows:>7,} rows, {task:<10}  {taken:6.1f} s of {budget}  {verdict}   {why}", flush=True)
