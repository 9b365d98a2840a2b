"""What a Chinese sentence says of the shape of a chart, and what is asked about Chinese series."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from finlmm_utils.asp.questions.rules.question_item import QuestionItem, number_item
from finlmm_utils.finance.directions import CHINESE_DOWN, CHINESE_UP
from finlmm_utils.finance.finder import NUMBER_IN_CHINESE, plain_number
from finlmm_utils.finance.periods import CHINESE_TIME, YEAR
from finlmm_utils.finance.terms import Series, plain
from finlmm_utils.finance.units import CHINESE_UNITS, DECIMAL

WHOLE = 100.0
"""Per cent: parts of one whole do not sum to more."""
LEAST_SERIES = 3
"""Periods from which on a mean or a peak is worth a question."""
_NAME = r"[\u4e00-\u9fffA-Za-z0-9（）()&+“”_/-]{2,24}?"
_OPEN = r"(?:^|[，。；：])(?:截至|截止|公司|在|从|自|其中|整体来看|可以看出|可以看到)*"
_NUMBER = rf"(?:{NUMBER_IN_CHINESE})"
_HOW = (
    "(?:逐步|逐年|持续|快速|大幅|稳步|明显|显著|整体|总体|一路|有所|小幅|均|也|略|远|仍|始终|基本)*"
)
_POINT = "(?:(?:最?高点?|最?低点?|峰值|谷底)的?)?"
_SPAN = (
    rf"(?P<y0>{CHINESE_TIME}|{YEAR}(?=[-–—~至到]))(?:至|到|-|–|—|~)(?P<y1>{CHINESE_TIME})"
    r"(?:期间)?[，,]?"
)
_FROM_TO = re.compile(
    rf"{_OPEN}{_SPAN}(?P<subject>{_NAME})(?:由|从)(?P<a>{_NUMBER})(?P<u0>{CHINESE_UNITS})?"
    rf"{_HOW}(?P<way>{CHINESE_UP}|{CHINESE_DOWN})(?:至|到)(?P<b>{_NUMBER})(?P<unit>{CHINESE_UNITS})"
)
_FROM_YEAR = re.compile(
    rf"{_OPEN}(?P<subject>{_NAME})(?:由|从)(?P<y0>{CHINESE_TIME})的{_POINT}(?P<a>{_NUMBER})(?P<u0>{CHINESE_UNITS})?"
    rf"{_HOW}(?P<way>{CHINESE_UP}|{CHINESE_DOWN}|[增升降跌])(?:至|到)(?P<y1>{CHINESE_TIME})的{_POINT}(?P<b>{_NUMBER})(?P<unit>{CHINESE_UNITS})?(?!\d)"
)
_TWO = re.compile(
    rf"{_OPEN}(?P<y1>{CHINESE_TIME})(?:实现)?(?P<subject>{_NAME})(?:为|达到?)?(?P<b>{_NUMBER})(?P<unit>{CHINESE_UNITS})[，,]"
    rf"(?:而|较|高于|低于)?(?P<y0>{CHINESE_TIME})(?:为|的)(?P<a>{_NUMBER})(?P<u0>{CHINESE_UNITS})"
)
_LISTED_YEARS = (
    rf"(?P<y0>{YEAR})年?(?:[-–—~至到](?P<y1>{YEAR})年?|(?P<more>(?:[、，,和/及]{YEAR}年?)+))"
)
_LISTED = re.compile(
    rf"{_OPEN}{_LISTED_YEARS}[，,]?(?:公司|我国|全国)?(?:实现)?(?P<subject>{_NAME})(?:的?[值额])?分别(?:为|是|达到?|实现)"
    rf"(?P<values>{_NUMBER}(?:{CHINESE_UNITS})?(?:[/、，,和及]{{1,2}}{_NUMBER}(?:{CHINESE_UNITS})?)+)(?=[，。；（(]|$)"
)
_ONE_LISTED = re.compile(rf"(?P<value>{_NUMBER})(?P<unit>{CHINESE_UNITS})?")
"""Values of years in a row: 2020-2022年研发费用分别为1.2/1.8/2.5亿元."""
_TREND = re.compile(
    rf"{_OPEN}{_SPAN}(?P<subject>{_NAME}){_HOW}(?:呈现?出?)?{_HOW}(?P<way>{CHINESE_UP}|{CHINESE_DOWN})(?:的?(?:趋势|态势|走势))?(?=[，。；]|$)"
)
_GAINED = re.compile(
    rf"{_OPEN}{_SPAN}(?P<subject>{_NAME})累计(?P<way>{CHINESE_UP}|{CHINESE_DOWN})(?:了|约)?(?P<share>{DECIMAL})%"
)
_MOST = re.compile(
    rf"{_OPEN}(?:(?P<whole>{_NAME})中[，,]?|(?:从|按|分)?(?P<seen>{_NAME})来?看[，,])(?P<at>{CHINESE_TIME})?(?:以)?(?P<part>[\u4e00-\u9fffA-Za-z0-9]{{2,12}}?)(?:的?(?P<measure>占比|比重|规模|份额))?(?P<way>最高|最低|最大|最小)"
    r"(?=[，。；]|$)"
)
_DRAWN = re.compile(
    r"^(?:为|是|给出了?|展示了?|统计了?)?(?P<whole>[\u4e00-\u9fffA-Za-z0-9]{4,24}?)(?:的?情况)?，(?:可以看[到出]|从中可见)，?"
    r"(?P<part>[\u4e00-\u9fffA-Za-z0-9]{2,14}?)的?(?:占比|比重|比例|规模|份额)?(?P<way>最高|最低|最大|最小)(?=[，。；]|$)"
)
_BEST = re.compile(
    rf"^(?P<whole>{_NAME})(?:，|中，?)(?P<part>[\u4e00-\u9fffA-Za-z0-9_（）()：:]{{2,16}}?)(?:成分股)?(?:内|的)?"
    rf"(?:在?(?P<when>{CHINESE_TIME})的?)?(?:(?P<measure>表现|净值|占比|比重|收益率?)的?)(?P<way>最佳|最好|最优|最强|最高|最差|最弱|最低)"
    r"(?=[，。；（]|$)"
)
"""A caption that says which part is ahead: "五个因子中甲在2019年表现最佳"."""
_PEAK = re.compile(
    rf"{_OPEN}(?P<subject>{_NAME})(?:在|于)(?P<when>{CHINESE_TIME})(?:达到|创下|触及|见)(?:了)?(?:历史|阶段性?)*"
    r"(?P<way>最高|峰值|高点|高位|新高|顶部|最低|低点|谷底|新低|底部)"
)
_PEAK_OF = re.compile(
    rf"{_OPEN}(?P<when>{YEAR}年)[，,]?(?P<subject>[\u4e00-\u9fffA-Za-z0-9]{{3,20}}?)(?P<way>最高|最低|最大|最小)(?=[，。；]|$)"
)
_HIGHER = re.compile(
    rf"{_OPEN}(?P<when>{CHINESE_TIME})[，,]?(?P<a>{_NAME}){_HOW}(?P<way>高于|低于|大于|小于)(?P<b>{_NAME})(?=[，。；（]|$)"
)
_BETTER = re.compile(
    rf"{_OPEN}(?P<a>{_NAME})(?:的?表现)?{_HOW}(?P<way>跑赢|跑输|优于|弱于|领先于|落后于|好于|差于)(?:了)?(?P<b>{_NAME})(?=[，。；（]|$)"
)
_BETTER_THAN = re.compile(
    rf"{_OPEN}(?P<a>{_NAME})(?:较|相比于?|相对于?)(?P<b>[\u4e00-\u9fffA-Za-z0-9_]{{2,16}}?)"
    r"(?:的|在|不管|无论|，)[^。；：]{0,24}?(?:更加?|更为|明显|显著)(?P<way>优异|优秀|突出|提升|占优|逊色|下降)"
)
_SHARES = re.compile(
    rf"(?P<whole>[\u4e00-\u9fffA-Za-z0-9]{{2,14}}?)中[，,](?P<a>[\u4e00-\u9fffA-Za-z0-9]{{2,12}}?)(?:占比)?(?:为|约|达)?(?P<x>{DECIMAL})%[，、,和]"
    rf"(?P<b>[\u4e00-\u9fffA-Za-z0-9]{{2,12}}?)(?:占比)?(?:为|约|达)?(?P<y>{DECIMAL})%"
)
_OPPOSITE = {"高于": "低于", "低于": "高于", "大于": "小于", "小于": "大于"}
_WORSE = ("跑输", "弱于", "落后于", "差于", "逊色", "下降")
_IS_CLAUSE = re.compile(rf"(?:递[增减]|{CHINESE_UP}|{CHINESE_DOWN}|良好|显著|明显|较好|较强)$")
"""What ends a clause and names no whole."""
_UNITLESS = re.compile(r"(?:净值|指数|点位|系数|比率|倍数|估值|PE|PB)$")
"""What has no unit."""
Asked = tuple[str, QuestionItem]
"""What a question is about, which must be understood alone, and the question."""


def shapes_in_chinese(text: str) -> Iterator[Asked]:
    """Reads 2019年至2023年，毛利率由21.3%上升至25.1% and its relatives: spans, ranks, comparisons.

    Args:
        text: one sentence without spaces and without references.

    Yields:
        Subject and question.
    """
    for read in (_spans, _ranks, _compared):
        yield from read(text)


def _choice(subject: str, question: str, answer: str) -> Asked:
    return subject, {"question": question, "answer": answer, "answer_kind": "choice",
                     "task": "explanation"}  # fmt: skip


def _spans(text: str) -> Iterator[Asked]:
    valued = list(_FROM_TO.finditer(text)) or list(_FROM_YEAR.finditer(text))
    for m in [*valued, *_TWO.finditer(text)]:
        a, b, subject = plain_number(m["a"]), plain_number(m["b"]), m["subject"]
        unit, start = m["unit"] or "", _whole_year(m["y0"])
        if m["u0"] not in (None, m["unit"]) or a == b:
            continue
        if not unit and not _UNITLESS.search(subject):
            continue
        asked = "百分之多少" if unit == "%" else f"多少{unit}"
        question = f"{m['y1']}{subject}是{asked}？"
        yield subject, number_item(question, b, plain(b), unit, "statistics")
        point = "多少个百分点" if unit == "%" else f"多少{unit}"
        question = f"从{start}到{m['y1']}，{subject}变化了{point}？"
        way = f"{plain(b)} - {plain(a)}"
        yield subject, number_item(question, b - a, way, unit, "arithmetic")
        yield _moved(m["y0"], m["y1"], subject, b > a)
    for m in _LISTED.finditer(text):
        yield from _listed(m)
    for m in _TREND.finditer(text):
        if re.search("[与和及]", m["subject"]):
            continue  # of two measures, or of the ratio of both
        yield _moved(m["y0"], m["y1"], m["subject"], m["way"] in CHINESE_UP.split("|"))
    for m in _GAINED.finditer(text):
        start = _whole_year(m["y0"])
        question = f"从{start}到{m['y1']}，{m['subject']}累计{m['way']}了百分之多少？"
        share = float(m["share"])
        yield m["subject"], number_item(question, share, plain(share), "%", "arithmetic")


def _listed(m: re.Match[str]) -> Iterator[Asked]:
    """Questions on values that are listed in the order of their years."""
    subject = m["subject"]
    if m["y1"]:
        years = list(range(int(m["y0"]), int(m["y1"]) + 1))
    else:
        years = [int(m["y0"]), *map(int, re.findall(r"\d{4}", m["more"]))]
    found = list(_ONE_LISTED.finditer(m["values"]))
    values, units = [plain_number(v["value"]) for v in found], {v["unit"] for v in found}
    unit = found[-1]["unit"] or ""
    if len(values) != len(years) or len(units - {None}) > 1 or years != sorted(set(years)):
        return
    if "/" in subject or not (unit or _UNITLESS.search(subject)):
        return
    asked = "百分之多少" if unit == "%" else f"多少{unit}"
    last = values[-1]
    question = f"{years[-1]}年{subject}是{asked}？"
    yield subject, number_item(question, last, plain(last), unit, "statistics")
    if values[0] != last:
        point = "多少个百分点" if unit == "%" else asked
        question = f"从{years[0]}年到{years[-1]}年，{subject}变化了{point}？"
        way = f"{plain(last)} - {plain(values[0])}"
        yield subject, number_item(question, last - values[0], way, unit, "arithmetic")
    if len(values) >= LEAST_SERIES and values.count(max(values)) == 1:
        question = f"{years[0]}年至{years[-1]}年，{subject}在哪一年最高？"
        yield _choice(subject, question, f"{years[values.index(max(values))]}年")


def _whole_year(period: str) -> str:
    return f"{period}年" if period.isdigit() else period


def _moved(first: str, last: str, subject: str, up: bool) -> Asked:
    question = f"从{_whole_year(first)}到{last}，{subject}是上升还是下降？"
    return _choice(subject, question, "上升" if up else "下降")


def _ranks(text: str) -> Iterator[Asked]:
    for m in [*_MOST.finditer(text), *_DRAWN.finditer(text)]:
        parts: dict[str, str | None] = {"seen": None, "measure": None, "at": None}
        parts |= m.groupdict()
        whole = m["whole"] or f"{parts['at'] or ''}{'各' * bool(parts['at'])}{parts['seen'] or ''}"
        if re.fullmatch(rf"{CHINESE_TIME}|.*年[度来]?", whole) or re.search(
            r"在|年|策略", m["part"]
        ):
            continue  # a period has no parts, and a year is none
        question = f"{whole}中，哪一项{parts['measure'] or ''}{m['way']}？"
        yield whole, {"question": question, "answer": m["part"], "answer_kind": "text",
                           "task": "explanation"}  # fmt: skip
    for m in _BEST.finditer(text):
        if _IS_CLAUSE.search(m["whole"]) or m["whole"].endswith("看"):
            continue
        when = f"{m['when']}的" if m["when"] else ""
        question = f"{m['whole']}中，哪一个{when}{m['measure']}{m['way']}？"
        yield m["whole"], {"question": question, "answer": m["part"], "answer_kind": "text",
                           "task": "explanation"}  # fmt: skip
    for m in _PEAK.finditer(text):
        way = "最低" if m["way"] in ("最低", "低点", "谷底", "新低", "底部") else "最高"
        yield _choice(m["subject"], f"{m['subject']}在什么时候{way}？", m["when"])
    for m in _PEAK_OF.finditer(text):
        if re.search(r"占比|比重|份额|贡献", m["subject"]):
            continue  # of the parts of that year, not of its years
        yield _choice(m["subject"], f"{m['subject']}在哪一年{m['way']}？", m["when"])
    for m in _SHARES.finditer(text):
        x, y, whole = float(m["x"]), float(m["y"]), m["whole"]
        if x + y > WHOLE:
            continue  # of two wholes
        one, other = (m[k].removesuffix("占").removesuffix("以") for k in ("a", "b"))
        question = f"{whole}中，{one}占百分之多少？"
        yield whole, number_item(question, x, plain(x), "%", "statistics")
        question = f"{whole}中，{one}与{other}合计占百分之多少？"
        yield whole, number_item(question, x + y, f"{plain(x)} + {plain(y)}", "%", "arithmetic")


def _compared(text: str) -> Iterator[Asked]:
    for m in _HIGHER.finditer(text):
        ways = "还是".join(sorted((m["way"], _OPPOSITE[m["way"]]), reverse=True))
        question = f"{m['when']}，{m['a']}是{ways}{m['b']}？"
        if not re.search(r"\d%?$|以外$|之外$", m["b"]):
            yield _choice(m["a"], question, m["way"])
    for m in [*_BETTER.finditer(text), *_BETTER_THAN.finditer(text)]:
        answer = "弱于" if m["way"] in _WORSE else "优于"
        yield _choice(m["a"], f"{m['a']}的表现是优于还是弱于{m['b']}？", answer)


def series_in_chinese(series: Series, rng: random.Random) -> list[QuestionItem]:
    """Asks about a series of a Chinese report: growth, change, mean and peak.

    Args:
        series: periods in the order of time.
        rng: draws the two periods that are compared.

    Returns:
        Items; without amounts where the unit is not known.
    """
    if len(series.values) < 2:
        return []
    (i, j), term = sorted(rng.sample(range(len(series.labels)), 2)), series.term
    a, b = series.values[i], series.values[j]
    first, last = _period(series.labels[i]), _period(series.labels[j])
    items: list[QuestionItem] = []
    if series.unit != "%" and a > 0 and b > 0 and a != b:
        way = f"({plain(b)} - {plain(a)}) / {plain(a)} * 100"
        question = f"从{first}到{last}，{term}变化了百分之多少？"
        items.append(number_item(question, (b - a) / a * 100, way, "%", "arithmetic"))
    if series.unit and re.fullmatch(CHINESE_UNITS, series.unit):
        asked = "百分之多少" if series.unit == "%" else f"多少{series.unit}"
        question, end = f"{_period(series.labels[-1])}{term}是{asked}？", series.values[-1]
        items.append(number_item(question, end, plain(end), series.unit, "statistics"))
    if series.unit == "%":
        question = f"从{first}到{last}，{term}变化了多少个百分点？"
        items.append(number_item(question, b - a, f"{plain(b)} - {plain(a)}", "%", "arithmetic"))
    if len(series.values) < LEAST_SERIES:
        return items
    numbers = ", ".join(plain(v) for v in series.values)
    span = f"{_period(series.labels[0])}至{_period(series.labels[-1])}"
    if series.unit == "%":
        mean = sum(series.values) / len(series.values)
        items.append(
            number_item(
                f"{span}{term}的平均值是百分之多少？", mean, f"mean({numbers})", "%", "statistics"
            )
        )
    if series.values.count(max(series.values)) == 1:
        top = _period(series.labels[series.values.index(max(series.values))])
        items.append({"question": f"{span}，{term}在哪一期最高？", "answer": top,
                      "answer_kind": "choice", "task": "explanation"})  # fmt: skip
    return items


def _period(label: str) -> str:
    if label.isdigit():
        return f"{label}年"
    return f"{label[-4:]}{label[:2]}" if label.startswith("Q") else label
