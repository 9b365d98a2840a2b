"""Comparing an answer with the gold: numbers as finance writes them, choices, short texts.

An answer is read whole, as a number, a range, a period or a list
(:mod:`finlmm_utils.finance.answers.forms`), and numbers are compared exactly; formulas (LaTeX,
sets, intervals, matrices) go to math-verify (:mod:`finlmm_utils.finance.expressions`). What is read
only in part is never right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import product

from finlmm_utils.finance.answers.asked import asked_unit, at_odds, in_tonnes
from finlmm_utils.finance.answers.forms import Answer, Listed, Range, only_value, readings
from finlmm_utils.finance.answers.remarks import without_comparison
from finlmm_utils.finance.answers.rounding import equal_quantities, stated_decimals, stated_power
from finlmm_utils.finance.answers.texts import (
    direction_of,
    items_of,
    money_of,
    normalise_text,
    truth_of,
)
from finlmm_utils.finance.directions import MINUS
from finlmm_utils.finance.expressions import equal_expressions, read_expression
from finlmm_utils.finance.periods import Period
from finlmm_utils.finance.quantities import Quantity
from finlmm_utils.finance.spelling import simplify

_NO_ANSWER = {"", "n/a", "na", "nan", "none", "null", "inf", "unknown", "not available", "无"}
_PREFIX = re.compile(
    r"^(?:the )?(?:(?:final|correct|right) )?(?:answer|option|choice)(?: is)?\s*[:：]?\s+"
    r"|^(?:i (?:think|believe|would say)(?: that)? )?(?:it is|it['’]s) (?=\(?[a-j]\)?[.]?$)"
    r"|^.*(?<!not )\b(?:so|therefore|thus|hence),? (?=\(?[A-J]\)?[.]?$)"
    r"|^(?:(?:正确|最终)的?)?(?:答案|选项|应选|故选|选择?)(?:是|为)?\s*[:：]?\s*",
    re.IGNORECASE,
)
_LETTER = re.compile(
    r"[(\[]?([a-j])[)\]]?(?:[.):：、。]?$|(?:[.):：、]|\s-\s)\s*(.+)$|\)\s*(.+)$)", re.DOTALL
)
_OPTION = re.compile(
    r"(?:^|[\s;,(])\(?([A-J])[.):：、]\s*(.+?)(?=[\s;,(]+\(?[A-J](?:[.)、]\s|[:：])|\s*$)", re.S
)
_SUM = re.compile(r"[0-9)}]\s*(?:[-+*]|\\cdot|\\times|\\div)\s*[0-9({\\]")
_IN_ORDER = re.compile(
    r"\b(?:respectively|in (?:that|this|the same) order)\b|分别|依次", re.IGNORECASE
)
_EITHER = re.compile(r"^[^=\\]*(?:\bor\b|或)[^=\\]*$")
_BOXED, _WRAPPED = (
    re.compile(rf"^\$?\\(?:{names})\s?\{{((?:[^{{}}]|\{{[^{{}}]*\}})*)\}}\$?$", re.DOTALL)
    for names in ("boxed|fbox", "boxed|fbox|text|mathrm|textbf|mathbf")
)
_LONGEST = 2_000  # characters of an answer; a longer one is none, whatever it holds


def match(
    prediction: object, gold: object, kind: str, *, question: str = "", unit: str = ""
) -> bool | None:
    """Says whether a prediction is right.

    Numbers are right if they are equal after their units are taken into account: 38.47% is
    38.47 and 0.3847, 1.2bn is 1,200m, (5) is -5. A unit that one side leaves out is no error;
    another one is (5 million against a gold of 5 counts only where ``unit`` or the question
    says "in millions", and 25 bps are no 25 where either says "%"), and so is another currency,
    measure or thing than ``unit``, else the question, says. Measures are scaled (12 GWh is
    12,000 MWh); a year beside the value ("US$12bn in 2021") counts where both state one.
    Rounding: where the question states it ("one decimal", 保留两位小数), within half a unit of that
    digit; else a prediction with more digits than a gold with decimals must round to it, and so
    must a fraction (2/3 against 0.67); whole golds are exact. A word of falling is a minus ("a
    decrease of 5%" is -5%), unless the question asks for the fall. Numbers with as many
    decimals as the gold are right only if they are equal. A calculation counts by the value
    that it ends in ("57 - 45 = 12"), a value before a remark by itself ("12 (see Figure 2)");
    ranges ("5%-7%", "between 5% and 7%"), periods ("3Q22", "third quarter of 2022"; FY2023 is
    2023) and lists ("2019 and 2020", "2019, 2020") are compared part by part, a list in any
    order unless the question says "respectively" (分别); a unit that a list or a range names once
    ("5 and 7 bps") is that of all. Choices may be given as the letter, the text or both;
    true/false also as yes/no. Texts are equal after case folding, NFKC, and dropping
    punctuation, articles and white space, but for signs that change the meaning (AA-, >, (5),
    2019-2021). An answer of over 2,000 characters (and twice the gold's) is wrong.

    Args:
        prediction: what stands between the answer tags.
        gold: the right answer (a number is read as its text).
        kind: "number", "choice" or "text".
        question: the user's turn; read for its options, rounding and scale.
        unit: of the gold as the row states it ("%", "$m", "k", ...).

    Returns:
        True or False; None where the gold can't be parsed.

    Raises:
        ValueError: the kind is unknown.

    Examples:
        >>> match("$1.2bn", "1,200 million", "number"), match("(C) 2014", "C", "choice")
        (True, True)
        >>> match("12", "n/a", "number") is None
        True
    """
    if kind not in ("number", "choice", "text"):
        raise ValueError(f"answer_kind {kind!r}: expected 'number', 'choice' or 'text'")
    gold = _unwrap("" if gold is None else str(gold), kind)
    if not can_parse(gold, kind):
        return None
    prediction = "" if prediction is None else str(prediction).strip()
    if len(prediction) > max(_LONGEST, 2 * len(gold)):
        return False
    prediction = _unwrap(prediction, kind)
    if not prediction:
        return False
    if kind == "number":
        return _match_numbers(prediction, gold, question, unit)
    if kind == "choice":
        return _match_choices(prediction, gold, question)
    return _match_texts(prediction, gold, question, unit)


def can_parse(gold: str, kind: str) -> bool:
    """Whether a gold answer can be compared at all; see :func:`match`."""
    gold = _unwrap(gold, kind)
    if gold.strip().lower() in _NO_ANSWER:
        return False
    if kind != "number":
        return bool(normalise_text(gold))
    return bool(readings(gold)) or read_expression(gold) is not None


def _unwrap(text: str, kind: str) -> str:
    """Without Markdown's emphasis, TeX's boxes (of words also its fonts), "the answer is", .."""
    text = re.sub(r"^([*_`]{1,3})([^*_`]+)\1$", r"\2", text.strip()).strip()
    for _ in range(4):
        text = (_BOXED if kind == "number" else _WRAPPED).sub(r"\1", text).strip()
    text = _PREFIX.sub("", text).strip()
    return without_comparison(text) if kind == "number" and len(text) <= _LONGEST else text


# Numbers


def _match_numbers(prediction: str, gold: str, question: str, unit: str) -> bool:
    prediction, gold = in_tonnes(prediction, unit or gold), in_tonnes(gold, unit or prediction)
    golds, said = readings(gold, bool(unit)), readings(prediction, bool(unit))
    if golds and said:
        terms = _Terms(prediction, gold, question, unit)
        return any(_same(a, b, terms) for a in said for b in golds)
    if simplify(prediction) == simplify(gold):
        return True
    letter = re.fullmatch(r"\(?([a-j])\)?", simplify(gold))
    if letter:
        return _match_choices(prediction, letter.group(1).upper(), question)
    based = re.fullmatch(r"([0-9a-f]+)_\{?([0-9]+)\}?", simplify(gold))
    if based:
        return simplify(prediction) in (based.group(1), "{}_{}".format(*based.groups()),
                                        "{}_{{{}}}".format(*based.groups()))  # fmt: skip
    unread = prediction if golds else gold
    if any(isinstance(one, Listed) for one in golds + said) and _EITHER.search(unread):
        return False  # "2019 or 2020" has not said which
    number = any(isinstance(one, Quantity) for one in golds + said)
    if number and ("\\" not in unread or _SUM.search(unread)):
        return False  # a calculation that was not carried out is no answer
    parsed_gold, parsed = read_expression(gold), read_expression(prediction)
    return parsed_gold is not None and parsed is not None and equal_expressions(parsed_gold, parsed)


@dataclass(frozen=True)
class _Terms:
    """What decides whether two readings are the same: both texts, the question, the row's unit."""

    prediction: str = ""
    gold: str = ""
    question: str = ""
    unit: str = ""


def _same(answer: Answer, gold: Answer, terms: _Terms) -> bool:
    """Whether two readings of one kind are the same; those of different kinds are not."""
    if isinstance(answer, Quantity) and isinstance(gold, Quantity):
        asked = asked_unit(terms.question, terms.unit)
        asked = None if asked and at_odds(gold, asked) else asked
        if at_odds(answer, gold) or (asked and at_odds(answer, asked)):
            return False
        if asked and asked.counted and not gold.counted:
            gold = replace(gold, counted=asked.counted, worth=asked.worth)
        power = stated_power(terms.question, terms.unit)
        if asked and (terms.unit or asked.unit):
            power = asked.power
        apart = gold.power != power and (gold.power or gold.measures == "times")
        if asked and asked.unit and apart and not (answer.unit or answer.measures):
            answer = replace(answer, power=asked.power, unit=asked.unit)  # of 25 bps: 0.25, in %
        decimals = stated_decimals(terms.question, gold.mantissa, gold.power or max(power or 0, 0))
        number = _directed(answer, terms.prediction, terms.question)
        right = _directed(gold, terms.gold, terms.question)
        return equal_quantities(number, right, decimals, power)
    if isinstance(answer, Range) and isinstance(gold, Range):
        return _alike(answer.low, gold.low, terms) and _alike(answer.high, gold.high, terms)
    if isinstance(answer, Listed) and isinstance(gold, Listed):
        return _same_lists(list(answer.items), list(gold.items), terms)
    return isinstance(answer, Period) and answer == gold


def _alike(one: Quantity | Period, other: Quantity | Period, terms: _Terms) -> bool:
    """Whether two parts of ranges or lists are the same; no word of falling turns their signs."""
    if isinstance(one, Period) or isinstance(other, Period):
        return _as_period(one) == _as_period(other) is not None
    return _same(one, other, replace(terms, prediction="", gold=""))


def _as_period(part: Quantity | Period) -> Period | None:
    if isinstance(part, Period):
        return part
    year = part.value.denominator == 1 and not part.unit and 1900 <= part.value < 2100
    return Period(int(part.value)) if year else None


def _same_lists(
    items: list[Quantity | Period], golds: list[Quantity | Period], terms: _Terms
) -> bool:
    """Whether two lists hold the same; the order counts where the question asks for one."""
    if len(items) != len(golds):
        return False
    if _IN_ORDER.search(terms.question):
        return all(_alike(a, b, terms) for a, b in zip(items, golds, strict=True))
    for gold in golds:
        found = next((k for k, item in enumerate(items) if _alike(item, gold, terms)), None)
        if found is None:
            return False
        del items[found]
    return True


def _directed(number: Quantity, text: str, question: str) -> Quantity:
    """Makes "a decrease of 5%" negative, unless the question itself asks for the decrease."""
    falls = MINUS.search(text) and not MINUS.search(question)
    return replace(number, mantissa=-abs(number.mantissa)) if falls else number


# Choices and texts


def options_of(question: str) -> dict[str, str]:
    """The options that a question lists as "A. ..", "(B) .." from A on, or none."""
    found = _OPTION.findall(question)
    first = max((k for k, (letter, _) in enumerate(found) if letter == "A"), default=0)
    options = {letter: text.strip(" ;,\n") for letter, text in found[first:]}  # "of angle C. A: .."
    expected = "ABCDEFGHIJ"[: len(options)]
    return options if len(options) > 1 and "".join(options) == expected else {}


def _match_choices(prediction: str, gold: str, question: str) -> bool:
    options = options_of(question)
    wanted, given = _choice(gold, options), _choice(prediction, options)
    if wanted[0] and given[0]:
        texts = (wanted[1], given[1])
        return wanted[0] == given[0] and (not all(texts) or _match_texts(given[1], wanted[1]))
    if wanted[1] and given[1]:
        return _match_texts(given[1], wanted[1], question)
    return False


def _choice(text: str, options: dict[str, str]) -> tuple[str, str]:
    """Letter and text of a choice; "" for what is not known."""
    plain = simplify(text)
    if re.fullmatch(r"[A-J]{2,10}", text) and len(set(text)) == len(text):  # "AB" for A and B
        return "".join(sorted(text.lower())), ""
    found = _LETTER.fullmatch(plain)
    listed = re.sub(r"^(?:options?|choices?) (?=\(?[a-j]\b)", "", plain)
    several = re.fullmatch(r"\(?[a-j]\)?(?:\s?(?:,|and|&|和|、|;|\s)\s?\(?[a-j]\)?)+", listed)
    if several:
        return "".join(sorted(set(re.findall("(?<![a-z])[a-j](?![a-z])", listed)))), ""
    if found:
        letter, said = found.group(1), found.group(2) or found.group(3) or ""
        return letter, said or options.get(letter.upper(), "")
    said = normalise_text(plain)
    for letter, option in sorted(options.items(), key=lambda o: normalise_text(o[1]) != said):
        if _match_texts(plain, option) or _match_texts(plain, f"{letter} {option}"):
            return letter.lower(), option
    return "", plain


def _match_texts(prediction: str, gold: str, question: str = "", unit: str = "") -> bool:
    a, b = normalise_text(prediction), normalise_text(gold)
    said_in, wanted_in = money_of(prediction), money_of(gold)
    if said_in and wanted_in and said_in != wanted_in:
        return False
    terms = _Terms(prediction, gold, question, unit)
    verdicts = [
        _same(said, wanted, terms)
        for said, wanted in product(readings(prediction), readings(gold))
        if not isinstance(wanted, Quantity) or (only_value(prediction) and only_value(gold))
    ]
    if any(verdicts):
        return True
    if a == b:
        return not (verdicts and unit)
    for meaning in (truth_of, direction_of):
        if meaning(prediction) and meaning(prediction) == meaning(gold):
            return True
    return items_of(prediction) == items_of(gold) != []
