"""The crops of a page's charts, and which of them are one picture that repeats.

Thresholds are our choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pymupdf
from PIL.Image import Image

from finlmm_utils.asp.figures import judge
from finlmm_utils.asp.figures.detect import find_regions
from finlmm_utils.asp.figures.regions import Region
from finlmm_utils.asp.figures.titles import is_chinese_caption
from finlmm_utils.asp.page.boxes import area, union, widen
from finlmm_utils.asp.page.pixels import near_identical, render, render_all, stacked
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Box, Figure

REPEATS = 3  # pages on which an image, or a mark at the edge, is furniture; two charts may be alike
TITLE_EDGE = 1.0  # points around the lines of a title that is drawn over a crop
COVER = 0.9  # share of the page's area of the picture on a cover


def page_figures(
    view: PageView, document: pymupdf.Document, drops: Counter[str], dpi: int
) -> Iterator[tuple[Region, Image]]:
    """The charts of a page with their crops, after the test of the pixels.

    Args:
        view: of the page.
        document: the open PDF, for rendering.
        drops: counts dropped candidates by reason, in place.
        dpi: resolution of the crops.

    Yields:
        Regions and their RGB images, in reading order.
    """
    regions = find_regions(view, drops)
    if not regions:
        return
    display = document[view.number - 1].get_displaylist()
    split = [p for region in regions for p in judge.split_images(display, region, dpi)]
    pieces = list({p.core if p.kind == "raster" else p.box: p for p in reversed(split)}.values())
    pieces.reverse()
    images = render_all(display, [p.box for p in pieces], dpi)
    for piece, image in zip(pieces, images, strict=True):
        reason = judge.judge(image, piece) or ("background" if is_cover(piece, view) else "")
        if reason:
            drops[reason] += 1
        else:
            for region, picture in judge.split_panels(image, piece):
                yield region, _titled(picture, region, display, dpi)


def _titled(image: Image, region: Region, display: pymupdf.DisplayList, dpi: int) -> Image:
    """The crop with its title, as the report prints it; without, if its pixels hold a title."""
    if not region.title or (region.box == region.bare and not region.drawn):
        return image
    chinese = any(map(is_chinese_caption, region.title))
    if region.kind != "vector" and not chinese and judge.has_title(image, region):
        region.drawn = False
        if region.box != region.bare:
            region.box = region.bare
            return render(display, region.bare, dpi)
    if region.drawn:
        boxes = [widen(box, TITLE_EDGE) for box in _rows([x.box for x in region.title])]
        return stacked([*render_all(display, boxes, dpi), image])
    return image


def _rows(lines: list[Box]) -> list[Box]:
    """The boxes of a title's lines, from the top, those that touch as one: none is cut twice."""
    rows: list[Box] = []
    for box in sorted(lines, key=lambda x: x[1]):
        if rows and box[1] - rows[-1][3] <= 2 * TITLE_EDGE:
            rows[-1] = union(rows[-1], box)
        else:
            rows.append(box)
    return rows


def is_cover(region: Region, view: PageView) -> bool:
    """Whether a picture fills its page, and what is written on the page is set over it."""
    fills = region.kind == "raster" and area(region.core) > COVER * view.width * view.height
    return fills and any(not x.is_number for x in view.horizontal)


def near_repeats(figures: list[Figure], thumbs: list[np.ndarray]) -> set[int]:
    """Figures whose picture, encoded or scaled anew, stands on 3 or more pages.

    Args:
        figures: of a report.
        thumbs: their `thumbnail`.

    Returns:
        Indices of the figures to drop.
    """
    again: set[int] = set()
    for k, figure in enumerate(figures):
        if k in again:
            continue
        same = [
            j
            for j, other in enumerate(figures)
            if near_identical(figure.phash, thumbs[k], other.phash, thumbs[j])
        ]
        if len({figures[j].page for j in same}) >= REPEATS:
            again.update(same)
    return again
