"""Tables of chosen sizes for the benchmarks: numbers and categories, a target that is partly luck."""

from pathlib import Path

import numpy as np


def write_table(path: Path, *, rows: int, task: str, columns: int = 12, seed: int = 0) -> Path:
    """Writes a CSV with a target `y`: a sum, a product and a category's effect, and noise.

    Args:
        path: Of the file.
        rows: How many.
        task: "binary", "multiclass" or "regression".
        columns: Numbers; two categories come on top.
        seed: Of the draws.
    """
    draw = np.random.default_rng(seed)
    numbers = draw.normal(size=(rows, columns))
    town, colour = draw.integers(0, 40, rows), draw.integers(0, 4, rows)
    signal = numbers[:, 0] + numbers[:, 1] * numbers[:, 2] + np.sin(2 * numbers[:, 3]) + (colour == 2) + 0.05 * town
    value = signal + draw.normal(size=rows)
    if task == "binary":
        target = np.where(value > np.median(value), "yes", "no")
    elif task == "multiclass":
        target = np.array(["low", "middle", "high"])[np.searchsorted(np.quantile(value, (0.3, 0.7)), value)]
    else:
        target = np.round(value, 4).astype(str)
    with path.open("w", encoding="utf-8") as stream:
        stream.write(",".join([*(f"x{number}" for number in range(columns)), "town", "colour", "y"]) + "\n")
        for row in range(rows):
            cells = [f"{value:.5g}" for value in numbers[row]]
            stream.write(",".join([*cells, f"town {town[row]}", f"colour {colour[row]}", target[row]]) + "\n")
    return path
