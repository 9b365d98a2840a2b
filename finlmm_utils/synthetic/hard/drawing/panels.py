"""Charts in one frame: bitmaps of panels, stacked panels over one axis, donuts in a panel."""

from __future__ import annotations

import pymupdf

from finlmm_utils.synthetic.hard.contents import Chart
from finlmm_utils.synthetic.hard.drawing.canvas import Canvas, fitted, picture, shifted
from finlmm_utils.synthetic.hard.drawing.ink import GREY, PALE, Box, Ink, pale, union
from finlmm_utils.synthetic.hard.drawing.plots import draw_plot


def draw_panels(canvas: Canvas, charts: list[Chart]) -> None:
    """One bitmap of two to six framed charts, their titles in pixels, gutters of 3 to 9 points.

    Args:
        canvas: the page.
        charts: with axes of their own; they share a caption.
    """
    left, right = canvas.span
    across = 2 if len(charts) in (2, 4) else 3
    down = -(-len(charts) // across)
    gutter = canvas.rng.uniform(3, 9)
    width, high = right - left, 105.0
    cell = (width - gutter * (across - 1)) / across
    height = down * high + gutter * (down - 1)
    size, top = canvas.house.size, canvas.y + 2 * canvas.house.size
    lead = charts[0]
    whole = _shared_caption(canvas, lead, len(charts))

    def draw(page: pymupdf.Page) -> None:
        for k, chart in enumerate(charts):
            row, column = divmod(k, across)
            alone = k == len(charts) - 1 and column == 0 and across > 1
            x = (width - cell) / 2 if alone else column * (cell + gutter)
            y = row * (high + gutter)
            frame = Ink(page, canvas.house.font)
            frame.fill((x, y, x + cell, y + high), None, GREY)
            small = fitted(chart.title, canvas.house.font, 8, cell - 10)
            at = (x + cell / 2, y + 11)
            chart.title_box = frame.text(at, chart.title, small, align=0.5)
            frame.done()
            ink = Ink(page, canvas.house.font)
            draw_plot(ink, (x + 4, y + 16, x + cell - 4, y + high - 3), chart, canvas.house, 5.5)
            chart.core = ink.done()

    data = picture(width, height, draw)
    place = (left, top, right, top + height)
    canvas.page.insert_image(place, stream=data)
    for chart in charts:
        chart.core = shifted(chart.core, place)
        chart.title_box = shifted(chart.title_box, place)
        chart.title_in_pixels = True
        chart.caption = chart.panel_of = whole
        chart.number = lead.number
        canvas.note(chart)
    canvas.y = canvas.ending(lead, canvas.span, place[3], [])
    canvas.y = max(canvas.y, place[3] + size)


def _shared_caption(canvas: Canvas, lead: Chart, count: int) -> str:
    """Writes the caption that all panels share; gives it."""
    title = lead.title
    lead.title = f"{count}组策略净值对比" if canvas.house.chinese else f"{count} funds compared"
    canvas.caption(lead, canvas.span[0], canvas.y + canvas.house.size)
    lead.title = title
    return lead.caption


def draw_shared_axis(canvas: Canvas, charts: list[Chart]) -> None:
    """One bitmap of two plots, one above the other, that share the dates: one chart.

    Args:
        canvas: the page.
        charts: one; its first series goes up, the others below.
    """
    chart = charts[0]
    left, right = canvas.span
    width, high = 0.8 * (right - left), 85.0
    boxes: list[Box] = [canvas.caption(chart, left, canvas.y + canvas.house.size)]
    top = canvas.y + 2 * canvas.house.size
    drawn: list[Box] = []

    def draw(page: pymupdf.Page) -> None:
        for k in range(2):
            some = chart.series[:1] if k == 0 else chart.series[1:]
            names = chart.names[:1] if k == 0 else chart.names[1:]
            ink = Ink(page, canvas.house.font)
            part = Chart(chart.form, "", some, names, ())
            draw_plot(ink, (4, 4 + k * (high + 6), width - 4, k * (high + 6) + high), part,
                      canvas.house, 6.5)  # fmt: skip
            drawn.append(ink.done())

    place = (left, top, left + width, top + 2 * high + 10)
    canvas.page.insert_image(place, stream=picture(width, 2 * high + 10, draw))
    chart.core = shifted(union(drawn), place)
    canvas.y = canvas.ending(chart, (left, left + width), place[3], boxes)
    canvas.note(chart, boxes)


def draw_donut_panel(canvas: Canvas, charts: list[Chart]) -> None:
    """A panel like a table, with a header band; its first column holds small donuts.

    Args:
        canvas: the page.
        charts: donuts.
    """
    house = canvas.house
    left, right = canvas.span
    top, high = canvas.y, 92.0
    columns = [left, left + 180, left + 300, left + 400, right]
    heads = (
        ("占比", "名称", "说明", "变动") if house.chinese else ("Share", "Name", "Role", "Change")
    )
    back = Ink(canvas.page, house.font)
    back.fill((left, top, right, top + 16), pale(house.palette[0], 0.5))
    for x, head in zip(columns, heads, strict=False):
        back.text((x + 4, top + 11), head, 8, bold=True)
    for k, chart in enumerate(charts):
        y = top + 16 + k * high
        back.rule((left, y + high), (right, y + high), PALE)
        small = fitted(chart.title, house.font, 8, 172)
        chart.title_box = back.text((left + 4, y + 11), chart.title, small, bold=True)
        words = ("核心业务", "贡献主要收入", "上升") if house.chinese else (
            "Core business", "Most of the income", "Higher")  # fmt: skip
        for x, word in zip(columns[1:], words, strict=False):
            back.text((x + 4, y + 45), word, 8)
        ink = Ink(canvas.page, house.font)
        draw_plot(ink, (left + 4, y + 18, left + 176, y + high - 6), chart, house, 6.5)
        chart.core = ink.done()
        canvas.note(chart)
    back.done()
    canvas.y = top + 16 + len(charts) * high + 14
