"""What the filled rectangles of a region are: the shading of a table, or bars."""

from __future__ import annotations

from collections import Counter

import numpy as np

from finlmm_utils.asp.page.boxes import centres_inside, inside
from finlmm_utils.asp.page.page import Page
from finlmm_utils.asp.page.paths import FILL
from finlmm_utils.asp.records import Box


def is_shaded(box: Box, page: Page) -> bool:
    """Whether a region is the shading of a table: stripes or a grid of cells that hold words."""
    form = stripes(box, page)
    if form not in ("bands", "cells"):
        return False
    held = [x for x in page.lines if inside(x.box, box, 0.8)]
    words = sum(not x.is_number for x in held)
    fills = centres_inside(page.marks.boxes, np.array([box]))[:, 0] & (page.marks.forms == FILL)
    return words >= 2 and (form == "bands" or 3 * len(held) >= fills.sum())


def stripes(box: Box, page: Page) -> str:
    """What the filled rectangles of a region are by their rows.

    Returns:
        `cells` where they stand in rows and columns, `bands` where rows of one colour go from side
        to side, as shaded rows do, `bars` where they end in different places or have several
        colours, "" if there are too few.
    """
    marks, scale = page.marks, page.scale
    height = marks.boxes[:, 3] - marks.boxes[:, 1]
    which = centres_inside(marks.boxes, np.array([box]))[:, 0] & (marks.forms == FILL)
    lying = which & (height > 4 * scale) & (height < 45 * scale)
    places = np.round(marks.boxes[lying] / 2).astype(int)
    columns = Counter((int(p[0]), int(p[2])) for p in places)
    rows = Counter((int(p[1]), int(p[3])) for p in places)
    if len(rows) < 2:
        return ""
    columned = sum(n for n in columns.values() if n >= 3)
    rowed = sum(n for n in rows.values() if n >= 2)
    if min(columned, rowed) > 0.7 * len(places) and len(columns) >= 3:
        return "cells"
    by_row = [places[places[:, 1] == top] for top in {top for top, _ in rows}]
    ends = Counter((round(r[:, 0].min() / 2), round(r[:, 2].max() / 2)) for r in by_row)
    colours = marks.colours[lying]
    plain = sum(len(set(colours[places[:, 1] == r[0, 1]].tolist())) == 1 for r in by_row)
    (left, right), most = ends.most_common(1)[0]
    wide = 4 * (right - left) > 0.6 * (box[2] - box[0])
    upright = (which & (height >= 45 * scale)).sum()
    if wide and not upright and min(most, plain) >= 0.6 * len(by_row):
        return "bands"
    many = len({right for _, right in ends}) >= 3 or plain < 0.5 * len(by_row)
    return "bars" if many and len(by_row) >= 3 else ""
