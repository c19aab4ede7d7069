"""The course of the learning rate: plain functions of the epochs done, so that a trial can go on at any epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from search_spaces.grammar import Value

Array = NDArray[np.float64]

# Of one cycle, the first and the last rate as shares of the largest. Smith and Topin begin a tenth or a twentieth below
# and end "several orders of magnitude" lower; these figures are those of fastai.
_CYCLE_STARTS_AT, _CYCLE_ENDS_AT = 1 / 25, 1 / 250_000
# From epochs done `(steps,)`, fractions included, to factors of the base rate `(steps,)`.
Schedule = Callable[[Array], Array]


def make_schedule(recipe: Mapping[str, Value], epochs: int) -> Schedule | None:
    """Returns the schedule that the recipe asks for.

    Args:
        recipe: Reads `schedule` and its parameters.
        epochs: At which the schedule ends. It is the recipe's own number also for a trial that may only take the
            first few of them, so that a promoted trial goes on where it was.

    Returns:
        None where the rate stays as it is ("constant") or where the validation loss decides ("plateau").
    """
    name = recipe["schedule"]
    if name == "cosine":
        return lambda done: cosine(done / epochs, final=float(recipe["final_fraction"]))
    if name == "warmup_cosine":
        warmup, final = float(recipe["warmup_fraction"]), float(recipe["final_fraction"])
        return lambda done: warmup_cosine(done / epochs, warmup=warmup, final=final)
    if name == "cosine_restarts":
        first, growth = float(recipe["restart_epochs"]), float(recipe["restart_factor"])
        lowest = float(recipe["final_fraction"])
        return lambda done: cosine_restarts(done, first=first, growth=growth, final=lowest)
    if name == "one_cycle":
        peak = float(recipe["peak_fraction"])
        return lambda done: one_cycle(done / epochs, peak=peak)
    if name == "exponential":
        return lambda done: float(recipe["decay_rate"]) ** done
    if name == "step":
        return lambda done: float(recipe["step_factor"]) ** np.floor(done / int(recipe["step_epochs"]))
    if name == "coslog4":
        return lambda done: coslog4(done / epochs)
    return None


def make_regularization(recipe: Mapping[str, Value], epochs: int) -> Schedule | None:
    """Returns the course of weight decay, penalties and dropout that the recipe asks for, None for a constant.

    Args:
        recipe: Reads `regularization_schedule`, absent for "constant".
        epochs: At which the schedule ends.
    """
    if recipe.get("regularization_schedule", "constant") == "flat_cos":
        return lambda done: flat_cos(done / epochs)
    return None


def coslog4(progress: Array) -> Array:
    """Four cosine waves of growing length, from 0 to 0 (Holzmüller et al. 2024, arXiv 2407.04491)."""
    return (1 - np.cos(2 * np.pi * np.log2(1 + 15 * np.clip(progress, 0, 1)))) / 2


def flat_cos(progress: Array) -> Array:
    """1 for the first half, then half a cosine to 0 (Holzmüller et al. 2024, arXiv 2407.04491)."""
    return (1 + np.cos(np.pi * (np.maximum(1.0, 2 * np.clip(progress, 0, 1)) - 1))) / 2


def cosine(progress: Array, *, final: float) -> Array:
    """Half a cosine from 1 to `final` (Loshchilov & Hutter 2017, arXiv 1608.03983, without restarts)."""
    return final + (1 - final) * (1 + np.cos(np.pi * np.clip(progress, 0, 1))) / 2


def warmup_cosine(progress: Array, *, warmup: float, final: float) -> Array:
    """A straight line from 0 to 1 until `warmup`, then half a cosine to `final`."""
    return np.where(progress < warmup, progress / warmup, cosine((progress - warmup) / (1 - warmup), final=final))


def cosine_restarts(done: Array, *, first: float, growth: float, final: float) -> Array:
    """Half a cosine from 1 to `final` again and again (SGDR: Loshchilov & Hutter 2017, arXiv 1608.03983).

    Args:
        done: Epochs `(steps,)`, fractions included.
        first: Epochs of the first fall.
        growth: By what each fall is longer than the one before; at least 1.
        final: Where each fall ends, as a share of the largest rate.
    """
    falls = done / first
    if growth == 1:
        return cosine(falls % 1.0, final=final)
    # The n-th fall begins after 1 + growth + ... + growth ** (n - 1) first ones. A restart that rounds to a moment
    # before itself would be the end of a fall: hence the small number.
    number = np.floor(np.log1p(falls * (growth - 1)) / np.log(growth) + 1e-9)
    begun = (growth**number - 1) / (growth - 1)
    return cosine((falls - begun) / growth**number, final=final)


def one_cycle(progress: Array, *, peak: float) -> Array:
    """Half a cosine up to 1 until `peak`, then half a cosine down to next to nothing.

    Smith & Topin 2018, "Super-Convergence" (arXiv 1708.07120), in the shape that fastai gave it: with cosines instead
    of lines, and the last fall as a part of the second half. The momentum stays as it is.
    """
    rising = _CYCLE_STARTS_AT + (1 - _CYCLE_STARTS_AT) * (1 - np.cos(np.pi * np.clip(progress / peak, 0, 1))) / 2
    return np.where(progress < peak, rising, cosine((progress - peak) / (1 - peak), final=_CYCLE_ENDS_AT))
