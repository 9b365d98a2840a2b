"""Whatever other rules read of it: a statement with one of its numbers left out.

Authors word their numbers in more forms than rules can parse: "Sight deposits levelled off at 503
billion". The statement itself is then the question, and the number that is missing the answer; it
is kept only where a chart names what the statement names and has that number there. The form is
our choice, the oldest one of reading tests (Taylor, 1953: "cloze").
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from finlmm_utils.asp.language import is_chinese
from finlmm_utils.asp.questions.rules.question_item import AskedFact, QuestionItem, number_item
from finlmm_utils.asp.questions.rules.sentences import Number, numbers_in
from finlmm_utils.finance.periods import CHINESE_LATEST, QUARTER, SPAN_SHOWN, YEAR
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.terms import plain

GAP = "…"
"""What stands in the number's place."""
LETTERS = {True: (10, 80), False: (25, 240)}
"""Fewest and most characters of a Chinese statement, and of another (our choice)."""
CLAUSE = re.compile(r"[,;](?!\d)|[，；。]")
"""Finds where a clause ends; the comma within a number ends none."""
_END = re.compile(
    rf"{CLAUSE.pattern}|\s(?:against|compared\s+(?:with|to)|versus|vs\.?|(?:up|down)\s+from)\s|$"
)
_DIGITS = re.compile(r"[-−]?\d[\d,]*(?:\.\d+)?")
POINT = re.compile(
    r"^(?:[•●▪■◆*–-]|[InlvqØ§](?=\s+[A-Z])|\d+(?:\.\d+)*(?=\s+[A-Z]))\s+"
    r"|^\d(?:\.\d){1,2}\s*(?=[\u4e00-\u9fff])"
)
"""What opens a point of a list, and the letters that fonts of signs draw it by."""
_HALF = re.compile(r"\s+(?:and|but|or|while|with)$", re.IGNORECASE)
POINTS_BACK = re.compile(
    r"^(?:and\s+|but\s+|while\s+)?(?:its?|they|them|their|he|she|his|her|that|these|those|"
    r"this(?!\s+(?:year|quarter|month))|former|latter)\b|^(?:其(?![中他余实次])|该|此(?!外))",
    re.IGNORECASE,
)
"""What opens a statement that needs the one before it."""
UNSURE = re.compile(
    r"\b(?:would|could|should|might|if|unless|not|rivals?|scenarios?|hypothetical\w*|these|those|former|latter)\b"
    r"|(?-i:\bmay\b)|若|如果|假设|中枢",
    re.IGNORECASE,
)
"""What says that a statement is not sure, or of something else."""
_EXPECTED = re.compile(
    r"\b(?:target\w*|guidance|expect\w*|forecasts?|project(?:s|ed|ions?)|plan(?:s|ned)?|will|see)\b|预计|预期|目标|有望",
    re.IGNORECASE,
)
"""What speaks of a time to come: a chart has its value only where the time is named."""
_OTHER_TIME = re.compile(r"\b(?:ago|earlier|previous\w*|prior|consensus)\b|同期", re.IGNORECASE)
"""What says, behind a number, that it is of another time or source."""
_OF_ANOTHER = re.compile(r"\bconsensus\b|前值|同期|原来|上年", re.IGNORECASE)
"""What says so before it."""
_NOT_EXACTLY = re.compile(
    r"(?:(?:more|less|fewer|greater|higher|lower)\s+than|over|under|above|below|almost|nearly|about|"
    r"around|roughly|approximately|some|up\s+to|at\s+(?:least|most)|against|between|and)\s+"
    r"[A-Z]{0,3}[$£€¥]?$|(?:超过?|逾|不足|不到|近|约|大约|高于|低于|突破|由|从|较|比|跌破|至少)$",
    re.IGNORECASE,
)
"""What stands before a number that is a limit, a rounded one or the start of a step."""
_OR_MORE = re.compile(
    r"^[%\w]{0,3}\s?(?:以[下上内]|左右|上下|附近|之[上下]|or\s+(?:more|less|above|below)|\+)",
    re.IGNORECASE,
)
"""What makes the number before it a limit."""
_START = re.compile(r"\bfrom\s+[A-Z]{0,3}[$£€¥]?$", re.IGNORECASE)
"""What stands before the number that a movement starts from."""
_TELLING = 3
"""Digits from which on a bare number is no count of a few things (our choice)."""


def gaps_in_sentence(sentence: str, page: int, known: Container[float] = ()) -> AskedFact | None:
    """Leaves out each number of a sentence.

    Args:
        sentence: in English or Chinese; a figure that it names plays no part.
        page: where it stands, from 1.
        known: values of a series, without their signs: it is asked for in other ways.

    Returns:
        What can be asked, or None.

    Examples:
        >>> fact = gaps_in_sentence("Loans for over five years levelled off at 41%.", 1)
        >>> fact.items[0]["question"]
        'Which number is missing: “Loans for over five years levelled off at …%”?'
    """
    text = POINT.sub("", without_references(" ".join(sentence.split())))
    items = tuple(_items(text, known))
    return AskedFact(items, sentence, page) if items else None


def _items(text: str, known: Container[float]) -> Iterator[QuestionItem]:
    chinese = is_chinese(text)
    fewest, most = LETTERS[chinese]
    if POINTS_BACK.search(text):
        return
    for number in numbers_in(text):
        end = number.end + _END.search(text[number.end :]).start()  # type: ignore[union-attr]
        said = _HALF.sub("", text[:end].rstrip(". "))
        before = CLAUSE.split(said[: number.start])[-1]
        if abs(number.value) in known or not fewest <= len(said) <= most or UNSURE.search(said):
            continue
        if _OF_ANOTHER.search(before) or _OTHER_TIME.search(said[number.end :]):
            continue
        if not (statement := _without(said, number)):
            continue
        expected = _EXPECTED.search(said)
        if expected and not (re.search(YEAR, said) or QUARTER.search(said)):
            continue
        timed = expected or _START.search(statement.partition(GAP)[0])
        for latest in (False,) if timed else (False, True):
            question = asked_of(statement, chinese, latest)
            value = number.value
            yield number_item(question, value, plain(value), number.unit, "statistics")


def _without(said: str, number: Number) -> str:
    """A statement without the digits of a number; "" where they stand in it again, or are few."""
    digits = _DIGITS.search(said[number.start : number.end])
    if not digits:
        return ""
    bare = not number.unit and "." not in digits[0]
    if bare and (len(re.sub(r"\D", "", digits[0])) < _TELLING or re.fullmatch(YEAR, digits[0])):
        return ""
    start, end = number.start + digits.start(), number.start + digits.end()
    if _NOT_EXACTLY.search(said[:start]) or _OR_MORE.search(said[end:]):
        return ""
    left = f"{said[:start]}{GAP}{said[end:]}"
    return "" if re.search(rf"(?<![\d.]){re.escape(digits[0])}(?!\d|\.\d)", left) else left


def asked_of(statement: str, chinese: bool, latest: bool) -> str:
    """The question for the number that is missing in a statement.

    Args:
        statement: with the gap.
        chinese: its language.
        latest: whether it is of the end of the period that a chart shows.
    """
    if chinese:
        return f"{f'{CHINESE_LATEST}，' if latest else ''}“{statement}”中缺少的数字是多少？"
    if latest:
        return f"At the end of {SPAN_SHOWN}, which number is missing: “{statement}”?"
    return f"Which number is missing: “{statement}”?"


_STATEMENT = re.compile(rf"“([^“”]*{GAP}[^“”]*)”(?:中缺少的(?:数字是多少|名称是什么)？|\?)$")


def statement_in(question: str) -> str:
    """The statement that a question leaves a number, or a name, out of; "" if it is none such."""
    m = _STATEMENT.search(question)
    return m[1] if m else ""
