"""What rules read out of Chinese sentences, and what is asked about it.

As for English, the rules take few forms and leave everything else alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from finlmm_utils.asp.questions.rules.chinese.metrics import metrics_in_chinese
from finlmm_utils.asp.questions.rules.chinese.moves import (
    DOWN,
    VAGUE,
    moves_in_chinese,
    words_item,
)
from finlmm_utils.asp.questions.rules.chinese.parts import parts_in_chinese
from finlmm_utils.asp.questions.rules.chinese.periods import CJK_SPACES, with_period
from finlmm_utils.asp.questions.rules.chinese.reached import reached_in_chinese
from finlmm_utils.asp.questions.rules.chinese.shapes import Asked, shapes_in_chinese
from finlmm_utils.asp.questions.rules.question_item import AskedFact, QuestionItem, number_item
from finlmm_utils.finance.directions import CHINESE_DOWN, CHINESE_UP
from finlmm_utils.finance.finder import NUMBER_IN_CHINESE, plain_number
from finlmm_utils.finance.periods import CHINESE_TIME, YEAR
from finlmm_utils.finance.reference_clauses import place_named, without_references
from finlmm_utils.finance.references import figure_names
from finlmm_utils.finance.terms import plain
from finlmm_utils.finance.units import CHINESE_UNITS, DECIMAL

_VALUE = rf"(?P<value>{NUMBER_IN_CHINESE})"
_SUBJECT = r"(?P<subject>[\u4e00-\u9fffA-Za-z0-9（）()&+“”_/-]{2,24}?)"
_LEVEL = re.compile(
    rf"(?:^|[，。；：])(?:截至|公司|在|本公司|集团)*(?P<when>{CHINESE_TIME})[，,]?(?:公司|本公司|集团|共|累计)*(?P<did>实现|完成)?"
    rf"{_SUBJECT}(?:合计|共计|约|分别)?(?:为|达到?|是|至|约|收[于报]|报|录得|仅)*{_VALUE}(?P<unit>{CHINESE_UNITS})(?!/)"
    r"(?:[，,（(]?(?:较上年|比上年)?同比(?P<way>增长|上升|上涨|增加|提升|提高|下降|下跌|减少|下滑|降低|[+-])(?:了|约)?"
    rf"(?P<growth>{DECIMAL})%)?"
)
_WENT_TO = rf"(?:{CHINESE_UP}|{CHINESE_DOWN}|[升降涨跌])[至到]"
_LATER = re.compile(
    rf"(?:^|[，。；：])(?:公司|我国)?(?P<subject>[\u4e00-\u9fffA-Za-z0-9]{{3,20}}?)(?:在|于)?(?P<when>{CHINESE_TIME})(?:约?为|达到?|触[底及]于?|收[于报]|录得|{_WENT_TO})"
    rf"{_VALUE}(?P<unit>{CHINESE_UNITS})(?!/)(?P<growth>(?!))?"
)
"""A level whose period stands after its name."""
_GROWTH = re.compile(
    rf"(?:^|[，。；：])(?:截至|公司|在)*(?P<when>{CHINESE_TIME})[，,]?(?:公司|本公司|集团)*{_SUBJECT}(?:较上年|比上年)?同比"
    rf"(?P<way>增长|上升|上涨|增加|提升|提高|下降|下跌|减少|下滑|降低|[+-])(?:了|约)?(?P<growth>{DECIMAL})%"
)
_OF_WHOM = re.compile(
    rf"(?:^|[，。；：])(?P<who>[\u4e00-\u9fffA-Za-z]{{2,10}}?)(?P<when>{CHINESE_TIME})"
    rf"(?P<subject>[\u4e00-\u9fffA-Za-z]{{2,12}}?)同比"
    rf"(?P<way>增长|上升|上涨|增加|下降|下跌|减少|下滑|[+-])(?:了|约)?(?P<growth>{DECIMAL})%"
)
"""Growth of whom, when and of what: 传媒行业2023Q3归母净利润同比增长46.2%."""
_WENT = r"(?P<way>增长|上升|上涨|增加|提升|提高|下降|下跌|减少|下滑|降低)"
_ALSO_LEVEL = re.compile(
    rf"[，；](?:其中)?{_SUBJECT}(?:约?为|达到?|约)?{_VALUE}(?P<unit>{CHINESE_UNITS})(?!/)(?=[，。；（]|$)"
)
_ALSO_GROWTH = re.compile(
    rf"[，；]{_SUBJECT}(?P<yearly>同比)?{_WENT}(?:了|约)?(?P<growth>{DECIMAL})%(?=[，。；]|$)"
)
"""What stands after the first: the period that the sentence opens with holds for it as well."""
_OTHER_SUBJECT = re.compile(
    r"同比|环比|增长|下降|提升|较|(?<![占对])比(?![例重率])|约为|分别|[、/]|^(?:增|降|达|合计|占)|占$"
)
_MOVED = re.compile(rf"(?:{CHINESE_UP}|{CHINESE_DOWN})$")
_NO_NAME = re.compile(r"以$|^(?:更|仅|只|已|则|又|再|也|是)+[有为]?$")
"""What is no name: 更是仅有, or the one who has it: 某某以."""
_RATE_ALREADY = re.compile(rf"[同环]比(?:{CHINESE_UP}|{CHINESE_DOWN})(?:是(?!了)|变化)")
"""A question for the value, or the movement, of what has moved: 同比下降是多少."""
_MEASURE = re.compile(r"(?:配置|持仓|装机|收入|销售|市场)?(?:比例|占比|份额|市占率|比重|权重)$")
"""What a sentence says once of all parts that it lists: 主板配置比例为71.4%，科创板为11.3%."""
_RATE = re.compile(r"[率比例重度额速幅仓位]$|份额|收益|利润|同比")
"""What can be in per cent; of a bare name nobody knows what is."""
_RESULT = re.compile(
    r"(?:^|[，。；：])(?:可以看到|其中)?[，,]?"
    r"(?P<subject>[\u4e00-\u9fffA-Za-z][\u4e00-\u9fffA-Za-z0-9]{3,22}?(?:净值|收益率?|回撤|比率?|系数|指数|胜率|占比|市占率|份额|均值|波动率|"
    rf"权重|规模|价格|增速))(?:仅|只)?(?:约?为|达到?|是|保持在){_VALUE}(?P<unit>{CHINESE_UNITS})?(?=[，。；]|$)"
)
_TOP = re.compile(
    r"(?:^|[，。；：])(?:其中)?[，,]?(?P<subject>[\u4e00-\u9fffA-Za-z][\u4e00-\u9fffA-Za-z0-9]{5,26}?)"
    rf"(?:最高|最低|最大|最小)，(?:约?为|达到?|仅为?){_VALUE}(?P<unit>{CHINESE_UNITS})?(?=[，。；]|$)"
)
"""The value of what is ahead: 在中证1000内的年化收益率最高，达到18.3%."""
_RELATED = re.compile(
    r"(?:^|[，。；])(?P<one>[\u4e00-\u9fffA-Za-z0-9]{2,14}?)(?:与|和)(?P<other>[\u4e00-\u9fffA-Za-z0-9]{2,14}?)"
    r"(?:走势|的走势|之间)?(?:整体上|大致)?(?:呈现出?|呈|表现出)(?:的是)?(?:明显|较强|显著|高度|一定)?的?(?P<sign>正相关|负相关)"
)
_SCATTER = re.compile(
    r"该图为(?P<one>[\u4e00-\u9fffA-Za-z0-9]{2,14}?)与(?P<other>其?[\u4e00-\u9fffA-Za-z0-9]{2,14}?)的散点图，呈现出?"
    r"(?:比较|较为|明显|较强|显著|高度|一定)*的?(?P<sign>正相关|负相关)"
)
_ABOVE = re.compile(
    r"(?:^|[，。；：])(?:可以看出，?|可以看到，?|整体来看，?|其中)?(?P<subject>[\u4e00-\u9fffA-Za-z0-9]{3,24}?)"
    r"(?:则|都|均|也|基本|整体|总体|通常|大多数时候|一直|始终|明显|远|略|显著)+(?:运行在|保持在|处于)?"
    r"(?P<way>高于|低于|大于|小于)(?P<other>[\u4e00-\u9fffA-Za-z0-9.%]{3,24})(?=[，。；（]|$)"
)
_OVER = re.compile(
    r"(?:^|[，。；：])(?:可以看出，?|可以看到，?|其中)?(?P<subject>[\u4e00-\u9fffA-Za-z0-9]{4,24}?)(?:则|都|均|也|基本|整体|总体|"
    r"通常|大多数时候|多数时间|一直|始终|明显|持续)+(?:运行|保持|维持|处于|位于)*(?:在)?(?:"
    rf"(?P<other>-?{DECIMAL}%?)(?P<way>以上|之上|以下|之下)|为(?P<sign>[正负])(?:值|数)?)(?=[，。；（]|$)"
)
_OPPOSITE = {"高于": "低于", "低于": "高于", "大于": "小于", "小于": "大于"}
_OPENS = re.compile(rf"^(?:截[至止])?(?P<when>{CHINESE_TIME}|{YEAR}年[一二三四]季[报度])[，,]")
"""The period that a sentence opens with: it holds for all that follows."""
_FIRST_TIME = re.compile(rf"^(?:公司|截[至止]|在)*(?P<when>{CHINESE_TIME})(?![一二三四]季|中)")
_MEANS = re.compile(
    r"^(?P<term>[\u4e00-\u9fffA-Za-z0-9（）()]{2,20}?)(?:是指|指的是|定义为|是用来衡量|用来衡量|用于衡量|度量的是|衡量的是)"
    r"(?P<meaning>[^。；：]{8,90}?)(?=，(?:因此|所以|因而|故|从而)|[。；]|$)"
)
_CAUSE = re.compile(
    r"(?:^|[，。；])(?P<subject>[^，。；]{4,30}?)(?P<way>增长|上升|增加|提升|下降|减少|下滑|回落)[^，。；]{0,14}[，,]"
    r"主要(?:原因)?(?:是|系|由于|因为|受益于|得益于|受)(?:由于|因为|因)?(?P<cause>[^。；]{6,100}?)(?:所致|影响)?(?=[。；]|$)"
)
_MARK = re.compile(
    r"^(?:[Nnluv•●■◆▪§Ø➢✓]\s*|\d{1,2}[、.．]|[（(]\d{1,2}[）)])(?=[\u4e00-\u9fff]|\d{1,4}[年月])"
)
"""A bullet, as the letter that its font holds for it, or the number of a point of a list."""
_FORMULA = re.compile("[\U0001d400-\U0001d7ff]+")
"""Letters and digits that are set as a formula: they are letters and digits."""

LONGEST = 240
"""Characters of a sentence; a longer one is a list or a table of contents."""


def fact_in_chinese(sentence: str, page: int, said: str = "", year: str = "") -> AskedFact | None:
    """Reads "2021年营业收入为123.4亿元，同比增长12.5%。" and a few relatives.

    Args:
        sentence: one Chinese sentence; spaces between characters play no part.
        page: where it stands, from 1.
        said: what is read of it, where the period of the part before it holds; "" for itself.
        year: that the report is of, "" if it is not known.

    Returns:
        What can be asked, in Chinese; None where the sentence has another form, or a subject that
        nobody understands without the sentence before.
    """
    text = without_references(CJK_SPACES.sub("", " ".join((said or sentence).split())))
    text = with_period(_MARK.sub("", text), year)
    text = _FORMULA.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text)
    named = bool(figure_names(sentence) or place_named(sentence))
    if len(text) > LONGEST or re.search(r"\.{4,}|…{2,}", text):
        return None
    found = {name: read(text) for name, read in _READERS.items()}
    found["moves"] = moves_in_chinese(text, named)
    items: list[QuestionItem] = [
        {**item, "rule": f"Chinese: {name}"}
        for name, some in found.items()
        for subject, item in some
        if not VAGUE.search(subject) and not _RATE_ALREADY.search(item["question"])
    ]
    return AskedFact(tuple(_once(items)), sentence, page) if items else None


def _once(items: list[QuestionItem]) -> list[QuestionItem]:
    """Each question once, whoever read it."""
    return list({item["question"]: item for item in reversed(items)}.values())[::-1]


def _levels(text: str) -> list[Asked]:
    items: list[Asked] = []
    for m in [*_LEVEL.finditer(text), *_LATER.finditer(text)]:
        when, subject, unit = m["when"], _subject(m["subject"]), m["unit"]
        value = plain_number(m["value"])
        asked = "百分之多少" if unit == "%" else f"多少{unit}"
        if _NO_NAME.search(subject):
            continue
        led = _MOVED.search(subject) and text[m.end("subject")] in "至到"  # "回升至": a level
        if led or re.search(r"[同环]比(?!$)|增长|下降", subject):
            continue
        subject += "比" * subject.endswith("占")
        be = "" if subject.endswith("的") else "是"  # "占营业收入的百分之多少"
        be = "了" if _MOVED.search(subject) else be  # "指数下跌了百分之多少"
        question = f"{when}{subject}{be}{asked}？"
        found = [number_item(question, value, plain(value), unit, "statistics")]
        if m["growth"] and re.fullmatch(f"{YEAR}年", when) and unit != "%":
            sign = "-" if m["way"] in DOWN else "+"
            share = float(m["growth"])
            base = value / (1 + (-share if sign == "-" else share) / 100)
            question = f"根据{when}的数值和同比变化，{int(when[:4]) - 1}年{subject}约为{asked}？"
            way = f"{plain(value)} / (1 {sign} {plain(share)} / 100)"
            found.insert(0, number_item(question, base, way, unit, "arithmetic"))
        items += [(subject, item) for item in found]
    for m in [*_LEVEL.finditer(text), *_GROWTH.finditer(text)]:
        if m["growth"]:
            subject, share = _subject(m["subject"]), float(m["growth"])
            way = {"+": "增长", "-": "下降"}.get(m["way"], m["way"])
            question = f"{m['when']}{subject}同比{way}了百分之多少？"
            item = number_item(question, share, plain(share), "%", "statistics")
            items.append((subject, item))
    for m in _OF_WHOM.finditer(text):
        way, share = {"+": "增长", "-": "下降"}.get(m["way"], m["way"]), float(m["growth"])
        question = f"{m['when']}{m['who']}的{m['subject']}同比{way}了百分之多少？"
        items.append((m["who"], number_item(question, share, plain(share), "%", "statistics")))
    items += _also(text)
    lone = len(re.findall(YEAR, text)) == 1
    opened = _OPENS.match(text) or (_FIRST_TIME.match(text) if lone else None)
    when = f"{opened['when'].replace('季报', '季度')}，" if opened else ""
    for m in [*_RESULT.finditer(text), *_TOP.finditer(text)]:
        value, unit = plain_number(m["value"]), m["unit"] or ""
        asked = "百分之多少" if unit == "%" else f"多少{unit}"
        question = f"{when}{m['subject']}是{asked}？"
        item = number_item(question, value, plain(value), unit, "statistics")
        if not re.search(f"{YEAR}年", m["subject"]):
            items.append((m["subject"], item))
    return items


def _also(text: str) -> list[Asked]:
    """Levels and growth of further things in a sentence that names one period, at its beginning."""
    items: list[Asked] = []
    first = _FIRST_TIME.match(text)
    if not first or len(re.findall(YEAR, text)) != 1:
        return items
    when, own = first["when"], _LEVEL.search(text)
    measured = _MEASURE.search(own["subject"]) if own else None
    for m in _ALSO_LEVEL.finditer(text, first.end() + 1):
        subject, value, unit = m["subject"], plain_number(m["value"]), m["unit"]
        asked = "百分之多少" if unit == "%" else f"多少{unit}"
        measure = measured and not _MEASURE.search(subject)
        subject += measured[0] if measured and measure else ""
        if not _OTHER_SUBJECT.search(subject) and (unit != "%" or _RATE.search(subject)):
            question = f"{when}{subject}是{asked}？"
            items.append((subject, number_item(question, value, plain(value), unit, "statistics")))
    yearly = _GROWTH.search(text)
    for m in _ALSO_GROWTH.finditer(text, first.end() + 1):
        share, question = float(m["growth"]), f"{when}{m['subject']}同比{m['way']}了百分之多少？"
        if not _OTHER_SUBJECT.search(m["subject"]) and (m["yearly"] or yearly):
            item = number_item(question, share, plain(share), "%", "statistics")
            items.append((m["subject"], item))
    return items


def _others(text: str) -> list[Asked]:
    items: list[Asked] = []
    if m := _RELATED.search(text) or _SCATTER.search(text):
        question = f"{m['one']}与{m['other']}是正相关还是负相关？"
        items.append(words_item(m["one"], question, m["sign"], "choice"))
    for m in _ABOVE.finditer(text):
        ways = "是" + "还是".join(sorted((m["way"], _OPPOSITE[m["way"]]), reverse=True))
        question = f"{m['subject']}{ways}{m['other']}？"
        if not re.search(r"[其该此两这]", m["other"]) and not re.search(r"^的|或$", m["subject"]):
            items.append(words_item(m["subject"], question, m["way"], "choice"))
    for m in _OVER.finditer(text):
        if m["sign"]:
            question = f"{m['subject']}总体上为正还是为负？"
            items.append(words_item(m["subject"], question, f"为{m['sign']}", "choice"))
        else:
            way = "高于" if m["way"].endswith("上") else "低于"
            question = f"{m['subject']}通常是高于还是低于{m['other']}？"
            items.append(words_item(m["subject"], question, way, "choice"))
    if m := _MEANS.match(text):
        question = f"报告如何定义{m['term']}？"
        items.append(words_item(m["term"], question, m["meaning"], "text", "knowledge"))
    if m := _CAUSE.search(text):
        question = f"{m['subject']}{m['way']}的主要原因是什么？"
        items.append(words_item(m["subject"], question, m["cause"], "text"))
    return items


def _subject(text: str) -> str:
    return re.sub(r"^(?:的|，)|(?:合计|共计|约|分别|均|则|完成|实现)$", "", text)


_READERS: dict[str, Callable[[str], Iterable[Asked]]] = {
    "shapes": shapes_in_chinese,
    "levels": _levels,
    "metrics": metrics_in_chinese,
    "others": _others,
    "reached": reached_in_chinese,
    "parts": parts_in_chinese,
}
"""The readers of a sentence, by the name under which their questions are counted."""
