"""Chinese sentences that say where a quantity got to: a rate of growth, a level after a change.

"2023年10月存货同比增速降至3.1%" and "2023Q3毛利率较上季度提升0.4pct至17.8%" each state one value.
The forms are our choice, grown on reports of brokers; a sentence of any other form gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from finlmm_utils.asp.questions.rules.chinese.shapes import Asked
from finlmm_utils.asp.questions.rules.question_item import number_item
from finlmm_utils.finance.directions import CHINESE_DOWN, CHINESE_UP
from finlmm_utils.finance.finder import NUMBER_IN_CHINESE, plain_number
from finlmm_utils.finance.periods import CHINESE_LATEST, CHINESE_TIME, YEAR
from finlmm_utils.finance.terms import plain
from finlmm_utils.finance.units import CHINESE_UNITS, DECIMAL

_START = (
    rf"(?:^|[，。；：])(?:截[至止]|公司|在|其中)*(?P<when>{CHINESE_TIME})[，,]?(?:公司|我国|全国)?"
)
_HOW = "小幅|大幅|进一步|略有?|显著|明显|快速"
_SUBJECT = r"(?P<subject>[\u4e00-\u9fffA-Za-z0-9（）()“”_-]{2,24}?)"
_WENT = rf"(?:{CHINESE_UP}|{CHINESE_DOWN}|放缓|[增升降跌])"
_VALUE = rf"(?P<value>{NUMBER_IN_CHINESE})(?P<unit>{CHINESE_UNITS})(?![/左至到-])"
_RATE = re.compile(
    rf"{_START}{_SUBJECT}(?P<rate>(?:同比|环比)?(?:增速|增长率|涨幅|跌幅|降幅))"
    rf"(?:约?为|达到?|是|{_WENT}(?:至|到))(?P<value>{NUMBER_IN_CHINESE})(?P<unit>%)"
)
"""A rate of growth as a level."""
_TO = re.compile(
    rf"{_START}{_SUBJECT}(?:(?:较|(?<![同环])比(?![例率重值]))[^，。；：]{{2,8}}?|同比|环比|"
    rf"(?:由|从){NUMBER_IN_CHINESE}(?:{CHINESE_UNITS})?)?(?:{_HOW})?"
    rf"{_WENT}(?:了|约)?(?:{DECIMAL}(?:%|pcts?|PCT|pp|bps?|BP|{CHINESE_UNITS}))?(?:至|到){_VALUE}"
)
"""A level that a movement led to, its size before it perhaps."""
_ITEM = r"[\u4e00-\u9fffA-Za-z0-9（）()]{2,14}?"
_BOTH = re.compile(
    rf"(?:^|[，。；：])(?:截[至止]|公司|在|其中)*(?P<when>{CHINESE_TIME})?[，,]?(?:公司|我国|全国|的)*"
    rf"(?P<a>{_ITEM})[和与及、](?P<b>{_ITEM})(?:的(?P<of>[\u4e00-\u9fffA-Za-z（）]{{2,10}}?))?分别(?:约?为|达到?|是)"
    rf"(?P<x>{NUMBER_IN_CHINESE})(?P<ux>{CHINESE_UNITS})?[和与及、，/]{{1,2}}(?P<y>{NUMBER_IN_CHINESE})"
    rf"(?P<unit>{CHINESE_UNITS})(?=[，。；（]|$)"
)
"""Two things with one value each: 2023年毛利率和净利率分别为34.8%和11.6%."""
_RUN = re.compile(
    rf"(?:^|[，。；：])(?:公司|我国|全国)?(?P<subject>[\u4e00-\u9fffA-Za-z（）]{{3,16}}?)(?:已经?)?"
    rf"(?P<run>连续[两二三四五六]个?(?:年|季度|月))(?:{_HOW})?(?P<way>{CHINESE_UP}|{CHINESE_DOWN})(?=[，。；]|$)"
)
"""A movement up to now: 毛利率已连续三个季度回升."""
_NO_SUBJECT = re.compile(
    r"同比|环比|[较由从]|[同环]$|(?<!占)(?<!对)比(?![例重率])|分别|[、/]|^(?:增|降|达|占)|(?:增长|下降|提升)$"
)
_SPAN = re.compile(rf"[至到](?P<when>{CHINESE_TIME})")
_OPENS = re.compile(rf"^(?:截[至止]|公司|在)*(?P<when>{CHINESE_TIME})")


def reached_in_chinese(text: str) -> Iterator[Asked]:
    """Reads 2023Q3毛利率较上季度提升0.4pct至17.8% and its relatives.

    Args:
        text: one sentence without spaces and without references.

    Yields:
        Subject and question.
    """
    for m in [*_RATE.finditer(text), *_TO.finditer(text)]:
        name, value, unit = m["subject"], plain_number(m["value"]), m["unit"]
        when = m["when"]
        if span := _SPAN.match(name):  # where a span leads to is of its end
            when, name = span["when"], name[span.end() :]
        if _NO_SUBJECT.search(name):
            continue
        name += m.groupdict().get("rate") or ""
        asked = "百分之多少" if unit == "%" else f"多少{unit}"
        question = f"{when}{name}是{asked}？"
        yield name, number_item(question, value, plain(value), unit, "statistics")
    opened = _OPENS.match(text)
    when = opened["when"] if opened and len(re.findall(YEAR, text)) == 1 else ""
    for m in _BOTH.finditer(text):
        at = m["when"] or when
        for one, written, own in ((m["a"], m["x"], m["ux"]), (m["b"], m["y"], m["unit"])):
            number, unit = plain_number(written), own or m["unit"]
            name = f"{one}的{m['of']}" if m["of"] else one
            asked = "百分之多少" if unit == "%" else f"多少{unit}"
            if at and not _NO_SUBJECT.search(name):
                question = f"{at}{name}是{asked}？"
                yield name, number_item(question, number, plain(number), unit, "statistics")
    for m in _RUN.finditer(text):
        question = f"{CHINESE_LATEST}{m['run']}，{m['subject']}是上升还是下降？"
        answer = "上升" if m["way"] in CHINESE_UP.split("|") else "下降"
        yield m["subject"], {"question": question, "answer": answer, "answer_kind": "choice",
                             "task": "explanation"}  # fmt: skip
