"""How much memory a search of 5 million rows by 30 columns takes, all its processes together. The bar is 4 GB.

    python benchmarks/out_of_core.py [ROWS] [TIME]

Makes the table (1.2 GB; the search writes another 2 GB beside it), searches it, and prints the peak of the memory that
the processes share out among them: what is theirs alone, and what the system could take back at any time because it is
a copy of a file. Linux only.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

AUTOML = [sys.executable, "-c", "from automl_cli.cli import main; main()"]
LEVELS = (2, 3, 5, 8)


def write_table(path: Path, rows: int) -> None:
    """Writes 24 numbers, 4 categories of few levels, 1 of 2,000, a date, and an answer that three of them tell."""
    normal = "sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())"
    numbers = [f"round({normal} * {1 + place % 5}, {3 + place % 3}) as x{place}" for place in range(24)]
    categories = [f"'level ' || (random() * {count})::int as c{count}" for count in LEVELS]
    others = ["'shop ' || (random() * 1999)::int as shop", "date '2015-01-01' + (random() * 3000)::int as day"]
    answer = "x0 + x1 * if(c2 = 'level 1', 1, -1) / 2 + ln(1 / random() - 1) > 0"
    inputs = f"select {', '.join([*numbers, *categories, *others])} from range({rows})"
    connection = duckdb.connect()
    connection.execute("select setseed(0.5)")
    connection.execute(f"copy (select *, if({answer}, 'yes', 'no') as bought from ({inputs})) to '{path}' (header)")


def family(root: int) -> list[int]:
    """Returns a process and all that it and its children have started."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):  # it has ended
            continue
    found = [root]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def memory(process: int) -> tuple[float, float]:
    """Returns megabytes of a process: its own, and those of files; shared ones are divided by who shares them."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return 0.0, 0.0
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1e3 for line in lines}
    return sizes["Pss_Anon"] + sizes["Pss_Shmem"], sizes["Pss_File"]


def watch(search: subprocess.Popen[str], started: float) -> None:
    """Prints each new peak that is a tenth above the last, until the search has ended."""
    peak_own = peak = shown = 0.0
    while search.poll() is None:
        shares = [memory(process) for process in family(search.pid)]
        own, files = (sum(share) for share in zip(*shares, strict=True))
        peak_own, peak = max(peak_own, own), max(peak, own + files)
        if peak > 1.1 * shown:
            shown = peak
            seconds = time.perf_counter() - started
            print(
                f"{seconds:6.0f} s  {own:6.0f} MB and {files:5.0f} MB of files in {len(shares)} processes", flush=True
            )
        time.sleep(0.25)
    seconds = time.perf_counter() - started
    print(
        f"exit code {search.returncode} after {seconds:.0f} s; peak {peak_own:,.0f} MB of its own (bar 4,000 MB), "
        f"{peak:,.0f} MB with the pages of files that were in memory because there was room"
    )


if __name__ == "__main__":
    rows, budget = [*sys.argv[1:], *["5000000", "5m"][len(sys.argv) - 1 :]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        write_table(path, int(rows))
        print(f"{int(rows):,} rows, {path.stat().st_size / 1e6:,.0f} MB", flush=True)
        command = [*AUTOML, "search", path.name, "--target", "bought", "--time", budget]
        watch(subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, text=True), time.perf_counter())
