"""Finds the charts of a page: regions of raster images and of clustered vector marks.

The way (our design, measured in `benchmarks/extraction.py`): take away what is text decoration
(underlines, rules of tables, backgrounds, what repeats from page to page), connect the remaining
marks and number labels on a grid, join fragments, keep regions that look like a chart, grow each by
the labels at its edge. Every candidate that is dropped is counted under a reason.

A file holds each step: `candidates`, `regions`, `select`, `legends`, `labels`, `wholes`, `titles`.
"""

from __future__ import annotations

from collections import Counter

from finlmm_utils.asp.figures.candidates import figure_marks, figure_pictures
from finlmm_utils.asp.figures.labels import grow
from finlmm_utils.asp.figures.legends import add_legends, legend_entries
from finlmm_utils.asp.figures.regions import Region, mark_regions, merge, picture_regions
from finlmm_utils.asp.figures.select import charts_among, fill_frames, has_labels
from finlmm_utils.asp.figures.titles import add_titles
from finlmm_utils.asp.figures.wholes import (
    composites,
    join_on_panels,
    join_under_titles,
    settle_captions,
    share_captions,
    with_one_legend,
)
from finlmm_utils.asp.page.boxes import overlap, widen
from finlmm_utils.asp.page.page import clip_box
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Box

MARGIN = 1.5  # points around a drawn chart: half of a stroke's width is outside its path's box
ROW = 20  # points, on any page: charts whose tops differ by less are read from the left


def find_regions(view: PageView, drops: Counter[str]) -> list[Region]:
    """The figures of a page, in reading order.

    Args:
        view: of the page, see `finlmm_utils.asp.tables.detect.view_page`.
        drops: counts dropped candidates by reason, in place.

    Returns:
        Regions, their boxes grown by labels. Photographs are not told apart yet: that needs
        the pixels, see `finlmm_utils.asp.figures.judge`.
    """
    pictures = figure_pictures(view, drops)
    marks, frames = figure_marks(view, drops)
    regions = picture_regions(pictures, view.scale) + mark_regions(marks, view)
    regions = join_on_panels(merge(regions, view), frames, view)
    regions = join_under_titles(regions, view)
    charts = charts_among(regions, view, drops)
    fill_frames(charts, frames)
    entries = legend_entries(view, marks) if charts else []
    add_legends(charts, entries, marks, view)
    for chart in charts:
        grow(chart, view, [c for c in charts if c is not chart])
    charts = [c for c in charts if has_labels(c, view, drops)]
    settle_captions(charts, view)
    share_captions(charts, view.scale)
    charts += composites(charts, view) or with_one_legend(charts, entries, view.scale)
    for chart in charts:
        if chart.kind == "vector":
            chart.box = _with_margin(chart.box, view)
    add_titles(charts, view)
    return sorted(charts, key=lambda c: (round(c.bare[1] / ROW), c.bare[0]))


def _with_margin(box: Box, view: PageView) -> Box:
    """A box with room for strokes, half of whose width is outside their path's box.

    A side stays where it is if other text stands right beside it.
    """
    wide = clip_box(widen(box, MARGIN * view.scale), view.page) or box
    near = [x.box for x in view.lines if overlap(x.box, wide) and not overlap(x.box, box)]
    for side in range(4):
        moved: Box = (*box[:side], wide[side], *box[side + 1 :])  # type: ignore[assignment]
        if not any(overlap(x, moved) for x in near):
            box = moved
    return box
