"""A page that gets charts: captions, plots, pictures of plots, source lines, and their boxes."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pymupdf
from PIL import Image

from finlmm_utils.synthetic.hard.contents import Chart
from finlmm_utils.synthetic.hard.drawing.house import House
from finlmm_utils.synthetic.hard.drawing.ink import GREY, Box, Ink, union, width_of
from finlmm_utils.synthetic.hard.drawing.plots import draw_plot

DPI = 150
SPLIT_GAP = 21.0
"""Points between the number of a split caption and its words, as seen in a real house style."""


@dataclass
class Canvas:
    """Where charts are drawn.

    Attributes:
        page: of the report.
        house: style of the report.
        rng: the only source of chance.
        number: of the page, from 1.
        y: where the next thing goes, in points.
    """

    page: pymupdf.Page
    house: House
    rng: random.Random
    number: int
    y: float

    @property
    def span(self) -> tuple[float, float]:
        """Left and right end of the page's text in points."""
        return 46.0, self.page.rect.width - 46.0

    def caption(self, chart: Chart, x: float, y: float, words: bool = True) -> Box:
        """Writes a chart's caption at a baseline; notes it and the place of the title's words.

        Args:
            chart: what is shown.
            x: where it starts, in points.
            y: of the baseline, in points.
            words: whether the title follows the number.
        """
        house, size = self.house, self.house.size
        ink = Ink(self.page, house.font)
        head, _, tail = house.caption.partition("{t}")
        lead = head.format(n=chart.number) if chart.number else ""
        chart.caption = (lead + (chart.title + tail if words else "")).strip()
        start = x
        if lead:
            box = ink.text((x, y), lead.rstrip(), size, bold=True)
            start = box[2] + (SPLIT_GAP if house.split else 0.35 * size)
        if words:
            chart.title_box = ink.text((start, y), chart.title, size, bold=True)
        return ink.done()

    def source(self, x: float, y: float) -> Box | None:
        """Writes the source line of the house, if it has one."""
        if not self.house.source:
            return None
        ink = Ink(self.page, self.house.font)
        ink.text((x, y), self.house.source, self.house.size - 2)
        return ink.done()

    def plot(self, chart: Chart, box: Box, title: bool = False) -> None:
        """Draws the plot of a chart, as marks or as a picture, and notes its core.

        Args:
            chart: what is shown, and whether it is a picture.
            box: of the plot in points.
            title: whether its title stands in the picture as well.
        """
        if not chart.bitmap:
            ink = Ink(self.page, self.house.font)
            draw_plot(ink, box, chart, self.house)
            chart.core = ink.done()
            return
        chart.title_in_pixels = title
        width, height = box[2] - box[0], box[3] - box[1]

        def draw(page: pymupdf.Page) -> None:
            top = 2.0
            if title:
                ink = Ink(page, self.house.font)
                chart.title_box = shifted(ink.text((4, 11), chart.title, 8.5, bold=True), box)
                top = 18.0
            ink = Ink(page, self.house.font)
            draw_plot(ink, (3, top, width - 3, height - 3), chart, self.house)
            chart.core = shifted(ink.done(), box)

        self.page.insert_image(box, stream=picture(width, height, draw))

    def titled(self, chart: Chart, span: tuple[float, float], top: float, height: float) -> float:
        """A chart with caption, source line and the rules of the house; gives where it ends.

        Args:
            chart: what is shown.
            span: left and right end in points.
            top: in points.
            height: of the plot in points.
        """
        house, size = self.house, self.house.size
        y, boxes = top, list[Box]()
        in_picture = chart.bitmap and self.rng.random() < 0.25
        if house.above or in_picture:
            boxes.append(self.caption(chart, span[0], y + size, words=not in_picture))
            y += 1.5 * size
            if house.ruled:
                self.rule(span, y - 0.1 * size)
            y += 0.4 * size
        self.plot(chart, (span[0], y, span[1], y + height), in_picture)
        y += height
        if not house.above and not in_picture:
            boxes.append(self.caption(chart, span[0], y + 1.4 * size))
            y += 1.7 * size
        y = self.ending(chart, span, y, boxes)
        self.note(chart, boxes)
        return y

    def ending(self, chart: Chart, span: tuple[float, float], y: float, boxes: list[Box]) -> float:
        """Rule and source line under a chart; gives where they end.

        Args:
            chart: above it.
            span: left and right end in points.
            y: where they may start, in points.
            boxes: gets the source line's.
        """
        if self.house.ruled:
            y += 4
            self.rule(span, y)
        source = self.source(span[0], y + self.house.size)
        if source:
            boxes.append(source)
            y = source[3]
        return y + 8

    def note(self, chart: Chart, boxes: Sequence[Box] = ()) -> None:
        """Notes page and boxes of a chart that has been drawn with its title."""
        chart.page = self.number
        titled = [chart.title_box] if chart.title_box[2] else []
        chart.box = union([chart.core, *titled])
        chart.whole = union([chart.box, *boxes])

    def rule(self, span: tuple[float, float], y: float) -> None:
        """A rule of the page."""
        ink = Ink(self.page)
        ink.rule((span[0], y), (span[1], y), GREY, 0.5)
        ink.done()


def shifted(box: Box, into: Box) -> Box:
    """A box of a picture as a box of the page that the picture lies on, at its own size."""
    x, y = into[:2]
    return (box[0] + x, box[1] + y, box[2] + x, box[3] + y)


def rendered(width: float, height: float, draw: Callable[[pymupdf.Page], None]) -> Image.Image:
    """What a function draws on an empty page of this size, as an image at ``DPI``.

    Args:
        width: in points.
        height: in points.
        draw: draws on the page.
    """
    with pymupdf.open() as document:
        page = document.new_page(width=width, height=height)
        draw(page)
        pixels = page.get_pixmap(dpi=DPI)
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    """An image as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, format=form, **({"quality": 88} if form == "JPEG" else {}))
    return buffer.getvalue()


def picture(width: float, height: float, draw: Callable[[pymupdf.Page], None]) -> bytes:
    """The PNG of :func:`rendered`.

    Args:
        width: in points.
        height: in points.
        draw: draws on the page.
    """
    return encoded(rendered(width, height, draw))


def fitted(words: str, font: str, size: float, width: float) -> float:
    """The size at which a line fits a width.

    Args:
        words: one line.
        font: name of a base font.
        size: of the letters in points, at most.
        width: in points.
    """
    return size * min(1.0, width / max(width_of(words, font, size), 1.0))
