"""What a Chinese sentence or caption says of a movement: what rose or fell, and since when.

The forms are our choice, grown on reports of brokers; a sentence of any other form gives nothing.
"""

from __future__ import annotations

import re

from finlmm_utils.asp.questions.rules.chinese.periods import CJK_SPACES
from finlmm_utils.asp.questions.rules.chinese.shapes import Asked
from finlmm_utils.asp.questions.rules.question_item import AskedFact
from finlmm_utils.asp.records import AnswerKind, TaskKind
from finlmm_utils.finance.directions import CHINESE_DOWN, CHINESE_UP
from finlmm_utils.finance.periods import CHINESE_PERIOD_SHOWN, CHINESE_TIME, YEAR

DOWN = frozenset([*CHINESE_DOWN.split("|"), "-"])
"""What says that a quantity falls."""
VAGUE = re.compile(
    r"^(?:其|该|此|这|那|本|两者|二者|最终|最后|它|他们|以上|上述|同时|但|而|并|即|如|由|可|相比|当|若)"
    r"|^(?:与|和|除|又|仅|虽|因(?!子)|随|对|按|将|把|被|让|使|不(?!良)|没|较|从|为|且|及|或|也|都|均|则|所有|部分|多数)"
    rf"|(?:除|又|仅|只|要|远远|显著|明显|普遍|全面|通常|从|由|一度|最终|不断|既|就)$|^发现|^同期|^期间(?!费用)|/|^达到?$|^[（(]"
    rf"|^{YEAR}年?$|的表现$|^占"
    r"|[+＋]$|^\d(?!\d{3}年|\d*[A-Z]|\d?年期)|^指标$|了|随着|时$|(?:跌破|突破|超过?|逾|不足|接近)$|后|如果|我们|可以|认为|应该|上图|下图|例如|以外|之外"
)
"""What is no subject that is understood alone: a pronoun, a conjunction, a half of a sentence."""
_SPAN = rf"{CHINESE_TIME}(?:开始)?(?:(?:至|到|-|—|~){CHINESE_TIME})?(?:之后|以后|以来|期间|之前)?"
_WAYS = f"{CHINESE_UP}|{CHINESE_DOWN}"
_HOW = (
    "也|都|均|开始|逐步|逐渐|逐年|稳步|快速|一路|持续|继续|再次|率先|大幅|明显|显著|不断|缓慢"
    "|有所|加速|连续[两二三四五六七八九十]+个?(?:年|季度|月|周)"
)
_TREND = r"(?:的?(?:趋势|态势|走势))?"
_MOVE = re.compile(
    rf"(?:^|[，。；])(?:在|从)?(?P<when>{_SPAN})(?:开始|时|左右)?[，,]?(?P<subject>[\u4e00-\u9fffA-Za-z0-9“”_-]{{2,16}}?)"
    rf"(?:随着[\u4e00-\u9fff]{{2,6}})?(?:{_HOW}|出现|呈现?|整体|总体)*"
    rf"(?P<way>{_WAYS}){_TREND}(?=[，。；]|$)"
)
_SINCE = re.compile(
    rf"(?:^|[，。；])(?:公司|我国|全国)?(?P<subject>[\u4e00-\u9fffA-Za-z0-9“”]{{2,16}}?)(?:自|从)(?P<when>{CHINESE_TIME})(?:以来|之后|开始|起)[，,]?"
    rf"(?:{_HOW}|出现|呈现?出?|整体|总体)*(?P<way>{_WAYS}){_TREND}(?=[，。；]|$)"
)
"""The period stands behind what moves: 毛利率自2019年以来持续下降."""
_WITH = re.compile(
    r"(?:^|[，。；：])随着(?P<cause>[\u4e00-\u9fffA-Za-z0-9]{2,14}?)的?(?P<rise>增加|上升|提高|增大|变大|提升|下降|降低|减小|减少)，"
    rf"(?P<subject>[\u4e00-\u9fffA-Za-z0-9]{{2,20}}?)(?:随之|{_HOW}|也随之|呈现?出?)*(?P<way>{_WAYS})(?:的?(?:趋势|态势))?(?=[，。；]|$)"
)
_CLAUSE = re.compile(
    rf"[，、](?:而|但)?(?P<subject>[\u4e00-\u9fffA-Za-z]{{2,10}}?)(?P<how>(?:{_HOW})*)"
    rf"(?P<way>{_WAYS})(?=[，。；、]|$)"
)
_TOGETHER = re.compile(
    rf"(?:[，了]|是)(?:这(?:也|一直)?是|呈现出?了?)?(?P<one>[\u4e00-\u9fffA-Za-z]{{2,8}}?)[与和及](?P<other>[\u4e00-\u9fffA-Za-z]{{2,8}}?)"
    rf"(?:同时|均|都|双双|同步|一同)(?:{_HOW})?(?P<way>{_WAYS})(?:的?(?:状态|趋势|态势|走势|阶段))?(?=[，。；]|$)"
)
"""Two things that moved one way: 波动率和换手率都下降."""
_CAPTION_MOVES = re.compile(
    rf"^(?P<subject>[\u4e00-\u9fffA-Za-z0-9“”]{{4,20}}?)(?:{_HOW}|整体|总体|呈现?)+(?P<way>{_WAYS})(?:的?(?:趋势|态势))?"
    r"(?:[（(][^）)]*[）)])?$"
)
_OF_LATE = r"近年来?|近几年来?|近[两三四五六十]年来?"
_OVER_ALL = re.compile(
    rf"^(?P<late>(?:{_OF_LATE})[，,]?)?(?:(?:整体|总体|长期)来?看[，,]?|可以?看[到出][，,]?)?(?:公司|我国|全国)?的?"
    rf"(?P<subject>[\u4e00-\u9fffA-Za-z0-9“”]{{3,16}}?)(?:{_HOW}|整体|总体|呈现?出?)+(?P<way>{_WAYS}){_TREND}(?=[，。；]|$)"
)
"""A movement without a period: that of the figure that the sentence names, or of late."""


def moves_in_chinese(text: str, names_figure: bool) -> list[Asked]:
    """Reads "2020年以来，行业集中度不断提升" and its relatives.

    Args:
        text: one sentence without spaces and without references.
        names_figure: whether it names a figure: a movement without a period is the one shown there.

    Returns:
        Subjects and questions.
    """
    found = [(m["when"], m["subject"], m["way"]) for m in _MOVE.finditer(text)]
    found += [(f"{m['when']}以来", m["subject"], m["way"]) for m in _SINCE.finditer(text)]
    times = list(re.finditer(rf"{_SPAN}(?:开始|之后)?", text))
    if len(times) == 1:
        when, end = times[0][0], times[0].end()
        span = bool(re.search("[至到]", when))  # of a moment, a movement says so: "逐步"
        later = [m for m in _CLAUSE.finditer(text, end) if m["how"] or span]
        found += [(when, m["subject"], m["way"]) for m in later]
    for m in _TOGETHER.finditer(text):
        when = next((t[0] for t in times[::-1] if t.end() <= m.start()), "")
        found += [(when, m[name], m["way"]) for name in ("one", "other") if when]
    for m in _WITH.finditer(text):
        found.append((f"随着{m['cause']}{m['rise']}", m["subject"], m["way"]))
    items = [
        words_item(subject, f"{when}，{subject}是上升还是下降？", _answer(way), "choice")
        for when, subject, way in dict.fromkeys(found)
        if not re.search("[与和及也]|的$", subject)  # of two measures, or of the ratio of both
    ]
    whole = _OVER_ALL.match(text) if not times else None
    several = whole and re.search(r"[与和及]|的$|\d", whole["subject"])
    if whole and not several and (names_figure or whole["late"]):
        items.append(_over_all(whole["subject"], whole["way"]))
    return items


def moved_in_caption(caption: str, page: int) -> AskedFact | None:
    """Reads "北向资金持股市值稳步提升", a caption without a period: its chart's own is meant.

    Args:
        caption: without its number.
        page: where it stands, from 1.

    Returns:
        What can be asked, or None.
    """
    m = _CAPTION_MOVES.match(CJK_SPACES.sub("", " ".join(caption.split())))
    if not m or VAGUE.search(m["subject"]) or re.search("[与和及的]$|[与和及]", m["subject"]):
        return None
    _, item = _over_all(m["subject"], m["way"])
    return AskedFact(({**item, "rule": "Chinese: moves"},), caption, page)


def _over_all(subject: str, way: str) -> Asked:
    question = f"{CHINESE_PERIOD_SHOWN}，{subject}总体上是上升还是下降？"
    return words_item(subject, question, _answer(way), "choice")


def _answer(way: str) -> str:
    return "下降" if way in DOWN else "上升"


def words_item(
    subject: str, question: str, answer: str, kind: AnswerKind, task: TaskKind = "explanation"
) -> Asked:
    """A question whose answer is words, with what it is about.

    Args:
        subject: what it is about.
        question: the question.
        answer: its answer.
        kind: of the answer.
        task: of the question.
    """
    return subject, {"question": question, "answer": answer, "answer_kind": kind, "task": task}
