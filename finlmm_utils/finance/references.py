"""How reports name figures, tables and panels, and their sources: one grammar for all that read.

"Figure 1", "Fig. 1.4", "Figs. 2 and 3", "Exhibit A2", "Chart B.2, panel 3", "图3", "图表十二",
"附图1", "Table 4", "表2". Two tables say which word names what; all below is built from them.
The forms are our choice, from the reports that the benchmarks read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from finlmm_utils.finance.number_words import digits_for_words

ENGLISH = {
    "figure": (
        "figure", "fig", "chart", "exhibit", "graph", "diagram",
        "abbildung", "abb", "grafik", "schaubild", "graphique", "gr[aá]fico", "figura",
    ),
    "table": ("table", "tabelle", "tableau", "tabla"),
}  # fmt: skip
"""English names of what a report numbers, the plural adds an s; then German, French and Spanish."""
CHINESE = {
    "figure": (r"(?<![地意企版蓝试力拼构])图\s*表?",),
    "table": (r"(?<![代发列报手仪电外图])表格?",),
}
"""Chinese names; not as the end of another word: 地图 is a map, 意图 and 试图 an intent and an
attempt, 代表 to represent, 发表 to publish, 列表 a list, 报表 a statement, 手表 a watch."""
NAMES = "|".join(word for kind in ENGLISH for word in (*ENGLISH[kind], *CHINESE[kind]))
"""A regular expression of any of these names."""
FIGURE_NAME = re.compile(
    rf"^(?:{'|'.join(CHINESE['figure'])}|(?i:{'|'.join(ENGLISH['figure'])})\.?)$"
)
"""Matches the name of a figure that stands alone, its number elsewhere."""
LONGEST_RANGE = 20
"""A range of more figures ("Figures 1 to 300") is a slip; only its ends are read."""


@dataclass(frozen=True)
class Reference:
    """One figure, table or panel that a text names by its number.

    Attributes:
        kind: "figure" (a chart, an exhibit, a graph), "table", or "panel" where a panel is named
            without its figure.
        number: so that what is the same compares as equal: "2" for 图二 and 图2, "A2" for "Figure
            A-2" and "Exhibit A2", "9.1" for 图9-1, "annex 1" for "Appendix Figure 1" and 附图1;
            "" where a panel is named without its figure.
        panel: its panel in lower case, "" for the whole: "3", "a".
        start: where the reference begins in the text.
        end: where it ends; the members of a list ("Figs. 2 and 3") share start and end.
    """

    kind: str
    number: str
    panel: str
    start: int
    end: int


# Numbers -----------------------------------------------------------------------------------------
_DASH = r"\-–‐‑"
# At most three digits, so that a year is no number: "Figures 2021 and 2022".
_DOTTED = rf"\d{{1,3}}(?:[.{_DASH}]\d{{1,3}}(?!\d))*"
_AMOUNT = (
    r"\s*(?i:%|‰|per\s?cent|pct\b|percentage points|basis points|bps\b|hundred|thousand|million|"
    r"billion|trillion|[mb]n\b|times\b|(?:year|quarter|month|week|day|hour|share)s?\b)"
)
"""What follows an amount: "figure 5 million", "chart 12 months of sales"."""
_END = rf"(?![a-z\d]|[QHKMBX](?![a-z])|,\d{{3}}(?!\d)|[{_DASH}](?:[a-z]|[KQ]\b)|{_AMOUNT})"
_PART = r"(?:\s?[(（][a-hA-H][)）]|[a-hA-H](?![A-Za-z\d]))?+"  # "2a", "2 (b)"
_LONE = r"(?<!(?i:exhibit)\s)[A-H](?=\s*(?:[:.,;)\]—–]|$))"
"""A letter alone: "Chart A:", not "Chart A course", nor "Exhibit A", which is a contract."""
_NUMBER = rf"(?>(?:[A-Z][.{_DASH}]?)?{_DOTTED}{_PART}){_END}"
_AND = rf"\s*(?:,?\s*(?:and|or|to|through)\b|[,&/—{_DASH}])\s*"
_PANEL = r"(?:\d{1,2}|[A-Ha-h])(?![A-Za-z\d])"
_HAN_DIGITS = "零〇一二三四五六七八九十百"
# 一致, 一览, 十分, 三角 are words; 图一致 names no figure 1.
_HAN_WORD = (
    "(?!(?<=一)[致样起定般直些种个旦下次家边面方共切律再览目举]|(?<=十)[分足]|(?<=[二三])[维角次])"
)
_HAN_NUMBER = (
    rf"(?:(?>(?:[A-Z][.{_DASH}]?)?{_DOTTED}(?:\s?[(（][a-hA-H][)）]|[a-h](?![A-Za-z]))?+)(?!\d|%|,\d{{3}}(?!\d))|"
    rf"[{_HAN_DIGITS}]{{1,4}}+{_HAN_WORD})"
)
_HAN_COUNTED = r"(?!\s*[个家只项次名位人种条倍年月日万亿元])"  # "图3、5家公司" names no figure 5
_HAN_AFTER = r"(?=\s*(?:[，。；、）)]|可|所示|显示|中|表明|$))"  # 图3和4可知, and not 图3和50只
_RANGE = re.compile(rf"\b(?:to|through)\b|[至到~～—{_DASH}]")


def _names(kind: str) -> tuple[str, str]:
    """The patterns of the words for one kind, English and Chinese."""
    return "|".join(ENGLISH[kind]), "|".join(CHINESE[kind])


def _pattern(kind: str) -> str:
    """The pattern of a reference to one kind; its groups bear the kind's name."""
    english, chinese = _names(kind)
    no = r"(?i:no\.?\s*|#\s*)?"
    dot = r"(?i:(?<=fig)\.|(?<=figs)\.|(?<=abb)\.)?\s*"
    several = rf"{_NUMBER}(?:{_AND}{_NUMBER})+|{_DOTTED}[{_DASH}]{_DOTTED}{_END}"
    panels = (
        rf"(?:\s*[,(;]?\s*(?i:panel)(?:(?i:s)\s*(?P<{kind}_panels>{_PANEL}(?:{_AND}{_PANEL})*)|"
        rf"\s*(?P<{kind}_panel>{_PANEL})))?"
    )
    han = (
        rf"{_HAN_NUMBER}(?:\s*(?:[、至到~～—]|[{_DASH}](?=图|表))\s*(?:图\s*表?|表)?\s*"
        rf"{_HAN_NUMBER}{_HAN_COUNTED}|\s*[和及与]\s*{_HAN_NUMBER}{_HAN_AFTER})*"
    )
    return (
        rf"(?<![A-Za-z])(?P<{kind}_annex>(?i:annex|appendix)\s+)?(?i:{english})"
        rf"(?:(?i:s){dot}{no}(?P<{kind}_many>{several})|{dot}{no}(?P<{kind}_one>{_NUMBER}|{_LONE}))"
        rf"{panels}|(?P<{kind}_han_annex>附)?(?:{chinese})\s*第?(?P<{kind}_han>{han})"
    )


_BARE_PANEL = (
    rf"(?<![A-Za-z])(?i:panel)(?:(?i:s)\s*(?P<panel_many>{_PANEL}(?:{_AND}{_PANEL})+)|"
    rf"\s*(?P<panel_one>(?:\d{{1,2}}|[A-H])(?![A-Za-z\d]))){_END}"
    rf"(?!\s+(?:of|in)\s+(?:the\s+)?(?i:{_names('figure')[0]}))"
)
_PANEL_OF = re.compile(rf"\b(?i:panel)\s*({_PANEL})\s+(?:of|in)\s+(?:the\s+)?$")
"""The panel that stands before its figure: "panel 2 of Figure 1.4"."""
_MEMBER = re.compile(rf"(?<![A-Za-z\d])(?P<number>{_NUMBER}|{_HAN_NUMBER}|{_PANEL}|{_LONE})")
_HYPHEN = re.compile(f"[{_DASH}]")
_HINT = re.compile(
    r"(?i:fig|chart|exhibit|graph|diagram|table|panel|abb|grafi|gráfi|schaubild|tab[el]l)|[图表]"
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
        out += [text[end:start], chinese if re.search("[图表]", text[start:stop]) else english]
        end = stop
    return "".join([*out, text[end:]])


def _read(match: re.Match[str]) -> Iterator[Reference]:
    """The references of one match: numbers of its list, panels of the last of them."""
    groups = {name: value for name, value in match.groupdict().items() if value}
    kind = next(iter(groups)).partition("_")[0]
    fields = {name.removeprefix(f"{kind}_"): value for name, value in groups.items()}
    listed = fields.get("many") or fields.get("one") or fields["han"]
    rising = "many" in fields or "han" in fields
    numbers = _members(listed, rising)
    start = match.end() - len(match[0].lstrip())
    panels = [p for p, _ in _members(fields.get("panels", ""), True) if "." not in p]
    panels += [fields["panel"]] if "panel" in fields else []
    if kind == "panel":
        panels, numbers = [p or n for n, p in numbers], [("", "")]
    before = _PANEL_OF.search(match.string[max(0, start - 30) : start])
    if before and not panels:
        panels, start = [before[1]], start - len(before[0])
    annex = "annex " if {"annex", "han_annex"} & fields.keys() else ""
    for number, part in numbers[:-1]:
        yield Reference(kind, annex + number, part, start, match.end())
    number, part = numbers[-1]
    for panel in panels or [part]:
        yield Reference(kind, annex + number, panel.lower(), start, match.end())


def _members(listed: str, ranges: bool) -> list[tuple[str, str]]:
    """Numbers and their parts ("2a") in a list, with what lies between the ends of ranges.

    Args:
        listed: "2, 3 and 5", "1.2 to 1.4", "22-25", "十二".
        ranges: whether a hyphen may join two numbers; else it is part of one ("Figure 1-3").
    """
    found: list[tuple[str, str]] = []
    end = 0
    members = list(_MEMBER.finditer(listed))
    hyphens = sum(bool(_HYPHEN.search(m["number"])) for m in members)
    ranges = ranges and not hyphens == len(members) > 1  # "图1-1至图1-3"
    for m in members:
        raw = unicodedata.normalize("NFKC", m["number"])
        number, part = _plain(raw)
        if end and _RANGE.search(listed[end : m.start()]):
            found += [(n, "") for n in _between(found[-1][0], number)]
        one, _, other = _HYPHEN.sub("-", raw).partition("-")
        both = [_plain(one)[0], *_between(one, other), _plain(other)[0]] if other and ranges else []
        rises = len(both) > 1 and _rises(both[0], both[-1])
        found += [(n, "") for n in both] if rises else []
        if not (rises and "." in one):  # "1.2-1.4" is a range alone
            found.append((number, part))
        end = m.end()
    return found


def _plain(raw: str) -> tuple[str, str]:
    """A number and its part in plain form: "A-2" is "A2", "9-1" is "9.1", "二" is "2"."""
    m = re.fullmatch(r"(.*\d)\s?\(?([a-hA-H])\)?", raw)
    number, part = (m[1], m[2].lower()) if m else (raw, "")
    number = re.sub(f"(?<=[A-Z])[.{_DASH}]", "", digits_for_words(number))
    number = _HYPHEN.sub(".", number)
    return re.sub(r"(?<!\d)0+(?=\d)", "", number), part


def _ends(one: str, other: str) -> tuple[str, int, int] | None:
    """What two numbers share, and the two last parts in which they differ; None for no range."""
    if re.fullmatch("[A-Za-z]", one) and re.fullmatch("[A-Za-z]", other):
        return "", ord(one), ord(other)
    a, b = (re.fullmatch(r"(.*?)(\d+)", number) for number in (one, other))
    if not a or not b or a[1] != b[1]:
        return None
    return a[1], int(a[2]), int(b[2])


def _rises(one: str, other: str) -> bool:
    ends = _ends(one, other)
    return ends is not None and ends[1] < ends[2]


def _between(one: str, other: str) -> list[str]:
    """The numbers between the ends of a range."""
    ends = _ends(one, other)
    if ends is None or ends[2] - ends[1] > LONGEST_RANGE:
        return []
    between = range(ends[1] + 1, ends[2])
    return [chr(n) if one.isalpha() else f"{ends[0]}{n}" for n in between]
