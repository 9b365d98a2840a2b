"""What on a page is no part of a chart, and what is left.

Underlines, rules and cells of tables, backgrounds, what repeats from page to page, images that are
too small: all of these are taken away, and counted under a reason.

Thresholds are our choice, read off the pages of real reports; points are those of a letter page.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.figures.regions import is_large
from finlmm_utils.asp.page.boxes import Boxes, centres_inside, inside, union, widen
from finlmm_utils.asp.page.page import Picture
from finlmm_utils.asp.page.paths import CURVE, FILL, FRAME, RULE, Marks
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Box

EDGE = 0.12  # share of the page's height at its top and bottom where headers and footers stand
MIN_PIXELS = 32  # pixels of the shorter side of an image; fewer are a bullet or a tile
SEAM = 1.0  # points, on any page, between strips of one picture, which overlap at times
STRIP = 8  # times as long as wide: an ornament, a rule drawn as an image
LINES_OVER = 3  # lines of running text set over an image or area that make it a background
TEXT_HEIGHT = 20  # points: areas so low hold no three lines
PANEL_SHARE = 0.02  # share of the page's area of a panel; smaller areas are bars
PANEL_MARKS = 8  # marks in a panel with a chart; fewer are an icon or a box of words
BACKGROUND_SHARE = 0.45  # share of the page's area that no chart's own area fills
WHOLE_PAGE = 0.8  # share of the page's area that nothing of a chart fills, curves included
TABLE_MARGIN = 5  # points around a table's words in which its rules stand
WHOLE_LINE = 0.85  # share of the page's width: so long a line parts sections
LONG_LINE, LONG = 0.6, 60  # share of the page's width, and points, of a line of the page's style
RULE_GAP = 14  # points between such a line and the caption above it, or the source line below it
FLUSH = 4  # points, on any page, between the left ends of the line and of these words
TICK_GAP, TICKS = 24, 3  # points to, and count of, the numbers under an axis
STANDS_ON = 1.5  # points between a bar and the axis that it stands on
OUTLINE = 40  # points of the longer side of a frame around a chart; smaller ones are marks
LINE_OVER, LINE_UNDER = 0.35, 0.3  # of the letters' size, from their feet to an underline
UNDERLINED = 0.8  # share of an underline's length that is under words


def edge_marks(view: PageView) -> set[int]:
    """Places of the marks at the upper and lower edge of a page, equal where they repeat."""
    boxes = view.marks.boxes
    edge = (boxes[:, 3] < EDGE * view.height) | (boxes[:, 1] > (1 - EDGE) * view.height)
    return set(view.marks.places[edge].tolist())


def figure_pictures(view: PageView, drops: Counter[str]) -> list[Picture]:
    """The images that may be charts; of the others, the reasons are counted in `drops`."""
    pictures = _join_strips(view)
    reasons = [_no_chart(picture, view) for picture in pictures]
    drops.update(filter(None, reasons))
    return [p for p, reason in zip(pictures, reasons, strict=True) if not reason]


def _join_strips(view: PageView) -> list[Picture]:
    """The images of a page, strips and small tiles of one picture joined side by side."""
    known = view.repeats.images
    pieces = [p for p in view.pictures if _is_piece(p, view.scale) and p.signature not in known]
    whole = [p for p in view.pictures if p not in pieces]
    for start, end in ((0, 2), (1, 3)):  # tiles to rows, then rows and strips to the picture
        pieces.sort(key=lambda p: (round(p.box[1 - start]), p.box[start]))
        joined: list[Picture] = []
        for piece in pieces:
            last = joined[-1] if joined else None
            if last and _is_flush(last.box, piece.box, start, end):
                sides = [last.pixels[0], last.pixels[1]]
                sides[start] += piece.pixels[start]
                joined[-1] = Picture(union(last.box, piece.box), (sides[0], sides[1]), ())
            else:
                joined.append(piece)
        pieces = joined
    return whole + pieces


def _is_piece(picture: Picture, scale: float) -> bool:
    """Whether an image is too small or too long for a chart, so that it may be a strip of one."""
    x0, y0, x1, y1 = picture.box
    sides = (x1 - x0, y1 - y0)
    return not is_large(picture.box, scale) or max(sides) > STRIP * min(sides)


def _is_flush(a: Box, b: Box, start: int, end: int) -> bool:
    """Whether b begins where a ends along one axis, and both reach equally far across it."""
    low, high = 1 - start, 3 - start
    across = abs(a[low] - b[low]) < SEAM and abs(a[high] - b[high]) < SEAM
    return across and abs(b[start] - a[end]) < SEAM


def _no_chart(picture: Picture, view: PageView) -> str:
    """Why an image is no chart, or ""."""
    box = picture.box
    sides = (box[2] - box[0], box[3] - box[1])
    if picture.signature in view.repeats.images:
        return "repeated"
    if not is_large(box, view.scale) or min(picture.pixels) < MIN_PIXELS:
        return "small"
    if max(sides) > STRIP * min(sides):
        return "strip"
    return "background" if sum(inside(x.box, box) for x in view.prose) >= LINES_OVER else ""


def figure_marks(view: PageView, drops: Counter[str]) -> tuple[Marks, list[Box]]:
    """The marks that may belong to charts, and the panels and frames that may hold charts.

    Args:
        view: of the page.
        drops: counts by reason the marks that are taken away, in place.
    """
    marks = view.marks
    if not len(marks):
        return marks, []
    large, background = _large_areas(view), _backgrounds(view)
    panel = large & ~background & ((_held(marks, large) >= PANEL_MARKS) | _cards(view))
    reasons = {
        "furniture": np.isin(marks.places, list(view.repeats.marks)),
        "background": background | _hidden(marks, background | panel),
        "table": _of_tables(view),
        "rule": _rules(view),
    }
    gone = np.zeros(len(marks), bool)
    for reason, which in reasons.items():
        drops[reason] += int((which & ~gone).sum())
        gone |= which
    outline = np.maximum(marks.width, marks.height) > OUTLINE * view.scale
    outline &= (marks.forms == FRAME) & ~panel
    around = [*marks.boxes[panel & ~gone].tolist(), *marks.boxes[outline & ~gone].tolist()]
    return marks.take(~gone & ~panel & ~outline), [(x0, y0, x1, y1) for x0, y0, x1, y1 in around]


def _share_of_page(view: PageView) -> NDArray[np.float32]:
    """Area of each mark as a share of the page's."""
    return view.marks.width * view.marks.height / (view.width * view.height)


def _large_areas(view: PageView) -> NDArray[np.bool_]:
    forms = view.marks.forms
    return (_share_of_page(view) > PANEL_SHARE) & ((forms == FILL) | (forms == FRAME))


def _backgrounds(view: PageView) -> NDArray[np.bool_]:
    """Which marks lie behind running text, or behind most of the page."""
    marks, size = view.marks, _share_of_page(view)
    prose = np.array([line.box for line in view.lines if line.is_prose]).reshape(-1, 4)
    high = (marks.forms != RULE) & (marks.height > TEXT_HEIGHT * view.scale)
    texts = np.zeros(len(marks), int)
    texts[high] = centres_inside(prose, marks.boxes[high]).sum(axis=0)
    behind = (size > BACKGROUND_SHARE) & (marks.forms != CURVE)
    return (texts >= LINES_OVER) | behind | (size > WHOLE_PAGE)


def _held(marks: Marks, which: NDArray[np.bool_]) -> NDArray[np.int_]:
    """How many other marks lie in each of some marks; 0 for those that are not asked about."""
    holds = np.zeros(len(marks), int)
    holds[which] = centres_inside(marks.boxes, marks.boxes[which]).sum(axis=0) - 1
    return holds


def _cards(view: PageView) -> NDArray[np.bool_]:
    """Which marks are areas behind a picture of the size of a chart: a card that holds it."""
    pictures = [p.box for p in view.pictures if is_large(p.box, view.scale)]
    held = centres_inside(np.array(pictures).reshape(-1, 4), view.marks.boxes)
    return np.asarray(held.any(axis=0))


def _hidden(marks: Marks, areas: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which marks are not seen: they lie on an area of their own colour."""
    hidden = np.zeros(len(marks), bool)
    for k in np.flatnonzero(areas & (marks.forms == FILL)):
        same = (marks.colours == marks.colours[k]) & (np.arange(len(marks)) != k)
        hidden |= same & centres_inside(marks.boxes, marks.boxes[k : k + 1])[:, 0]
    return hidden


def _of_tables(view: PageView) -> NDArray[np.bool_]:
    """Which marks are rules and cells of tables."""
    within = np.zeros(len(view.marks), bool)
    for table in view.tables:
        within |= view.marks_in(widen(table, TABLE_MARGIN * view.scale))
    return within & (view.marks.forms != CURVE)


def _rules(view: PageView) -> NDArray[np.bool_]:
    """Which marks are lines that part sections, or stand right under words."""
    marks = view.marks
    rules = (marks.forms == RULE) & (marks.width >= marks.height)
    boxes, whole = marks.boxes[rules], marks.width[rules] > WHOLE_LINE * view.width
    rules[rules] = whole | _underlines(boxes, view) | _of_the_page(boxes, view)
    return rules


def _of_the_page(boxes: Boxes, view: PageView) -> NDArray[np.bool_]:
    """Which lines are a house's style: under captions, over sources, across several columns.

    Bars stand on an axis, numbers stand under it or beside a line of the grid.
    """
    of_page = np.zeros(len(boxes), bool)
    least = max(LONG * view.scale, 1)
    narrow = view.marks.width < LONG_LINE * view.width
    bars = view.marks.boxes[(view.marks.forms == FILL) & narrow]
    for k in np.flatnonzero(boxes[:, 2] - boxes[:, 0] > least):
        box = boxes[k]
        if np.any(_stand_on(bars, box)) or _is_of_grid(box, view):
            continue
        across = box[2] - box[0] > LONG_LINE * view.width
        of_page[k] = _is_at_caption(box, view) or (across and not _is_axis(box, view))
    return of_page


def _stand_on(bars: Boxes, rule: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which areas end or begin at a line."""
    ends = np.abs(bars[:, [1, 3]] - rule[1]).min(axis=1) < STANDS_ON
    return np.asarray(ends & (bars[:, 2] > rule[0]) & (bars[:, 0] < rule[2]))


def _is_of_grid(rule: NDArray[np.float32], view: PageView) -> bool:
    """Whether a number stands beside an end of a line."""
    x0, y0, x1, _ = rule
    reach = TICK_GAP * view.scale
    level = [x.box for x in view.numbers if x.box[1] < y0 < x.box[3]]
    return any(0 <= x0 - b[2] < reach or 0 <= b[0] - x1 < reach for b in level)


def _is_axis(rule: NDArray[np.float32], view: PageView) -> bool:
    """Whether several numbers stand right under a line."""
    x0, y0, x1, _ = rule
    reach = TICK_GAP * view.scale
    below = [x.box for x in view.numbers if -2 < x.box[1] - y0 < reach]
    return sum(x0 - reach < (b[0] + b[2]) / 2 < x1 + reach for b in below) >= TICKS


def _is_at_caption(rule: NDArray[np.float32], view: PageView) -> bool:
    """Whether a line stands under a caption or over a source line, flush left with it."""
    reach = RULE_GAP * view.scale
    under = [x for x in view.captions if -1 <= rule[1] - x.box[3] < reach]
    over = [x for x in view.horizontal if x.is_source and -1 <= x.box[1] - rule[1] < reach]
    return any(abs(x.box[0] - rule[0]) < FLUSH for x in (*under, *over))


def _underlines(boxes: Boxes, view: PageView) -> NDArray[np.bool_]:
    """Which lines are drawn right under words."""
    words = [x for x in view.horizontal if not x.is_number]
    if not words:
        return np.zeros(len(boxes), bool)
    text, size = np.array([x.box for x in words]), np.array([x.size for x in words])
    x0, y0, x1 = boxes[:, 0][:, None], boxes[:, 1][:, None], boxes[:, 2][:, None]
    gap = y0 - text[None, :, 3]
    shared = np.minimum(x1, text[None, :, 2]) - np.maximum(x0, text[None, :, 0])
    under = (gap >= -LINE_OVER * size) & (gap <= LINE_UNDER * size)
    return (under & (shared >= UNDERLINED * (x1 - x0))).any(axis=1)
