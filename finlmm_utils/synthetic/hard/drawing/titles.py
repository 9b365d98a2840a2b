"""Charts whose title is hard to find: far above, beside, in two styles, near another chart's."""

from __future__ import annotations

from collections.abc import Callable

from finlmm_utils.synthetic.hard.contents import Chart
from finlmm_utils.synthetic.hard.drawing.canvas import Canvas
from finlmm_utils.synthetic.hard.drawing.house import Flow
from finlmm_utils.synthetic.hard.drawing.ink import Ink, union

PLOT = (260.0, 130.0)  # points: width and height of the plots of this file


def _plot(canvas: Canvas, chart: Chart, x: float, y: float) -> None:
    """Draws the plot, notes the chart, and moves the canvas below both plot and title."""
    canvas.plot(chart, (x, y, x + PLOT[0], y + PLOT[1]))
    canvas.note(chart)
    canvas.y = max(chart.core[3], chart.title_box[3], y + PLOT[1]) + 14


def far_above(canvas: Canvas, charts: list[Chart]) -> None:
    """The title, a large number, a line that compares it, and only then the plot."""
    house, chart, (left, _), top = canvas.house, charts[0], canvas.span, canvas.y
    size = house.size + canvas.rng.choice((1, 2))
    ink = Ink(canvas.page, house.font)
    chart.title_box = ink.text((left, top + size), chart.title, size, bold=True)
    values = chart.series[0].values
    y = top + size + canvas.rng.uniform(30, 44)
    ink.text((left, y), f"{values[-1]:g}", canvas.rng.choice((20, 26)), True,
             colour=house.palette[0])  # fmt: skip
    before = f"上年同期：{values[-2]:g}" if house.chinese else f"Prior year: {values[-2]:g}"
    ink.text((left, y + 14), before, 8)
    ink.done()
    _plot(canvas, chart, left, y + canvas.rng.uniform(22, 34))


def left_of(canvas: Canvas, charts: list[Chart]) -> None:
    """The title in a column of its own at the left, its unit in small letters under it."""
    house, chart, (left, _), top = canvas.house, charts[0], canvas.span, canvas.y
    size, words = house.size + 1, charts[0].title
    parts = [words[k : k + 7] for k in range(0, len(words), 7)] if house.chinese else words.split()
    ink, boxes = Ink(canvas.page, house.font), []
    start = top + canvas.rng.uniform(8, 60)
    for k, part in enumerate(parts):
        boxes.append(ink.text((left, start + 1.25 * size * k), part, size, True))
    chart.title_box = union(boxes)
    unit = "按年度" if house.chinese else "by period"
    ink.text((left, start + 1.25 * size * len(parts) + 2), unit, 7)
    ink.done()
    x = max(left + 96, chart.title_box[2] + canvas.rng.uniform(14, 36))
    _plot(canvas, chart, x, top)


def two_styles(canvas: Canvas, charts: list[Chart]) -> None:
    """A title of two lines of which only the second looks like one."""
    house, chart, (left, _), top = canvas.house, charts[0], canvas.span, canvas.y
    size, words = house.size, charts[0].title
    cut = len(words) // 2 if house.chinese else words.rfind(" ", 0, max(len(words) * 2 // 3, 8))
    first, second = (words[:cut].strip(), words[cut:].strip()) if cut > 0 else ("", words)
    ink, boxes = Ink(canvas.page, house.font), []
    if first:
        boxes.append(ink.text((left, top + size), first, size - canvas.rng.choice((0, 1))))
    large = size + canvas.rng.choice((1, 2, 3))
    boxes.append(ink.text((left, top + size + 1.15 * large), second, large, True))
    chart.title_box = union(boxes)
    ink.done()
    _plot(canvas, chart, left, top + size + 1.15 * large + canvas.rng.uniform(6, 18))


def under_heading(canvas: Canvas, charts: list[Chart]) -> None:
    """The heading of a section between the title and the plot, as columns that slip leave it."""
    house, chart, (left, _), top = canvas.house, charts[0], canvas.span, canvas.y
    size = house.size
    ink = Ink(canvas.page, house.font)
    chart.title_box = ink.text((left, top + size), chart.title, size, bold=True)
    ink.done()
    flow = Flow(canvas.page, house, canvas.span, top + 1.6 * size)
    flow.write("经营与策略分析" if house.chinese else "Outlook", 13, bold=True, after=2)
    _plot(canvas, chart, left, flow.y + canvas.rng.uniform(2, 8))


def nearer_neighbour(canvas: Canvas, charts: list[Chart]) -> None:
    """Charts one above another, each title nearer to the plot above it than to its own."""
    house, left = canvas.house, canvas.span[0]
    size = house.size
    for chart in charts:
        top = canvas.y
        ink = Ink(canvas.page, house.font)
        chart.title_box = ink.text((left, top + size), chart.title, size, bold=True)
        ink.done()
        _plot(canvas, chart, left, top + size + canvas.rng.uniform(14, 24))
        canvas.y = chart.core[3] + canvas.rng.uniform(4, 8)
    canvas.y += 14


def over_sentence(canvas: Canvas, charts: list[Chart]) -> None:
    """A sentence of the text that begins with a figure's number right under the plot."""
    house, chart, (left, right) = canvas.house, charts[0], canvas.span
    size, top = house.size, canvas.y
    ink = Ink(canvas.page, house.font)
    chart.title_box = ink.text((left, top + size), chart.title, size, bold=True)
    ink.done()
    _plot(canvas, chart, left, top + 2 * size)
    number = canvas.rng.randint(31, 39)
    words = f"Figure {number} shows what the board looked at, with the plan for the coming years."
    if house.chinese:
        words = (
            f"图{number}为董事会讨论的主要事项，可以看到公司治理结构进一步完善，信息披露及时准确。"
        )
    flow = Flow(canvas.page, house, (left, right), chart.core[3] + canvas.rng.uniform(3, 8))
    flow.write(words)
    canvas.y = flow.y + 8


WAYS: dict[str, tuple[int, Callable[[Canvas, list[Chart]], None]]] = {
    "title_far_above": (1, far_above),
    "title_left": (1, left_of),
    "title_two_styles": (1, two_styles),
    "title_under_heading": (1, under_heading),
    "title_nearer_neighbour": (2, nearer_neighbour),
    "title_over_sentence": (1, over_sentence),
}
"""Layouts of this file: how many charts each takes, and how it is drawn."""
