"""Reading one number of an answer as financial texts write them: exactly, with its unit.

The grammar's tables are in :mod:`finlmm_utils.finance.units`; :mod:`finlmm_utils.finance.finder`
finds the numbers of a running text by the same tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from finlmm_utils.finance import units
from finlmm_utils.finance.number_words import digits_for_words
from finlmm_utils.finance.spelling import simplify
from finlmm_utils.finance.units import any_of
from finlmm_utils.finance.words_around import DENIED, OTHER_UNIT, altered, noun_after

MAX_READ = 200
"""Characters of an answer beyond which it is not read as a number (our choice)."""
MAX_DIGITS = 40
"""Digits beyond which a number is none of finance (our choice): conversions stay cheap."""
_SIGN = r"[-+]|minus |negative |负"
_PER = (
    rf"(?P<per>(?:\s?/\s?|\s?(?:per|an?|each|every) )(?:{any_of(units.PER)})|\s?(?:{units.EACH}))"
)
_DIGITS = "|".join([
    units.INDIAN, units.GROUPED, units.COMMA_POINT, units.SPACED, units.SHORT_COMMA,
    units.PLAIN + r"\.?",
])  # fmt: skip
_SCALE = any_of(units.SCALES)
_READ = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>{_SIGN})?\s*"
    rf"(?:(?P<before>{units.CURRENCY})\s*(?:(?P<scale0>{_SCALE})\s)?)?"
    rf"(?P<open2>\()?\s*(?P<sign2>{_SIGN})?\s*(?P<rate0>百分之)?"
    r"(?:(?P<whole>[0-9]+) (?=[0-9]+/[0-9]))?"
    rf"(?P<digits>{_DIGITS})"
    r"(?:/(?P<under>[0-9]+)(?![0-9/,.]))?"
    r"(?:(?:e|\s?[x*×]\s?10\s?\^)\s?\{?(?P<power>[-+]?[0-9]{1,2})(?![0-9])\}?)?"
    rf"(?P<close2>\))?(?:[\s-]?(?![千兆吉](?:瓦|克))(?P<scale>{_SCALE}))?\s*(?P<rate>{units.RATE})?\s*"
    rf"(?:-?(?P<after>{units.CURRENCY})\s*(?P<scale2>{_SCALE})?)?\s*(?P<rate2>{units.RATE})?"
    rf"(?:(?P<times>x(?![a-z0-9])|times(?![a-z])|倍)|{units.COUNTS}|{any_of(units.COUNTED)})?{_PER}?\s*(?P<close>\))?",
)

_COUNTED = re.compile(rf"\)?[\s-]?(?:{_SCALE})?\s?({any_of(units.COUNTED)})(?![A-Za-z])")

_COMPOUND = re.compile(r"([0-9]+)[亿億]([0-9]{1,4})(千?)[万萬]")
_LARGE_COMPOUND = re.compile(r"([0-9]+)(?:兆|万亿)([0-9]{1,4})[亿億]")
_ONE_NUMBER = re.compile(r", 0|^[0-9]{1,2}, [0-9]{3}, [0-9]{3}")
_SMALL_COMPOUND = re.compile(r"([0-9]+)[万萬]([0-9])千")
_OVER = re.compile(r"\b([yqmhw])/\1\b")  # y/y: year on year
_WORDS = re.compile(r"[^\W\d_]+|[\s.,:;!?'\"“”。，、：；！？~≈约-]", re.UNICODE)
_MARK = re.compile(  # of a footnote, at the end or before the unit; "m²" and "5(m)" have none
    r"(?:[⁰¹⁴⁵⁶⁷⁸⁹]|(?<![A-Za-z])[⁰¹²³⁴⁵⁶⁷⁸⁹]){1,2}(?=[.。]?\s?$|\s?[^\s\d⁰¹²³⁴⁵⁶⁷⁸⁹])"
    r"|(?:(?<=\S)[(（][1-9１-９a-j][)）]|(?<=[\d%])\s[(（][a-j][)）])(?=[.。]?\s?$|\s?[^\s\d(])"
    r"|(?<=\S)\s?\[[1-9１-９a-j]\]|(?<=[\d%])[ᵃᵇᶜᵈᵉᶠᵍʰⁱʲ](?![\w^])"
    r"|\s?[*†‡§]{1,3}(?=[.。]?\s?$|\s?[^\s\d])|(?<=[\d%])#(?=[.。]?\s?$)"
)
_PENCE = ("pence", "penny")
CENTS = ("cents", "cent", "¢", *_PENCE)
"""Words of a hundredth of a currency's unit."""
_BESIDE = (  # spellings of a unit that leave their words apart
    (re.compile(r"(?<=[0-9])\s?×$"), "x"),  # 2.5×
    (re.compile(r"(?<=[0-9])p$"), " pence"),
    (re.compile(r"(?<=milliard|.million)(s?) (?:d'|de )(?=[a-z€])"), r"\1 "),  # of euros
    (re.compile(r"(?<=[0-9])\s?([mk])(?=(?:sek|nok|dkk|eur|usd|gbp|chf)\b)"), r" \1 "),  # 5 MSEK
    (re.compile(r"(?<=[0-9])\s?t(?=(?:sek|nok|dkk|eur|usd|chf)\b)"), " k "),
)


@dataclass(frozen=True)
class Quantity:
    """A number with its unit, exactly.

    Attributes:
        mantissa: the number as written, with its sign ("(1.2)m" gives -1.2).
        power: of ten that the unit stands for: 6 for millions, -2 for percent, 0 for none.
        decimals: digits after the point, as written.
        is_fraction: written as a/b, so it is no rounded figure.
        currencies: codes that the sign or word may mean; empty where there is none.
        per: what a price is per ("bbl"), a value of ``units.PER``; "" where there is none.
        unit: as rows name it; see :func:`finlmm_utils.finance.units.label`.
        counted: what is counted or measured, a name of ``units.COUNTED``; "" where it is not said.
        worth: how much of it one unit is: 10**9 for GWh, which are counted in Wh.
        noun: words of another thing that is counted; see :mod:`finlmm_utils.finance.words_around`.
        when: the year, and the part of it, that the answer states beside the number: "2021 Q3".
    """

    mantissa: Fraction
    power: int
    decimals: int
    is_fraction: bool = False
    currencies: frozenset[str] = frozenset()
    per: str = ""
    unit: str = ""
    counted: str = ""
    worth: Fraction = Fraction(1)
    noun: tuple[str, ...] = ()
    when: str = ""

    @property
    def measures(self) -> str:
        """What the unit tells: "money", "share" (of a whole), "times", what is counted, or ""."""
        if self.currencies or self.unit in CENTS:
            return "money"
        if self.counted:
            return self.counted
        return "times" if self.unit == "x" else "share" if self.power < 0 else ""

    @property
    def value(self) -> Fraction:
        """The number in plain units: 1.2m is 1,200,000, 5 % is 1/20."""
        return self.mantissa * Fraction(10) ** self.power


def read_quantity(text: str, bare: bool = False) -> Quantity | None:
    """Reads the one number of a text.

    Understood: signs and parentheses for negatives, thousands separators, decimals, powers of ten,
    fractions and mixed numbers, currency signs and codes, k/m/bn/tn, lakh and crore, and 千/万/亿
    with their compounds, %, percentage points, basis points, cents, 成, number words, what a price
    is per, and footnote marks ("12.5(1)", "12.5 (a)"; a bare "12(1)" is not read: it may be a
    product). Words may stand around the number ("about 12 employees"), a second number, a denial
    ("not 12") or a bound ("over 12") may not.

    Args:
        text: up to ``MAX_READ`` characters; longer texts are not read.
        bare: whether words around the number are refused too.

    Returns:
        The quantity, or None where the text has no number, several, or a formula.

    Examples:
        >>> float(read_quantity("($1.2m)").value)
        -1200000.0
        >>> float(read_quantity("25 bps").value), float(read_quantity("3.5万亿元").value)
        (0.0025, 3500000000000.0)
    """
    if len(text) > MAX_READ:
        return None
    found = _read(text, bare)
    if found is None and _MARK.search(text):
        plain = _MARK.sub("", text)
        found = _read(plain, bare)
        product = not re.search(r"[*†‡§]", text) and not re.search(r"[0-9][,' ][0-9]{3}", plain)
        if found and product and not (found.unit or found.decimals):
            return None  # "12(1)" and "12²" may be calculations
    return found


def _read(text: str, bare: bool) -> Quantity | None:
    text = _OVER.sub(r"\1o\1", simplify(text).rstrip(".。"))
    for spelling, plain in _BESIDE:
        text = spelling.sub(plain, text)
    text = _joined(digits_for_words(re.sub(r"^(?:[a-z]\w? ?)?= ?", "", text)))
    found = None
    for match in _READ.finditer(text):
        start = match.start() + len(match.group()) - len(match.group().lstrip())
        end = match.start() + len(match.group().rstrip())
        before = text[start - 1 : start] if start else ""
        if _glued(before, text[end : end + 1]):
            if not before.isalpha():
                return None
            continue  # Q4, FY21: a name, no number
        if found is not None:
            return None
        found = match
    if found is None:
        return None
    rest = text[: found.start()] + " " + text[found.end() :]
    if re.match(r"\s?-(?![a-z])", text[found.end() :]):
        return None  # an accountant's "12-" is a minus
    before, after = text[: found.start()], text[found.end() :]
    if _WORDS.sub("", rest) or DENIED.search(rest) or altered(before, after):
        return None
    if OTHER_UNIT.search(rest) or (bare and re.search(r"\w", rest)):
        return None
    quantity = quantity_of(tuple(found.groupdict().items()))
    counted = _COUNTED.match(text, found.end("digits"))
    if quantity and counted and not quantity.measures:
        name, worth = units.COUNTED[counted[1]]
        return replace(quantity, counted=name, worth=Fraction(worth))
    noun = noun_after(after)
    return replace(quantity, noun=noun) if quantity and noun else quantity


def _joined(text: str) -> str:
    """Writes 1亿2000万, 10^6 and "5, 000, 000" as one number.

    No number of a list begins with a zero, so that "100, 200" stay two; "1, 234, 567" is one too.
    """
    text = re.sub(r"^10 ?\^ ?\{?([0-9]{1,2})\}?$", r"1e\1", text)
    text = _LARGE_COMPOUND.sub(lambda m: f"{m[1]}.{int(m[2]):04d}万亿", text)
    text = _COMPOUND.sub(lambda m: f"{m[1]}.{int(m[2]) * (1000 if m[3] else 1):04d}亿", text)
    text = _SMALL_COMPOUND.sub(r"\1.\2万", text)
    return re.sub(
        r"(?<![0-9,.])[0-9]{1,3}(?:, ?[0-9]{3}){1,6}(?![0-9])",
        lambda m: m[0].replace(" ", "") if _ONE_NUMBER.search(m[0]) else m[0],
        text,
    )


def _glued(before: str, after: str) -> bool:
    ascii_before = before.isascii() and (before.isalnum() or before in "_^{")
    return bool(
        (before and ascii_before)
        or (after and after.isascii() and (after.isalnum() or after in "_^/"))
    )


def plain_digits(digits: str) -> str:
    """A number as written with a point and without separators of thousands."""
    last_comma = re.search(r",[0-9]{1,2}$|^0,", digits)
    if digits.count(".") > 1 or last_comma:  # the comma is the point
        digits = digits.replace(".", "").replace(",", ".")
    digits = re.sub(r"[, ']", "", digits)
    return digits if digits[0] != "." else "0" + digits


@lru_cache(maxsize=8192)  # the same years and labels stand on page after page
def quantity_of(parts: tuple[tuple[str, str | None], ...]) -> Quantity | None:
    """The quantity of the named groups of a match of the reader or the finder, with their names."""
    get = {name: part.lower() for name, part in parts if part}.get
    written = get("digits", "")
    rate = get("rate", "") or get("rate2", "")
    scales = [scale for name in ("scale0", "scale", "scale2") if (scale := get(name, ""))]
    said = [word for name in ("before", "after", "after2") if (word := get(name, ""))]
    said = said[:1] if said[1:] == ["元"] else said  # 新台币5亿元: 元 is any currency's unit
    currency = said[0] if said else ""
    currencies = (
        frozenset.intersection(*(units.READ_CURRENCIES[word] for word in said)) if said else None
    )
    if said and not currencies:
        return None  # "$5 EUR"
    scale = scales[0] if scales else ""
    pence = frozenset({"GBP"}) if rate in _PENCE else None
    if re.fullmatch(r"[1-9][0-9]*,[0-9]{1,2}", written) and not (rate or currency or scale):
        return None
    if len(scales) > 1:
        return None
    digits = plain_digits(written)
    if len(digits) > MAX_DIGITS:
        return None
    mantissa = Fraction(digits)
    if under := get("under", ""):
        if not int(under):
            return None
        mantissa /= int(under)
    mantissa += int(get("whole", "") or 0)
    opened = bool(get("open", "")) + bool(get("open2", ""))
    if opened != bool(get("close", "")) + bool(get("close2", "")):
        return None
    minus = sum(sign not in ("", "+") for sign in (get("sign", ""), get("sign2", "")))
    inside = get("sign", "") if get("open", "") else get("sign2", "")  # "(-5)" only groups
    if minus == 1 or (opened and not inside):
        mantissa = -mantissa
    counted = get("times", "") or (rate if rate in ("x", "times", "倍") else "")
    power = 0 if counted or not rate else units.RATES[rate]
    power += -2 if get("rate0", "") else 0
    power += units.SCALES[scale] if scale else 0
    decimals = len(digits.partition(".")[2])
    if exponent := get("power", ""):
        mantissa *= Fraction(10) ** int(exponent)
        decimals = max(0, decimals - int(exponent))
    per = re.sub(r"^(?:/\s?|per |an? |each |every |每)", "", get("per", "").strip())
    return Quantity(
        mantissa,
        power,
        decimals,
        bool(under),
        currencies or pence or frozenset(),
        units.PER.get(per, per),
        units.label(currency, scale, "x" if counted else rate),
    )


_UNIT_WORDS = re.compile(rf"(?<![a-z])(?:{any_of({**units.SCALES, **units.RATES})})")
_CURRENCY_WORDS = re.compile(units.CURRENCY)


def unit_power(unit: str) -> int:
    """The power of ten of a unit as a row states it: 6 of "USD million" and "$m", 4 of "万元".

    A unit that is no scale and no rate ("people", "t" for tonnes) has none.
    """
    plain, powers = simplify(unit), {**units.SCALES, **units.RATES}
    words = _UNIT_WORDS.findall(_CURRENCY_WORDS.sub(" ", plain))
    return sum(powers[word] for word in words) if plain != "t" else 0
