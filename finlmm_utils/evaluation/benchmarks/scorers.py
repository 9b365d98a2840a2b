"""Each benchmark's own rule for a right answer, as its paper or its repository states it.

What stands between the answer tags is scored, or a reply without them. The papers cut the answer
out of free text first, some by asking another model; here
:mod:`finlmm_utils.evaluation.benchmarks.cutting` does, for all rules alike. An answer that names
two options where one is asked for is wrong, and an empty one is wrong everywhere. Nothing of an
answer is run: where a repository calls Python's ``eval``, plain arithmetic is evaluated here and
no more.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from finlmm_utils.evaluation.benchmarks.cutting import cut_out, letters_in, sayings
from finlmm_utils.evaluation.benchmarks.numbers import (
    below_zero,
    number,
    number_said,
    only_number,
    value_of,
    without_unit,
)
from finlmm_utils.finance.answers import match, options_of
from finlmm_utils.tar.data.golds import option_texts

FINMMR_TOLERANCE = 0.002
"""Share of the gold: ``within_eps`` of FinMMR's repository (evaluate/utils/evaluation_utils.py)."""
MATHVISION_DECIMALS = 2
"""Places that two values of MATH-Vision must share: ``is_equal`` of its evaluation/utils.py."""
_BLANK = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
_MONEY = re.compile(r"million|billion|thousand|usd|rmb|us(?=\b|\$)|[£€¥$%°`]")
_FORMULA = re.compile(r"\\(?!%)|[π√^*/{}]|\d\s*[a-z](?![a-z])", re.IGNORECASE)
"""What makes a number a part of a value only: "12.5x", "3/4"."""
_WORD = re.compile(r"(?<![\\a-z])[a-z]{2,}")  # in a formula, letters stand alone
NEAREST = 0.5
"""Share of the longer text that may differ where an answer is taken for its nearest option. The
repository takes the nearest whatever it is, of an answer that a model cut out of the text; a whole
sentence would be given to the longest option (our choice)."""
_NOT = re.compile(r"\b(?:not|neither|nor)\b|n't|不", re.IGNORECASE)

Details = Mapping[str, Any]
Rule = Callable[[str, Details], bool]


def mathvista(answer: str, details: Details) -> bool:
    """MathVista's ``normalize_extracted_answer`` and ``safe_equal``.

    A choice is its option's text: by its letter, else the only option that the answer repeats,
    else the option of least edit distance, up to ``NEAREST``. Integers are cut, floats are rounded
    to the row's precision, lists compared as text. (The repository gives an empty answer the
    nearest option; here it is wrong.)
    """
    gold, choices = str(details["answer"]).strip(), option_texts(details.get("choices"))
    if details.get("question_type") == "multi_choice" and choices:
        return bool(answer) and _option(answer, choices) == gold
    kind = details.get("answer_type")
    if kind in ("integer", "float"):
        value = number_said(answer)
        if value is None or not math.isfinite(value):
            return False
        if kind == "integer":
            return str(int(value)) == gold
        return str(round(value, int(details.get("precision") or 0))) == gold
    return bool(answer) and _items(cut_out(gold)) in (_items(said) for said in sayings(answer))


def mathvision(answer: str, details: Details) -> bool:
    """MATH-Vision's ``is_equal``: letter, option's text, or values equal to two decimals.

    Of an equation the right side counts, too; a sign of percent is no unit here.
    """
    gold, options = str(details["answer"]).strip(), option_texts(details.get("options"))
    golds = [gold, cut_out(gold)]
    if gold in options:
        golds.append(options[gold])
        letter = _chosen(answer, options)
        if letter:
            return letter == gold
    said = [part for one in sayings(answer) for part in (one, re.split(r"=|≈|\\approx", one)[-1])]
    said = [said[0], *(one.replace("\\%", "").rstrip("% ") for one in said[1:])]
    if without_unit(gold)[0] == gold and not options:
        said += [without_unit(one)[0] for one in said]
        value = None if _FORMULA.search(answer) else number_said(answer)
        said += [] if value is None else [str(value)]
    return any(_equal_values(one, right) for one in said for right in golds if one and right)


def mathverse(answer: str, details: Details) -> bool:
    """MathVerse prescribes no rule (a language model judges): the package's own comparator."""
    kind = "choice" if details.get("question_type") == "multi-choice" else "number"
    gold = str(details["answer"])
    question = str(details.get("question") or "")
    letters = letters_in(answer)[0] or _chosen(answer, options_of(question))
    if kind == "choice" and letters and len(gold.strip()) == 1:
        return letters == gold.strip().upper()
    answer = re.sub(r"√\s?(\d+)", r"\\sqrt{\1}", answer)
    right = match(answer, gold, kind, question=question)
    if right or kind == "choice":
        return bool(match(answer, gold, "text") if right is None else right)
    formulas = [] if _NOT.search(answer) else re.findall(r"\$([^$]+)\$", answer)
    said = [*sayings(answer), *(formulas if len(formulas) == 1 else [])]
    return any(_same_measure(one, gold) for one in said)


def mmstar(answer: str, details: Details) -> bool:
    """MMStar's rule: the gold letter leads, bare, in a bracket, or behind "option" or a phrase.

    Its repository also takes the first letter of a word ("because" for B); here it stands alone.
    """
    gold = str(details["answer"]).upper().strip()
    return bool(gold) and letters_in(answer)[0] == gold


def finmmr(answer: str, details: Details) -> bool:
    """FinMMR's ``get_acc``: units and words of money dropped, then within 0.2 % of the gold."""
    gold = number(details.get("ground_truth", details.get("answer")))
    value = None
    for said in reversed(sayings(answer)):  # what is announced, then the whole
        text = said.strip().lower().rstrip(".")
        for sign in ("=", "≈"):
            text = text.rpartition(sign)[2].strip()
        text = _MONEY.sub("", below_zero(text)).replace("approximately", "")
        text = text.partition(" or ")[0].strip().rstrip("\\")
        value = only_number(text)
        if value is None and not _WORD.search(text):
            value = value_of(text)
        if value is not None:
            break
    if value is None:
        value = number_said(answer)
    if value is None or gold is None:
        return False
    return abs(value - gold) <= abs(gold) * FINMMR_TOLERANCE


def finchart(answer: str, details: Details) -> bool:
    """FinChart-Bench's ``acc``: labels equal in lower case, numbers equal as floats."""
    gold = details["answer"]
    if isinstance(gold, int | float) and not isinstance(gold, bool):
        value = number_said(_MONEY.sub("", below_zero(answer.lower())))
        return value is not None and value == float(gold)
    choices = option_texts(details.get("choices"))
    letters = letters_in(answer)[0] if choices or gold in tuple("ABCDE") else ""
    whole = _squeezed(f"{gold} {choices.get(gold)}")
    if not letters and " " in answer and _squeezed(answer) == whole:
        return True
    golds = {str(gold).strip("()[].").lower(), cut_out(str(gold)).strip("()[].").lower()}
    if not choices and golds & {"true", "false"}:
        said = set(re.findall(r"\b(?:true|false)\b", answer.lower()))
        return len(said) == 1 and said <= golds and not _NOT.search(answer)
    return bool(answer) and (letters or answer.strip("()[].")).lower() in golds


def finmme(answer: str, details: Details) -> bool:
    """FinMME's ``check_answer``: the same set of letters, or a number within the tolerance.

    Its repository joins all digits of an answer, so that "12.5 or 9" is 12.59; here one number
    stands there.
    """
    gold = str(details["answer"])
    if details.get("question_type") == "numerical":
        value, wanted = number_said(_BLANK.sub("", answer)), _digits(gold)
        tolerance = float(details.get("tolerance") or 0.0)
        return value is not None and wanted is not None and abs(value - wanted) <= tolerance
    letters = "".join(sorted({c for c in gold.upper() if c.isalpha()}))
    return bool(letters) and letters_in(answer)[0] == letters


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


def _option(answer: str, options: Mapping[str, str]) -> str:
    """The text of the option that an answer names: by letter, by its words, or nearly."""
    letter = _chosen(answer, options)
    if letter == "?":
        return ""
    if letter in options:
        return options[letter]
    measured = [o for o in options.values() if without_unit(o) == without_unit(answer)]
    if len(measured) == 1:
        return measured[0]
    repeated = _repeated(answer, options.values())
    if repeated or _NOT.search(answer):
        return repeated
    nearest = min(options.values(), key=lambda text: edit_distance(answer, text))
    near = NEAREST * max(len(answer), len(nearest))
    return nearest if edit_distance(answer, nearest) <= near else ""


def _items(text: str) -> list[str]:
    """The parts of a list, with or without its brackets, as text."""
    return [re.sub(r"\s", "", part) for part in re.split(r",|\band\b", text.strip("[]() "))]


def _repeated(answer: str, options: Iterable[str]) -> str:
    """The option whose words stand in an answer, beside no other's and not denied; or ""."""
    words = [text.strip() for text in options if text.strip()]
    found = [w for w in words if re.search(rf"(?<!\w){re.escape(w)}(?!\w)", answer, re.IGNORECASE)]
    longest = max(found, key=len, default="")
    others = any(word.lower() not in longest.lower() for word in found)
    denied = _NOT.search(answer) and not _NOT.search(longest)
    return "" if others or denied else longest


def _chosen(answer: str, options: Mapping[str, str]) -> str:
    """The letter of an answer: it alone, else of the option it equals, else the one it names.

    "?" where it names several; "" where it names none.
    """
    letters, _ = letters_in(answer)
    if len(letters) == 1 and letters != "?" and len(answer.strip("()[]{}<>. ")) == 1:
        return letters
    for said in sayings(answer):
        for letter, option in options.items():
            if _squeezed(said) in (_squeezed(option), _squeezed(f"{letter} {option}")):
                return letter
    return letters if len(letters) < 2 else "?"


def _same_measure(answer: str, gold: str) -> bool:
    """Whether two measures are equal; a missing unit is the other's."""
    (said, unit), (wanted, other) = without_unit(answer), without_unit(gold)
    if unit and other and unit != other:
        return False
    right = match(said, wanted, "number")
    return bool(match(said, wanted, "text") if right is None else right) or _equal_values(
        re.split(r"=|≈|\\approx", said)[-1], wanted
    )


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


def _digits(text: str) -> float | None:
    """FinMME's reading: all digits, points and minus signs of a text, joined."""
    return number("".join(c for c in text if c.isdigit() or c in ".-"))


def _equal_values(answer: str, gold: str) -> bool:
    if _squeezed(answer) == _squeezed(gold) != "":
        return True
    said, wanted = value_of(answer), value_of(gold)
    if said is None or wanted is None:
        return False
    return round(said, MATHVISION_DECIMALS) == round(wanted, MATHVISION_DECIMALS)


def _squeezed(text: str) -> str:
    text = re.sub(r"\\(?:text|mathrm|mbox|left|right|,|!|;)|\^\{?\\circ\}?|[\s$~{}]", "", text)
    return text.lower().rstrip(".")
