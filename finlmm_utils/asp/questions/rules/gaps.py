"""What any other rule leaves unread: a statement with one of its numbers left out.

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
from finlmm_utils.finance.periods import CHINESE_LATEST, SPAN_SHOWN
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.terms import plain

GAP = "…"
"""What stands in the number's place."""
LETTERS = {True: (10, 60), False: (25, 200)}
"""Fewest and most characters of a Chinese statement, and of another (our choice)."""
_END = re.compile(r"[,;](?!\d)|[，；。]|$")
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")
_POINT = re.compile(r"^(?:[•●▪■◆*–-]|[InlvqØ§](?=\s+[A-Z])|\d+(?:\.\d+)*(?=\s+[A-Z]))\s+")
"""What opens a point of a list, and the letters that fonts of signs draw it by."""
_HALF = re.compile(r"\s+(?:and|but|or|while|with)$", re.IGNORECASE)
_UNSURE = re.compile(
    r"\b(?:we|our|us|its?|they|them|their|he|she|these|those|this|that|former|latter|respectively|would|could|"
    r"should|may|might|will|if|unless|target\w*|guidance|expect\w*|forecasts?|not|no|averag\w*|mean|"
    r"ago|earlier|previous\w*|prior|consensus)\b"
    r"|我们|本公司|其(?![中他余])|预计|预期|目标|若|如果|假设|分别|前值|该|此|平均|均值|同期|原来|上年|中枢",
    re.IGNORECASE,
)
"""What says that a statement needs another one, is not sure, or is of another time."""
_NOT_EXACTLY = re.compile(
    r"(?:(?:more|less|fewer|greater|higher|lower)\s+than|over|under|above|below|almost|nearly|about|"
    r"around|roughly|some|up\s+to|at\s+(?:least|most)|by|from|against|between|and)\s+"
    r"[A-Z]{0,3}[$£€¥]?$|(?:超过?|逾|不足|不到|近|约|大约|高于|低于|突破|由|从|较|比|跌破|至少)$",
    re.IGNORECASE,
)
"""What stands before a number that is a limit, a rounded one, a step or a start."""


def gaps_in_sentence(sentence: str, page: int, known: Container[float]) -> AskedFact | None:
    """Leaves out each number of a sentence that no other rule reads.

    Args:
        sentence: in English or Chinese; a figure that it names plays no part.
        page: where it stands, from 1.
        known: values that are asked for already, without their signs.

    Returns:
        What can be asked, or None.

    Examples:
        >>> fact = gaps_in_sentence("Loans for over five years levelled off at 41%.", 1, ())
        >>> fact.items[0]["question"]
        'Which number is missing: “Loans for over five years levelled off at …%”?'
    """
    text = _POINT.sub("", without_references(" ".join(sentence.split())))
    items = tuple(_items(text, known))
    return AskedFact(items, sentence, page) if items else None


def _items(text: str, known: Container[float]) -> Iterator[QuestionItem]:
    chinese = is_chinese(text)
    fewest, most = LETTERS[chinese]
    for number in numbers_in(text):
        end = number.end + _END.search(text[number.end :]).start()  # type: ignore[union-attr]
        said = _HALF.sub("", text[:end].rstrip(". "))
        if abs(number.value) in known or not fewest <= len(said) <= most or _UNSURE.search(said):
            continue
        if statement := _without(said, number):
            for latest in (False, True):
                question = asked_of(statement, chinese, latest)
                value = number.value
                yield number_item(question, value, plain(value), number.unit, "statistics")


def _without(said: str, number: Number) -> str:
    """A statement without the digits of a number; "" where they stand in it again, or are few."""
    digits = _DIGITS.search(said[number.start : number.end])
    if not digits or not (number.unit or "." in digits[0]):
        return ""
    start, end = number.start + digits.start(), number.start + digits.end()
    if _NOT_EXACTLY.search(said[:start]):
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


_STATEMENT = re.compile(rf"“([^“”]*{GAP}[^“”]*)”(?:中缺少的数字是多少？|\?)$")


def statement_in(question: str) -> str:
    """The statement that a question leaves a number out of, "" if it is no such question."""
    m = _STATEMENT.search(question)
    return m[1] if m else ""
