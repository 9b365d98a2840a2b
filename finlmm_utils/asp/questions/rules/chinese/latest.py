"""What a Chinese clause says of its chart's last period: a value, a share, growth over a year.

"货币基金规模13.61万亿元" names no period: it is that of the report. Such a value is asked for at
the end of the period shown, and of a chart without periods alone; whether the chart's last mark
bears it out is seen after the alignment. The forms are our choice; any other form gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from finlmm_utils.asp.questions.rules.chinese.moves import VAGUE
from finlmm_utils.asp.questions.rules.chinese.periods import CJK_SPACES
from finlmm_utils.asp.questions.rules.question_item import AskedFact, QuestionItem, number_item
from finlmm_utils.finance.directions import CHINESE_DOWN, CHINESE_UP
from finlmm_utils.finance.finder import NUMBER_IN_CHINESE, plain_number
from finlmm_utils.finance.periods import CHINESE_LATEST, YEAR
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.terms import plain
from finlmm_utils.finance.units import CHINESE_UNITS, DECIMAL

_PIECE = re.compile(r"[，。；：！？]")
_ASIDE = re.compile(r"（[^（）]*）|\([^()]*\)")
_LEAD = re.compile(
    r"^(?:其中|而|但|且|并|也|则|同时|此外|目前|当前|最新|报告期[内末]?|[本当](?:期末?|月|周|季度?)|[年期]末|"
    r"上半年|截[至止](?:报告期|\d{1,2}月|[一二三四]季度)?末|\d{1,2}月[末底份]?|单月|第?[一二三四]季度末?|我国|全国|"
    r"全市场|本行|本公司|公司(?=实现|完成)|集团|共|实现|完成)+"
)
_LETTER = r"[\u4e00-\u9fffA-Za-z0-9()（）+-]"
_TERM, _SHORT_TERM = (rf"(?P<term>{_LETTER}{{{least},18}}?)" for least in (3, 2))
"""A name; one of two characters ("汽车") is enough for what grew."""
_VALUE = re.compile(
    rf"^{_TERM}(?P<share>占比?)?(?:也|则|均|仅|已)*(?:为|是|达到?|报|收[于报]|录得|合计|"
    rf"(?:[从由]{DECIMAL}%?(?:一路|逐步|逐年|持续|稳步|大幅)?)?"
    rf"(?:{CHINESE_UP}|{CHINESE_DOWN}|[跳攀回骤大微]?[升降增减涨跌])[至到])?(?P<value>{NUMBER_IN_CHINESE})"
    rf"(?P<unit>(?:[万亿]{{1,2}})?[份只]|{CHINESE_UNITS}|点)?$"
)
_WAY = r"(?P<way>[大微略]?[增降涨跌]|增长|上升|上涨|增加|提升|提高|下降|下跌|减少|下滑|降低)了?"
_GREW = re.compile(rf"^{_SHORT_TERM}(?P<yearly>同比)?{_WAY}(?P<growth>{DECIMAL})%$")
_GREW_TOO = re.compile(rf"^(?P<yearly>同比){_WAY}(?P<growth>{DECIMAL})%$")
"""Growth with its name, and growth whose name the clause before it says."""
_FALLEN = re.compile("[降跌减]|下滑")
_ELSE = re.compile(
    rf"{YEAR}|全年|累计|去年|上年|前值|同期|此前|环比|预计|预期|目标|有望|将|若|如果|假设|超|约|近|不足|不到|[以之][上下]|左右|"
    r"[最高低][高低点]|较|(?<![同占])比(?![例重率])|平均|中枢|分别|每"
)
"""What says that a value is of another time, not sure, or not exactly that."""
_NO_TERM = re.compile(
    rf"{CHINESE_UP}|{CHINESE_DOWN}|同比|[占比为是达至到约共各由]$|^[家的已有]|不及|\d$|的$"
)
_RATE = re.compile(r"[率比例重度额速幅仓位息差]$|份额|收益|系数")
"""What can be in per cent; of a bare name nobody knows what is."""
_INDEX = re.compile(r"[系指]数$")
"""What needs no unit."""


def latest_in_chinese(sentence: str, page: int) -> AskedFact | None:
    """Reads "报告期内净息差为1.67%，货币基金规模13.61万亿元。" and its relatives.

    Args:
        sentence: one Chinese sentence; a figure that it names plays no part.
        page: where it stands, from 1.

    Returns:
        What can be asked, in Chinese, or None.
    """
    text = without_references(CJK_SPACES.sub("", " ".join(sentence.split())))
    items = tuple(_asked(_PIECE.split(_ASIDE.sub("", text))))
    return AskedFact(items, sentence, page) if items else None


def _asked(pieces: list[str]) -> Iterator[QuestionItem]:
    before = ""
    for piece in (_LEAD.sub("", one) for one in pieces):
        own, said = "", "" if _ELSE.search(piece) else piece
        if (m := _GREW.match(said)) and (own := _term(m["term"])):
            yield from _growth(m, own)
        elif (m := _VALUE.match(said)) and (own := _term(m["term"])):
            yield from _value(m, own)
        elif before and (m := _GREW_TOO.match(said)):
            yield from _growth(m, before)
        before = own


def _term(text: str) -> str:
    return "" if VAGUE.search(text) or _NO_TERM.search(text) else text


def _value(m: re.Match[str], term: str) -> Iterator[QuestionItem]:
    unit, value = m["unit"] or "", plain_number(m["value"])
    if unit in ("", "点") and not _INDEX.search(term):
        return
    if m["share"]:
        term += "占比"
    if (unit == "%" and not _RATE.search(term)) or (m["share"] and unit != "%"):
        return
    asked = "百分之多少" if unit == "%" else f"多少{unit}"
    for when in (f"{CHINESE_LATEST}，", ""):
        yield number_item(f"{when}{term}是{asked}？", value, plain(value), unit, "statistics")


def _growth(m: re.Match[str], term: str) -> Iterator[QuestionItem]:
    way = "下降" if _FALLEN.search(m["way"]) else "增长"
    for when in (f"{CHINESE_LATEST}，", ""):
        question = f"{when}{term}{m['yearly'] or ''}{way}了百分之多少？"
        yield number_item(question, float(m["growth"]), m["growth"], "%", "statistics")
