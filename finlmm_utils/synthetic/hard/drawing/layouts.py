"""How charts stand on a page: one function a layout, each with the charts that it takes."""

from __future__ import annotations

from collections.abc import Callable

import pymupdf

from finlmm_utils.synthetic.hard.contents import Chart, Contents
from finlmm_utils.synthetic.hard.drawing.bars import draw_base_line, draw_late_legend, draw_low_bars
from finlmm_utils.synthetic.hard.drawing.canvas import Canvas, encoded, rendered
from finlmm_utils.synthetic.hard.drawing.house import Flow
from finlmm_utils.synthetic.hard.drawing.ink import GREY, Box, Ink
from finlmm_utils.synthetic.hard.drawing.panels import (
    draw_donut_panel,
    draw_panels,
    draw_shared_axis,
)
from finlmm_utils.synthetic.hard.drawing.plots import draw_plot
from finlmm_utils.synthetic.hard.drawing.titles import WAYS

FORMS = ("bars", "lines", "grouped", "stacked", "combo", "area", "pie", "donut", "ranking",
         "waterfall", "histogram", "indexed")  # fmt: skip


_BESIDE = ("The board met six times. It looked at the plan for the coming years, at the largest "
           "risks, and at what owners had said at the last meeting.")  # fmt: skip
_HAN_BESIDE = "报告期内公司治理结构进一步完善，董事会下设的各专门委员会有效运作，信息披露及时准确。"


def any_chart(contents: Contents, forms: tuple[str, ...] = FORMS) -> Chart:
    """A chart of one of these forms."""
    form = contents.rng.choice(forms)
    if form in ("bars", "lines", "area"):
        return contents.levels(form)
    if form in ("pie", "donut", "ranking", "stacked"):
        return contents.parts(form)
    if form == "grouped":
        return contents.two(form) if contents.rng.random() < 0.5 else contents.parts(form)
    if form == "combo":
        return contents.two(form)
    if form == "indexed":
        return contents.indexed(contents.entities.pop())
    return contents.histogram() if form == "histogram" else contents.waterfall()


def _single(canvas: Canvas, charts: list[Chart]) -> None:
    left, right = canvas.span
    width = canvas.rng.uniform(0.55, 0.95) * (right - left)
    canvas.y = canvas.titled(
        charts[0], (left, left + width), canvas.y, canvas.rng.uniform(130, 190)
    )


def _beside_text(canvas: Canvas, charts: list[Chart]) -> None:
    left, right = canvas.span
    middle = (left + right) / 2
    sides = [(left, middle - 10), (middle + 10, right)]
    canvas.rng.shuffle(sides)
    flow = Flow(canvas.page, canvas.house, sides[1], canvas.y)
    end = canvas.titled(charts[0], sides[0], canvas.y, 130)
    words = _HAN_BESIDE if canvas.house.chinese else _BESIDE
    while flow.y < end - 30:
        flow.write(words)
    canvas.y = max(end, flow.y)


def _pair_under_rule(canvas: Canvas, charts: list[Chart]) -> None:
    house, size = canvas.house, canvas.house.size
    left, right = canvas.span
    half = (right - left - 22) / 2
    top = canvas.y
    bottom = top
    for k, chart in enumerate(charts):
        x = left + k * (half + 22)
        caption = canvas.caption(chart, x, top + size)
        canvas.plot(chart, (x, top + 2.0 * size, x + half, top + 2.0 * size + 150))
        canvas.note(chart, [caption])
        bottom = max(bottom, chart.core[3])
    ink = Ink(canvas.page)
    ink.rule((left, top + 1.5 * size), (right, top + 1.5 * size), house.palette[0], 0.5)
    ink.rule((left, bottom + 5), (right, bottom + 5), house.palette[0], 0.5)
    ink.done()
    canvas.source(left, bottom + 6 + size)
    canvas.y = bottom + 2.4 * size + 6


def _column(canvas: Canvas, charts: list[Chart]) -> None:
    left, right = canvas.span
    width = canvas.rng.uniform(0.45, 0.7) * (right - left)
    for chart in charts:
        canvas.y = canvas.titled(chart, (left, left + width), canvas.y, 100)
        canvas.y += canvas.rng.uniform(10, 40)


def _strips(canvas: Canvas, charts: list[Chart]) -> None:
    chart, size = charts[0], canvas.house.size
    left, right = canvas.span
    width, height = 0.75 * (right - left), 165.0
    boxes = [canvas.caption(chart, left, canvas.y + size)]
    top = canvas.y + 2 * size
    ink_box: list[Box] = []

    def draw(page: pymupdf.Page) -> None:
        ink = Ink(page, canvas.house.font)
        draw_plot(ink, (3, 3, width - 3, height - 3), chart, canvas.house)
        ink_box.append(ink.done())

    image = rendered(width, height, draw)
    across, down = canvas.rng.choice(((1, 4), (1, 5), (1, 8), (1, 20), (2, 2), (4, 1), (4, 4)))
    for i in range(down):
        for j in range(across):
            cut = (
                j * image.width // across, i * image.height // down,
                (j + 1) * image.width // across, (i + 1) * image.height // down,
            )  # fmt: skip
            place = (
                left + cut[0] / image.width * width, top + cut[1] / image.height * height,
                left + cut[2] / image.width * width, top + cut[3] / image.height * height,
            )  # fmt: skip
            canvas.page.insert_image(place, stream=encoded(image.crop(cut), "JPEG"))
    x0, y0, x1, y1 = ink_box[0]
    chart.core = (x0 + left, y0 + top, x1 + left, y1 + top)
    canvas.y = canvas.ending(chart, (left, left + width), top + height, boxes)
    canvas.note(chart, boxes)


def _title_apart(canvas: Canvas, charts: list[Chart]) -> None:
    house, chart = canvas.house, charts[0]
    left, right = canvas.span
    size, top = house.size + 1, canvas.y
    ink = Ink(canvas.page, house.font)
    way = canvas.rng.choice(("left", "numbers", "lines"))
    if way == "left":
        words = chart.title.split() if not house.chinese else [chart.title[:8], chart.title[8:]]
        half = (len(words) + 1) // 2
        joined = "" if house.chinese else " "
        lines = [joined.join(words[:half]), joined.join(words[half:])]
        boxes = [
            ink.text((left, top + 60 + 14 * k), one, size, True) for k, one in enumerate(lines)
        ]
        x = max(b[2] for b in boxes) + 16
        plot = (x, top, min(x + 260, right), top + 150)
        chart.title_box = (left, boxes[0][1], x - 16, boxes[-1][3])
    elif way == "numbers":
        chart.title_box = ink.text((left, top + size), chart.title, size, bold=True)
        ink.text((left, top + 42), f"{chart.series[0].values[-1]:g}", 24, True,
                 colour=house.palette[0])  # fmt: skip
        plot = (left, top + 58, left + 230, top + 190)
    else:
        chart.title_box = ink.text((left + 120, top + size), chart.title, size, align=0.5)
        exchange = "（月度，收盘价）" if house.chinese else "Monthly, end of period"
        ink.text((left + 120, top + 2.4 * size), exchange, 8, align=0.5)
        span = f"{chart.series[0].labels[0]} - {chart.series[0].labels[-1]}"
        ink.text((left + 120, top + 3.6 * size), span, 8, align=0.5)
        plot = (left, top + 3.6 * size + 5, left + 270, top + 190)
    ink.done()
    canvas.plot(chart, plot)
    canvas.note(chart)
    canvas.y = max(chart.core[3], chart.title_box[3]) + 16


def _performance(canvas: Canvas, charts: list[Chart]) -> None:
    """A grid of rules that goes beyond the curves, written legend with marks above it."""
    chart, size = charts[0], canvas.house.size
    left, right = canvas.span
    chart.title_box = canvas.caption(chart, left, canvas.y + size)
    top = canvas.y + 2.2 * size
    box = (left, top, left + 0.85 * (right - left), top + 190)
    ink = Ink(canvas.page, canvas.house.font)
    for k in range(9):
        y = box[1] + 20 + k * 18
        ink.rule((box[0] + 24, y), (box[2], y), GREY, 0.7)
    draw_plot(ink, box, chart, canvas.house)
    chart.core = ink.done()
    canvas.note(chart)
    canvas.y = box[3] + 18


def _near_identical(canvas: Canvas, charts: list[Chart]) -> None:
    left, right = canvas.span
    half = (right - left - 20) / 2
    top = canvas.y
    for k, chart in enumerate(charts):
        x = left + (k % 2) * (half + 20)
        end = canvas.titled(chart, (x, x + half), top, 105)
        canvas.y = max(canvas.y, end)
        if k % 2:
            top = canvas.y = canvas.y + 8


def _scan(canvas: Canvas, charts: list[Chart]) -> None:
    """Draws as usual; the report then turns the whole page into a picture."""
    _single(canvas, charts)


Layout = tuple[Callable[[Contents], list[Chart]], Callable[[Canvas, list[Chart]], None]]


def _of(*forms: str, count: int = 1) -> Callable[[Contents], list[Chart]]:
    return lambda contents: [any_chart(contents, forms or FORMS) for _ in range(count)]


LAYOUT: dict[str, Layout] = {
    "single": (_of(), _single),
    "pair_under_rule": (_of("bars", "lines", "grouped", "indexed", "combo", count=2),
                        _pair_under_rule),
    "base_line": (lambda c: [c.levels("bars", c.rng.randint(2, 5)) for _ in
                             range(c.rng.randint(2, 4))], draw_base_line),
    "panels": (lambda c: c.near_identical(c.rng.choice((2, 2, 4, 5, 6))), draw_panels),
    "shared_axis": (lambda c: [c.indexed(c.entities.pop())], draw_shared_axis),
    "low_bars": (lambda c: [c.waterfall() if c.rng.random() < 0.4 else c.levels("bars", 5)],
                 draw_low_bars),
    "late_legend": (lambda c: [c.levels(c.rng.choice(("bars", "lines")))], draw_late_legend),
    "donut_panel": (_of("donut", count=3), draw_donut_panel),
    "column": (_of("bars", count=3), _column),
    "strips": (_of("lines", "bars", "indexed"), _strips),
    "scan": (_of("bars", "lines", "grouped"), _scan),
    "sideways": (_of("bars", "lines", "indexed"), _single),
    "title_apart": (_of("bars", "lines", "area", "indexed"), _title_apart),
    "performance": (_of("indexed"), _performance),
    "written_pie": (_of("pie"), _single),
    "near_identical": (lambda c: c.near_identical(c.rng.choice((2, 4))), _near_identical),
    "beside_text": (_of("bars", "lines", "pie", "ranking"), _beside_text),
    **{name: (_of("bars", "lines", "area", "grouped", "indexed", count=count), draw)
       for name, (count, draw) in WAYS.items()},
}  # fmt: skip
"""Of each layout: the charts it takes, and how they are drawn."""
BITMAPS = ("panels", "shared_axis", "strips", "scan")
"""Layouts whose charts are always pictures."""
UNNUMBERED = ("base_line", "title_apart", "donut_panel", *WAYS)
"""Layouts whose charts have titles and no captions."""
VECTORS = ("pair_under_rule", "base_line", "low_bars", "late_legend", "donut_panel", "column",
           "performance", "written_pie")  # fmt: skip
"""Layouts whose charts are never pictures."""
