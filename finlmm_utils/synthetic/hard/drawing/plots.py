"""Draws the charts of hard reports: axes with ticks, marks and legends, with few printed values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from finlmm_utils.finance.terms import plain
from finlmm_utils.synthetic.hard.contents import Chart
from finlmm_utils.synthetic.hard.drawing.house import House
from finlmm_utils.synthetic.hard.drawing.ink import (
    GREY,
    PALE,
    Box,
    Ink,
    pale,
    width_of,
)
from finlmm_utils.synthetic.hard.drawing.parts import (
    draw_pie,
    draw_ranking,
    nice_ticks,
    tick_words,
)

LABELS = 12
"""Labels under an axis at most; of longer series every n-th is written."""
OVER = ("lines", "area")
"""Forms whose labels stand at the points; those of the others between them."""


@dataclass(frozen=True)
class Axes:
    """A plot area.

    Attributes:
        box: in points.
        low: value at its lower edge.
        high: value at its upper edge.
        count: of labels along it.
        at: whether labels stand at the ends of the axis too.
    """

    box: Box
    low: float
    high: float
    count: int
    at: bool

    def x(self, place: float) -> float:
        """Where a label stands; 0 is the first."""
        x0, _, x1, _ = self.box
        share = place / max(self.count - 1, 1) if self.at else (place + 0.5) / self.count
        return x0 + share * (x1 - x0)

    def y(self, value: float) -> float:
        """Where a value stands."""
        _, y0, _, y1 = self.box
        return y1 - (value - self.low) / (self.high - self.low) * (y1 - y0)


def draw_plot(ink: Ink, box: Box, chart: Chart, house: House, size: float = 7.0) -> None:
    """Draws plot, labels and legend into a box, without the title.

    Args:
        ink: where to draw; its boxes then tell what was used.
        box: in points.
        chart: what is shown.
        house: style of the report.
        size: of the letters in points.
    """
    if chart.form in ("pie", "donut"):
        draw_pie(ink, box, chart, house, size)
    elif chart.form == "ranking":
        draw_ranking(ink, box, chart, house, size)
    else:
        _upright(ink, box, chart, house, size)


def _heights(chart: Chart) -> list[float]:
    if chart.form == "stacked":
        return [sum(s.values[k] for s in chart.series) for k in range(len(chart.series[0].values))]
    if chart.form == "waterfall":
        values = chart.series[0].values
        return [sum(values[: k + 1]) for k in range(len(values) - 1)] + [values[-1]]
    shown = chart.series[:1] if chart.form == "combo" else chart.series
    return [v for series in shown for v in series.values]


def _upright(ink: Ink, box: Box, chart: Chart, house: House, size: float) -> None:
    x0, y0, x1, y1 = box
    labels = chart.series[0].labels
    heights = _heights(chart)
    floating = chart.form in OVER
    low = min(heights) if floating else min(0.0, *heights)
    ticks = nice_ticks(low, max(heights))
    unit = chart.series[0].unit
    wide = max(width_of(tick_words(t, unit), ink.font, size) for t in ticks)
    legend = chart.names if len(chart.names) > 1 else ()
    long = max(width_of(one, ink.font, size) for one in labels)
    turned = house.turned if len(labels) > LABELS or long * len(labels) > 0.8 * (x1 - x0) else 0
    under = size + 5 if not turned else long * math.sin(math.radians(turned)) + 8
    top = y0 + (1.9 * size if legend and house.legend == "top" else 0.7 * size)
    base = y1 - under - (1.9 * size if legend and house.legend == "bottom" else 0)
    right = x1 - (26 if chart.form == "combo" else 4)
    axes = Axes((x0 + wide + 5, top, right, base), ticks[0], ticks[-1], len(labels), floating)
    _frame(ink, axes, ticks, unit, house, size)
    _labels(ink, axes, labels, house, turned, size)
    if legend:
        at = y0 + 0.9 * size if house.legend == "top" else y1 - 0.4 * size
        draw_legend(ink, (x0, x1), at, legend, house, size, chart.form)
    marks = {"lines": _lines, "area": _lines, "combo": _combo, "waterfall": _floating}
    marks.get(chart.form, _bars)(ink, axes, chart, house, size)


def _frame(
    ink: Ink, axes: Axes, ticks: Sequence[float], unit: str, house: House, size: float
) -> None:
    x0, y0, x1, y1 = axes.box
    for tick in ticks:
        y = axes.y(tick)
        ink.text((x0 - 4, y + 0.35 * size), tick_words(tick, unit), size, align=1.0)
        if house.grid and tick != ticks[0]:
            ink.rule((x0, y), (x1, y), PALE, 0.5)
        if house.ticks:
            ink.rule((x0 - 2.5, y), (x0, y), GREY, 0.5)
    if house.grid == 2:
        for k in range(1, min(axes.count, LABELS)):
            x = x0 + k / min(axes.count, LABELS) * (x1 - x0)
            ink.rule((x, y0), (x, y1), PALE, 0.5)
    if house.spine == "box":
        ink.fill(axes.box, None, GREY)
    elif house.spine == "left":
        ink.rule((x0, y0), (x0, y1), GREY)
    zero = axes.y(0.0) if axes.low < 0 < axes.high else y1
    ink.rule((x0, zero), (x1, zero), GREY, 0.7)


def _labels(
    ink: Ink, axes: Axes, labels: Sequence[str], house: House, turned: int, size: float
) -> None:
    base = axes.box[3]
    every = (
        max(1, math.ceil(len(labels) / (LABELS if turned else 6))) if len(labels) > LABELS else 1
    )
    for k in range(0, len(labels), every):
        x = axes.x(k)
        if turned:
            ink.text((x + 0.3 * size, base + 4), labels[k], size, align=1.0, turn=turned)
        else:
            ink.text((x, base + size + 3), labels[k], size, align=0.5)
        if house.ticks:
            ink.rule((x, base), (x, base + 2.5), GREY, 0.5)


def draw_legend(
    ink: Ink,
    span: tuple[float, float],
    y: float,
    names: Sequence[str],
    house: House,
    size: float,
    form: str,
) -> None:
    """A row of names beside small marks in the colours of the series, centred.

    Args:
        ink: where to draw.
        span: left and right end in points.
        y: of the baseline.
        names: of the series.
        house: gives the colours.
        size: of the letters in points.
        form: of the chart: lines have strokes, all others squares.
    """
    wide = sum(width_of(n, ink.font, size) + 22 for n in names)
    x = max(span[0], (span[0] + span[1] - wide) / 2)
    for k, name in enumerate(names):
        colour, middle = house.palette[k], y - 0.3 * size
        if form == "lines" or (form in ("area", "combo") and k):
            ink.rule((x, middle), (x + 10, middle), colour, 1.3)
        else:
            ink.fill((x + 2, middle - 3, x + 8, middle + 3), colour)
        ink.text((x + 13, y), name, size)
        x += width_of(name, ink.font, size) + 22


def _print(ink: Ink, x: float, y: float, value: float, unit: str, size: float) -> None:
    ink.text((x, y), plain(value) + ("%" if unit == "%" else ""), size, align=0.5)


def _bars(ink: Ink, axes: Axes, chart: Chart, house: House, size: float) -> None:
    step = (axes.box[2] - axes.box[0]) / axes.count
    stacked, many = chart.form == "stacked", len(chart.series)
    filled = 0.94 if chart.form == "histogram" else 0.62
    width = step * filled / (1 if stacked else many)
    feet = [0.0] * axes.count
    for n, series in enumerate(chart.series):
        for k, value in enumerate(series.values):
            left = axes.x(k) - step * filled / 2 + (0 if stacked else n * width)
            a, b = axes.y(feet[k]), axes.y(feet[k] + value)
            ink.fill((left, min(a, b), left + width, max(a, b)), house.palette[n])
            feet[k] += value if stacked else 0.0
            if chart.printed:
                y = (a + b) / 2 + 0.35 * size if stacked else b - 2.5 if b < a else b + size
                _print(ink, left + width / 2, y, value, series.unit, size)


def _lines(ink: Ink, axes: Axes, chart: Chart, house: House, size: float) -> None:
    for n, series in enumerate(chart.series):
        points = [(axes.x(k), axes.y(v)) for k, v in enumerate(series.values)]
        if chart.form == "area" and n == 0:
            base = axes.box[3]
            ink.area(
                [(points[0][0], base), *points, (points[-1][0], base)], pale(house.palette[0], 0.55)
            )
        ink.line(points, house.palette[n], 1.3)
        if chart.printed and len(points) <= LABELS:
            for (x, y), value in zip(points, series.values, strict=True):
                _print(ink, x, y - 4, value, series.unit, size)


def _combo(ink: Ink, axes: Axes, chart: Chart, house: House, size: float) -> None:
    bars = Chart("bars", "", chart.series[:1], chart.names[:1], (), chart.printed)
    _bars(ink, axes, bars, house, size)
    line = chart.series[1]
    ticks = nice_ticks(min(0.0, *line.values), max(line.values))
    second = Axes(axes.box, ticks[0], ticks[-1], axes.count, False)
    for tick in ticks:
        y = second.y(tick) + 0.35 * size
        ink.text((axes.box[2] + 4, y), tick_words(tick, line.unit), size)
    points = [(second.x(k), second.y(v)) for k, v in enumerate(line.values)]
    ink.line(points, house.palette[1], 1.4)
    for point in points:
        ink.disc(point, 1.8, house.palette[1])


def _floating(ink: Ink, axes: Axes, chart: Chart, house: House, size: float) -> None:
    values, foot = chart.series[0].values, 0.0
    step = (axes.box[2] - axes.box[0]) / axes.count
    for k, value in enumerate(values):
        whole = k in (0, len(values) - 1)
        a, b = axes.y(0.0 if whole else foot), axes.y(value if whole else foot + value)
        x, colour = axes.x(k), house.palette[0 if whole else 1 if value < 0 else 3]
        ink.fill((x - 0.22 * step, min(a, b), x + 0.22 * step, max(a, b)), colour)
        _print(ink, x, min(a, b) - 2.5, value, "", size)
        foot = value if whole else foot + value
