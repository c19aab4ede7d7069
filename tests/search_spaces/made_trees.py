"""Boosters of LightGBM, and rows that are hard to send the right way."""

from __future__ import annotations

from typing import Any

import numpy as np

CODES = 2  # the last columns
WIDTH = 7
# Zeros of both signs, numbers that LightGBM takes for zero and their neighbours, and numbers that no training row had.
ODD = np.array([0.0, -0.0, 1e-35, -1e-35, 2e-35, -2e-35, 1e-40, 3e38, -3e38, np.inf, -np.inf, np.nan], "float32")


def made_rows(rows: int = 600, *, seed: int = 0) -> np.ndarray:
    """Draws columns: numbers with gaps, all of them, few different ones, with many zeros; and codes of 40 and 5."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, WIDTH)).astype("float32")
    features[generator.random(rows) < 0.2, 0] = np.nan
    features[:, 2] = features[:, 2].round()
    features[generator.random(rows) < 0.5, 3] = 0.0
    features[:, 4] = np.abs(features[:, 4])
    features[:, 5], features[:, 6] = generator.integers(0, 40, rows), generator.integers(0, 5, rows)
    return features


def made_booster(features: np.ndarray, *, outputs: int = 1, rounds: int = 20, **options: Any) -> Any:
    """Trains on a target that depends on all columns."""
    import lightgbm

    filled = np.nan_to_num(features)
    target = filled[:, 0] * filled[:, 1] + filled[:, 2] + 3 * (filled[:, 3] == 0) + filled[:, 4]
    target += np.sin(filled[:, 5]) * 3 + filled[:, 6] % 3
    settings: dict[str, Any] = {"objective": "l2"}
    if outputs > 1:
        target = np.digitize(target, np.quantile(target, np.arange(1, outputs) / outputs))
        settings = {"objective": "multiclass", "num_class": outputs}
    settings |= {"num_threads": 1, "verbosity": -1, "deterministic": True, "learning_rate": 0.3, "min_data_in_leaf": 3}
    settings |= {"min_data_per_group": 3, "cat_smooth": 1.0, "cat_l2": 0.1, **options}
    coded = list(range(WIDTH - CODES, WIDTH))
    rows = lightgbm.Dataset(features, target, categorical_feature=coded, params=settings)
    return lightgbm.train(settings, rows, rounds)


def hard_rows(thresholds: np.ndarray, rows: int = 3000) -> np.ndarray:
    """Draws cells among thresholds, their neighbours and odd numbers; and codes, unknown and negative ones too."""
    generator = np.random.default_rng(1)
    known = np.unique(thresholds).astype("float32")
    above, below = (np.nextafter(known, np.float32(end)) for end in (np.inf, -np.inf))
    cells = generator.choice(np.concatenate([known, above, below, np.repeat(ODD, 10)]), (rows, WIDTH))
    cells[:, -CODES:] = generator.integers(-3, 60, (rows, CODES))
    return cells.astype("float32")
