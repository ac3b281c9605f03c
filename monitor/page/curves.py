"""Curves as SVG, drawn on the server: growth on its band, bottles, minutes of crying by hour.

Each point can be tapped, or reached by the arrow keys, and then says its value; a screen reader
reads the same as its label. Colours and type are the page's (``page.css``), so that it is dark when
the page is. Texts are escaped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import msgspec

from monitor.times import HOUR_S

WIDTH, HEIGHT = 340.0, 220.0
"""of the drawing's own units: text of 13 is 13 px on a phone of 390 px and larger beside it"""
LEFT, RIGHT, TOP, BOTTOM = 44.0, 10.0, 12.0, 24.0
EDGE = 2.0
"""that a value keeps from the sides of its drawing"""
LOW_HEIGHT = 140.0
"""of drawings of bars"""
MOST_POINTS = 400
"""newest are kept; 14 days of eight bottles are 224 weighings"""
HIT = 14.0
"""radius around a point that can be tapped"""
CHARACTER = 7.6
"""width of a figure of the value that is shown"""


class Point(NamedTuple):
    """One weighing."""

    t_s: float
    g: float
    label: str
    """what it says when it is tapped"""
    after: bool = False
    """with the bottle inside"""


class Bar(NamedTuple):
    """One bottle, or one hour."""

    t_s: float
    value: float | None
    """``None``: it was, and nobody knows how much"""
    label: str


class Range(NamedTuple):
    """The usual band at one moment."""

    t_s: float
    low_g: float
    median_g: float
    high_g: float


class Axes(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn where: times and values to places."""

    from_s: float
    to_s: float
    low: float
    high: float
    height: float = HEIGHT

    def x(self, t_s: float) -> float:
        """The place of a moment."""
        share = (t_s - self.from_s) / (self.to_s - self.from_s)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """The place of a value."""
        share = (value - self.low) / (self.high - self.low)
        return self.height - BOTTOM - share * (self.height - TOP - BOTTOM)


def growth(
    points: Sequence[Point],
    band: Sequence[Range],
    days: Sequence[tuple[float, str]],
    from_s: float,
    to_s: float,
    title: str,
) -> str:
    """Weights on the usual band; ``days`` are the marks below it."""
    shown = [p for p in points if from_s <= p.t_s <= to_s][-MOST_POINTS:]
    inside = [r for r in band if from_s <= r.t_s <= to_s]
    weights = [p.g for p in shown]
    values = weights + [g for r in inside for g in (r.low_g, r.high_g)]
    low, high, step = _scale(min(values, default=0.0), max(values, default=1.0))
    axes = Axes(from_s=from_s, to_s=to_s, low=low, high=high)
    parts = [_grid(axes, step), _marks(axes, days), _band(axes, inside)]
    before = [p for p in shown if not p.after]
    line = before if len(before) > 1 else shown
    parts.append(_path(axes, [(p.t_s, p.g) for p in line], "line"))
    parts += [_point(axes, p) for p in shown]
    return _svg(title, axes.height, parts)


def bars(
    found: Sequence[Bar],
    marks: Sequence[tuple[float, str]],
    from_s: float,
    to_s: float,
    title: str,
    *,
    kind: str = "bar",
    width_s: float = HOUR_S,
    least_top: float = 1.0,
) -> str:
    """One bar each, from its ``t_s`` on, ``width_s`` wide; one of unknown height is an outline."""
    shown = [bar for bar in found if from_s <= bar.t_s <= to_s][-MOST_POINTS:]
    known = [bar.value for bar in shown if bar.value is not None]
    low, high, step = _scale(0.0, max([least_top, *known]), least_steps=2)
    axes = Axes(from_s=from_s, to_s=to_s, low=low, high=high, height=LOW_HEIGHT)
    parts = [_grid(axes, step), _marks(axes, marks)]
    parts += [_bar(axes, bar, kind, width_s, high) for bar in shown]
    return _svg(title, axes.height, parts)


def _scale(low: float, high: float, least_steps: int = 3) -> tuple[float, float, float]:
    """Round limits around the values, and the step between lines."""
    span = max(high - low, abs(high) * 0.02, 1e-6)
    rough = span / (least_steps + 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough)
    bottom = math.floor(low / step) * step
    top = math.ceil(high / step) * step
    return bottom, top if top > bottom else bottom + step, step


def _grid(axes: Axes, step: float) -> str:
    lines = []
    for i in range(round((axes.high - axes.low) / step) + 1):
        value = axes.low + i * step
        y = axes.y(value)
        lines.append(
            f'<line class="axis" x1="{LEFT:g}" x2="{WIDTH - RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 6:g}" y="{y + 4:.1f}" text-anchor="end">{value:.6g}</text>'
        )
    return "".join(lines)


def _marks(axes: Axes, marks: Sequence[tuple[float, str]]) -> str:
    """Texts below the drawing; where they would touch, every other one is left out."""
    inside = [(t_s, text) for t_s, text in marks if axes.from_s <= t_s <= axes.to_s]
    longest = max((len(text) for _, text in inside), default=0) * CHARACTER + 8
    room = (WIDTH - LEFT - RIGHT) / max(longest, 1.0)
    every = max(1, math.ceil(len(inside) / max(room, 1.0)))
    parts = []
    for t_s, text in inside[::every]:
        x = axes.x(t_s)
        half = len(text) * CHARACTER / 2
        parts.append(
            f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP:g}" '
            f'y2="{axes.height - BOTTOM + 4:g}"/>'
            f'<text x="{min(max(x, half), WIDTH - half):.1f}" y="{axes.height - 5:g}" '
            f'text-anchor="middle">{escape(text)}</text>'
        )
    return "".join(parts)


def _band(axes: Axes, inside: Sequence[Range]) -> str:
    if len(inside) < 2:
        return ""
    upper = [f"{axes.x(r.t_s):.1f},{axes.y(r.high_g):.1f}" for r in inside]
    lower = [f"{axes.x(r.t_s):.1f},{axes.y(r.low_g):.1f}" for r in reversed(inside)]
    shape = f'<polygon class="band" points="{" ".join(upper + lower)}"/>'
    return shape + _path(axes, [(r.t_s, r.median_g) for r in inside], "median")


def _path(axes: Axes, line: Sequence[tuple[float, float]], kind: str) -> str:
    if len(line) < 2:
        return ""
    places = " ".join(f"{axes.x(t_s):.1f},{axes.y(value):.1f}" for t_s, value in line)
    return f'<polyline class="{kind}" points="{places}"/>'


def _point(axes: Axes, point: Point) -> str:
    x, y = axes.x(point.t_s), axes.y(point.g)
    dot = "dot after" if point.after else "dot"
    drawn = (
        f'<circle class="hit" cx="{x:.1f}" cy="{y:.1f}" r="{HIT:g}"/>'
        f'<circle class="{dot}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    )
    return _tappable(drawn, x, y, point.label, axes.height)


def _bar(axes: Axes, bar: Bar, kind: str, width_s: float, high: float) -> str:
    left = axes.x(bar.t_s)
    width = max(axes.x(bar.t_s + width_s) - left - 1.0, 2.5)
    y = axes.y(high / 4 if bar.value is None else min(max(bar.value, 0.0), high))
    bottom = axes.y(max(axes.low, 0.0))
    drawn = (
        f'<rect class="hit" x="{left - 3:.1f}" y="{TOP:g}" width="{width + 6:.1f}" '
        f'height="{bottom - TOP:.1f}"/>'
        f'<rect class="{"deaf" if bar.value is None else kind}" x="{left:.1f}" y="{y:.1f}" '
        f'width="{width:.1f}" height="{max(bottom - y, 1.0):.1f}"/>'
    )
    return _tappable(drawn, left + width / 2, y, bar.label, axes.height)


def _tappable(drawn: str, x: float, y: float, label: str, height: float) -> str:
    """What can be tapped, and the value that it then shows, inside the drawing."""
    text = escape(label)
    width = len(label) * CHARACTER + 14
    left = max(min(max(x - width / 2, EDGE), WIDTH - width - EDGE), 0.0)
    top = y - 36 if y > 40 else min(y + 12, height - 26)
    return (
        f'<g class="point" tabindex="-1" role="img" aria-label="{text}">{drawn}'
        f"<title>{text}</title>"
        f'<g class="tip" aria-hidden="true"><rect x="{left:.1f}" y="{top:.1f}" '
        f'width="{width:.1f}" height="24" rx="6"/>'
        f'<text x="{left + 7:.1f}" y="{top + 17:.1f}">{text}</text></g></g>'
    )


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    # One stop of the keyboard; page.js moves on to the points with the arrow keys.
    return (
        f'<svg class="curve" viewBox="0 0 {WIDTH:g} {height:g}" role="group" tabindex="0" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )
