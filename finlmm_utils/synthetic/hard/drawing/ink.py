"""Draws marks and words on a page, and remembers where they are."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence

import pymupdf

Box = tuple[float, float, float, float]
Point = tuple[float, float]
Colour = tuple[float, float, float]
BLACK: Colour = (0.12, 0.12, 0.14)
GREY: Colour = (0.6, 0.6, 0.62)
PALE: Colour = (0.86, 0.86, 0.88)
WHITE: Colour = (1.0, 1.0, 1.0)
HAN = "china-s"
BOLD = {"helv": "hebo", "tiro": "tibo"}
_RUNS = re.compile(r"[\u2e80-\u9fff\u3000-\u303f\uff00-\uffef]+|[^\u2e80-\u9fff\uff00-\uffef]+")
_HAN = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")


def pale(colour: Colour, share: float) -> Colour:
    """A colour of which so much is left, the rest white."""
    red, green, blue = (1 - share + share * c for c in colour)
    return red, green, blue


def union(boxes: Sequence[Box]) -> Box:
    """The smallest box around all; zeros for none."""
    if not boxes:
        return (0.0, 0.0, 0.0, 0.0)
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return (min(x0), min(y0), max(x1), max(y1))


def runs(words: str, font: str, bold: bool = False) -> list[tuple[str, str]]:
    """A text in pieces of one font each: Chinese, and all the rest.

    Args:
        words: one line.
        font: name of a base font for what is not Chinese.
        bold: whether that is bold.
    """
    own = BOLD.get(font, font) if bold else font
    return [(part, HAN if _HAN.match(part) else own) for part in _RUNS.findall(words)]


def width_of(words: str, font: str, size: float, bold: bool = False) -> float:
    """Width of a line in points.

    Args:
        words: one line.
        font: name of a base font for what is not Chinese.
        size: of the letters in points.
        bold: whether what is not Chinese is bold.
    """
    pieces = runs(words, font, bold)
    return float(sum(pymupdf.get_text_length(part, name, size) for part, name in pieces))


class Ink:
    """One drawing: marks are collected, words are written at once.

    Args:
        page: where to draw.
        font: name of a base font for what is not Chinese.
    """

    def __init__(self, page: pymupdf.Page, font: str = "helv") -> None:
        self.page, self.font = page, font
        self.shape = page.new_shape()
        self.boxes: list[Box] = []

    def rule(
        self, a: Point, b: Point, colour: Colour = BLACK, width: float = 0.6, dashes: str = ""
    ) -> None:
        """A straight line.

        Args:
            a: one end.
            b: the other end.
            colour: red, green, blue from 0 to 1.
            width: in points.
            dashes: as PDF writes them, "" for none.
        """
        self.line([a, b], colour, width, dashes)

    def line(
        self, points: Sequence[Point], colour: Colour, width: float = 1.2, dashes: str = ""
    ) -> None:
        """A line through points.

        Args:
            points: two or more.
            colour: red, green, blue from 0 to 1.
            width: in points.
            dashes: as PDF writes them, "" for none.
        """
        for a, b in itertools.pairwise(points):
            self.shape.draw_line(a, b)
        self.shape.finish(color=colour, width=width, dashes=dashes or None, closePath=False)
        self._note(points)

    def fill(self, box: Box, colour: Colour | None, border: Colour | None = None) -> None:
        """A rectangle, filled, framed or both.

        Args:
            box: in points.
            colour: of the area, None for none.
            border: of the frame, None for none.
        """
        self.shape.draw_rect(box)
        self.shape.finish(color=border, fill=colour, width=0.6)
        self.boxes.append(box)

    def area(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""
        self.shape.draw_polyline([*points, points[0]])
        self.shape.finish(color=None, fill=colour, closePath=True)
        self._note(points)

    def disc(self, centre: Point, radius: float, colour: Colour) -> None:
        """A filled circle.

        Args:
            centre: in points.
            radius: in points.
            colour: red, green, blue from 0 to 1.
        """
        self.shape.draw_circle(centre, radius)
        self.shape.finish(color=None, fill=colour)
        x, y = centre
        self.boxes.append((x - radius, y - radius, x + radius, y + radius))

    def sector(self, centre: Point, radius: float, turn: tuple[float, float], c: Colour) -> None:
        """A slice of a pie.

        Args:
            centre: of the pie.
            radius: in points.
            turn: from which angle to which, in degrees, anticlockwise from the right.
            c: red, green, blue from 0 to 1.
        """
        steps = max(2, int(abs(turn[1] - turn[0]) / 6))
        arc = []
        for k in range(steps + 1):
            angle = math.radians(turn[0] + (turn[1] - turn[0]) * k / steps)
            arc.append((centre[0] + radius * math.cos(angle), centre[1] - radius * math.sin(angle)))
        self.area([centre, *arc], c)

    def text(
        self,
        at: Point,
        words: str,
        size: float,
        bold: bool = False,
        align: float = 0.0,
        turn: int = 0,
        colour: Colour = BLACK,
    ) -> Box:
        """Writes a line and gives its box.

        Args:
            at: the baseline's start, middle or end.
            words: one line.
            size: of the letters in points.
            bold: Chinese has no bold.
            align: 0 starts the line there, 0.5 centres it, 1 ends it there.
            turn: 0, or 45 or 90 degrees anticlockwise; a turned line ends or starts there.
            colour: red, green, blue from 0 to 1.
        """
        length = width_of(words, self.font, size, bold)
        x, y = at[0] - (0 if turn else align * length), at[1]
        radians = math.radians(turn)
        if turn:
            x -= align * length * math.cos(radians)
            y += align * length * math.sin(radians)
        morph = (pymupdf.Point(x, y), pymupdf.Matrix(turn)) if turn else None
        across = 0.0
        for part, name in runs(words, self.font, bold):
            start = (x + across, y)
            self.page.insert_text(
                start, part, fontsize=size, fontname=name, color=colour, morph=morph
            )
            across += pymupdf.get_text_length(part, name, size)
        box = (x, y - 0.8 * size, x + length, y + 0.22 * size)
        if turn:
            dx, dy = length * math.cos(radians), length * math.sin(radians)
            half = 0.8 * size
            box = (x - half * math.sin(radians), y - dy - half * math.cos(radians), x + dx, y)
        self.boxes.append(box)
        return box

    def _note(self, points: Sequence[Point]) -> None:
        self.boxes.append(union([(x, y, x, y) for x, y in points]))

    def done(self, over: bool = False) -> Box:
        """Puts the marks under all that is on the page, or over it; gives the box around all."""
        self.shape.commit(overlay=over)
        return union(self.boxes)
