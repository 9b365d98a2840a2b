"""The marks that charts are made of: bars, lines, pies, small tables, and the text on them."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from finlmm_utils.finance.terms import Series, plain

if TYPE_CHECKING:
    import pymupdf

Box = tuple[float, float, float, float]
Colour = tuple[float, float, float]
_INK = (0.10, 0.10, 0.15)
_GREY = (0.72, 0.72, 0.75)


@dataclass(frozen=True)
class Face:
    """Where and in which letters is drawn.

    Attributes:
        shape: collects the marks of one chart; nothing shows before it is committed.
        scale: of all sizes.
        font: name of a base font.
        bold: name of the one for titles and headers.
    """

    shape: pymupdf.Shape
    scale: float
    font: str
    bold: str


def text(
    face: Face, x: float, y: float, words: str, size: float, bold: bool = False, align: float = 0.5
) -> None:
    """Writes text at a baseline.

    Args:
        face: where, and in which letters.
        x: in points.
        y: of the baseline, in points.
        words: what is written.
        size: of the letters in points, before the face's scale.
        bold: in the face's bold font.
        align: 0 starts the text at x, 0.5 centres it, 1 ends it there.
    """
    import pymupdf

    font = face.bold if bold else face.font
    size *= face.scale
    width = pymupdf.get_text_length(words, fontname=font, fontsize=size)
    face.shape.insert_text((x - align * width, y), words, fontsize=size, fontname=font, color=_INK)


def rectangle(face: Face, box: Box, colour: Colour) -> None:
    """A filled rectangle.

    Args:
        face: where to draw.
        box: x0, y0, x1, y1 in points.
        colour: of border and area; red, green, blue from 0 to 1.
    """
    face.shape.draw_rect(box)
    face.shape.finish(color=colour, fill=colour)


def _rule(face: Face, left: float, right: float, y: float, colour: Colour, width: float) -> None:
    """A horizontal line; ``width`` is scaled."""
    face.shape.draw_line((left, y), (right, y))
    face.shape.finish(color=colour, width=width * face.scale)


def _disc(face: Face, centre: tuple[float, float], radius: float, colour: Colour) -> None:
    face.shape.draw_circle(centre, radius)
    face.shape.finish(color=colour, fill=colour, width=1.0)


@dataclass(frozen=True)
class _Axes:
    """A plot area: positions of the labels, and of a value in height."""

    box: Box
    base: float
    top: float
    low: float
    span: float
    xs: tuple[float, ...]

    def height(self, value: float) -> float:
        return self.base - (value - self.low) / self.span * (self.base - self.top)


def _draw_axes(face: Face, box: Box, shown: Sequence[Series], rng: random.Random) -> _Axes:
    """Base line, labels under it, grid lines in half of the charts."""
    x0, y0, x1, y1 = box
    labels = shown[0].labels
    values = [v for series in shown for v in series.values]
    low = min(0.0, *values)
    step = (x1 - x0) / len(labels)
    axes = _Axes(
        box,
        base=y1 - 19 * face.scale,
        top=y0 + 25 * face.scale,
        low=low,
        span=(max(values) - low) or 1.0,
        xs=tuple(x0 + step * (k + 0.5) for k in range(len(labels))),
    )
    scale = face.scale
    if rng.random() < 0.5:
        for k in range(1, 4):
            y = axes.base - k / 3 * (axes.base - axes.top)
            _rule(face, x0, x1, y, (0.9, 0.9, 0.92), 0.6)
    _rule(face, x0, x1, axes.base, _GREY, 1.0)
    size = 19 if max(map(len, labels)) <= 5 else 13
    for x, label in zip(axes.xs, labels, strict=True):
        text(face, x, y1 - 3 * scale, label, size)
    return axes


def draw_bars(
    face: Face, box: Box, shown: Sequence[Series], colours: Sequence[Colour], rng: random.Random
) -> None:
    """Bars with their values on top; of several series side by side, in the order of the legend.

    Args:
        face: where to draw.
        box: of axes, bars and labels, in points.
        shown: series with the same labels.
        colours: one a series at least.
        rng: draws the bars' width and whether there are grid lines.
    """
    axes = _draw_axes(face, box, shown, rng)
    step = (box[2] - box[0]) / len(axes.xs)
    width = step / len(shown)
    half = width * rng.uniform(0.22, 0.38)
    size = 26 if len(shown) == 1 else 22
    for n, series in enumerate(shown):
        for x, value in zip(axes.xs, series.values, strict=True):
            middle = x + (n - (len(shown) - 1) / 2) * width * 0.9
            y = axes.height(value)
            ends = (y, axes.base) if y < axes.base else (axes.base - 0.5, axes.base)
            rectangle(face, (middle - half, ends[0], middle + half, ends[1]), colours[n])
            text(face, middle, y - 4 * face.scale, plain(value), size)


def draw_line(face: Face, box: Box, series: Series, colour: Colour, rng: random.Random) -> None:
    """A line with a marker and the value at each period, above the line or under a trough.

    Args:
        face: where to draw.
        box: of axes, line and labels, in points.
        series: what the line shows.
        colour: of line and markers.
        rng: draws whether there are grid lines.
    """
    axes = _draw_axes(face, box, [series], rng)
    size = 26
    points = [(x, axes.height(v)) for x, v in zip(axes.xs, series.values, strict=True)]
    face.shape.draw_polyline(points)
    face.shape.finish(color=colour, width=2.0 * face.scale, closePath=False)
    for k, ((x, y), value) in enumerate(zip(points, series.values, strict=True)):
        _disc(face, (x, y), 2.6 * face.scale, colour)
        beside = [points[n][1] for n in (k - 1, k + 1) if 0 <= n < len(points)]
        under = y + (5 + 0.72 * size) * face.scale
        trough = all(other < y for other in beside) and under < axes.base
        text(face, x, under if trough else y - 4 * face.scale, plain(value), size)


def draw_pie(
    face: Face, box: Box, series: Series, colours: Sequence[Colour], rng: random.Random
) -> None:
    """A pie, or a donut in half of the charts; legend and values in the four corners.

    Args:
        face: where to draw.
        box: of pie and legend, in points.
        series: over two to four parts.
        colours: one a part at least.
        rng: draws the angle of the first sector, and pie or donut.
    """
    x0, y0, x1, y1 = box
    scale = face.scale
    centre = ((x0 + x1) / 2, (y0 + y1) / 2)
    radius = 38 * scale
    total, turned = sum(series.values), rng.uniform(0, 2 * math.pi)
    sectors = []
    for value, colour in zip(series.values, colours, strict=False):
        start = (centre[0] + radius * math.cos(turned), centre[1] - radius * math.sin(turned))
        angle = value / total * 360
        sectors.append((angle, start, colour))
        turned += math.radians(angle)
    # The widest first: beyond half a circle PyMuPDF fills the chord's side too.
    for angle, start, colour in sorted(sectors, reverse=True):
        face.shape.draw_sector(centre, start, angle)
        face.shape.finish(color=(1, 1, 1), fill=colour, width=scale, closePath=False)
    if rng.random() < 0.5:
        _disc(face, centre, radius * 0.55, (1, 1, 1))
    parts = zip(series.labels, series.values, colours, strict=False)
    for k, (label, value, colour) in enumerate(parts):
        x = x0 - 6 * scale if k % 2 == 0 else x1 - 70 * scale
        y = y0 + 18 * scale if k < 2 else y1 - 29 * scale
        rectangle(face, (x, y - 9 * scale, x + 8 * scale, y - scale), colour)
        text(face, x + 11 * scale, y, label, 14.5, align=0.0)
        text(face, x + 11 * scale, y + 25 * scale, plain(value), 26, align=0.0)


def draw_table(face: Face, box: Box, series: Series, colour: Colour, rng: random.Random) -> None:
    """A header with the labels and a row of values; rows are ruled in three of five tables.

    Args:
        face: where to draw.
        box: of the table, in points.
        series: a column for each of its labels.
        colour: of the header, made pale.
        rng: draws whether rows are ruled.
    """
    x0, y0, x1, y1 = box
    scale = face.scale
    top = y0 + 8 * scale
    height = (y1 - top) / 2
    red, green, blue = (0.82 + 0.18 * c for c in colour)
    rectangle(face, (x0, top, x1, top + height), (red, green, blue))
    step = (x1 - x0) / len(series.labels)
    size = 19 if max(map(len, series.labels)) <= 5 else 13
    for k, (label, value) in enumerate(zip(series.labels, series.values, strict=True)):
        x = x0 + step * (k + 0.5)
        text(face, x, top + height / 2 + 6 * scale, label, size, bold=True)
        text(face, x, top + height * 1.5 + 9 * scale, plain(value), 26)
    ruled = rng.random() < 0.6
    for k in (1, 2):
        if ruled or k == 2:
            _rule(face, x0, x1, top + k * height, _GREY, 0.8)
