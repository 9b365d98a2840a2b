"""Text that carries no facts: disclaimers, forward-looking statements, signatures, exhibits."""

from __future__ import annotations

import re

from finlmm_utils.asp.records import Block

_BOILERPLATE = re.compile(
    r"forward[- ]looking (statements?|information)|safe harbou?r|indicate by check mark|"
    r"commission file number|pursuant to the requirements of|incorporated (herein )?by reference|"
    r"all rights reserved|^/s/|power of attorney|免责[声申]明|免责条款|分析师声明|分析师承诺|"
    r"评级说明|法律声明|版权所有|未经.{0,12}许可",
    re.I,
)
_BOILERPLATE_HEADING = re.compile(
    r"^((part\s+[ivx]+\W*)?(item\s*\d+[a-z]?\W*)?)?(signatures?|exhibit index|index to exhibits|"
    r"exhibits?(,? (and )?financial statement schedules?)?|(legal )?disclaimers?|"
    r"safe harbou?r.*|.*forward[- ]looking (statements?|information).*|power of attorney|"
    r".*免责[声申]明.*|.*免责条款.*|.*分析师.*(声明|承诺).*|.*评级(说明|标准|体系).*|(重要|特别|法律)[声申]明)\W*$",
    re.I,
)
_SIGNED = re.compile("signature|exhibit", re.I)
BOILERPLATE_PAGES = 3  # pages after its heading on which a section ends at the latest (our choice)


def mark_boilerplate(blocks: list[Block]) -> None:
    """Marks what carries no facts, in place: single paragraphs, and whole sections by heading.

    A section ends at the next heading, or 3 pages after its own (a heading may be missed); the
    tables of signatures and of the exhibit index belong to it.

    Args:
        blocks: of a report, in reading order.
    """
    until, tables = 0, False
    for block in blocks:
        if block.kind == "heading":
            starts = _BOILERPLATE_HEADING.match(block.text)
            until = block.page + BOILERPLATE_PAGES if starts else 0
            tables = bool(starts and _SIGNED.search(block.text))
        within = block.page <= until
        prose = block.kind in ("text", "heading")
        marked = prose and (within or _BOILERPLATE.search(block.text))
        if marked or (block.kind == "table" and within and tables):
            block.kind = "boilerplate"
