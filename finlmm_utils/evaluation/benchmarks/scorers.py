"""Each benchmark's own rule for a right answer, as its paper or its repository states it.

What stands between the answer tags is scored. The papers cut the answer out of free text first,
some by asking another model; here :mod:`finlmm_utils.evaluation.benchmarks.cutting` does, for all
rules alike. An answer that names two options where one is asked for is wrong, and an empty one is
wrong everywhere. Nothing of an answer is run: where a repository calls Python's ``eval``, plain
arithmetic is evaluated here and no more.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from string import ascii_uppercase
from typing import Any

import pandas as pd

from finlmm_utils.evaluation.benchmarks.cutting import cut_out, letters_in
from finlmm_utils.finance.answers import match
from finlmm_utils.finance.expressions import ExpressionError, evaluate, read_expression

FINMMR_TOLERANCE = 0.002
"""Share of the gold: ``within_eps`` of FinMMR's repository (evaluate/utils/evaluation_utils.py)."""
MATHVISION_DECIMALS = 2
"""Places that two values of MATH-Vision must share: ``is_equal`` of its evaluation/utils.py."""
_NUMBER = re.compile(  # as these benchmarks read one: their rules score, not our grammar
    r"[-+]?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?"
)
_BLANK = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
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
    return bool(answer) and answer.replace(" ", "") == cut_out(gold).replace(" ", "")


def mathvision(answer: str, details: Details) -> bool:
    """MATH-Vision's ``is_equal``: letter, option's text, or values equal to two decimals.

    Of an equation the right side counts, too; a sign of percent is no unit here.
    """
    gold, options = str(details["answer"]).strip(), list(details.get("options") or [])
    golds = [gold, cut_out(gold)]
    if options and len(gold) == 1 and 0 <= ord(gold) - ord("A") < len(options):
        golds.append(str(options[ord(gold) - ord("A")]))
        letter = _chosen(answer, options)
        if letter:
            return letter == gold
    said = [answer, re.split(r"=|≈|\\approx", answer)[-1].replace("\\%", "").rstrip("% ")]
    return any(_equal_values(one, right) for one in said for right in golds if one and right)


def mathverse(answer: str, details: Details) -> bool:
    """MathVerse prescribes no rule (a language model judges): the package's own comparator."""
    kind = "choice" if details.get("question_type") == "multi-choice" else "number"
    gold = str(details["answer"])
    letters, _ = letters_in(answer)
    if kind == "choice" and letters and len(gold.strip()) == 1:
        return letters == gold.strip().upper()
    right = match(answer, gold, kind)
    return bool(match(answer, gold, "text") if right is None else right)


def mmstar(answer: str, details: Details) -> bool:
    """MMStar's rule: the gold letter leads, bare, in a bracket, or behind "option" or a phrase.

    Its repository also takes the first letter of a word ("because" for B); here it stands alone.
    """
    gold = str(details["answer"]).upper().strip()
    letters, text = letters_in(answer)
    return bool(gold) and (letters or text.partition(" ")[0].upper()) == gold


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
    letters, text = letters_in(answer) if details.get("choices") else ("", answer)
    said = letters or text.strip("()[].")
    choices = details.get("choices")
    texts = choices if isinstance(choices, Mapping) else {}
    if not letters and " " in said and _squeezed(answer) == _squeezed(f"{gold} {texts.get(gold)}"):
        return True
    golds = (str(gold).strip("()[]."), cut_out(str(gold)).strip("()[]."))
    return bool(said) and said.lower() in (one.lower() for one in golds)


def finmme(answer: str, details: Details) -> bool:
    """FinMME's ``check_answer``: the same set of letters, or a number within the tolerance.

    Its repository joins all digits of an answer, so that "12.5 or 9" is 12.59; here one number
    stands there.
    """
    gold = str(details["answer"])
    if details.get("question_type") == "numerical":
        value, wanted = _only_number(_BLANK.sub("", answer)), _digits(gold)
        tolerance = float(details.get("tolerance") or 0.0)
        return value is not None and wanted is not None and abs(value - wanted) <= tolerance
    letters, text = letters_in(answer)
    named = letters or text.partition(" ")[0]
    letters = "".join(sorted({c for c in gold.upper() if c.isalpha()}))
    return bool(letters) and named.upper() == letters


def _of_what_is_said(rule: Rule) -> Rule:
    """The rule, applied to the answer that is cut out of a text."""
    return lambda answer, details: rule(cut_out(answer), details)


RULES: dict[str, Rule] = {
    rule.__name__: _of_what_is_said(rule)
    for rule in (mathvista, mathvision, mathverse, mmstar, finmmr, finchart, finmme)
}
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
    letter = _chosen(answer, texts)
    if letter == "?":
        return ""
    if letter and (place := ord(letter) - ord("A")) < len(texts):
        return texts[place]
    return min(texts, key=lambda text: edit_distance(answer, text))


def _chosen(answer: str, options: Sequence[Any]) -> str:
    """The letter of an answer: it alone, else of the option it equals, else the one it names.

    "?" where it names several; "" where it names none.
    """
    letters, beside = letters_in(answer)
    if len(letters) == 1 and letters != "?" and not beside:
        return letters
    for letter, option in zip(ascii_uppercase, map(str, options), strict=False):
        if _squeezed(answer) in (_squeezed(option), _squeezed(f"{letter} {option}")):
            return letter
    return letters if len(letters) < 2 else "?"


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
