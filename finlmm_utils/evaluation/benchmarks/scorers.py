"""Each benchmark's own rule for a right answer, as its paper or its repository states it.

What stands between the answer tags is scored; the papers cut the answer out of free text first,
some by asking another model. An empty answer is wrong everywhere. Nothing of an answer is run:
where a repository calls Python's ``eval``, plain arithmetic is evaluated here and no more.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from finlmm_utils.finance.answers import match
from finlmm_utils.finance.expressions import ExpressionError, evaluate, read_expression

FINMMR_TOLERANCE = 0.002
"""Share of the gold: ``within_eps`` of FinMMR's repository (evaluate/utils/evaluation_utils.py)."""
MATHVISION_DECIMALS = 2
"""Places that two values of MATH-Vision must share: ``is_equal`` of its evaluation/utils.py."""
_NUMBER = re.compile(  # as these benchmarks read one: their rules score, not our grammar
    r"[-+]?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?"
)
_LETTER = re.compile(r"\s*\(?([A-Za-z])\)?\s*(?:[.:)、]|$)")
_LETTERS = re.compile(r"[(\[]?[A-N][)\]]?(?:[\s,;&、]+(?:and\s+)?[(\[]?[A-N][)\]]?|[A-N])*[.。]?")
_MONEY = re.compile(r"million|billion|thousand|usd|rmb|us(?=\b|\$)|[£€¥$%°`]")

Details = Mapping[str, Any]
Rule = Callable[[str, Details], bool]


def mathvista(answer: str, details: Details) -> bool:
    """MathVista's ``normalize_extracted_answer`` and ``safe_equal``.

    A choice is its option's text: by its letter, else the option of least edit distance. Integers
    are cut, floats are rounded to the row's precision, lists compared as text. (The repository
    gives an empty answer the nearest option; here it is wrong.)
    """
    gold, choices = str(details["answer"]).strip(), details.get("choices")
    if details.get("question_type") == "multi_choice" and choices:
        return bool(answer) and _option(answer, list(choices)) == gold
    kind = details.get("answer_type")
    if kind in ("integer", "float"):
        value = _only_number(answer)
        if value is None or not math.isfinite(value):
            return False
        if kind == "integer":
            return str(int(value)) == gold
        return str(round(value, int(details.get("precision") or 0))) == gold
    return bool(answer) and answer.replace(" ", "") == gold.replace(" ", "")


def mathvision(answer: str, details: Details) -> bool:
    """MATH-Vision's ``is_equal``: letter, option's text, or values equal to two decimals."""
    gold, options = str(details["answer"]).strip(), list(details.get("options") or [])
    golds = [gold]
    if options and len(gold) == 1 and 0 <= ord(gold) - ord("A") < len(options):
        golds.append(str(options[ord(gold) - ord("A")]))
        letter = _LETTER.match(answer)
        if letter:
            return letter[1].upper() == gold
    return any(_equal_values(answer, one) for one in golds if answer and one)


def mathverse(answer: str, details: Details) -> bool:
    """MathVerse prescribes no rule (a language model judges): the package's own comparator."""
    kind = "choice" if details.get("question_type") == "multi-choice" else "number"
    gold = str(details["answer"])
    right = match(answer, gold, kind)
    return bool(match(answer, gold, "text") if right is None else right)


def mmstar(answer: str, details: Details) -> bool:
    """MMStar's rule: the gold letter leads, bare, in a bracket, or behind "option" or a phrase."""
    gold, said = str(details["answer"]).lower().strip(), answer.lower().strip().replace("\n", " ")
    for start in ("", "(", "option ", "the answer is "):
        if said.startswith(start + gold):
            return bool(gold)
    return False


def finmmr(answer: str, details: Details) -> bool:
    """FinMMR's ``get_acc``: units and words of money dropped, then within 0.2 % of the gold."""
    gold = _number(details.get("ground_truth", details.get("answer")))
    text = answer.strip().lower().rstrip(".")
    for sign in ("=", "≈"):
        text = text.rpartition(sign)[2].strip()
    text = _MONEY.sub("", text).replace("approximately", "").partition(" or ")[0].strip()
    value = _only_number(text)
    value = _arithmetic(text) if value is None else value
    if value is None or gold is None:
        return False
    return abs(value - gold) <= abs(gold) * FINMMR_TOLERANCE


def finchart(answer: str, details: Details) -> bool:
    """FinChart-Bench's ``acc``: labels equal in lower case, numbers equal as floats."""
    gold = details["answer"]
    if isinstance(gold, int | float) and not isinstance(gold, bool):
        value = _only_number(_MONEY.sub("", answer.lower()))
        return value is not None and value == float(gold)
    letter = _LETTER.match(answer) if details.get("choices") else None
    said = letter[1] if letter else answer.strip().strip("()[].")
    return bool(said) and said.lower() == str(gold).lower()


def finmme(answer: str, details: Details) -> bool:
    """FinMME's ``check_answer``: the same set of letters, or a number within the tolerance."""
    gold = str(details["answer"])
    if details.get("question_type") == "numerical":
        value, wanted = _digits(answer), _digits(gold)
        tolerance = float(details.get("tolerance") or 0.0)
        return value is not None and wanted is not None and abs(value - wanted) <= tolerance
    said = answer.strip().upper()
    head = said if _LETTERS.fullmatch(said) else said.partition(" ")[0]  # "B: the blue line"
    letters = set(re.findall(r"[A-N]", head.replace("AND", "")))
    return bool(letters) and letters == {c for c in gold.upper() if "A" <= c <= "N"}


RULES: dict[str, Rule] = {
    "mathvista": mathvista, "mathvision": mathvision, "mathverse": mathverse, "mmstar": mmstar,
    "finmmr": finmmr, "finchart": finchart, "finmme": finmme,
}  # fmt: skip
"""By form of the set, see :mod:`finlmm_utils.tar.data.forms`."""


def finscore(table: pd.DataFrame) -> float:
    """FinMME's own number: the mean over domains of accuracy, less the hallucinations.

    Args:
        table: columns ``correct``, ``knowledge_domain``, ``question_type`` and ``answer_gold``.

    Returns:
        Mean accuracy by domain times (1 - share wrong of the questions with several right
        options), as ``calculate_finscore`` of its repository has it; NaN without domains.
    """
    domains = table.groupby("knowledge_domain")["correct"].mean()
    several = table[
        (table["question_type"] == "multiple_choice")
        & (table["answer_gold"].astype(str).str.len() > 1)
    ]
    hallucinated = 1 - several["correct"].mean() if len(several) else 0.0
    return float(domains.mean() * (1 - hallucinated))


def _option(answer: str, choices: Sequence[Any]) -> str:
    """The text of the option that an answer names: by letter, else the nearest by edit distance."""
    texts = [str(choice) for choice in choices]
    bracketed = re.search(r"\(([a-zA-Z])\)", answer)
    letter = bracketed or _LETTER.match(answer)
    if letter and 0 <= (place := ord(letter[1].upper()) - ord("A")) < len(texts):
        return texts[place]
    return min(texts, key=lambda text: edit_distance(answer, text))


def edit_distance(a: str, b: str) -> int:
    """Levenshtein's distance: insertions, deletions and substitutions from one text to another.

    Examples:
        >>> edit_distance("kitten", "sitting"), edit_distance("", "abc")
        (3, 3)
    """
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except ValueError:
        return None


def _only_number(text: str) -> float | None:
    """The number of a text that holds exactly one; thousands separators are read."""
    found = _NUMBER.findall(text)
    return float(found[0].replace(",", "")) if len(found) == 1 else None


def _digits(text: str) -> float | None:
    """FinMME's reading: all digits, points and minus signs of a text, joined."""
    return _number("".join(c for c in text if c.isdigit() or c in ".-"))


def _arithmetic(text: str) -> float | None:
    try:
        return float(evaluate(text.replace("×", "*").replace(" x ", "*"))) if text else None
    except (ExpressionError, ArithmeticError, ValueError):
        return None


def _equal_values(answer: str, gold: str) -> bool:
    if _squeezed(answer) == _squeezed(gold) != "":
        return True
    said, wanted = _value(answer), _value(gold)
    if said is None or wanted is None:
        return False
    return round(said, MATHVISION_DECIMALS) == round(wanted, MATHVISION_DECIMALS)


def _squeezed(text: str) -> str:
    text = re.sub(r"\\(?:text|mathrm|mbox|left|right|,|!|;)|\^\{?\\circ\}?|[\s$~{}]", "", text)
    return text.lower().rstrip(".")


def _value(text: str) -> float | None:
    plain = _arithmetic(text.replace("$", "").strip())
    if plain is not None:
        return plain
    for one in read_expression(text) or []:
        try:
            value = float(one.evalf())  # of a formula that math-verify read; a text has no evalf
        except (AttributeError, TypeError, ValueError):
            continue
        if math.isfinite(value):
            return value
    return None
