"""The house style of a report, drawn by chance, and text that flows down its pages."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

import pymupdf

from finlmm_utils.synthetic.hard.drawing.ink import Box, Colour, Ink, runs, width_of

_PALETTES: tuple[tuple[Colour, ...], ...] = (
    ((0.0, 0.27, 0.5), (0.85, 0.35, 0.1), (0.5, 0.6, 0.7), (0.1, 0.55, 0.45), (0.9, 0.7, 0.1)),
    ((0.75, 0.1, 0.15), (0.5, 0.5, 0.52), (0.95, 0.65, 0.2), (0.25, 0.3, 0.4), (0.6, 0.3, 0.5)),
    ((0.1, 0.45, 0.3), (0.55, 0.75, 0.4), (0.2, 0.3, 0.6), (0.8, 0.5, 0.1), (0.4, 0.4, 0.4)),
    ((0.2, 0.2, 0.45), (0.3, 0.65, 0.85), (0.85, 0.3, 0.45), (0.6, 0.55, 0.2), (0.5, 0.7, 0.7)),
)
_ENGLISH = ("Figure {n}: {t}", "Figure {n}. {t}", "Exhibit {n}: {t}", "Chart B.{n} {t}",
            "Figure A{n}  {t}", "{t}", "{t}")  # fmt: skip
_CHINESE = ("图 {n}：{t}", "图{n}：{t}", "图表{n}：{t}", "图{n} {t}")
_MARK = re.compile(r"\^(\d)")


@dataclass(frozen=True)
class House:
    """What all pages of a report have in common.

    Attributes:
        chinese: the language; else English.
        font: name of a base font for what is not Chinese.
        size: of the text's letters in points.
        sheet: width and height of a page in points.
        columns: of running text.
        palette: colours of charts; the first is the company's.
        caption: form of a caption; "{t}" alone has no number.
        above: whether captions stand above their charts.
        split: whether number and words of a caption are two pieces, 21 points apart.
        ruled: whether a rule stands under each caption and over each source line.
        source: the line under each chart, "" for none.
        grid: 0 for none, 1 for horizontal lines, 2 for both.
        spine: "left", "none" or "box".
        ticks: whether there are marks at the labels of an axis.
        legend: "top" or "bottom".
        turned: 0, 45 or 90 degrees of dates under an axis.
    """

    chinese: bool
    font: str
    size: float
    sheet: tuple[float, float]
    columns: int
    palette: tuple[Colour, ...]
    caption: str
    above: bool
    split: bool
    ruled: bool
    source: str
    grid: int
    spine: str
    ticks: bool
    legend: str
    turned: int


def draw_house(rng: random.Random, chinese: bool) -> House:
    """Draws a style."""
    split = chinese and rng.random() < 0.3
    sources = ("资料来源：公司公告，研究所整理", "数据来源：公司年报", "", "")
    if not chinese:
        sources = ("Source: company accounts", "Source: Company data, research team", "", "")
    return House(
        chinese,
        font=rng.choice(("helv", "tiro")),
        size=rng.choice((9.0, 9.5, 10.0)),
        sheet=(595.0, 842.0) if chinese else rng.choice(((612.0, 792.0), (595.0, 842.0))),
        columns=1 if chinese else rng.choice((1, 2)),
        palette=rng.choice(_PALETTES),
        caption=rng.choice(_CHINESE if chinese else _ENGLISH),
        above=rng.random() < 0.8,
        split=split,
        ruled=rng.random() < (0.6 if chinese else 0.35),
        source=rng.choice(sources),
        grid=rng.choice((0, 0, 1, 1, 2)),
        spine=rng.choice(("left", "none", "box")),
        ticks=rng.random() < 0.5,
        legend=rng.choice(("top", "bottom")),
        turned=rng.choice((0, 0, 45, 90)),
    )


class Flow:
    """Text that runs down one column of a page.

    Args:
        page: where to write.
        house: style of the report.
        span: left and right end in points.
        top: where it starts, in points.
    """

    def __init__(
        self, page: pymupdf.Page, house: House, span: tuple[float, float], top: float
    ) -> None:
        self.page, self.house, self.span, self.y = page, house, span, top
        self.bottom = page.rect.height - 62.0

    def room(self, height: float) -> bool:
        """Whether something this high still fits."""
        return self.y + height <= self.bottom

    def write(
        self, words: str, size: float = 0.0, bold: bool = False, after: float = 7.0
    ) -> Box | None:
        """Writes a paragraph; None where there is no room for all of it.

        Args:
            words: one paragraph; ``^1`` is a raised footnote mark.
            size: of the letters, 0 for that of the report.
            bold: Chinese has no bold.
            after: points left free below.
        """
        size = size or self.house.size
        lines = wrapped(words, self.house.font, size, self.span[1] - self.span[0], bold)
        if not self.room(len(lines) * 1.4 * size):
            return None
        top = self.y
        for line in lines:
            self.y += 1.4 * size
            write_line(
                self.page, (self.span[0], self.y - 0.35 * size), line, self.house, size, bold
            )
        box = (self.span[0], top, self.span[1], self.y)
        self.y += after
        return box


def wrapped(words: str, font: str, size: float, width: float, bold: bool = False) -> list[str]:
    """Breaks a paragraph into lines: English at spaces, Chinese between any two characters.

    Args:
        words: one paragraph.
        font: name of a base font.
        size: of the letters in points.
        width: of a line in points.
        bold: English only.
    """
    pieces = re.findall(r"[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+ ?| ", words)
    lines, line, used = [], "", 0.0
    for piece in pieces:
        long = width_of(_MARK.sub("", piece), font, size, bold)
        if line and used + long > width and piece not in "，。；：）":
            lines.append(line.strip())
            line, used = "", 0.0
        line, used = line + piece, used + long
    return [*lines, line.strip()] if line.strip() else lines


def write_line(
    page: pymupdf.Page,
    at: tuple[float, float],
    words: str,
    house: House,
    size: float,
    bold: bool = False,
) -> float:
    """Writes a line that may hold footnote marks; gives its width.

    Args:
        page: where to write.
        at: start of the baseline.
        words: ``^1`` is a raised mark.
        house: style of the report.
        size: of the letters in points.
        bold: English only.
    """
    across = 0.0
    for k, part in enumerate(_MARK.split(words)):
        small, lift = (0.66 * size, 0.36 * size) if k % 2 else (size, 0.0)
        for piece, name in runs(part, house.font, bold):
            page.insert_text((at[0] + across, at[1] - lift), piece, fontsize=small, fontname=name)
            across += pymupdf.get_text_length(piece, name, small)
    return across


def plain_words(words: str) -> str:
    """A text without its footnote marks."""
    return _MARK.sub("", words)


def furniture(page: pymupdf.Page, house: House, company: str, number: int) -> None:
    """Header, footer and page number.

    Args:
        page: where to draw.
        house: style of the report.
        company: named in the header.
        number: of the page, from 1.
    """
    width, height = house.sheet
    ink = Ink(page, house.font)
    title = f"{company}  公司研究" if house.chinese else f"{company} | Annual review"
    ink.text((46, 40), title, 8)
    ink.rule((46, 47), (width - 46, 47), house.palette[0], 0.8)
    last = "请务必阅读正文之后的免责条款部分" if house.chinese else "Printed on recycled paper"
    ink.text((46, height - 28), last, 7)
    ink.text((width - 46, height - 28), str(number), 8, align=1.0)
    ink.done()
