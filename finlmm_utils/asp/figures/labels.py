"""What is written around a chart: its caption, title, axis labels and source line.

A label belongs to the chart that it stands nearest to. What stands in a table of the page, the
running text and the headings of its sections belong to none.

Thresholds are our choice, read off the pages of real reports; points are those of a letter page.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from finlmm_utils.asp.figures.bars import is_next_tick
from finlmm_utils.asp.figures.regions import Region
from finlmm_utils.asp.page.boxes import distance, inside, newly_covered, overlap, union, widen
from finlmm_utils.asp.page.headings import heads_text_below, is_title
from finlmm_utils.asp.page.page import Line
from finlmm_utils.asp.page.paths import FILL, RULE
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Box
from finlmm_utils.finance.reference_clauses import without_label

CAPTION_REACH = 60  # points between a figure and its caption
COLUMN = 0.4  # share of the page's width between a caption and a drawing centred in its column
BELOW, BELOW_MORE = 2, 4  # times, and points, that a caption below counts as further than it is
NEAR = 80  # points around a chart and its legend, beyond which no line is its label
IN_TABLE = 0.5  # share of a line inside a table that makes it a cell
BESIDE = 5  # points by which a table beside a chart may be higher than it
TAKEN = 0.98  # share of a line inside the crop that needs no growing
DRAWN_OVER = 0.3  # share of a line of running text inside what is drawn that makes it a label
WITHIN_LIMIT = 0.9  # share of a line within the limit of its kind
SOURCE_WITHIN = 0.5  # the same for a source line, which begins at the column's left edge
COVERED = 0.03  # share of a neighbour that a label may cover more of it
ROUNDS = 4  # labels of labels: the tick's number, the axis' name, the title, the source
VALUES_BAND = 24  # points over what is drawn in which the values over bars and points stand
BAND_INSIDE = 0.5  # share of a value in that band
SUBTITLE_GAP = 0.4  # of the letters' size: between a title and its subtitle
LARGER = 1.15  # times the size of the numbers of a chart, of a title
BAND_WIDE, BAND_OUT = 0.9, 3  # of a chart's width: least of its title's band; points beyond it
BAND_HIGH = 24  # points: height of the band behind a title
HELD, INTO = 0.5, 0.5  # share of a line inside the crop; of its size, that is in what is drawn
SAID = 0.7  # share of a caption's words that a picture holds which needs no caption
TITLE_OUT = 12  # points, on any page, by which a title may reach out beside what is drawn

_WORD = re.compile(r"[^\W\d_]{3}|[\u3400-\u9fff]{2}")  # of a title
_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")  # a word, or a Chinese character

# Points: from what is in the crop already, and from what is drawn.
Reach = tuple[float, float]
TITLE: Reach = (20.0, 60.0)  # bold, above: further than other words, for it stands apart
SOURCE: Reach = (18.0, 60.0)  # below the names of the axis and the legend
TICK: Reach = (24.0, 80.0)  # numbers, and words on their side: names of axes stand outside of them
BESIDE_CHART: Reach = (22.0, 140.0)  # names of bars at the left, a legend at the right
TITLE_LINE: Reach = (8.0, 60.0)  # a further line of a title
OTHER: Reach = (11.0, 34.0)  # words above or below: the text of the page stands there too


def grow(region: Region, view: PageView, others: list[Region]) -> None:
    """Takes in labels at the edge: axis labels, legend, then title and the source line.

    Args:
        region: the chart; its box is set, in place.
        view: of the page.
        others: the other charts of the page.
    """
    near = _near(region, view)
    core = _with_values_on_top(region.core, near, view.scale)
    _take_labels(region, core, near, view, others)
    if region.legend != region.core:
        region.box = union(region.box, region.legend)
        whole = union(core, region.legend)
        near = [x for x in near if _is_beyond(x, whole)]
        _take_labels(region, whole, near, view, others)


def find_caption(box: Box, view: PageView) -> Line | None:
    """The nearest line at a figure that starts with "Figure 3" or the like, rather above it."""
    best, best_gap = None, CAPTION_REACH * view.scale
    for line in view.captions:
        above, below = box[1] - line.box[3], line.box[1] - box[3]
        apart = line.box[0] > box[2] or line.box[2] < box[0]
        if apart and not (above >= 0 and _is_over_column(line, box, view)):
            continue
        if below >= -line.size and _heads_drawing(line, box, view):
            continue
        gap = above if above >= -line.size else BELOW * below + BELOW_MORE
        if inside(line.box, box):
            gap = 0.0
        if -line.size <= gap < best_gap:
            best, best_gap = line, gap
    return best


def _is_over_column(caption: Line, box: Box, view: PageView) -> bool:
    """Whether a caption stands flush left over a column in which a drawing is centred.

    The place under the caption, at the left of the drawing, is empty.
    """
    x0, _, x1, y1 = caption.box
    if not 0 <= box[0] - x1 < COLUMN * view.width:
        return False
    under = (x0, y1, box[0], box[3])
    held = [*view.lines_in(under), *(p for p in view.pictures if overlap(p.box, under))]
    return not held and not view.marks_in(under).any()


def _heads_drawing(caption: Line, box: Box, view: PageView) -> bool:
    """Whether something is drawn right under a caption below a chart, nearer to it: its own."""
    x0, _, x1, y1 = union(caption.box, (box[0], caption.box[1], box[2], caption.box[3]))
    strip = (x0, y1, x1, y1 + max(caption.box[1] - box[3], caption.size))
    drawn = view.marks.boxes[view.marks.forms != RULE]
    tops = drawn[(drawn[:, 0] < x1) & (drawn[:, 2] > x0), 1]
    pictures = [p.box[1] for p in view.pictures if p.box[0] < x1 and p.box[2] > x0]
    return any(strip[1] - 1 <= top < strip[3] for top in (*tops.tolist(), *pictures))


def _near(region: Region, view: PageView) -> list[Line]:
    """The lines that may be labels of a chart."""
    tables = _other_tables(region.core, view)
    near = [x for x in view.labels if distance(x.box, region.legend) < NEAR * view.scale]
    near = [x for x in near if not any(inside(x.box, t, IN_TABLE) for t in tables)]
    heads = [x for x in near if _is_over(x, region.core) and x.style in view.repeats.headings]
    apart = [x for x in heads if _has_title(region, x, near, view)]
    near = [x for x in near if x not in apart]
    if title_bands(region, view):  # it holds the title; what stands over it is something else
        near = [x for x in near if x.box[3] > region.core[1]]
    return [x for x in near if not heads_text_below(x, region.core, view.prose)]


def _has_title(region: Region, heading: Line, near: list[Line], view: PageView) -> bool:
    """Whether a chart under a heading has a title of its own: a caption, or words between them."""
    caption = find_caption(region.box, view)
    if caption and not inside(caption.box, heading.box):
        return True
    titles = [x for x in near if is_title(x, heading, region.core)]
    # Small words right under a heading are its subtitle, and both are the chart's title.
    first = min(titles, key=lambda x: x.box[1], default=heading)
    if not first.bold and first.box[1] - heading.box[3] < SUBTITLE_GAP * heading.size:
        return False
    return not view.have_swatch(titles).all()


def _is_over(line: Line, core: Box) -> bool:
    return line.box[3] <= core[1] + line.size


def _is_beyond(line: Line, whole: Box) -> bool:
    """Whether words stand above a chart with its legend, or a source line below it."""
    if line.is_number or whole[1] < line.box[3] < whole[3]:
        return False
    return line.box[3] < whole[3] or line.is_source


def _with_values_on_top(core: Box, near: list[Line], scale: float) -> Box:
    """The core and the values over its bars and points: a title stands above these."""
    band = (core[0], core[1] - VALUES_BAND * scale, core[2], core[1] + 1)
    tops = [x.box[1] for x in near if x.is_number and inside(x.box, band, BAND_INSIDE)]
    return (core[0], min([core[1], *tops]), core[2], core[3])


# --- tables beside a chart ----------------------------------------------------------------------


def _other_tables(core: Box, view: PageView) -> list[Box]:
    """The tables that are none of a chart's labels, which look like one where they have columns."""
    tables = zip(view.tables, view.cells, strict=True)
    return [t for t, cells in tables if _stands_alone(t, cells, core, view.scale)]


def _stands_alone(table: Box, cells: list[Line], core: Box, scale: float) -> bool:
    """Whether a table is more than labels of a chart.

    Labels of an axis have no names of rows; a legend with one value each stands beside its chart.
    """
    if overlap(table, core) or all(x.is_value or x.is_period for x in cells):
        return False
    beside = core[1] - BESIDE * scale <= table[1] and table[3] <= core[3] + BESIDE * scale
    return not beside or _has_rows(cells)


def _has_rows(cells: list[Line]) -> bool:
    """Whether two values follow each other in a row: "Executive 3 Members 5" are two entries."""
    cells = sorted(cells, key=lambda x: (round(x.box[3]), x.box[0]))
    level = (pair for pair in pairwise(cells) if round(pair[0].box[3]) == round(pair[1].box[3]))
    return any(a.is_value and b.is_value for a, b in level)


# --- growing ------------------------------------------------------------------------------------


def _take_labels(
    region: Region, core: Box, near: list[Line], view: PageView, others: list[Region]
) -> None:
    """Grows the box of a chart by the lines that reach it, until none does."""
    reaches = {id(x): _reach(x, core, region.box, view) for x in near}
    own = [x for x in near if reaches[id(x)] or x.is_number]
    own = [x for x in own if not _is_others(x, core, others)]
    own = [x for x in own if not _is_next_title(x, core, near, others)]
    own.sort(key=lambda x: distance(x.box, core))
    for _ in range(ROUNDS):
        before = region.box
        for line in own:
            if inside(line.box, region.box, TAKEN):
                continue
            grown = union(region.box, line.box)
            # What reaches over the neighbour (one source for all) is the whole's and not its own.
            over = any(newly_covered(grown, region.box, o.core) > COVERED for o in others)
            near_it = distance(line.box, region.box) < reaches[id(line)]
            if not over and (near_it or is_next_tick(line, view.lines_in(region.box))):
                region.box = grown
        if region.box == before:
            break


def _is_others(line: Line, core: Box, others: list[Region]) -> bool:
    """Whether a line stands in another chart, or nearer to it."""
    if any(overlap(line.box, b) > 0 for o in others for b in (o.box, o.legend)):
        return True
    return any(distance(line.box, o.core) < distance(line.box, core) for o in others)


def _is_next_title(line: Line, core: Box, near: list[Line], others: list[Region]) -> bool:
    """Whether a line under a chart is the title of the next: set as the one over this chart is."""
    if line.is_number or line.is_source or not line.horizontal or line.box[1] < core[3]:
        return False
    low = (o.core for o in others if o.core[1] >= line.box[3] - line.size)
    if not any(o[0] < line.box[2] and line.box[0] < o[2] for o in low):
        return False
    alike = (x for x in near if x.style == line.style and x.box[3] <= core[1] + x.size)
    ticks = sorted(x.size for x in near if x.is_number)
    large = line.bold or (bool(ticks) and line.size > LARGER * ticks[len(ticks) // 2])
    return large and any(abs(x.box[0] - line.box[0]) < TITLE_OUT for x in alike)


def _reach(line: Line, core: Box, frame: Box, view: PageView) -> float:
    """How far a line may stand from the crop to be taken in, points; 0 if it is no label.

    Args:
        line: near the chart.
        core: what is drawn of the chart.
        frame: its box before labels are taken, which a frame may make wider than the core.
        view: of the page.
    """
    source = line.is_source and line.box[1] >= core[3] - line.size
    title = line.bold and line.horizontal and _is_over(line, core)
    if id(line) in view.prose_ids and not (source or title or inside(line.box, core, DRAWN_OVER)):
        return 0.0
    reach, limit = TITLE if title else _reach_of_words(line, core, source)
    around = widen(frame if source else core, limit * view.scale)
    share = SOURCE_WITHIN if source else WITHIN_LIMIT
    return reach * view.scale if inside(line.box, around, share) else 0.0


def _reach_of_words(line: Line, core: Box, source: bool) -> Reach:
    if source:
        return SOURCE
    if line.is_number or not line.horizontal:
        return TICK
    middle = (line.box[1] + line.box[3]) / 2
    if core[1] <= middle <= core[3]:
        return BESIDE_CHART
    over = core[0] - TITLE_OUT < line.box[0] and line.box[2] < core[2] + TITLE_OUT
    return TITLE_LINE if line.bold and middle < core[1] and over else OTHER


def title_bands(chart: Region, view: PageView) -> list[Box]:
    """The band at the upper edge of what is drawn of a chart, as wide, with words on it."""
    x0, y0, x1, _ = chart.core
    boxes = view.marks.boxes[view.marks.forms == FILL]
    wide = boxes[:, 2] - boxes[:, 0] > BAND_WIDE * (x1 - x0)
    low = (boxes[:, 3] - boxes[:, 1] < BAND_HIGH * view.scale) & (abs(boxes[:, 1] - y0) < BAND_OUT)
    held = (boxes[:, 0] > x0 - BAND_OUT) & (boxes[:, 2] < x1 + BAND_OUT)
    bands = [(b[0], b[1], b[2], b[3]) for b in boxes[wide & low & held].tolist()]
    return [b for b in bands if any(_WORD.search(x.text) for x in view.lines_in(b, 0.5))]


def drop_band(chart: Region, view: PageView) -> None:
    """Takes the band behind a title out of what is drawn of a chart, in place."""
    x0, y0, x1, y1 = chart.core
    chart.core = (x0, max([y0, *(b[3] for b in title_bands(chart, view))]), x1, y1)


def is_said(caption: Line, chart: Region, view: PageView) -> bool:
    """Whether the words of a caption stand over a chart in its crop already.

    Args:
        caption: of the report.
        chart: that it tells of.
        view: of the page.
    """
    held = [x for x in view.lines_in(chart.box, HELD) if x.box[3] <= chart.core[1] + INTO * x.size]
    named = view.have_swatch(held)  # series of which the caption tells are no caption
    over = [x.text for x, in_legend in zip(held, named, strict=True) if not in_legend]
    inner = Counter(_TOKEN.findall(" ".join(over).lower()))
    wanted = Counter(_TOKEN.findall(without_label(caption.text).lower()))
    return (wanted & inner).total() >= SAID * wanted.total() > 0
