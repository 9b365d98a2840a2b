"""What stands around the value of an answer: a calculation before it, a remark or year behind."""

from __future__ import annotations

import re

from finlmm_utils.finance import units
from finlmm_utils.finance.directions import CHINESE_DOWN, CHINESE_UP
from finlmm_utils.finance.expressions import ExpressionError, evaluate
from finlmm_utils.finance.number_words import digits_for_words
from finlmm_utils.finance.periods import CHINESE_TIME, YEAR, Period, period_of
from finlmm_utils.finance.quantities import Quantity, read_quantity
from finlmm_utils.finance.references import NAMES, with_signs
from finlmm_utils.finance.spelling import simplify

# Remarks and years

_REMARK = re.compile(r"(?P<value>.*\S)\s?[(\[](?P<remark>[^()\[\]]{2,})[)\]]")
_NUMBER = r"[a-z]?[0-9]+(?:[.-][0-9]+)*"
_REFERENCE = re.compile(  # to a place of the report, of which figures and tables are some
    rf"(?<![a-z])(?:(?:{NAMES})s?\.?|pages?|pp?\.|note|panel|appendix|section|附注)\s?{_NUMBER}"
    rf"(?:\s?(?:,|&|-|\band\b|\bto\b|[、和至])\s?{_NUMBER})*"
)
_POINTER = re.compile(  # "12, see Figure 2", "12 as shown in Table 3"
    r"(?P<value>.*?[\w%)])(?:[,;]?\s(?:-\s)?|-(?=see))"
    r"(?:\(?see|as (?:shown|seen|reported|stated|given) (?:in|on|by)"
    rf"|according to|based on|from|per|in)\s(?:the\s)?{_REFERENCE.pattern}\)?"
)
_NO_REMARK = re.compile(
    r"[0-9]|\b(?:or|not|no|wrong|incorrect|versus|vs|than|least|most|over|under|negative|minus)\b"
    r"|[或非不错负至超]"
)
_EITHER = re.compile(r"\bor\b|或")
_ROUNDED = re.compile(
    r"\b(?:rounded )?(?:to )?(?:the )?(?:nearest )?(?:[0-9]|[a-z]+)?[ -]?(?:decimals?(?: places?)?"
    r"|d\.?p\.?|significant (?:figures|digits)|integer|whole number)(?![a-z])"
    r"|保留[0-9一二两三四]位小数|四舍五入"
)
_UNIT_NOTE = re.compile(r"^(?:in |单位[:：]?\s?)?(.+)$")
_BEHIND = re.compile(
    r",?\s(?:(?:for|in|over) the (?:[a-z]+ )?(?:year|quarter|half|period|months)"
    r" (?:ended|ending|to)"
    r"|(?:at|by) (?:the )?(?:year[ -])?end(?: of)?|in|for|during|on|at|as (?:of|at))\s"
)
"""What leads to the period behind a value: "US$12bn in 2021"; not "since", "by", "before"."""
_BEFORE = re.compile(
    rf"(?:in|for|during|as of|at) (?P<period>[^:]{{2,30}}?)[,:] (?P<value>[^,]*[0-9].*)"
    rf"|(?P<time>{CHINESE_TIME})(?:,|为|是|约|达)?\s?(?P<rest>[^,]*[0-9].*)"
)

_SENTENCE = re.compile(  # "Revenue in 2021 was 45.2"; "in 2019 it was 12" leads to another year
    r"(?P<lead>[^0-9,:;]*?)\b(?:in|for|during|of|at the end of) "
    r"(?P<period>(?:(?! (?:in|for|during) )[^,:;]){2,30}?)"
    r"(?P<more> [^0-9,:;]*?)?(?: (?:was|were|is|are|equall?ed|equals|reached|totall?ed|amounted to"
    r"|came to|stood at)) (?P<value>[^,;]*[0-9].*)"
)

_ELSEWHERE = re.compile(
    rf"{_NO_REMARK.pattern}|\b(?:except|excluding|unlike|before|after|since|until)\b"
)


def without_remark(text: str) -> tuple[str, str]:
    """The answer without what stands in brackets behind it, or without the period that it names.

    A unit in brackets joins the value: "12 (in millions)" is 12 millions.

    Returns:
        The value's text, "" where nothing can be left out or it may change the value; and the
        period that was named, "" where none was.
    """
    plain = simplify(text).rstrip(".。")
    if pointer := _POINTER.fullmatch(plain):
        return pointer["value"], ""
    if match := _REMARK.fullmatch(plain):
        return _without_brackets(match["value"], match["remark"].strip())
    for mark in _BEHIND.finditer(plain):
        if period := period_of(plain[mark.end() :].removeprefix("the ")):
            return plain[: mark.start()], _when(period)
    if (match := _BEFORE.fullmatch(plain)) and (
        period := period_of(match["period"] or match["time"])
    ):
        value = match["value"] or match["rest"]
        alone = read_quantity(value, bare=True)
        return (value, _when(period)) if alone else ("", "")
    return _of_sentence(plain)


def _of_sentence(plain: str) -> tuple[str, str]:
    """Value and period of a sentence that names both; a calculation or a denial is none."""
    said = _SENTENCE.fullmatch(plain)
    period = period_of(said["period"].removeprefix("the ")) if said else None
    if said is None or period is None:
        return "", ""
    # the words before it may turn its sign ("the decrease in 2021 was 5%"), and are kept
    subject = f"{said['lead']}{said['more'] or ''}".strip()
    if subject in ("", "it", "they", "this", "that") or _ELSEWHERE.search(subject):
        return "", ""
    value = f"{subject} was {said['value']}"
    return (value, _when(period)) if read_quantity(said["value"]) else ("", "")


def _without_brackets(value: str, remark: str) -> tuple[str, str]:
    unit = _UNIT_NOTE.sub(r"\1", remark)
    scaled = read_quantity(f"1 {unit}", bare=True)
    if scaled is not None and scaled.unit:
        alone = read_quantity(value, bare=True)
        free = alone and not alone.power and not (alone.currencies and scaled.currencies)
        return (f"{value} {unit}", "") if free else ("", "")
    rest = _REFERENCE.sub(" ", with_signs(_ROUNDED.sub(" ", remark)))
    if period := period_of(rest.strip()):
        return value, _when(period)
    years = set(re.findall(rf"\b{YEAR}\b", rest))
    rest = re.sub(rf"(?:fy ?)?\b{YEAR}\b|\bq[1-4]\b|[1-4]q\b", " ", rest)
    words = re.findall(r"[a-z%$€£¥]+|[万亿]", rest)
    if _NO_REMARK.search(rest) or _EITHER.search(remark) or any(_tells(word) for word in words):
        return (value, "") if _works_out(remark, value) else ("", "")
    return value, years.pop() if len(years) == 1 else ""


def _when(period: Period) -> str:
    return f"{period.year or ''} {period.part}".strip(" ") if period.year else f" {period.part}"


def _tells(word: str) -> bool:
    """Whether a word of a remark is a unit or a number."""
    known = word in units.SCALES or word in units.RATES or word in units.READ_CURRENCIES
    return known or digits_for_words(word) != word


# Comparisons

_UP_OR_DOWN = (
    "up|down|higher|lower|rose|fell|grew|(?:in|de)creased"
    f"|(?:同比|环比)?(?:{CHINESE_UP}|{CHINESE_DOWN})"
)
_COMPARED = re.compile(
    rf"(?P<value>.*[^\s(（])\s?[(（](?P<change>(?:{_UP_OR_DOWN})(?:\s?by)?)?\s?"
    r"(?P<from>from|versus|vs\.?|compared (?:with|to)|against|(?:上年|去年)(?:同期)?为?)?\s?"
    r"(?P<other>[^()（）]*[0-9][^()（）]*)[)）]\.?", re.IGNORECASE | re.DOTALL,
)  # fmt: skip
_AGO = re.compile(
    r"(?:,? (?:a|one) year (?:ago|earlier|before)|,? (?:yoy|y/y|year[ -]on[ -]year))$"
)


def without_comparison(text: str) -> str:
    """An answer without what its value is compared with: "12% (up from 10%)", "12m (down 5%)".

    The words of a remark that is not understood, or that says the same number, stay.
    """
    said = _COMPARED.fullmatch(text.strip())
    if said is None or not (said["change"] or said["from"]):
        return text
    plain = _AGO.sub("", simplify(said["other"]))
    other = read_quantity(plain, bare=True) or read_quantity(without_remark(plain)[0], bare=True)
    value = read_quantity(said["value"])
    return said["value"] if other and value and other.value != value.value else text


# Calculations

_CURRENCY = re.compile(units.CURRENCY)
_TIMES = re.compile(r"(?<=[0-9)])\s?[x×]\s?(?=[0-9(])")
_OPERATOR = re.compile(r"[0-9)%a-z]\s*(?:[-+*/×÷]|\b(?:minus|plus|times)\b)\s*[^-+*/\s]")
_SO = r"[,;]?\s*(?:\b(?:so|therefore|thus|hence|i\.e\.)(?![a-z])[,:]?\s*(?:(?:the answer|it) is )?)"
_EQUALS = re.compile(
    rf"\s*(?:(?<![<>!=])==?(?!=)|≈|≅|→|⇒|\bequals\b)\s*|{_SO}(?=[^a-z]*[0-9]|[a-z]{{2,3}}\$?\s?[0-9])"
)
_IS = re.compile(r"(?<=[0-9)%])\s+is\s+(?=[-$€£¥0-9(])")
_PARTED = re.compile(r"[;≠<>≤≥]|,(?![0-9]{3}(?![0-9]))|!=|\b(?:or|and|not|vs)\b|[或和且不]")
_UNKNOWN = re.compile(r"(?<![a-z])[xyzn](?![a-z])")  # an equation, and no calculation


def end_of_calculation(text: str) -> Quantity | None:
    """The value behind the last equals sign, where all before it are calculations or the same."""
    plain = _TIMES.sub(" × ", simplify(text).rstrip(".。"))
    if (verb := _IS.search(plain)) and _OPERATOR.search(plain[: verb.start()]):
        plain = f"{plain[: verb.start()]} = {plain[verb.end() :]}"
    parts = _EQUALS.split(plain)
    value = read_quantity(parts[-1]) if len(parts) > 1 else None
    if value is None:
        return None
    for part in parts[:-1]:
        lone = read_quantity(part, bare=True)
        unknown = _UNKNOWN.search(part) and re.search(r"[0-9+*/^-]", part)
        if _PARTED.search(part) or unknown or (lone and not _rounds_to(lone, value)):
            return None
    return value


def value_of_calculation(text: str) -> Quantity | None:
    """The value before an equals sign and the calculation that gives it: "12 = 57 - 45"."""
    value, equals, rest = simplify(text).rstrip(".。").partition("=")
    return read_quantity(value, bare=True) if equals and _works_out(rest, value) else None


def _works_out(remark: str, value: str) -> bool:
    """Whether a remark is a calculation of the value: "12 (= 57 - 45)"."""
    plain = _CURRENCY.sub("", remark.lstrip("= "))
    plain = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", _TIMES.sub("*", plain))
    if not (remark.startswith("=") or _OPERATOR.search(plain)):
        return False
    found = read_quantity(value)
    try:
        worth = evaluate(plain.replace("÷", "/"))
    except ExpressionError:
        return False
    if found is None:
        return False
    half = 10.0**-found.decimals / 2 * (1 + 1e-9)
    share = 100 if found.power == -2 else 1
    return any(abs(float(found.mantissa) - one) <= half for one in (worth, worth * share))


def _rounds_to(a: Quantity, b: Quantity) -> bool:
    """Whether two numbers of one calculation are the same: 0.2667 and 26.67%, 26.666 and 26.67."""
    coarser = max((q for q in (a, b)), key=lambda q: q.power - q.decimals)
    half = 10 ** (coarser.power - coarser.decimals) / 2 * (1 + 1e-9)
    gaps = [abs(a.value - b.value), abs(a.mantissa - b.value), abs(a.value - b.mantissa)]
    shares = [abs(a.value * 100 - b.value), abs(a.value - b.value * 100)]
    return any(gap <= half for gap in gaps + shares)
