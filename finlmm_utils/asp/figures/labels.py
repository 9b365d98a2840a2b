"""What is written around a chart: its legend, caption, title, axis labels and source line.

A label belongs to the chart that it stands nearest to. What stands in a table of the page, the
running text and the headings of its sections belong to none.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from finlmm_utils.asp.figures.regions import Region
from finlmm_utils.asp.page.boxes import area, distance, inside, overlap, union, widen
from finlmm_utils.asp.page.page import DATE_LABEL, Line, Page
from finlmm_utils.asp.records import Box
from finlmm_utils.asp.tables.detect import has_swatch, is_value, table_boxes
from finlmm_utils.finance.references import CAPTION, SOURCE

Style = tuple[int, bool]
LEGEND_REACH = 45.0  # points between a chart, or what is known of its legend, and a legend entry


def with_legend(
    region: Region,
    entries: list[tuple[Box, int]],
    page: Page,
    others: list[Box],
    barriers: list[Box],
) -> Box:
    """The core and the legend entries in its colours, taken from the nearest on.

    No barrier (running text, the marks of another chart) and no other core may stand between, nor
    be nearer to the entry.
    """
    whole = region.core
    own = [box for box, colour in entries if colour in region.colours]
    own = [b for b in own if all(distance(b, o) >= distance(b, whole) for o in others)]
    barriers = [x for x in barriers if not inside(x, whole)]
    for _ in range(len(own)):
        for box in sorted(own, key=lambda b: distance(b, whole)):
            both = union(box, whole)
            free = all(overlap(both, o) <= overlap(whole, o) for o in others)
            near = distance(box, whole) <= LEGEND_REACH * page.scale
            if near and free and not any(inside(x, both) for x in barriers):
                whole = both
                own.remove(box)
                break
    return whole


def find_caption(box: Box, page: Page) -> Line | None:
    """The nearest line at a figure that starts with "Figure 3" or the like, rather above it."""
    best, best_gap = None, 60.0 * page.scale
    for line in page.lines:
        if not line.horizontal or not CAPTION.match(line.text):
            continue
        if line.box[0] > box[2] or line.box[2] < box[0]:
            continue
        above, below = box[1] - line.box[3], line.box[1] - box[3]
        gap = above if above >= -line.size else 2.0 * below + 4.0
        if inside(line.box, box):
            gap = 0.0
        if -line.size <= gap < best_gap:
            best, best_gap = line, gap
    return best


def grow(
    region: Region,
    page: Page,
    labels: list[Line],
    prose: list[Line],
    others: list[Region],
    headings: set[Style],
) -> None:
    """Takes in labels at the edge: axis labels, legend, then title and the source line."""
    near = [x for x in labels if distance(x.box, region.legend) < 80 * page.scale]
    tables = [t for t in table_boxes(page) if _stands_alone(t, region.core, page)]
    near = [x for x in near if not any(inside(x.box, t, 0.5) for t in tables)]
    heads = [x for x in near if style_of(x) in headings and x.box[3] <= region.core[1] + x.size]
    near = [x for x in near if x not in heads or not _has_title(region, x, near, page)]
    near = [x for x in near if not _heads_text(x, region.core, prose)]
    core = _with_numbers_on_top(region.core, near, page.scale)
    _take_labels(region, core, near, page.scale, prose, others)
    if region.legend != region.core:
        region.box = union(region.box, region.legend)
        whole = union(core, region.legend)
        near = [x for x in near if not x.is_number and not whole[1] < x.box[3] < whole[3]]
        near = [x for x in near if x.box[3] < whole[3] or SOURCE.match(x.text)]
        _take_labels(region, whole, near, page.scale, prose, others)


def _stands_alone(table: Box, core: Box, page: Page) -> bool:
    """Whether a table is none of a chart's labels, which look like one where they have columns.

    Labels of an axis have no names of rows; a legend with one value each stands beside its chart.
    """
    if overlap(table, core):
        return False
    cells = [x for x in page.lines if inside(x.box, table)]
    if all(is_value(x) or DATE_LABEL.match(x.text) for x in cells):
        return False
    beside = core[1] - 5 * page.scale <= table[1] and table[3] <= core[3] + 5 * page.scale
    return not beside or _has_rows(cells)


def _has_rows(cells: list[Line]) -> bool:
    """Whether two values follow each other in a row: "Executive 3 Members 5" are two entries."""
    cells = sorted(cells, key=lambda x: (round(x.box[3]), x.box[0]))
    return any(
        is_value(a) and is_value(b) and round(a.box[3]) == round(b.box[3])
        for a, b in pairwise(cells)
    )


def style_of(line: Line) -> Style:
    """What lines of one kind have in common: size and weight."""
    return round(line.size), line.bold


def heading_styles(pages: list[Page]) -> set[Style]:
    """Styles in which a report heads its sections: larger than its text, over it on 2 pages."""
    sizes: Counter[float] = Counter()
    for line in (x for page in pages for x in page.lines if x.is_prose):
        sizes[line.size] += len(line.text)
    if not sizes:
        return set()
    least = 1.2 * sizes.most_common(1)[0][0]
    seen: Counter[Style] = Counter()
    for page in pages:
        large = [x for x in page.lines if x.size >= least and x.horizontal and not x.is_number]
        prose = [x for x in page.lines if x.is_prose and x.size < least]
        seen.update({style_of(x) for x in large if any(_heads(x, text) for text in prose)})
    return {style for style, count in seen.items() if count >= 2}


def _heads(line: Line, text: Line) -> bool:
    """Whether a line stands right over another one, flush left."""
    gap = text.box[1] - line.box[3]
    return -0.5 * line.size < gap < 1.5 * line.size and abs(text.box[0] - line.box[0]) < 3


def _heads_text(line: Line, core: Box, prose: list[Line]) -> bool:
    """Whether a line below a chart is the heading of the text that follows."""
    if line.is_number or not line.horizontal or line.box[1] < core[3] or SOURCE.match(line.text):
        return False
    plain = [x for x in prose if style_of(x) != style_of(line)]
    return any(_heads(line, text) for text in plain)


def _has_title(region: Region, heading: Line, near: list[Line], page: Page) -> bool:
    """Whether a chart under a heading has a title of its own: a caption, or words between them."""
    caption = find_caption(region.box, page)
    if caption and not inside(caption.box, heading.box):
        return True
    core = region.core
    return any(
        heading.box[3] - 0.5 * x.size <= x.box[1]
        and x.box[3] <= core[1] + x.size
        and core[0] <= (x.box[0] + x.box[2]) / 2 <= core[2]
        and x.horizontal
        and re.search(r"[^\W\d_]{3}", x.text)
        and not has_swatch(x, page)
        for x in near
        if not x.is_number and style_of(x) != style_of(heading)
    )


def _take_labels(
    region: Region,
    core: Box,
    near: list[Line],
    scale: float,
    prose: list[Line],
    others: list[Region],
) -> None:
    running = {id(line) for line in prose}
    frame = region.box  # wider than what is drawn in it
    near = sorted(near, key=lambda x: distance(x.box, core))
    for _ in range(4):
        before = region.box
        for line in near:
            if inside(line.box, region.box, 0.98):
                continue
            source = bool(SOURCE.match(line.text)) and line.box[1] >= core[3] - line.size
            title = line.bold and line.horizontal and line.box[3] <= core[1] + line.size
            if id(line) in running and not (source or title or inside(line.box, core, 0.3)):
                continue
            reach, limit = (20.0, 60.0) if title else _reach(line, core, source)
            around = frame if source else core
            near_enough = distance(line.box, region.box) <= reach * scale
            if not near_enough or not inside(line.box, widen(around, limit * scale), 0.9):
                continue
            grown = union(region.box, line.box)
            if any(overlap(line.box, b) > 0 for o in others for b in (o.box, o.legend)):
                continue
            if any(distance(line.box, o.core) < distance(line.box, core) for o in others):
                continue
            # What reaches over the neighbour (one source for all) is the whole's and not its own.
            if not any(_covers_more(grown, region.box, o.core) for o in others):
                region.box = grown
        if region.box == before:
            break


def _covers_more(grown: Box, box: Box, neighbour: Box) -> bool:
    return overlap(grown, neighbour) - overlap(box, neighbour) > 0.03 * area(neighbour)


def _with_numbers_on_top(core: Box, near: list[Line], scale: float) -> Box:
    """The core and the values over its bars and points: a title stands above these."""
    band = (core[0], core[1] - 24 * scale, core[2], core[1] + 1)
    tops = [x.box[1] for x in near if x.is_number and inside(x.box, band, 0.5)]
    return (core[0], min([core[1], *tops]), core[2], core[3])


def _reach(line: Line, core: Box, source: bool) -> tuple[float, float]:
    """How far a label may stand from what is there already, and from the core; points."""
    if source:
        return 18.0, 60.0
    if line.is_number or not line.horizontal:
        return 24.0, 80.0
    middle = (line.box[1] + line.box[3]) / 2
    if core[1] <= middle <= core[3]:  # names of bars at the left, a legend at the right
        return 22.0, 80.0
    if line.bold and middle < core[1] and core[0] - 12 < line.box[0] and line.box[2] < core[2] + 12:
        return 8.0, 60.0  # a title of several lines
    return 11.0, 34.0
