"""Draws charts of parts: pies, donuts, rankings; and the ticks that all axes use."""

from __future__ import annotations

import math

from finlmm_utils.finance.terms import Series, plain
from finlmm_utils.synthetic.hard.contents import Chart
from finlmm_utils.synthetic.hard.drawing.house import House
from finlmm_utils.synthetic.hard.drawing.ink import BLACK, GREY, PALE, WHITE, Box, Ink, width_of

_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)


def nice_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values around a range, evenly apart.

    Args:
        low: end of the range.
        high: the other end.
        most: ticks that are aimed at.
    """
    raw = (high - low) / (most - 1) or 1.0
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(n * power for n in _NICE if n * power >= raw * 0.999)
    first = math.floor(low / step + 1e-9)
    return [round(k * step, 6) for k in range(first, math.ceil(high / step - 1e-9) + 1)]


def tick_words(value: float, unit: str) -> str:
    """A tick as an axis writes it."""
    return f"{value:,.10g}" + ("%" if unit == "%" else "")


def draw_ranking(ink: Ink, box: Box, chart: Chart, house: House, size: float) -> None:
    """Horizontal bars, the first part on top.

    Args:
        ink: where to draw.
        box: of plot, labels and legend, in points.
        chart: what is shown.
        house: style of the report.
        size: of the letters in points.
    """
    series = chart.series[0]
    x0, y0, x1, y1 = box
    wide = max(width_of(one, ink.font, size) for one in series.labels)
    ticks = nice_ticks(min(0.0, *series.values), max(series.values), 5)
    left, base = x0 + wide + 6, y1 - size - 5
    step = (base - y0) / len(series.labels)

    def along(value: float) -> float:
        return left + (value - ticks[0]) / (ticks[-1] - ticks[0]) * (x1 - 14 - left)

    for tick in ticks:
        ink.text((along(tick), y1 - 1), tick_words(tick, series.unit), size, align=0.5)
        if house.grid:
            ink.rule((along(tick), y0), (along(tick), base), PALE, 0.5)
    for k, (label, value) in enumerate(zip(series.labels, series.values, strict=True)):
        y = y0 + step * (k + 0.5)
        ink.fill((along(0.0), y - 0.3 * step, along(value), y + 0.3 * step), house.palette[0])
        ink.text((left - 4, y + 0.35 * size), label, size, align=1.0)
        if chart.printed:
            ink.text((along(value) + 3, y + 0.35 * size), plain(value), size)
    ink.rule((left, y0), (left, base), GREY)


def draw_pie(ink: Ink, box: Box, chart: Chart, house: House, size: float) -> None:
    """A pie or a donut with its legend on the right.

    Args:
        ink: where to draw.
        box: of plot, labels and legend, in points.
        chart: what is shown.
        house: style of the report.
        size: of the letters in points.
    """
    series: Series = chart.series[0]
    x0, y0, x1, y1 = box
    wide = max(width_of(one, ink.font, size) for one in chart.names + series.labels) + 44
    radius = max(8.0, min((y1 - y0) / 2, (x1 - x0 - wide) / 2))
    centre, turn = (x0 + radius, (y0 + y1) / 2), 90.0
    written = "written_pie" in chart.traps
    for k, (label, value) in enumerate(zip(series.labels, series.values, strict=True)):
        part = value / sum(series.values) * 360
        ink.sector(centre, radius, (turn, turn - part), house.palette[k])
        turn -= part
        y = centre[1] + (k - len(series.labels) / 2 + 0.75) * 1.7 * size
        ink.fill((centre[0] + radius + 14, y - 5, centre[0] + radius + 19, y), house.palette[k])
        words = f"{label} {plain(value)}%" if chart.printed else label
        if written:
            words = f"{label} ({plain(value * 1700)}, {plain(value)}%)"
        ink.text((centre[0] + radius + 23, y), words, size)
    if chart.form == "donut":
        ink.disc(centre, 0.55 * radius, WHITE)
        if chart.printed:
            first = series.values[0]
            ink.text((centre[0], centre[1] + 3), f"{plain(first)}%", size, align=0.5, colour=BLACK)
