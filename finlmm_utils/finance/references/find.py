"""How reports name figures, tables and panels, and their sources: one grammar for all that read.

"Figure 1", "Fig. 1.4", "Figs. 2a-c", "Exhibit A2", "Chart B.2, panel 3", "Table IV", "图3",
"圖表十二", "附图1", "表2". Two tables say which word names what; all below is built from them.
The forms are our choice, from the reports that the benchmarks read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from finlmm_utils.finance.references.numbers import (
    AND,
    DASH,
    DOTTED,
    END,
    HAN_NUMBER,
    LONE,
    NUMBER,
    PANEL,
    PARTED,
    SPELT,
    members,
    panel_name,
)

ENGLISH = {
    "figure": (
        "figure", "fig", "chart", "exhibit", "graph", "diagram",
        "abbildung", "abb", "grafik", "schaubild", "graphique", "gr[aá]fico", "figura",
    ),
    "table": ("table", "tabelle", "tableau", "tabla"),
}  # fmt: skip
"""English names of what a report numbers, the plural adds an s; then German, French and Spanish."""
CHINESE = {
    "figure": (r"(?<![地意企版蓝藍试試力拼构構])[图圖]\s*表?",),
    "table": (r"(?<![代发發列报報手仪儀电電外图圖])表格?",),
}
"""Chinese names; not as the end of another word: 地图 is a map, 意图 and 试图 an intent and an
attempt, 代表 to represent, 发表 to publish, 列表 a list, 报表 a statement, 手表 a watch."""
NAMES = "|".join(word for kind in ENGLISH for word in (*ENGLISH[kind], *CHINESE[kind]))
"""A regular expression of any of these names."""
FIGURE_NAME = re.compile(
    rf"^(?:{'|'.join(CHINESE['figure'])}|(?i:{'|'.join(ENGLISH['figure'])})\.?)$"
)
"""Matches the name of a figure that stands alone, its number elsewhere."""


@dataclass(frozen=True)
class Reference:
    """One figure, table or panel that a text names by its number.

    Attributes:
        kind: "figure" (a chart, an exhibit, a graph), "table", or "panel" where a panel is named
            without its figure.
        number: so that what is the same compares as equal: "2" for 图二 and 图2, "A2" for "Figure
            A-2" and "Exhibit A2", "9.1" for 图9-1, "4" for "Figure IV", "annex 1" for "Appendix
            Figure 1" and 附图1; "" where a panel is named without its figure.
        panel: its panel in lower case, "" for the whole: "3", "a".
        start: where the reference begins in the text.
        end: where it ends; the members of a list ("Figs. 2 and 3") share start and end.
    """

    kind: str
    number: str
    panel: str
    start: int
    end: int


# Patterns ----------------------------------------------------------------------------------------
_PAIR_ENDS = r"\s*(?:[.,;:)]|$|(?:show|illustrate|plot|present|compare|below|above|give)\b)"
"""What follows "Figure 2 and 3" where both are figures; "Figure 4 and 12 peers" names one."""
_HAN_COUNTED = r"(?!\s*[个家只项次名位人种条倍年月日万亿元])"  # "图3、5家公司" names no figure 5
_HAN_AFTER = (
    r"(?=\s*(?:[，。；、）)]|可|所示|显示|顯示|中|表明|$))"  # 图3和4可知, and not 图3和50只
)


def _names(kind: str) -> tuple[str, str]:
    """The patterns of the words for one kind, English and Chinese."""
    return "|".join(ENGLISH[kind]), "|".join(CHINESE[kind])


def _pattern(kind: str) -> str:
    """The pattern of a reference to one kind; its groups bear the kind's name."""
    english, chinese = _names(kind)
    no = r"(?i:(?:no\.?(?![a-z])|number\b|nr\b\.?|n[º°]|№|#)\s*)?"
    dot = r"(?i:(?<=fig)\.|(?<=figs)\.|(?<=abb)\.)?\s*"
    several = rf"{NUMBER}(?:{AND}{NUMBER})+|{DOTTED}[{DASH}]{DOTTED}{END}|{PARTED}"
    spelt = rf"(?({kind}_capital){SPELT}|(?!))"
    panels = (
        rf"(?:\s*[,(;]?\s*(?i:panel)(?:(?i:s)\s*(?P<{kind}_panels>{PANEL}(?:{AND}{PANEL})*)|"
        rf"\s*(?P<{kind}_panel>{PANEL})))?"
    )
    han = (
        rf"{HAN_NUMBER}(?:\s*(?:[、至到~～—]|[{DASH}](?=[图圖表]))\s*(?:[图圖]\s*表?|表)?\s*"
        rf"{HAN_NUMBER}{_HAN_COUNTED}|\s*[和及与]\s*{HAN_NUMBER}{_HAN_AFTER})*"
    )
    return (
        rf"(?<![A-Za-z])(?P<{kind}_annex>(?i:annex|appendix)\s+)?"
        rf"(?P<{kind}_capital>(?=[A-Z]))?(?i:{english})"
        rf"(?:(?i:s){dot}{no}(?P<{kind}_many>{several}|{spelt}(?:{AND}{spelt})+)"
        rf"|{dot}{no}(?P<{kind}_pair>{NUMBER}\s*(?:&|\band\b)\s*{NUMBER}(?={_PAIR_ENDS}))"
        rf"|{dot}{no}(?P<{kind}_one>{NUMBER}|{LONE}|{spelt}))"
        rf"{panels}|(?P<{kind}_han_annex>附)?(?:{chinese})\s*第?(?P<{kind}_han>{han})"
    )


_BARE_PANEL = (
    rf"(?<![A-Za-z])(?i:panel)(?:(?i:s)\s*(?P<panel_many>{PANEL}(?:{AND}{PANEL})+)|"
    rf"\s*(?P<panel_one>(?:\d{{1,2}}|[A-H])(?![A-Za-z\d])|[(（][A-Ha-h][)）])){END}"
    rf"(?!\s+(?:of|in)\s+(?:the\s+)?(?i:{_names('figure')[0]}|{_names('table')[0]}))"
)
_PANEL_OF = re.compile(rf"\b(?i:panels?)\s*({PANEL}(?:{AND}{PANEL})*)\s+(?:of|in)\s+(?:the\s+)?$")
"""The panels that stand before their figure: "panel 2 of Figure 1.4", "panels (a) and (b) of"."""
_HINT = re.compile(
    r"(?i:fig|chart|exhibit|graph|diagram|table|panel|abb|grafi|gráfi|schaubild|tab[el]l)|[图圖表]"
)
_ANY = re.compile(f"{_pattern('figure')}|{_pattern('table')}|{_BARE_PANEL}")
CAPTION = re.compile(rf"\s*(?:{_pattern('figure')})")
"""Matches the start of a figure's caption."""
TABLE_CAPTION = re.compile(rf"\s*(?:{_pattern('table')})")
"""Matches the start of a table's caption."""
_SOURCES = r"(?:data )?sources?|quellen?|fuente|fonte"
SOURCE = re.compile(rf"^\s*((?:{_SOURCES})\b|资料来源|数据来源|来源)", re.I)
"""Matches a line that says where a figure's data come from."""
SOURCE_OR_NOTE = re.compile(
    rf"^\W*(?:{_SOURCES}|notes?|anmerkung(?:en)?|资料来源|数据来源|注)\s*[:：]", re.I
)
"""Matches the label of a source or of a note, with its colon."""


# Reading -----------------------------------------------------------------------------------------
def find_references(text: str) -> list[Reference]:
    """Finds what a text names by number: figures, tables, and panels without their figure.

    A hyphen between two rising numbers is read both ways where it may be a range ("图3-4", "Figures
    1-3"): as figures 3 and 4, and as figure 4 of chapter 3. Only the captions can tell.

    Args:
        text: running text or a caption, English or Chinese.

    Returns:
        References in the order of the text; one for each member of a list or a range.

    Examples:
        >>> [(r.number, r.panel) for r in find_references("see Figs. 2 and 3, and 图十二")]
        [('2', ''), ('3', ''), ('12', '')]
        >>> find_references("a figure of 5 million, in table form, from the chart of accounts")
        []
    """
    if not _HINT.search(text):
        return []
    return [found for match in _ANY.finditer(text) for found in _read(match)]


def figure_names(text: str) -> set[tuple[str, str]]:
    """Number and panel of each figure that a text names.

    Examples:
        >>> figure_names("Figure 1.4, panel 3") == {("1.4", "3")}
        True
    """
    return {(r.number, r.panel) for r in find_references(text) if r.kind == "figure"}


def names_figure(text: str) -> bool:
    """Whether a text names a figure by its number."""
    return bool(figure_names(text))


def label_of(caption: str) -> Reference | None:
    """The figure or table whose caption this is; None for any other text."""
    match = CAPTION.match(caption) or TABLE_CAPTION.match(caption)
    return next(_read(match), None) if match else None


def with_signs(text: str, english: str = " ", chinese: str = " ") -> str:
    """The text with one sign in place of each reference.

    Args:
        text: any.
        english: for an English reference.
        chinese: for a Chinese one.
    """
    out, end = [], 0
    for start, stop in sorted({(r.start, r.end) for r in find_references(text)}):
        out += [text[end:start], chinese if re.search("[图圖表]", text[start:stop]) else english]
        end = stop
    return "".join([*out, text[end:]])


def _read(match: re.Match[str]) -> Iterator[Reference]:
    """The references of one match: numbers of its list, panels of the last of them."""
    groups = {name: value for name, value in match.groupdict().items() if value}
    kind = next(iter(groups)).partition("_")[0]
    fields = {name.removeprefix(f"{kind}_"): value for name, value in groups.items()}
    listed = next(fields[name] for name in ("many", "pair", "one", "han") if name in fields)
    rising = "many" in fields or "han" in fields
    numbers = members(listed, rising)
    start = match.end() - len(match[0].lstrip())
    panels = [p for p, _ in members(fields.get("panels", ""), True) if "." not in p]
    panels += [panel_name(fields["panel"])] if "panel" in fields else []
    if kind == "panel":
        panels, numbers = [p or n for n, p in numbers], [("", "")]
    before = _PANEL_OF.search(match.string[max(0, start - 30) : start])
    if before and not panels:
        panels, start = [p for p, _ in members(before[1], True)], start - len(before[0])
    annex = "annex " if {"annex", "han_annex"} & fields.keys() else ""
    for number, part in numbers[:-1]:
        yield Reference(kind, annex + number, part, start, match.end())
    number, part = numbers[-1]
    for panel in panels or [part]:
        yield Reference(kind, annex + number, panel.lower(), start, match.end())
