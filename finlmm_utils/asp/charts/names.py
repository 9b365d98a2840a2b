"""The names of series: by the legend, or by words beside them.

Thresholds are our choice; lengths in points.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from finlmm_utils.asp.charts.drawn.cells import Cell, tidy
from finlmm_utils.asp.charts.drawn.levels import is_strip
from finlmm_utils.asp.charts.drawn.markers import find_markers, look_alike, marker_of
from finlmm_utils.asp.charts.drawn.series import MOST_MARKS, Series
from finlmm_utils.asp.charts.drawn.sides import side_of
from finlmm_utils.asp.charts.drawn.strokes import Colour, Shape, alike, is_coloured, pattern
from finlmm_utils.asp.records import Box

SWATCH = (1.5, 50.0, 16.0)  # least width, greatest width, greatest height of a swatch
TEXT_GAP = 18.0  # from a swatch to its words
LEVEL_MISS = 1.5  # times, that a difference in height counts against one in distance
FLAT = 1.5  # height of a swatch that is a piece of its line
CENTRED = 2.0  # between the middles of a swatch and of the words over it
OVER_GAP = 1.2  # ems between the two
SAME_HEIGHT = 0.6  # ems between the middles of a swatch and of its words
BESIDE = 30.0  # from the last point of a line to its name
OVER_END = 4.0  # by which it may begin before that point
AT_END = 0.8  # ems that its middle may stand over or under that point
TITLE = 1.2  # times the size of the numbers of the axis, from which words are a title
SAME_COLUMN = 6.0  # between swatches that stand one before the other at the same words

INDENT, LEADING, MORE_LINES = 2.0, 1.5, 3  # further lines: points; ems below the last; how many
_RUNS_ON = re.compile(
    r"(?:[,/&-]|\b(?:of|by|and|or|the|in|to|for|with|than|on|at|from|per))$", re.I
)
_GOES_ON = re.compile(r"[a-z(]")
"""Where words go on in the next line: after a comma or "of", in small letters, in brackets."""


@dataclass(frozen=True)
class Entry:
    """One entry of a legend: its words, its swatch and where the two stand, points."""

    name: str
    swatch: Shape
    box: Box
    words: Cell
    rest: tuple[Cell, ...] = ()

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All lines of its words."""
        return (self.words, *self.rest)


def find_legend(shapes: Sequence[Shape], cells: Sequence[Cell]) -> list[Entry]:
    """The entries of the legends of a figure: small shapes with words at their right.

    Args:
        shapes: what is drawn in the figure.
        cells: its labels without those of its axes.
    """
    least, widest, highest = SWATCH
    words = [c for c in cells if c.level and (c.amount is None or c.is_year)]
    entries = []
    beside = []
    for shape in shapes:
        if not (least < shape.wide <= widest and shape.high <= highest):
            continue
        if any(is_strip(shape, c) for c in words):
            continue
        middle = (shape.box[1] + shape.box[3]) / 2
        best: tuple[float, Cell] | None = None
        for cell in words:
            gap, miss = cell.box[0] - shape.box[2], abs(cell.y - middle)
            if -1 <= gap <= TEXT_GAP and miss <= SAME_HEIGHT * cell.size:
                score = gap + LEVEL_MISS * miss
                if best is None or score < best[0]:
                    best = (score, cell)
        if best is None:
            best = _over(shape, words)
        if best:
            cell = best[1]
            box = (shape.box[0], min(shape.box[1], cell.box[1]), cell.box[2],
                   max(shape.box[3], cell.box[3]))  # fmt: skip
            entries.append(Entry(tidy(cell.text), shape, box, cell))
            beside.append(best[0] < TEXT_GAP)
    if any(beside):  # the usual place; what has words over it alone is a mark over a label
        entries = [e for e, usual in zip(entries, beside, strict=True) if usual]
    elif len({(e.swatch.colour, e.swatch.dash) for e in entries}) == 1:
        entries = []  # a single series needs no legend: they are marks over labels too
    return _with_further_lines(_nearest(_of_one_colour(entries)), words)


def without_others(legend: list[Entry], shapes: Sequence[Shape]) -> list[Entry]:
    """A legend, but none most of whose colours nothing is drawn in: it is a neighbour's."""
    swatches = {id(e.swatch) for e in legend}
    drawn = {s.colour for s in shapes if id(s) not in swatches}
    own = [e for e in legend if any(alike(e.swatch.colour, c) for c in drawn)]
    return legend if 2 * len(own) >= len(legend) else []


def _of_one_colour(entries: list[Entry]) -> list[Entry]:
    """Entries without those whose words are written in the colour of another: a line's last mark.

    Only where words have several colours, or a swatch of theirs: a house may write all of them
    in one colour of its own.
    """
    coloured = [e for e in entries if is_coloured(e.words.colour)]
    own = {id(e.words) for e in coloured if alike(e.words.colour, e.swatch.colour)}
    if len({e.words.colour for e in coloured}) > 1:
        own |= {id(e.words) for e in coloured}
    return [e for e in entries if id(e.words) not in own or alike(e.words.colour, e.swatch.colour)]


def _with_further_lines(entries: list[Entry], words: Sequence[Cell]) -> list[Entry]:
    """The entries with the lines that go on under their first: the side of an axis may be there."""
    first = {id(e.words) for e in entries}
    others = sorted((c for c in words if id(c) not in first), key=lambda c: c.y)
    out = []
    for entry in entries:
        name, last, rest = entry.name, entry.words, list[Cell]()
        for cell in others:
            flush = abs(cell.box[0] - last.box[0]) <= INDENT and abs(cell.size - last.size) < 1
            below = 0 < cell.y - last.y < LEADING * last.size
            if flush and below and len(rest) < MORE_LINES and _goes_on(name, cell.text):
                name, last = tidy(f"{name} {cell.text}"), cell
                rest.append(cell)
        x0, y0, x1, y1 = entry.box
        x1, y1 = max([x1, *(c.box[2] for c in rest)]), max([y1, *(c.box[3] for c in rest)])
        out.append(Entry(name, entry.swatch, (x0, y0, x1, y1), entry.words, tuple(rest)))
    return out


def _goes_on(name: str, text: str) -> bool:
    """Whether a line under words of a legend is of them: by its beginning or by their end."""
    opened = name.count("(") > name.count(")")
    return bool(opened or _RUNS_ON.search(name) or _GOES_ON.match(text) or side_of(text))


def _over(shape: Shape, words: Sequence[Cell]) -> tuple[float, Cell] | None:
    """The words above or below a swatch, with their middle over its middle, and their distance."""
    middle = (shape.box[0] + shape.box[2]) / 2
    best: tuple[float, Cell] | None = None
    for cell in words:
        gap = max(shape.box[1] - cell.box[3], cell.box[1] - shape.box[3])
        inside = shape.wide < cell.box[2] - cell.box[0]
        if inside and abs(cell.x - middle) <= CENTRED and -1 <= gap <= OVER_GAP * cell.size:
            score = TEXT_GAP + gap
            if best is None or score < best[0]:
                best = (score, cell)
    return best


def _nearest(entries: list[Entry]) -> list[Entry]:
    """Of several shapes before the same words those nearest to them: a legend has columns."""
    ends: dict[int, float] = {}
    for e in entries:
        ends[id(e.words)] = max(ends.get(id(e.words), 0.0), e.swatch.box[2])
    return [
        e for e in entries if e.swatch.box[2] >= ends[id(e.words)] - e.swatch.wide - SAME_COLUMN
    ]


def name_of_fill(colour: Colour, legend: Sequence[Entry]) -> str:
    """The name beside a swatch of this colour; "" where there is none, or several."""
    names = {e.name for e in legend if e.swatch.fill and alike(e.swatch.fill, colour)}
    return names.pop() if len(names) == 1 else ""


def name_of_line(colour: Colour, dash: str, legend: Sequence[Entry]) -> str:
    """The name beside a swatch of a line's colour and dash; "" where there is none, or several.

    Args:
        colour: of the line.
        dash: of the line.
        legend: of the figure.
    """
    strokes = [e for e in legend if e.swatch.stroke and alike(e.swatch.stroke, colour)]
    strokes = [e for e in strokes if not e.swatch.fill]
    flat = [e for e in strokes if e.swatch.high <= FLAT]
    strokes = flat or strokes  # what is not flat is the marker on it
    names = {e.name for e in strokes if pattern(e.swatch.dash) == pattern(dash)}
    if not names and len({e.name for e in strokes}) == 1:  # its dash is drawn another way
        names = {strokes[0].name}
    if not strokes:  # a marker, or a block of colour, stands for the line
        names = {e.name for e in legend if alike(e.swatch.colour, colour)}
    return names.pop() if len(names) == 1 else ""


def name_by_marker(line: Series, legend: Sequence[Entry], markers: Sequence[Shape]) -> str:
    """The name beside a line's marker: it tells lines of one colour and dash apart.

    Args:
        line: with few vertices; the only one without markers has the only name without one.
        legend: of the figure.
        markers: that are drawn in the figure, from `find_markers`.
    """
    if len(line.curve) > MOST_MARKS:
        return ""
    own = marker_of(line.curve, markers)
    beside = [(e.name, m) for e in legend for m in find_markers([e.swatch])]
    if own is not None:
        names = {name for name, m in beside if look_alike(own, m)}
    else:
        names = {e.name for e in legend if alike(e.swatch.colour, line.colour)}
        names -= {name for name, _ in beside}
    return names.pop() if len(names) == 1 else ""


def name_beside(x: float, y: float, cells: Sequence[Cell]) -> str:
    """The words that stand right of the last point of a line.

    Args:
        x: across the page, points.
        y: down the page, points.
        cells: labels that belong to no axis, and are written in no other line's colour.
    """
    near = [
        (c.box[0] - x + LEVEL_MISS * abs(c.y - y), c)
        for c in cells
        if c.amount is None and _beside_end(c, x) and abs(c.y - y) <= AT_END * c.size
    ]
    return tidy(min(near, key=lambda n: n[0])[1].text) if near else ""


def _beside_end(cell: Cell, x: float) -> bool:
    """Whether a label begins right of where a line ends."""
    return cell.level and -OVER_END <= cell.box[0] - x <= BESIDE


def name_in_colour(colour: Colour, cells: Sequence[Cell], size: float) -> str:
    """The only label written in a line's colour, where that is not a shade of grey.

    Args:
        colour: of the line.
        cells: labels that belong to no axis.
        size: of the letters of the axis, points: a title is larger.
    """
    if not is_coloured(colour):
        return ""
    words = [c for c in cells if c.size <= TITLE * size and c.amount is None]
    own = {tidy(c.text) for c in words if alike(c.colour, colour)}
    return own.pop() if len(own) == 1 else ""


def name_all(
    series: Sequence[Series],
    cells: Sequence[Cell],
    legend: Sequence[Entry],
    size: float = math.inf,
    markers: Sequence[Shape] = (),
) -> None:
    """Names series by the legend, else by the words beside their last points, in place.

    Args:
        series: of one plot.
        cells: labels that belong to no axis, no legend and no label.
        legend: of the figure.
        size: of the letters of the axis, points.
        markers: that are drawn in the figure, from `find_markers`.
    """
    for one in series:
        if one.kind == "line":
            one.name = name_of_line(one.colour, one.dash, legend)
            one.name = one.name or name_by_marker(one, legend, markers)
            at, end, _ = one.curve[-1]
            others = [s.colour for s in series if not alike(s.colour, one.colour)]
            free = [c for c in cells if not any(alike(c.colour, x) for x in others)]
            own = [c for c in cells if _beside_end(c, at) and alike(c.colour, one.colour)]
            if not one.name and len(own) == 1 and len(series) > 1:
                one.name = name_in_colour(one.colour, own, size)
            if len({e.name for e in legend if alike(e.swatch.colour, one.colour)}) < 2:
                one.name = one.name or name_beside(at, end, free)
            if not one.name and len(series) > 1:
                one.name = name_in_colour(one.colour, cells, size)
        else:
            one.name = name_of_fill(one.colour, legend)
            if not one.name and one.kind == "area" and len(series) > 1:
                one.name = name_in_colour(one.colour, cells, size)
