"""Headers, footers and page numbers of a report: found by what repeats from page to page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from finlmm_utils.asp.page.boxes import inside
from finlmm_utils.asp.page.page import Line, Page
from finlmm_utils.asp.records import Box
from finlmm_utils.asp.tables.detect import table_boxes

MARGIN = 0.12  # share of the page's height at its top and bottom where furniture stands
OUTER = 0.07  # share in which a number needs no other page to be a page number
SIDE = 0.08  # share of the page's width where thumb indexes stand
MAX_PAGES_BEFORE = 1000  # pages before the first of a file; years under charts differ by more
_PAGE_NUMBER = re.compile(
    r"^[\s|–—·•-]*(?:page|p\.|第)?\s*(?P<prefix>[A-Z]{0,2}[-–]?)(?P<number>\d{1,4})\s*页?"
    r"(?:\s*(?:/|of|共)\s*\d{1,4}\s*页?)?[\s|–—·•-]*$",
    re.I,
)
_ROMAN = re.compile(r"^[ivxl]{1,6}$")
_WORD = re.compile(r"[^\W\d_]{2}")


def find_furniture(pages: list[Page]) -> set[tuple[int, int]]:
    """Text that repeats at the same place of the page's edge, and numbers that count the pages.

    A cell of a table is no furniture, however close to the edge it stands.

    Args:
        pages: all pages of the report.

    Returns:
        Pairs (page number, index of the line on its page).
    """
    least = 3 if len(pages) > 3 else 2
    seen: Counter[tuple[str, int, int]] = Counter()
    places: list[tuple[int, int, tuple[str, int, int]]] = []
    furniture = set()
    for page in pages:
        keys = set()
        for index, line in _edge_lines(page):
            step = 6 * page.scale
            at_side = not _at_end(line.box, page, MARGIN)
            across = round(line.box[0] / step) if at_side else 0
            key = (re.sub(r"\d+", "#", line.text), round(line.box[1] / step), across)
            places.append((page.number, index, key))
            keys.add(key)
        seen.update(keys)
    for number, index, key in places:
        if sum(seen[(key[0], key[1] + d, key[2])] for d in (-1, 0, 1)) >= least:
            furniture.add((number, index))
    return furniture | _page_numbers(pages, least)


def _edge_lines(page: Page) -> Iterator[tuple[int, Line]]:
    """Lines with words that stand at an edge of a page and in no table."""
    for index, line in enumerate(page.lines):
        if not _WORD.search(line.text):
            continue
        if _at_end(line.box, page, OUTER) or (
            (_at_end(line.box, page, MARGIN) or _at_side(line.box, page))
            and not any(inside(line.box, t) for t in table_boxes(page))
        ):
            yield index, line


def _at_end(box: Box, page: Page, share: float) -> bool:
    return box[3] < share * page.height or box[1] > (1 - share) * page.height


def _at_side(box: Box, page: Page) -> bool:
    return box[2] < SIDE * page.width or box[0] > (1 - SIDE) * page.width


def _page_numbers(pages: list[Page], least: int) -> set[tuple[int, int]]:
    """Numbers at the top or bottom that grow by one from page to page.

    The last line of a page counts as its bottom wherever it stands: pages made from HTML end where
    their text does.
    """
    found: list[tuple[int, int, tuple[str, int]]] = []
    sure = set()
    for page in pages:
        lines = [x for x in page.lines if x.horizontal]
        bottom = max((x.box[3] for x in lines), default=0.0)
        for index, line in enumerate(page.lines):
            last = line.box[3] > bottom - 0.5 * line.size
            if not (last or _at_end(line.box, page, MARGIN)) or not line.horizontal:
                continue
            outer = _at_end(line.box, page, OUTER)
            match = _PAGE_NUMBER.match(line.text)
            if match and abs(int(match["number"]) - page.number) < MAX_PAGES_BEFORE:
                key = (match["prefix"].upper(), int(match["number"]) - page.number)
                found.append((page.number, index, key))
                if outer and not any(inside(line.box, t) for t in table_boxes(page)):
                    sure.add((page.number, index))
            elif outer and _ROMAN.match(line.text):
                sure.add((page.number, index))
    seen = Counter(key for _, key in {(number, key) for number, _, key in found})
    return sure | {(number, index) for number, index, key in found if seen[key] >= least}
