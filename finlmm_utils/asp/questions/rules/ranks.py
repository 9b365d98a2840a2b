"""A statement of a rank with the name left out: what is the largest, and of what.

"Rail Systems remained the largest division" is asked as its author put it, without the name; it is
kept only where a chart draws that name and nothing that is larger.
"""

from __future__ import annotations

import re

from finlmm_utils.asp.language import is_chinese
from finlmm_utils.asp.questions.rules.gaps import GAP, LETTERS, POINT, POINTS_BACK, UNSURE
from finlmm_utils.asp.questions.rules.question_item import AskedFact, QuestionItem
from finlmm_utils.finance.reference_clauses import without_references

_SUPERLATIVE = r"(?:largest|biggest|highest|smallest|lowest)"
_IS = r"(?:is|are|was|were|(?:has\s+|have\s+)?remain(?:s|ed)?|continue[sd]?\s+to\s+be|became)"
_NAME = r"(?P<name>[A-Z][^,;:()\d]{2,48}?)"
_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^(?:The\s+)?{_NAME}\s+{_IS}\s+(?:(?:now|still|again|by\s+far|once)\s+)*(?:the|our|its|their)\s+"
        rf"(?:single\s+|by\s+far\s+)?{_SUPERLATIVE}\b",
        rf"\b[Tt]he\s+(?:single\s+)?{_SUPERLATIVE}\s+[^,;:()\d]{{3,60}}?\s+(?:{_IS}|c[ao]mes?\s+from)\s+(?:the\s+)?"
        r"(?P<name>[^,;:()\d]{3,48}?)(?=[,;.]|\s+(?:at|with|which|followed|where)\b|$)",
        r"(?:^|[，；：])(?:其中|从结构看)?(?P<name>[\u4e00-\u9fffA-Za-z0-9]{2,12}?)(?:以[^，。；]{1,14}?)?的?"
        r"(?:占比|份额|规模|权重|比重|收入|增速|贡献)?(?:仍|依然|仍然)?(?:居首|位居第一|位居首位|位列第一|排名第一|最高|最大|最低|最小)",
    )
)
"""Who is ahead, before or behind the word that says so."""


def rank_in_sentence(sentence: str, page: int) -> AskedFact | None:
    """Leaves out the name of what a sentence says is ahead.

    Args:
        sentence: in English or Chinese; a figure that it names plays no part.
        page: where it stands, from 1.

    Returns:
        What can be asked, or None.

    Examples:
        >>> rank_in_sentence("Rail Systems remained the largest division.", 1).items[0]["question"]
        'Which name is missing: “… remained the largest division”?'
    """
    text = POINT.sub("", without_references(" ".join(sentence.split()))).rstrip(".。")
    chinese = is_chinese(text)
    m = next(filter(None, (form.search(text) for form in _FORMS)), None)
    if not m or len(text) > LETTERS[chinese][1] or POINTS_BACK.search(text) or UNSURE.search(text):
        return None
    statement = f"{text[: m.start('name')]}{GAP}{text[m.end('name') :]}"
    asked = f"Which name is missing: “{statement}”?"
    if chinese:
        asked = f"“{statement}”中缺少的名称是什么？"
    item: QuestionItem = {
        "question": asked, "answer": m["name"], "answer_kind": "text", "task": "statistics",
    }  # fmt: skip
    return AskedFact((item,), sentence, page)
