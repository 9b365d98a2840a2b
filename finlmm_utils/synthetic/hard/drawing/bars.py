"""Bar charts as decks and annual reports set them: on one base line, low, with late legends."""

from __future__ import annotations

from finlmm_utils.synthetic.hard.contents import Chart
from finlmm_utils.synthetic.hard.drawing.canvas import Canvas
from finlmm_utils.synthetic.hard.drawing.ink import GREY, Box, Ink, pale, width_of
from finlmm_utils.synthetic.hard.drawing.plots import draw_plot


def draw_base_line(canvas: Canvas, charts: list[Chart]) -> None:
    """Two to four bar charts on one base line, titles in a band or over a rule.

    Args:
        canvas: the page.
        charts: bars over years.
    """
    house, size = canvas.house, canvas.house.size
    left, right = canvas.span
    gap = canvas.rng.uniform(30, 60)
    width = (right - left - gap * (len(charts) - 1)) / len(charts)
    band, large = canvas.rng.random() < 0.5, canvas.rng.random() < 0.4
    top, base = canvas.y, canvas.y + 158
    for k, chart in enumerate(charts):
        x = left + k * (width + gap)
        ink = Ink(canvas.page, house.font)
        small = min(size, size * width / max(width_of(chart.title, house.font, size, True), 1))
        if band:
            ink.fill((x, top, x + width, top + 15), pale(house.palette[0], 0.3))
        else:
            ink.rule((x, top + 15), (x + width, top + 15), house.palette[0], 1.0)
        chart.title_box = ink.text((x + 2, top + 11), chart.title, small, bold=True)
        if large:
            ink.text((x, top + 38), f"{chart.series[0].values[-1]:g}", 20, bold=True)
        ink.done()
        _plain_bars(canvas, chart, (x, top + (48 if large else 26), x + width, base))
        canvas.note(chart)
    canvas.y = base + 14


def _plain_bars(canvas: Canvas, chart: Chart, box: Box) -> None:
    """Wide bars over a rule, values on top, years below, no axis of values."""
    house, series = canvas.house, chart.series[0]
    ink = Ink(canvas.page, house.font)
    x0, y0, x1, y1 = box
    base, step = y1 - 14, (x1 - x0) / len(series.values)
    most = max(series.values)
    ink.rule((x0, base), (x1, base), GREY, 0.8)
    for k, (label, value) in enumerate(zip(series.labels, series.values, strict=True)):
        x, y = x0 + step * (k + 0.5), base - value / most * (base - y0 - 10)
        last = k == len(series.values) - 1
        ink.fill((x - 0.38 * step, y, x + 0.38 * step, base), house.palette[0 if last else 2])
        ink.text((x, y - 3), f"{value:g}", 7.5, align=0.5)
        ink.text((x, y1 - 3), label, 7.5, align=0.5)
    chart.core = ink.done()


def draw_low_bars(canvas: Canvas, charts: list[Chart]) -> None:
    """A waterfall, or bars of 20 to 40 points with their years 15 to 25 points below.

    Args:
        canvas: the page.
        charts: one; of bars, the last value may become a loss.
    """
    left, right = canvas.span
    chart = charts[0]
    if chart.form == "waterfall":
        canvas.y = canvas.titled(chart, (left, right), canvas.y, 120)
        return
    ink = Ink(canvas.page, canvas.house.font)
    series, width = chart.series[0], 0.5 * (right - left)
    high = canvas.rng.uniform(20, 40)
    size = canvas.house.size
    boxes = [canvas.caption(chart, left, canvas.y + size)]
    negative = canvas.rng.random() < 0.5
    base = canvas.y + 2 * size + 14 + high
    step = width / len(series.values)
    values = list(series.values)
    if negative:  # the last year is a loss, so that its bar lies between the axis and the years
        values[-1] = -values[-1]
        chart.series = (type(series)(series.term, series.unit, series.labels, tuple(values)),)
    scale = high / max(map(abs, values))
    years = base + (0.9 * high if negative else 0) + canvas.rng.uniform(15, 25)
    ink.rule((left, base), (left + width, base), GREY)
    for k, value in enumerate(values):
        x, y = left + step * (k + 0.5), base - value * scale
        box = (x - 0.25 * step, min(y, base), x + 0.25 * step, max(y, base))
        ink.fill(box, canvas.house.palette[0])
        ink.text((x, y - 3 if value > 0 else y + 8), f"{value:g}", 7, align=0.5)
        ink.text((x, years), series.labels[k], 7, align=0.5)
    chart.core = ink.done()
    end = canvas.ending(chart, (left, left + width), chart.core[3], boxes)
    canvas.note(chart, boxes)
    canvas.y = end


def draw_late_legend(canvas: Canvas, charts: list[Chart]) -> None:
    """A chart whose legend of one entry stands 27 points under its ticks.

    Args:
        canvas: the page.
        charts: one, of one series.
    """
    chart, size = charts[0], canvas.house.size
    left, right = canvas.span
    width = 0.6 * (right - left)
    boxes = [canvas.caption(chart, left, canvas.y + size)]
    top = canvas.y + 2 * size
    ink = Ink(canvas.page, canvas.house.font)
    draw_plot(ink, (left, top, left + width, top + 140), chart, canvas.house)
    y = top + 140 + 27
    long = width_of(chart.names[0], ink.font, 7)
    x = left + (width - long) / 2
    ink.fill((x - 12, y - 6, x - 6, y), canvas.house.palette[0])
    ink.text((x, y), chart.names[0], 7)
    chart.core = ink.done()
    canvas.y = canvas.ending(chart, (left, left + width), y + 4, boxes)
    canvas.note(chart, boxes)
