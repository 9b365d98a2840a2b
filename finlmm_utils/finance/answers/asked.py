"""The unit that is asked for: what the row's unit says, else what the question says."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from finlmm_utils.finance import units
from finlmm_utils.finance.number_words import NO_TENTH
from finlmm_utils.finance.quantities import (
    CENTS,
    MAX_READ,
    Quantity,
    read_quantity,
    unit_power,
)
from finlmm_utils.finance.words_around import same_noun

_NO_KIND = frozenset(
    """amount count figure index item level multiple number point rank ratio rate score total unit
    value""".split()  # noqa: SIM905
)
"""Names of a number that say nothing of what is counted (our choice)."""
_UNSAID = Quantity(Fraction(1), 0, 0)
_TONNES = re.compile(r"(?<=[0-9])\s?t(?![a-z0-9$])", re.IGNORECASE)
_MASS = re.compile(r"(?<![A-Za-z])(?:[kMG]t|kg|(?:metric )?ton(?:ne)?s?)(?![A-Za-z])|吨")
_CODES = units.any_of(
    (word for word in units.CURRENCIES if word not in ("try", "won", "rm", "rs", "kr", "rp")),
    digits_may_follow=True,
)
_SCALE = units.any_of(units.SCALES)
_IN_MONEY = re.compile(
    rf"(?:\bin |\((?:in )?)(?:(?:{_SCALE}) (?:of )?)?"
    rf"(?:(?P<money>{_CODES})|(?:us |u\.s\. )?(?P<cents>{units.any_of(CENTS)}))"
    rf"(?:['’]?000s?|\s?(?:{_SCALE}))?(?=\s*(?:[?.,;:)!]|$)|\s(?:terms|between|from|in|for|at|as|on|to"
    r"|over|by|during|did|was|is|were|and|per)\b)"
    rf"|(?:多少|单位[是为：:]?\s?|以)(?:{_SCALE})?(?P<zh>{_CODES})"
)
_RATES = {
    **{
        word: power
        for word, power in units.RATES.items()
        if (len(word) > 3 or word[-1] in "%‰点成" or word in ("bps", "pct")) and word not in CENTS
    },
    "percents": -2, "percentage": -2, "percentages": -2, "百分": -2, "千分": -3,
}  # fmt: skip
"""Words of a share as a question asks for it; not bp and pp, for "in BP" asks of a company."""
_RATE = units.any_of(_RATES)
_SHARE = re.compile(
    rf"(?:\b(?:what|which|how many|as an?|in) (?:is the |was the )?|\((?:in )?)(?P<rate>{_RATE})"
    r"|\b(?P<of>percentage) (?:of|change|increase|decrease|growth|decline)\b"
    rf"|(?P<zh>百分|千分)之(?:几|多少)|(?P<ratio>百分)比|(?:几|多少)(?P<points>个?(?:百分点|基点)|成{NO_TENTH})"
)
_HOW_MANY = re.compile(
    r"\bhow many (?:(?:more|fewer|less|additional|other|different|total|of) |the )*"
    r"(?P<thing>(?:(?!\b(?:do|does|did|are|is|were|was|has|have|had|can|could|will|would|must|should"
    r"|in|of|at|for|by|with|from|that|which|who|the|this|these|there|on|and|or|to)\b)[^?.,;:!()])+)"
    r"|多少(?P<zh>[万亿千百]?(?:个月|小时|[个家人名年天月吨股户台辆])[\u4e00-\u9fff]{0,8})"
)


@lru_cache(maxsize=4096)  # a row's unit and question are read for every completion of its group
def asked_unit(question: str, unit: str) -> Quantity | None:
    """One of the unit that the gold is in, as the row states it, else as the question asks for it.

    Args:
        question: the user's turn.
        unit: of the row.

    Returns:
        1 with its currencies, what is counted, and its power of ten; None where nothing is said.

    Examples:
        >>> asked_unit("", "HK$m").currencies, asked_unit("How many days?", "").counted
        (frozenset({'HKD'}), 'second')
    """
    row = _of_row(unit) if unit else None
    if row and (row.measures or row.noun):
        return row
    asked = _of_question(unicodedata.normalize("NFKC", question).lower())
    return replace(asked, power=row.power) if row and asked else asked or row


def _of_row(unit: str) -> Quantity:
    if unit.strip() == "t":
        return replace(_UNSAID, counted="kg", worth=Fraction(1000))
    label = re.fullmatch(r"([A-Za-z]{2,4})(k|m|bn|tn)", unit)  # "RMBbn"
    if label and label[1].lower() in units.CURRENCIES:
        unit = f"{label[1]} {label[2]}"
    plain = re.sub(r"['’]?(?<![0-9])000s?\b", " thousand ", unit)
    plain = re.sub(r"[()]|(?i:\bin\b|单位[:：]?)|(?i:(?<=s )of\b)", " ", plain)
    read = read_quantity(f"1 {plain}")
    if read is None or read.mantissa != 1:
        return replace(_UNSAID, power=unit_power(unit))
    return _kind(read)


def _kind(read: Quantity) -> Quantity:
    """Without a name that says no more than that it is a number."""
    return replace(read, noun=()) if read.noun[-1:] and read.noun[-1] in _NO_KIND else read


def _of_question(question: str) -> Quantity | None:
    """What a question asks for, where it says one kind of thing, in one unit, only."""
    rates = (next(filter(None, m.groups())) for m in _SHARE.finditer(question))
    found = [replace(_UNSAID, power=_RATES[rate], unit="%") for rate in rates]
    if not found and "占比" in question:  # a share, in any unit: 0.25 and 25 % are one
        found = [replace(_UNSAID, power=-2)]
    asked = list(_IN_MONEY.finditer(question))
    if money := {word for m in asked if (word := m["money"] or m["zh"])}:
        codes = frozenset.union(*(units.CURRENCIES[word] for word in money))
        found.append(replace(_UNSAID, currencies=codes))
    counted = [m["cents"] for m in asked if m["cents"]]
    if not asked and (many := _HOW_MANY.search(question)):
        counted = [many["thing"] or many["zh"]]
    for words in counted:
        read = read_quantity(f"1 {words[:MAX_READ]}")
        found += [_kind(read)] if read is not None and read.mantissa == 1 else []
    kinds = {(one.measures, one.power) for one in found}
    one = found[-1] if len(kinds) == 1 else None
    return one if one and (one.measures or one.noun) else None


def in_tonnes(text: str, beside: str) -> str:
    """The text with "t" as tonnes, where what stands beside it speaks of mass; else a trillion."""
    weighs = _MASS.search(beside) or beside.strip() == "t"
    return _TONNES.sub(" tonnes", text) if weighs else text


def at_odds(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities cannot mean the same, whatever their numbers are."""
    if one.currencies and other.currencies and not one.currencies & other.currencies:
        return True
    kinds = {one.measures, other.measures} - {""}
    if len(kinds) > 1 and kinds != {"times", "share"}:
        return True  # $0.05 is no 5 %
    if not same_noun(_thing(one), _thing(other)) or _thing_and_worth(one, other):
        return True  # 12 customers are no 12 suppliers, no 12 years and no 12 %
    if one.per and other.per and one.per != other.per:
        return True
    return bool(one.when and other.when) and not _same_time(one.when, other.when)


def _same_time(one: str, other: str) -> bool:
    """Whether two periods agree in what both name: "2021" and "2021 Q3" do."""
    pairs = zip(one.split(" "), other.split(" "), strict=False)
    return all(a == b or not a or not b for a, b in pairs)


def _thing(quantity: Quantity) -> tuple[str, ...]:
    """What is counted, by its words or by the word of its unit."""
    return quantity.noun or ((quantity.counted,) if quantity.counted else ())


def _thing_and_worth(one: Quantity, other: Quantity) -> bool:
    """Whether one counts things and the other is an amount of money, a share or a multiple."""
    worth = ("money", "share", "times")
    return any(
        a.noun and not a.measures and b.measures in worth for a, b in ((one, other), (other, one))
    )
