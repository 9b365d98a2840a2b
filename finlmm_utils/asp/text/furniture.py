"""Headers, footers and page numbers of a report: found by what repeats from page to page.

Thresholds are our choice, read off the pages of real reports.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from finlmm_utils.asp.page.page import Line
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Box

MARGIN = 0.12  # share of the page's height at its top and bottom where furniture stands
OUTER = 0.07  # share in which a number needs no other page to be a page number
SIDE = 0.08  # share of the page's width where thumb indexes stand
MAX_PAGES_BEFORE = 1000  # pages before the first of a file; years under charts differ by more
REPEATS, REPEATS_OF_FEW = 3, 2  # pages on which furniture stands; in a report of 3 pages at most
FEW_PAGES = 3
STEP = 6  # points of a letter page: places of furniture agree in steps of these, or in the next
TICKS = 4  # numbers in one row, which is no row of page numbers
LAST_LINE = 0.5  # of the letters' size over the lowest feet: the last line of a page
_PAGE_NUMBER = re.compile(
    r"^[\s|–—·•-]*(?:page|p\.|第)?\s*(?P<prefix>[A-Z]{0,2}[-–]?)(?P<number>\d{1,4})\s*页?"
    r"(?:\s*(?:/|of|共)\s*\d{1,4}\s*页?)?[\s|–—·•-]*$",
    re.I,
)
_ROMAN = re.compile(r"^[ivxl]{1,6}$")
_WORD = re.compile(r"[^\W\d_]{2}")

Key = tuple[str, int, int]  # text without numbers, place down and across, in steps


def find_furniture(views: Sequence[PageView]) -> set[tuple[int, int]]:
    """Text that repeats at the same place of the page's edge, and numbers that count the pages.

    A cell of a table is no furniture, however close to the edge it stands.

    Args:
        views: all pages of the report.

    Returns:
        Pairs (page number, index of the line on its page).
    """
    least = REPEATS if len(views) > FEW_PAGES else REPEATS_OF_FEW
    seen: Counter[Key] = Counter()
    places: list[tuple[int, int, Key]] = []
    for view in views:
        keyed = [(index, _key(line, view)) for index, line in _edge_lines(view)]
        places += [(view.number, index, key) for index, key in keyed]
        seen.update({key for _, key in keyed})
    furniture = set()
    for number, index, (text, down, across) in places:
        if sum(seen[text, down + step, across] for step in (-1, 0, 1)) >= least:
            furniture.add((number, index))
    return furniture | _page_numbers(views, least)


def _key(line: Line, view: PageView) -> Key:
    """Text without its numbers, and place: down the page, and across it where it is at a side."""
    step = STEP * view.scale
    across = 0 if _at_end(line.box, view, MARGIN) else round(line.box[0] / step)
    return re.sub(r"\d+", "#", line.text), round(line.box[1] / step), across


def _edge_lines(view: PageView) -> Iterator[tuple[int, Line]]:
    """Lines with words that stand at an edge of a page and in no table, with their indices."""
    for index, line in enumerate(view.lines):
        if _WORD.search(line.text) and (
            _at_end(line.box, view, OUTER)
            or (_at_edge(line.box, view) and id(line) not in view.in_table)
        ):
            yield index, line


def _at_edge(box: Box, view: PageView) -> bool:
    at_side = box[2] < SIDE * view.width or box[0] > (1 - SIDE) * view.width
    return at_side or _at_end(box, view, MARGIN)


def _at_end(box: Box, view: PageView, share: float) -> bool:
    return box[3] < share * view.height or box[1] > (1 - share) * view.height


def _page_numbers(views: Sequence[PageView], least: int) -> set[tuple[int, int]]:
    """Numbers at the top or bottom that grow by one from page to page."""
    found: list[tuple[int, int, tuple[str, int]]] = []
    sure = set()
    for view in views:
        for index, line in _end_lines(view):
            outer = _at_end(line.box, view, OUTER)
            match = _PAGE_NUMBER.match(line.text)
            if match and abs(int(match["number"]) - view.number) < MAX_PAGES_BEFORE:
                before = int(match["number"]) - view.number
                found.append((view.number, index, (match["prefix"].upper(), before)))
                is_sure = outer and id(line) not in view.in_table
            else:
                is_sure = outer and bool(_ROMAN.match(line.text))
            if is_sure:
                sure.add((view.number, index))
    seen = Counter(key for _, key in {(number, key) for number, _, key in found})
    return sure | {(number, index) for number, index, key in found if seen[key] >= least}


def _end_lines(view: PageView) -> Iterator[tuple[int, Line]]:
    """Level lines at the top and bottom of a page, with their indices.

    The last line of a page counts as its bottom wherever it stands: pages made from HTML end where
    their text does.
    """
    bottom = max((x.box[3] for x in view.horizontal), default=0.0)
    rows = Counter(round(x.box[3]) for x in view.numbers if x.horizontal)
    for index, line in enumerate(view.lines):
        last = line.box[3] > bottom - LAST_LINE * line.size
        alone = rows[round(line.box[3])] < TICKS
        if line.horizontal and alone and (last or _at_end(line.box, view, MARGIN)):
            yield index, line
