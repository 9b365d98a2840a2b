"""Figures of several parts: panels under one caption or legend, and what stands apart on a panel.

Thresholds are our choice; points are those of a letter page.
"""

from __future__ import annotations

import functools
from collections import Counter
from itertools import permutations

from finlmm_utils.asp.figures.legends import Entry
from finlmm_utils.asp.figures.regions import Region, is_large
from finlmm_utils.asp.page.boxes import area, distance, inside, union
from finlmm_utils.asp.page.page import Line
from finlmm_utils.asp.page.paths import CURVE, FILL
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Box

ON_PANEL = 0.9  # share of a region inside the panel that it stands on
MIN_PIECES = 3  # pieces that stand apart on a panel
SCALE_REACH, SCALE_NUMBERS = 20, 3  # points beside a panel, and numbers there, that are a scale
SCALE_SPREAD = 0.5  # share of a panel's height that the numbers of its scale go over
NUMBER_INSIDE = 0.5  # share of a number within these points
INTO = 2  # points, on any page, by which a caption may reach into what is drawn
CAPTION_ROW = 30  # points, on any page, within which captions are of charts side by side
TITLES_BETWEEN = 110  # points between a caption and its panels, in which their titles stand
MOST_OF_PAGE = 0.7  # share of the page's area; panels so far apart are no single figure
PANELS_GAP = 6  # points between bitmaps that are panels of one figure
LEVEL = 5  # points between the tops of two panels side by side
PLOTS_GAP = 50  # points between two plots of one panel, with the numbers and names of the upper
SIDE_BY_SIDE = 80  # points between them


def join_on_panels(regions: list[Region], panels: list[Box], view: PageView) -> list[Region]:
    """Joins what is drawn in the frame of a plot, or stands apart on a panel with a scale.

    Args:
        regions: candidates.
        panels: areas and frames that may hold charts.
        view: of the page.

    Returns:
        The candidates, those on such a panel as one.
    """
    for panel in panels:
        own = [r for r in regions if r.kind == "vector" and inside(r.box, panel, ON_PANEL)]
        apart = len(own) >= MIN_PIECES and not any(is_large(r.box, view.scale) for r in own)
        if _is_plot(panel, own, view) or (apart and _has_scale(panel, view)):
            whole = _whole(panel, own, None)
            whole.colours = set().union(*(r.colours for r in own))
            regions = [r for r in regions if r not in own] + [whole]
    return regions


def join_under_titles(regions: list[Region], view: PageView) -> list[Region]:
    """Joins what is drawn under one numbered title of a panel: two plots of one chart."""
    for cell in view.panel_cells:
        own = [r for r in regions if r.kind == "vector" and inside(r.box, cell, ON_PANEL)]
        own.sort(key=lambda r: -area(r.box))
        parts = own[:1]
        while near := [r for r in own if r not in parts and _is_next_plot(r, parts, view)]:
            parts += near
        if len(parts) > 1:
            whole = _whole(functools.reduce(union, (r.box for r in parts)), parts, None)
            whole.colours = set().union(*(r.colours for r in parts))
            regions = [r for r in regions if r not in parts] + [whole]
    return regions


def _is_next_plot(region: Region, parts: list[Region], view: PageView) -> bool:
    """Whether a region stands near the parts of a panel, with no running text between."""
    box = functools.reduce(union, (r.box for r in parts))
    both = union(box, region.box)
    text = any(inside(x.box, both) and not inside(x.box, box) for x in view.prose)
    return distance(region.box, box) < PLOTS_GAP * view.scale and not text


def _is_plot(panel: Box, held: list[Region], view: PageView) -> bool:
    """Whether a panel is a plot: drawn in, with the numbers of an axis over most of its height."""
    drawn = any(r.forms[CURVE] or r.forms[FILL] for r in held)
    if not drawn or not is_large(panel, view.scale):
        return False
    x0, y0, x1, y1 = panel
    reach = SCALE_REACH * view.scale
    low, high = y0 - reach, y1 + reach
    for strip in ((x0 - reach, low, x0, high), (x1, low, x1 + reach, high)):
        at = [x.box[1] + x.box[3] for x in view.numbers if inside(x.box, strip, NUMBER_INSIDE)]
        if len(at) >= SCALE_NUMBERS and max(at) - min(at) > 2 * SCALE_SPREAD * (y1 - y0):
            return True
    return False


def _has_scale(panel: Box, view: PageView) -> bool:
    """Whether 3 numbers stand outside a panel along one of its sides."""
    x0, y0, x1, y1 = panel
    reach = SCALE_REACH * view.scale
    strips = ((x0 - reach, y0, x0, y1), (x1, y0, x1 + reach, y1), (x0, y1, x1, y1 + reach))
    counts = (sum(inside(x.box, s, NUMBER_INSIDE) for x in view.numbers) for s in strips)
    return any(count >= SCALE_NUMBERS for count in counts)


def settle_captions(regions: list[Region], view: PageView) -> None:
    """Takes a caption between two charts, one above another, from the further one; in place.

    It stays with the upper one where a source line under it closes what stands above.
    """
    for upper in regions:
        caption = upper.caption
        if caption is None or caption.box[1] < upper.core[3]:
            continue
        under = [r for r in regions if r.caption is caption and r.core[1] >= caption.box[3] - INTO]
        if under:
            gap = min(r.core[1] for r in under) - caption.box[3]
            if gap <= caption.box[1] - upper.core[3] and not _is_closed(caption, gap, view):
                upper.caption = None


def _is_closed(caption: Line, gap: float, view: PageView) -> bool:
    """Whether a source line stands between a caption and what is drawn below it."""
    x0, _, x1, y1 = caption.box
    return any(line.is_source for line in view.lines_in((x0, y1, x1, y1 + gap)))


def share_captions(regions: list[Region], scale: float) -> None:
    """Pictures that stand close together under one caption are its panels; in place."""
    pictures = [r for r in regions if r.kind == "raster"]
    named = [r for r in pictures if r.caption is not None]
    while named:
        near = named.pop(0)
        for region in pictures:
            close = distance(region.core, near.core) < PANELS_GAP * scale
            if region.caption is None and close:
                region.caption = near.caption
                named.append(region)


def composites(regions: list[Region], view: PageView) -> list[Region]:
    """The whole of a figure whose one caption stands over several panels, beside its panels."""
    panels: dict[int, list[Region]] = {}
    for region in regions:
        above = _captions_above(region, view)
        if len(above) == 1 and region.kind == "vector":
            panels.setdefault(above[0], []).append(region)
    wholes = (_under(view.captions[key], parts, view) for key, parts in panels.items())
    return [whole for whole in wholes if whole]


def _captions_above(region: Region, view: PageView) -> list[int]:
    """Indices of the captions in the row nearest above a chart; none if its own is below."""
    if region.caption is not None and region.caption.box[1] > region.core[1]:
        return []
    bottoms = {k: x.box[3] for k, x in enumerate(view.captions)}
    above = {k: bottom for k, bottom in bottoms.items() if bottom <= region.core[1] + INTO}
    row = max(above.values(), default=0.0) - CAPTION_ROW
    return [k for k, bottom in above.items() if bottom > row]


def _under(caption: Line, parts: list[Region], view: PageView) -> Region | None:
    """The whole of several panels and their caption, or None where it is no figure."""
    box = functools.reduce(union, (part.box for part in parts))
    if box[1] - caption.box[3] < TITLES_BETWEEN * view.scale:
        box = (box[0], min(box[1], caption.box[3] + 1), box[2], box[3])
    if len(parts) <= 1 or area(box) > MOST_OF_PAGE * view.width * view.height:
        return None
    return _whole(box, parts, caption)


def _whole(box: Box, parts: list[Region], caption: Line | None) -> Region:
    whole = Region(box, "vector", box, caption=caption)
    whole.forms = sum((p.forms for p in parts), Counter())
    whole.numbers = sum(p.numbers for p in parts)
    return whole


def with_one_legend(regions: list[Region], entries: list[Entry], scale: float) -> list[Region]:
    """The whole of two panels side by side of which each colour is named once, beside them.

    Args:
        regions: charts with their legends.
        entries: the legend entries of the page.
        scale: of the page.
    """
    panels = [r for r in regions if r.kind == "vector" and len(r.colours) > 1]
    return [
        _whole(union(left.box, right.box), [left, right], left.caption)
        for left, right in permutations(panels, 2)
        if _is_pair(left, right, scale) and _is_named_once(left, right, entries)
    ]


def _is_pair(left: Region, right: Region, scale: float) -> bool:
    """Whether two charts in the same colours stand side by side."""
    level = abs(left.core[1] - right.core[1]) < LEVEL * scale
    gap = right.core[0] - left.core[2]
    return level and 0 < gap < SIDE_BY_SIDE * scale and left.colours == right.colours


def _is_named_once(left: Region, right: Region, entries: list[Entry]) -> bool:
    known = union(left.legend, right.legend)
    named = [c for box, c in entries if c in left.colours and inside(box, known)]
    return bool(named) and len(named) == len(set(named))
