"""How long `automl --help` takes, as a multiple of what its libraries need to be imported.

    python benchmarks/startup.py

Both are run in turns, so that a busy machine slows them alike; the best of each counts. The bar is 2.5.
"""

import subprocess
import sys
import time

ROUNDS = 15
HELP = [sys.executable, "-c", "from automl_cli.cli import main; main()", "--help"]
LEAST = [sys.executable, "-c", "import typer, rich"]


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    pairs = [(seconds(HELP), seconds(LEAST)) for _ in range(ROUNDS)]
    help_seconds, least_seconds = (min(times) for times in zip(*pairs, strict=True))
    ratio = help_seconds / least_seconds
    print(f"automl --help {help_seconds:.3f} s, import typer and rich {least_seconds:.3f} s: {ratio:.2f} times")
