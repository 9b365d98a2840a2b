"""Tables that tempt a reader of charts: banded, striped, ruled, under captions of figures."""

from __future__ import annotations

from collections.abc import Sequence

from finlmm_utils.synthetic.hard.drawing.canvas import Canvas
from finlmm_utils.synthetic.hard.drawing.ink import GREY, PALE, Box, Colour, Ink, pale

Found = list[tuple[str, Box]]
"""What was drawn: "table", "scheme" or "picture", and where."""
_ROWS = ("Cash at bank", "Trade debtors", "Deferred income", "Other loans", "Minority interest",
         "Rent and rates", "Audit fees", "Licence costs", "Travel", "Staff welfare")  # fmt: skip
_HAN_ROWS = ("货币资金", "应收票据", "预付款项", "其他应收款", "在建工程", "递延收益", "租赁负债",
             "少数股东权益", "财务费用", "营业外收入")  # fmt: skip
STEPS = ("Origination", "Review", "Approval", "Delivery", "Settlement", "Reporting")
HAN_STEPS = ("数据处理", "因子构建", "组合优化", "风险控制", "交易执行", "绩效归因")


def _table(
    canvas: Canvas, top: float, rows: int, columns: Sequence[str], band: Colour | None
) -> Box:
    """A table of numbers in text, every other row banded; gives its box."""
    rng, house = canvas.rng, canvas.house
    left, right = canvas.span
    ink = Ink(canvas.page, house.font)
    names = rng.sample(_HAN_ROWS if house.chinese else _ROWS, rows)
    step, high = 66.0, 15.0
    for k in range(rows + 1):
        y = top + k * high
        if band and k % 2:
            ink.fill((left, y, right, y + high), band)
        cells = list(columns) if k == 0 else [f"{rng.randint(-900, 9000):,}" for _ in columns]
        if k:
            ink.text((left + 4, y + 10.5), names[k - 1], 8.5)
        for j, cell in enumerate(cells):
            x = right - 6 - (len(cells) - 1 - j) * step
            ink.text((x, y + 10.5), cell, 8.5, bold=k == 0, align=1.0)
    ink.rule((left, top + high), (right, top + high), GREY, 0.8)
    ink.rule((left, top + (rows + 1) * high), (right, top + (rows + 1) * high), GREY, 0.8)
    ink.done()
    return (left, top, right, top + (rows + 1) * high)


def band(canvas: Canvas) -> Colour:
    """The pale colour of the company, for shading."""
    return pale(canvas.house.palette[0], 0.18)


def captioned(canvas: Canvas, english: str, chinese: str) -> None:
    """Writes a caption as charts have it: reports number schemes and tables as figures too.

    Args:
        canvas: the page.
        english: the caption's words.
        chinese: the same.
    """
    house = canvas.house
    words = chinese if house.chinese else english
    ink = Ink(canvas.page, house.font)
    number = canvas.rng.randint(21, 48)
    caption = house.caption.format(n=number, t=words)
    ink.text((canvas.span[0], canvas.y + 10), caption, house.size, bold=True)
    ink.done()
    canvas.y += 18


def _years(canvas: Canvas, count: int) -> list[str]:
    last = canvas.rng.randint(2019, 2025)
    return [str(last - k) for k in range(count)]


def shaded_table(canvas: Canvas) -> Found:
    """A banded table under a caption."""
    captioned(canvas, "Selected balances", "主要财务数据")
    box = _table(canvas, canvas.y, canvas.rng.randint(5, 9), _years(canvas, 4), band(canvas))
    canvas.y = box[3] + 14
    return [("table", box)]


def two_part_table(canvas: Canvas) -> Found:
    """A banded table of two parts and a footnote."""
    columns = _years(canvas, 3)
    first = _table(canvas, canvas.y, 4, columns, band(canvas))
    second = _table(canvas, first[3] + 12, 4, columns, band(canvas))
    ink = Ink(canvas.page, canvas.house.font)
    note = "注：数据已经审计" if canvas.house.chinese else "1 Restated. 2 Includes held for sale."
    ink.text((first[0], second[3] + 10), note, 6.5)
    ink.done()
    canvas.y = second[3] + 22
    return [("table", (first[0], first[1], first[2], second[3]))]


def statement(canvas: Canvas) -> Found:
    """A striped statement with dotted leaders and totals."""
    rng, house = canvas.rng, canvas.house
    left, right = canvas.span
    ink = Ink(canvas.page, house.font)
    top = canvas.y
    rows = rng.sample(_HAN_ROWS if house.chinese else _ROWS, 9)
    for k, name in enumerate(rows):
        y = top + k * 17
        if k % 2 == 0:
            ink.fill((left, y, right, y + 17), band(canvas))
        ink.text((left + 4, y + 11), name, 8.5)
        ink.rule((left + 110, y + 11), (right - 130, y + 11), GREY, 0.4, "[1 2] 0")
        for j in range(2):
            cell = f"{rng.randint(-400, 4000):,}"
            ink.text((right - 6 - 60 * j, y + 11), cell, 8.5, align=1.0)
        if k in (3, 8):
            ink.rule((right - 120, y + 16), (right, y + 16), GREY, 0.9)
    ink.done()
    box = (left, top, right, top + 17 * len(rows))
    canvas.y = box[3] + 14
    return [("table", box)]


def framed_table(canvas: Canvas) -> Found:
    """A ruled table of words under a sentence that opens with a figure."""
    house = canvas.house
    left, right = canvas.span
    ink = Ink(canvas.page, house.font)
    words = "图8为各组在不同区间内的表现，详见正文。" if house.chinese else (
        "Figure 8 shows how the groups differ; the terms that it uses are below.")  # fmt: skip
    ink.text((left, canvas.y + 10), words, house.size)
    top, wide = canvas.y + 18, (right - left) / 3
    steps = HAN_STEPS if house.chinese else STEPS
    for k in range(5):
        for j in range(3):
            box = (left + j * wide, top + k * 18, left + (j + 1) * wide, top + (k + 1) * 18)
            ink.fill(box, PALE if k == 0 else None, GREY)
            cell = steps[(k + 2 * j) % len(steps)]
            ink.text((box[0] + 5, box[1] + 12), cell, 8)
    ink.done()
    canvas.y = top + 5 * 18 + 14
    return [("table", (left, top, right, top + 90))]
