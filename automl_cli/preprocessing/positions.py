"""What the encoded positions of a fold stand for, so that another run finds the same columns in other places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from automl_cli.records import Position, Positions

if TYPE_CHECKING:
    import keras

    from automl_cli.preprocessing.reader import Reader
    from search_spaces.family import Layout

# Codes that stand for no level, in their order.
_NO_LEVELS = ("unseen", "missing")
# Cells that are numbers and words that are read as numbers mean the same.
_KINDS = {"ReadNumbers": "number", "ParseNumbers": "number", "ReadWords": "word", "ReadDates": "date"}


def positions_of(model: keras.Model, readers: Sequence[Reader], *, categories: Sequence[str]) -> Positions:
    """Reads the names from the layers of a fitted preprocessing.

    Topics of texts and crosses of columns have no names: what they are differs from fit to fit.

    Args:
        model: Of a preprocessing.
        readers: Its readers of numbers, in their order.
        categories: Its category columns, in their order.
    """
    layers = {layer.name: layer for layer in model.layers}
    groups: dict[str, list[Position]] = {}
    codes: list[list[str]] = []
    if (scaling := layers.get("scale_numbers")) is not None:
        features = [name for reader in readers for name in _features(reader)]
        read = [features[position] for position in (*scaling.measured, *scaling.bounded)]
        groups["numbers"] = groups["quantiles"] = groups["values"] = read
        groups["indicators"] = [(features[position][0], "missing") for position in scaling.indicated]
    if (selected := layers.get("select_codes")) is not None:
        levels = [[*_NO_LEVELS, *(f"level {level}" for level in known)] for known in layers["codes"].levels]
        groups["codes"] = [(categories[column], "codes") for column in selected.columns]
        codes = [levels[c][:limit] for c, limit in zip(selected.columns, selected.limits, strict=True)]
        if (spread := layers.get("one_hot")) is not None:
            slots = zip(spread.columns, spread.codes, strict=True)
            groups["one_hot"] = [(categories[column], levels[column][code]) for column, code in slots]
        if (averages := layers.get("statistics")) is not None:
            groups["statistics"] = [
                (categories[column], f"statistic {figure} of {averages.figures}")
                for column in averages.columns
                for figure in range(averages.figures)
            ]
    return Positions({group: names for group, names in groups.items() if names}, codes)


def padded(positions: Positions, layout: Layout) -> Positions:
    """Returns the names for groups that were filled up to a layout with columns of zeros."""
    groups = {
        group: [*names, *[None] * (layout.widths.get(group, 0) - len(names))]
        for group, names in positions.groups.items()
    }
    return replace(positions, groups=groups)


def _features(reader: Reader) -> list[tuple[str, str]]:
    kind = _KINDS.get(type(reader.layer).__name__, "length")
    seen: dict[str, int] = {}
    names = []
    for owner in reader.owners:
        seen[owner] = seen.get(owner, -1) + 1
        names.append((owner, f"{kind} {seen[owner]}"))
    return names
