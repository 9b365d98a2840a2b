"""What stands on a page and looks like a chart but is none: tables, schemes, tiles, letterheads."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
import pymupdf
from PIL import Image

from finlmm_utils.synthetic.hard.drawing.banded import (
    HAN_STEPS,
    STEPS,
    Found,
    band,
    captioned,
    framed_table,
    shaded_table,
    statement,
    two_part_table,
)
from finlmm_utils.synthetic.hard.drawing.canvas import Canvas, encoded, picture
from finlmm_utils.synthetic.hard.drawing.ink import GREY, WHITE, Ink

_LETTER = "To our owners: we thank you for your trust and for a year of steady work."
_HAN_LETTER = "尊敬的各位股东：公司在过去一年稳步推进各项工作，感谢您的支持。"
_BRANDS = ("Alderway", "Brightwell", "Coppergate", "Dunmere", "Elmstone", "Fernhill")


def _flow_chart(canvas: Canvas) -> Found:
    house, rng = canvas.house, canvas.rng
    left, right = canvas.span
    captioned(canvas, "How we work", "业务流程")
    ink, top, count = Ink(canvas.page, house.font), canvas.y, rng.choice((3, 4))
    step, steps = (right - left) / count, HAN_STEPS if house.chinese else STEPS
    for row in range(2):
        for k in range(count):
            x, y = left + k * step, top + row * 62
            ink.fill((x, y, x + 0.7 * step, y + 36), band(canvas), house.palette[0])
            ink.text((x + 0.35 * step, y + 16), steps[(k + row * 3) % 6], 8, align=0.5)
            ink.text((x + 0.35 * step, y + 28), f"{rng.randint(2, 60)} %", 7, align=0.5)
            if k < count - 1:
                _arrow(ink, (x + 0.72 * step, y + 18), (x + 0.97 * step, y + 18))
    _arrow(ink, (left + 0.35 * step, top + 38), (left + 0.35 * step, top + 60))
    ink.done()
    canvas.y = top + 98 + 14
    return [("scheme", (left, top, right, top + 98))]


def _arrow(ink: Ink, a: tuple[float, float], b: tuple[float, float]) -> None:
    angle = math.atan2(b[1] - a[1], b[0] - a[0])
    ink.rule(a, b, GREY, 1.2)
    wings = [
        (b[0] - 6 * math.cos(angle + d), b[1] - 6 * math.sin(angle + d)) for d in (0.45, -0.45)
    ]
    ink.area([b, *wings], GREY)


def _cycle(canvas: Canvas) -> Found:
    house = canvas.house
    captioned(canvas, "Our cycle of work", "工作循环")
    centre = (sum(canvas.span) / 2, canvas.y + 95)
    ink = Ink(canvas.page, house.font)
    steps = HAN_STEPS if house.chinese else STEPS
    for k in range(5):
        a, b = math.radians(90 - 72 * k), math.radians(90 - 72 * (k + 1))
        at = [(centre[0] + 70 * math.cos(t), centre[1] - 70 * math.sin(t)) for t in (a, b)]
        _arrow(ink, at[0], at[1])
        ink.disc(at[0], 20, house.palette[k])
        ink.text((at[0][0], at[0][1] + 3), steps[k], 7, align=0.5, colour=WHITE)
    box = ink.done()
    canvas.y = box[3] + 14
    return [("scheme", box)]


def _bubbles(canvas: Canvas) -> Found:
    house, rng = canvas.house, canvas.rng
    left, right = canvas.span
    if rng.random() < 0.5:
        captioned(canvas, "The year in numbers", "年度概览")
    ink, top = Ink(canvas.page, house.font), canvas.y
    step = (right - left) / 4
    names = HAN_STEPS if house.chinese else ("Sites", "People", "Countries", "Patents")
    for k in range(4):
        x, number = left + step * (k + 0.5), f"{rng.randint(11, 980)}{rng.choice(('', '%', '+'))}"
        if k % 2:
            ink.fill((x - 42, top, x + 42, top + 76), house.palette[k])
        else:
            ink.disc((x, top + 38), 38, house.palette[k])
        ink.text((x, top + 42), number, 20, True, 0.5, colour=WHITE)
        ink.text((x, top + 92), names[k], 8.5, align=0.5)
    box = ink.done()
    canvas.y = box[3] + 14
    return [("picture", box)]


def photograph(rng: random.Random, width: int, height: int) -> Image.Image:
    """Smooth shapes with grain, as photographs have.

    Args:
        rng: the only source of chance.
        width: in pixels.
        height: in pixels.
    """
    noise = np.random.default_rng(rng.randrange(2**32))
    rough = Image.fromarray(noise.integers(20, 235, (6, 9, 3), dtype=np.uint8))
    smooth = np.asarray(rough.resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    grain = noise.integers(-18, 19, smooth.shape)
    return Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))


def _photo_tile(canvas: Canvas) -> Found:
    left, top = canvas.span[0], canvas.y
    box = (left, top, left + 230, top + 130)
    canvas.page.insert_image(box, stream=encoded(photograph(canvas.rng, 345, 195), "JPEG"))
    ink = Ink(canvas.page, canvas.house.font)
    ink.fill((left + 16, top + 60, left + 120, top + 116), canvas.house.palette[0])
    ink.done(over=True)
    ink = Ink(canvas.page, canvas.house.font)
    ink.text((left + 26, top + 98), f"{canvas.rng.randint(12, 96)}%", 26, True, colour=WHITE)
    ink.done()
    canvas.y = box[3] + 14
    return [("picture", box)]


def _letterhead(canvas: Canvas) -> Found:
    """A letter whose words are pixels, with a signature."""
    left, right = canvas.span
    width, height = right - left, 300.0
    house, rng = canvas.house, canvas.rng

    def draw(page: pymupdf.Page) -> None:
        ink = Ink(page, house.font)
        ink.fill((0, 0, 60, 22), house.palette[0])
        line = _HAN_LETTER if house.chinese else _LETTER
        for k in range(14):
            ink.text((0, 50 + 13 * k), line, 9)
        at = [(20 + 6 * k, 262 + 9 * math.sin(1.7 * k + rng.random())) for k in range(16)]
        ink.line(at, (0.1, 0.1, 0.4), 1.4)
        ink.done()

    box = (left, canvas.y, right, canvas.y + height)
    canvas.page.insert_image(box, stream=picture(width, height, draw))
    canvas.y = box[3] + 14
    return [("picture", box)]


def _logos(canvas: Canvas) -> Found:
    left, top, house = canvas.span[0], canvas.y, canvas.house

    def draw(page: pymupdf.Page) -> None:
        ink = Ink(page, house.font)
        ink.disc((20, 20), 18, house.palette[0])
        ink.area([(20, 6), (34, 34), (6, 34)], house.palette[1])
        ink.done()

    data, found = picture(40, 40, draw), Found()
    for k, size in enumerate((28, 44, 70)):
        box = (left + 90 * k, top, left + 90 * k + size, top + size)
        canvas.page.insert_image(box, stream=data)
        found.append(("picture", box))
    ink = Ink(canvas.page, house.font)
    for k, brand in enumerate(canvas.rng.sample(_BRANDS, 4)):
        tile = (left + 120 * k, top + 84, left + 120 * k + 104, top + 116)
        ink.fill(tile, band(canvas), house.palette[k])
        ink.text(((tile[0] + tile[2]) / 2, top + 104), brand, 10, True, 0.5)
        found.append(("picture", tile))
    ink.done()
    canvas.y = top + 130
    return found


def draw_cover(canvas: Canvas, company: str) -> Found:
    """The first page: a tinted field, a curve that shows nothing, name and year.

    Args:
        canvas: the page.
        company: its name.
    """
    house = canvas.house
    width, height = house.sheet
    ink = Ink(canvas.page, house.font)
    ink.fill((0, 0, width, 0.45 * height), band(canvas))
    curve = [
        (40 + k * (width - 80) / 30, 0.42 * height - 5 * k + 26 * math.sin(k / 3))
        for k in range(31)
    ]
    ink.line(curve, house.palette[0], 3.0)
    ink.line([(x, y + 24) for x, y in curve], house.palette[1], 1.5)
    ink.text((46, 0.55 * height), company, 24, bold=True)
    kind = "深度研究报告" if house.chinese else "Annual review"
    ink.text((46, 0.55 * height + 30), kind, 14)
    ink.done()
    return [("picture", (0, 0, width, 0.45 * height))]


DRAW: dict[str, Callable[[Canvas], Found]] = {
    "shaded_table": shaded_table,
    "two_part_table": two_part_table,
    "turned_table": shaded_table,  # the report turns the page
    "statement": statement,
    "framed_table": framed_table,
    "flow_chart": _flow_chart,
    "cycle": _cycle,
    "bubbles": _bubbles,
    "photo_tile": _photo_tile,
    "letterhead": _letterhead,
    "logos": _logos,
}
"""How each is drawn; it moves the canvas down and gives what it drew."""
