"""What is written about a figure: on it, over it, beside it, and where the report refers to it."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from itertools import pairwise

from finlmm_utils.asp.page.boxes import area, overlap
from finlmm_utils.asp.questions.checks import squeeze
from finlmm_utils.asp.questions.rules.sentences import sentences
from finlmm_utils.asp.records import QA, Block, Box, Figure, Report
from finlmm_utils.finance.finder import find_quantities
from finlmm_utils.finance.periods import YEAR
from finlmm_utils.finance.reference_clauses import place_named
from finlmm_utils.finance.references import SOURCE_OR_NOTE, figure_names, label_of, with_signs

# A word that is a number, one OCR has cut too ("(12", "5k)"): where the title of a picture ends.
_NUMERIC = re.compile(r"[(\-−–+$£€¥]*\d[\d.,]*(?:%|\)|[mkx]|bn)*")
_NO_NUMBER_AFTER = re.compile(r"[A-RT-Za-z\d.'’]")  # an S may be a misread $
_DATE = re.compile(rf"{YEAR}[-/.年]\d{{1,2}}(?:[-/.月]\d{{1,2}}日?)?")

NO_CHART = ("scheme", "table")
"""Kinds of figures that draw no values: no question is tied to them."""
MIN_MENTION = 30
"""Characters below which a sentence with a reference says no more than "as shown in Figure 6"."""
LISTED = 4
"""A sentence that names more figures is a list of figures and says nothing of any."""
TITLE_WORDS = 120
"""Words of a figure that count as its title and labels; a dense chart has hundreds."""
LEAD_WORDS = 16
"""Words before the first number of a figure that may be its title; more are text."""
LONGEST_TITLE = 120
"""Characters of a line beside a figure that may be its title; a longer one is a paragraph."""
TITLE_LINES = 2
"""Lines beside a figure that stand in for its caption: a title and a subtitle."""
FEWEST_NUMBERS = 3
"""Words with digits that a figure of the PDF's own words has; fewer, and its words are pixels."""
FEWEST_WORDS = 3
"""Words that a drawing with words of its own has."""
SAME_CHART = 0.5
"""Share of the smaller crop that two crops of one chart have in common."""
SAME_ROW = 0.5
"""Share of the height of the lower of two figures that they share where they stand side by side."""
ROUNDED_FROM = 100.0
"""Numbers from here on may stand rounded to units on a label: three digits are left."""


def figure_text(figure: Figure, ocr: str = "") -> str:
    """All words that a reader sees in and over a figure."""
    return " ".join(t for t in (figure.caption, figure.inner_text, ocr) if t)


def title_text(figure: Figure, ocr: str = "") -> str:
    """Caption and labels without axis numbers and dates, which would drown the words.

    A dense chart has hundreds of them, and its title often stands inside the crop.
    """
    words = [w for w in f"{figure.inner_text} {ocr}".split() if re.search(r"[^\W\d_]{2,}", w)]
    return " ".join([figure.caption, *dict.fromkeys(words[:TITLE_WORDS])]).strip()


def _names_something(text: str) -> bool:
    bare = with_signs(text)
    return (
        len(re.findall(r"[\u3400-\u9fff]", bare)) >= 2
        or len(re.findall(r"[A-Za-z]{3,}", bare)) >= 2
    )


def heading_of(figure: Figure) -> str:
    """The caption and the title, or what stands in for them where they are no more than "图4".

    In turn: the words in the picture before its first number, since a title stands on top; the
    first two short lines near it that name something and are no source line.
    """
    if _names_something(figure.title):
        known = figure.title in figure.caption
        return figure.caption if known else f"{figure.caption} {figure.title}".strip()
    if _names_something(figure.caption):
        return figure.caption
    lead: list[str] = []
    for word in figure.inner_text.split():
        if _NUMERIC.fullmatch(word) or SOURCE_OR_NOTE.match(word) or len(lead) == LEAD_WORDS:
            break
        lead.append(word)
    title = " ".join(lead).removeprefix(figure.caption).strip()
    if _names_something(title):
        return f"{figure.caption} {title}".strip()
    lines = [
        line.strip()
        for line in figure.near_text.split("\n")
        if len(line) < LONGEST_TITLE and _names_something(line) and not SOURCE_OR_NOTE.match(line)
    ]
    return " ".join([figure.caption, *lines[:TITLE_LINES]]).strip()


def needs_reading(figure: Figure) -> bool:
    """Whether a figure's words are pixels.

    They are where the PDF has fewer than three words with digits inside the box; a drawing that has
    words of its own, though no numbers, has no others to read.
    """
    own = figure.inner_text.replace(figure.caption, "")
    if len(re.findall(r"\S*\d\S*", own)) >= FEWEST_NUMBERS:
        return False
    return figure.kind != "vector" or len(own.split()) < FEWEST_WORDS


@lru_cache(maxsize=1024)  # every pair of a report asks it of every figure
def numbers_shown(text: str, shares: bool = True) -> frozenset[float]:
    """The numbers in the words of a figure; dates ("2019-03-28") and names ("FY3") show none.

    Args:
        text: words of the PDF or of OCR, labels side by side.
        shares: whether numbers with % count too.
    """
    text = _DATE.sub(" ", text)
    return frozenset(
        abs(float(one.quantity.mantissa))
        for one in find_quantities(text)
        if not (one.digits_at and _NO_NUMBER_AFTER.match(text[one.digits_at - 1]))
        and (shares or not one.is_share(text))
    )


def shown(wanted: set[float], text: str, shares: bool = True) -> float:
    """Share of the wanted numbers that a text shows, whatever their units and signs.

    A label may be rounded to units where three digits are left.

    Args:
        wanted: without signs.
        text: the words of a figure.
        shares: whether its numbers with % count too.
    """
    there = numbers_shown(text, shares)
    found = sum(w in there or (w >= ROUNDED_FROM and float(round(w)) in there) for w in wanted)
    return found / len(wanted) if wanted else 0.0


def same_chart(a: Figure, b: Figure) -> bool:
    """Whether two crops overlap by more than half of the smaller: a panel and its parent."""
    smaller = min(area(a.box), area(b.box))
    return a.page == b.page and overlap(a.box, b.box) > SAME_CHART * smaller


def figure_numbers(figures: list[Figure]) -> list[tuple[str, str]]:
    """Number and panel of each figure.

    Its own; else those of the figure that it is a part of; else, where figures are numbered 1, 2, 3
    and one number is missing between two neighbours, that one.
    """
    own = [_label(figure) for figure in figures]
    found = list(own)
    pages: dict[int, list[int]] = defaultdict(list)
    for k, figure in enumerate(figures):
        pages[figure.page].append(k)
    for k, figure in enumerate(figures):
        if not found[k][0]:
            beside = [(own[j][0], figures[j]) for j in pages[figure.page] if own[j][0]]
            around = [
                number
                for number, other in beside
                if same_chart(other, figure) and area(other.box) > area(figure.box)
            ]
            found[k] = (around[0] if around else "", found[k][1])
    numbered = [(k, int(number)) for k, (number, _) in enumerate(found) if number.isdigit()]
    for (before, first), (after, second) in pairwise(numbered):
        if second == first + 2:
            for k in range(before + 1, after):
                found[k] = (str(first + 1), found[k][1])
    return found


def _label(figure: Figure) -> tuple[str, str]:
    first = label_of(figure.caption) or label_of(figure.inner_text)
    panels = set(re.findall(r"(?<![\d.])([1-9])\. [A-Z][a-z]", figure.inner_text))
    titled = re.match(r"([1-9])\.\s?[A-Z\d]", figure.title)
    panel = titled[1] if titled else panels.pop() if len(panels) == 1 else ""
    if first is None or first.kind != "figure":
        return "", panel
    return first.number, first.panel or panel


def mentions(report: Report, most: int = 4) -> list[list[str]]:
    """What a report says of each of its figures: sentences that refer to it by number.

    The sentence after a reference belongs to it, if it refers to nothing itself ("See Figure 9. The
    index stays between 0.6 and 0.8."), and the one before a reference that says nothing more.

    Args:
        report: with blocks and figures.
        most: sentences a figure; those that name its panel come first.

    Returns:
        One list a figure, in their order; empty where it has no number or nobody refers to it.
    """
    by_number: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for block in report.blocks:
        found = sentences(block.text)
        for before, sentence, after in zip(["", *found], found, [*found[1:], ""], strict=False):
            said = sentence if figure_names(after) else f"{sentence} {after}".strip()
            if len(sentence) < MIN_MENTION:
                said = f"{before} {said}".strip()
            named = figure_names(sentence)
            for number, panel in sorted(named) if len(named) <= LISTED else ():
                by_number[number].append((panel, said))
    out = []
    for number, panel in figure_numbers(report.figures):
        said_of = by_number[number] if number else []
        of_panel = [s for p, s in said_of if p == panel]
        others = [s for p, s in said_of if p != panel and not (p and panel)]
        out.append(list(dict.fromkeys(of_panel + others))[:most])
    return out


def placed_figures(report: Report, pair: QA) -> list[Figure]:
    """The charts that the evidence of a pair names by their place.

    Args:
        report: with blocks and figures.
        pair: with its evidence and page.

    Returns:
        The chart next to the sentence; those beside it on the same row as well; none where the
        evidence names no place, or nothing stands there.
    """
    place = place_named(pair.evidence)
    block = _block_of(report.blocks, pair) if place else None
    if block is None:
        return []
    charts = [figure for figure in report.figures if figure.kind not in NO_CHART]
    here = [f for f in charts if f.page == block.page]
    if place == "below":
        after = [f for f in here if f.box[1] >= block.box[1]]
        after = after or [f for f in charts if f.page == block.page + 1]
        nearest = min(after, key=lambda f: f.box[1], default=None)
    else:
        after = [f for f in here if f.box[3] <= block.box[3]]
        after = after or [f for f in charts if f.page == block.page - 1]
        nearest = max(after, key=lambda f: f.box[3], default=None)
    if nearest is None:
        return []
    beside = [f for f in after if f is not nearest and _on_one_row(f.box, nearest.box)]
    return [nearest, *beside]


def _on_one_row(a: Box, b: Box) -> bool:
    shared = min(a[3], b[3]) - max(a[1], b[1])
    return shared > SAME_ROW * min(a[3] - a[1], b[3] - b[1])


def _block_of(blocks: list[Block], pair: QA) -> Block | None:
    wanted = squeeze(pair.evidence)
    own = (b for b in blocks if b.page == pair.page and wanted in squeeze(b.text))
    return next(own, None)
