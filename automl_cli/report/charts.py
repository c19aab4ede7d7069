"""Small charts as SVG text: lines and dots on two axes, without a plotting library to install."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

_WIDTH, _HEIGHT = 420, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 12, 44


@dataclass(frozen=True, slots=True)
class Series:
    """Points to draw.

    Attributes:
        name: Shown in the legend; empty for none.
        x: Horizontal positions; points that are not finite are left out.
        y: As many vertical positions.
        look: Name of a CSS class: a letter for a colour, or "faint".
        mark: Joined by a line, or single dots.
    """

    name: str
    x: Iterable[float]
    y: Iterable[float]
    look: Literal["a", "b", "c", "d", "e", "faint"] = "a"
    mark: Literal["line", "dots"] = "line"


def draw(series: Sequence[Series], *, x_label: str, y_label: str, title: str) -> str:
    """Draws series on common axes.

    Returns:
        An `<svg>` element; a plain sentence where no point is finite.
    """
    points = [(x, y) for one in series for x, y in _finite(one)]
    if not points:
        return f"<p>Nothing to draw for “{escape(title)}”.</p>"
    x_ticks, y_ticks = _ticks([x for x, _ in points]), _ticks([y for _, y in points])
    inner_width, inner_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - x_ticks[0]) / (x_ticks[-1] - x_ticks[0])
        up = (y - y_ticks[0]) / (y_ticks[-1] - y_ticks[0])
        return round(_LEFT + across * inner_width, 1), round(_TOP + (1 - up) * inner_height, 1)

    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">']
    for tick in x_ticks:
        x, y = place(tick, y_ticks[0])
        parts.append(f'<text class="tick" x="{x}" y="{y + 15}" text-anchor="middle">{_number(tick)}</text>')
    for tick in y_ticks:
        x, y = place(x_ticks[0], tick)
        parts.append(f'<line class="grid" x1="{x}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}"/>')
        parts.append(f'<text class="tick" x="{x - 6}" y="{y + 4}" text-anchor="end">{_number(tick)}</text>')
    for one in series:
        placed = [place(x, y) for x, y in _finite(one)]
        if one.mark == "line":
            path = " ".join(f"{x},{y}" for x, y in placed)
            parts.append(f'<polyline class="{one.look}" points="{path}"/>')
        else:
            parts.extend(f'<circle class="{one.look}" cx="{x}" cy="{y}" r="2.2"/>' for x, y in placed)
    middle_x, middle_y = _LEFT + inner_width / 2, _TOP + inner_height / 2
    parts.append(f'<text class="axis" x="{middle_x}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(x_label)}</text>')
    parts.append(
        f'<text class="axis" x="14" y="{middle_y}" text-anchor="middle" '
        f'transform="rotate(-90 14 {middle_y})">{escape(y_label)}</text></svg>'
    )
    named = {one.name: one.look for one in series if one.name}
    legend = "".join(f'<span class="key {look}">{escape(name)}</span>' for name, look in named.items())
    return f"<figure>{''.join(parts)}<figcaption>{escape(title)} {legend}</figcaption></figure>"


def _finite(series: Series) -> list[tuple[float, float]]:
    pairs = zip(series.x, series.y, strict=True)
    return [(float(x), float(y)) for x, y in pairs if math.isfinite(x) and math.isfinite(y)]


def _ticks(values: Sequence[float], wanted: int = 5) -> list[float]:
    """Round numbers that enclose all values, at least two of them."""
    low, high = min(values), max(values)
    if low == high:
        margin = abs(low) * 0.1 or 1.0
        low, high = low - margin, high + margin
    rough = (high - low) / (wanted - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [index * step for index in range(first, last + 1)]


def _number(value: float) -> str:
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:.3g}"
