"""What a Chinese sentence says of the parts of a whole: their shares, and which is the first.

"甲公司以43.9%的市占率稳居第一，乙公司以27.1%位列第二" names two shares and the first. The forms are
our choice; a sentence of any other form gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from finlmm_utils.asp.questions.rules.chinese.shapes import WHOLE, Asked
from finlmm_utils.asp.questions.rules.question_item import number_item
from finlmm_utils.finance.periods import CHINESE_TIME, YEAR
from finlmm_utils.finance.terms import plain
from finlmm_utils.finance.units import DECIMAL

_SHARE = "市场占有率|市占率|市场份额|份额|占比|比重"
_NAME = r"[\u4e00-\u9fffA-Za-z0-9（）()]{2,14}?"
_PART = re.compile(
    r"(?:^|[，。；：、])(?:其中[，,]?)?(?:[^，。；：]*?年[末度]?)?(?P<part>[\u4e00-\u9fffA-Za-z]{2,10}?)"
    rf"(?:收入|销售额)?占比(?:约?为|达到?)?(?P<value>{DECIMAL})%(?=[，。、；]|$)"
)
"""One of several parts of a whole that the sentence before it, or a chart, names."""
_RANKED = re.compile(
    rf"(?:^|[，。；：])(?:其中[，,]?)?(?:{CHINESE_TIME})?(?P<part>{_NAME})以(?P<value>{DECIMAL})%的?"
    rf"(?P<measure>{_SHARE})?(?:稳居|位居|位列|排名|排在|居于?|排)(?P<rank>[^，。；、]{{1,8}}?)(?=[，。；、]|$)"
)
"""A part with its share and its rank."""
_LARGEST = re.compile(
    rf"(?:^|[，。；：])(?:其中[，,]?)?(?:{CHINESE_TIME})?(?P<part>{_NAME})(?:是|为|仍是|仍为)(?:第一大|最大的?)"
    rf"(?P<kind>[\u4e00-\u9fff]{{2,10}}?)，(?P<measure>占比|份额|权重)(?:约?为|达到?|高达)?(?P<value>{DECIMAL})%"
)
"""The largest part, with its share behind it."""
_FIRST = re.compile(r"^(?:第一|首位?|榜首|第一位|市场第一|行业第一|行业首位|首)$")
_OPENS = re.compile(rf"^(?:截[至止]|公司|在)*(?P<when>{CHINESE_TIME})")


def parts_in_chinese(text: str) -> Iterator[Asked]:
    """Reads shares of parts, alone or with their ranks.

    Args:
        text: one sentence without spaces and without references.

    Yields:
        Subject and question.
    """
    opened = _OPENS.match(text)
    lone = len(re.findall(YEAR, text)) == 1
    when = opened["when"] if opened and lone else ""
    if re.search(YEAR, text) and not when:
        return
    ranked = list(_RANKED.finditer(text))
    measure = next((m["measure"] for m in ranked if m["measure"]), "")
    for m in ranked if measure else ():
        yield _share(f"{when}{m['part']}的{m['measure'] or measure}", m["part"], m["value"])
        if _FIRST.match(m["rank"]):
            question = f"{when}哪一项的{measure}最高？"
            yield m["part"], {"question": question, "answer": m["part"], "answer_kind": "text",
                              "task": "explanation"}  # fmt: skip
    largest = list(_LARGEST.finditer(text))
    for m in largest:
        yield _share(f"{when}{m['part']}的{m['measure']}", m["part"], m["value"])
        question = f"{when}最大的{m['kind']}是哪一个？"
        yield m["part"], {"question": question, "answer": m["part"], "answer_kind": "text",
                          "task": "explanation"}  # fmt: skip
    parts = list(_PART.finditer(text))
    shares = [float(m["value"]) for m in parts]
    if len(parts) + len(largest) > 1 and sum(shares) <= WHOLE:
        for m in parts:
            yield _share(f"{when}{m['part']}占比", m["part"], m["value"])


def _share(asked: str, part: str, value: str) -> Asked:
    share = float(value)
    return part, number_item(f"{asked}是百分之多少？", share, plain(share), "%", "statistics")
