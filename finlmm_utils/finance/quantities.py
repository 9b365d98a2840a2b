"""Reading numbers as financial texts write them: units, scales, signs, English and Chinese."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from finlmm_utils.finance.number_words import digits_for_words

_SCALES = {
    "k": 3, "thousand": 3, "thousands": 3, "m": 6, "mm": 6, "mn": 6, "mln": 6, "million": 6,
    "millions": 6, "b": 9, "bn": 9, "bln": 9, "billion": 9, "billions": 9, "tn": 12, "trn": 12,
    "hundred": 2, "hundred thousand": 5, "hundred million": 8, "thousand million": 9,
    "t": 12, "trillion": 12, "trillions": 12, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7,
    "亿": 8, "十亿": 9, "百亿": 10, "千亿": 11, "万亿": 12, "兆": 12, "萬": 4, "億": 8,
    "lakh": 5, "lakhs": 5, "crore": 7, "crores": 7,
}  # fmt: skip
_RATES = {
    "%": -2, "percent": -2, "per cent": -2, "pct": -2, "percentage points": -2,
    "percentage point": -2, "%pts": -2, "cents": -2, "cent": -2, "¢": -2,
    "pp": -2, "pps": -2, "ppt": -2, "ppts": -2, "个百分点": -2, "百分点": -2,
    "bp": -4, "bps": -4, "basis points": -4, "basis point": -4, "个基点": -4,
    "基点": -4, "‰": -3,
}  # fmt: skip
_DOLLARS = frozenset({"USD", "HKD", "AUD", "CAD", "SGD", "NZD", "TWD"})
_CURRENCIES = {
    "us$": {"USD"}, "usd": {"USD"}, "usd$": {"USD"}, "us dollars": {"USD"},
    "美元": {"USD"}, "hk$": {"HKD"}, "hkd": {"HKD"}, "港元": {"HKD"}, "港币": {"HKD"},
    "a$": {"AUD"}, "aud": {"AUD"},
    "c$": {"CAD"}, "cad": {"CAD"}, "s$": {"SGD"}, "sgd": {"SGD"}, "nt$": {"TWD"}, "twd": {"TWD"},
    "$": _DOLLARS, "dollars": _DOLLARS, "dollar": _DOLLARS, "€": {"EUR"}, "eur": {"EUR"},
    "euros": {"EUR"}, "euro": {"EUR"}, "欧元": {"EUR"}, "£": {"GBP"}, "gbp": {"GBP"},
    "pounds": {"GBP"}, "英镑": {"GBP"}, "¥": {"CNY", "JPY"}, "rmb": {"CNY"}, "cny": {"CNY"},
    "yuan": {"CNY"}, "人民币": {"CNY"}, "元": {"CNY"}, "jpy": {"JPY"}, "yen": {"JPY"},
    "日元": {"JPY"}, "円": {"JPY"}, "₹": {"INR"}, "inr": {"INR"}, "rs": {"INR"},
    "rupees": {"INR"}, "chf": {"CHF"}, "krw": {"KRW"}, "₩": {"KRW"}, "sek": {"SEK"},
    "sdr": {"SDR"}, "sdrs": {"SDR"}, "r$": {"BRL"}, "brl": {"BRL"}, "mxn": {"MXN"},
    "nok": {"NOK"}, "dkk": {"DKK"}, "zar": {"ZAR"},
}  # fmt: skip
_COUNT_WORDS = "x|times|倍|个|家|人|股|年|次|台|吨|名|户|份|天|月|件|辆|套|只|位|项|间"


def _any_of(words: object) -> str:
    ordered = sorted(words, key=len, reverse=True)  # type: ignore[call-overload]
    return "|".join(re.escape(w) + (r"(?![a-z])" if w[-1].isascii() and w[-1].isalpha() else "")
                    for w in ordered)  # fmt: skip


_DIGITS = (
    r"[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}(?:\.[0-9]+)?"  # 1,234,567.8 and 12,34,567
    r"|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]{1,2}(?![0-9])"  # 1.234,56
    r"|[0-9]{1,3}(?:\.[0-9]{3}){2,}(?![0-9.,])"  # 1.234.567
    r"|[0-9]{1,3}(?:[ '][0-9]{3})+(?:\.[0-9]+|,[0-9]{1,2})?(?![0-9])"  # 1 234 567.8
    r"|[0-9]+,[0-9]{1,2}(?![0-9,.])"  # 12,5 %: with a unit only, for "1,2" may be a list
    r"|[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+"
)
_SIGN = r"[-+]|minus |negative |负"
_NUMBER = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>{_SIGN})?\s*(?P<before>{_any_of(_CURRENCIES)})?\s*"
    rf"(?P<open2>\()?\s*(?P<sign2>{_SIGN})?\s*(?P<rate0>百分之)?"
    rf"(?:(?P<whole>[0-9]+) (?=[0-9]+/))?(?P<digits>{_DIGITS})(?:/(?P<under>[0-9]+)(?![0-9/,.]))?"
    r"(?:(?:e|\s?[x*×]\s?10\s?\^)\s?\{?(?P<power>[-+]?[0-9]{1,2})(?![0-9])\}?)?"
    rf"(?P<close2>\))?[\s-]?(?P<scale>{_any_of(_SCALES)})?\s*(?P<rate>{_any_of(_RATES)})?\s*"
    rf"(?P<after>{_any_of(_CURRENCIES)})?\s*(?P<rate2>{_any_of(_RATES)})?"
    rf"(?:{_COUNT_WORDS})?(?P<close>\))?",
)
_VULGAR = str.maketrans({c: f" {unicodedata.normalize('NFKC', c).replace(chr(0x2044), '/')}"
                         for c in "¼½¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘"})  # fmt: skip
_SUPER = str.maketrans({c: f"^{unicodedata.normalize('NFKC', c)}" for c in "⁰¹²³⁴⁵⁶⁷⁸⁹"})
_MINUS = str.maketrans(dict.fromkeys("−–—‒―﹣‐‑", "-") | dict.fromkeys("’‘ʼ", "'"))
_COMPOUND = re.compile(r"([0-9]+)[亿億]([0-9]{1,4})(千?)[万萬]")
_SMALL_COMPOUND = re.compile(r"([0-9]+)[万萬]([0-9])千")
_DENIED = re.compile(r"\b(?:not|never|isn't|wrong|incorrect)\b|不是|并非|错")
_BOUND = re.compile(
    r"(?:\b(?:than|over|under|above|below|at least|at most)"
    r"|超过?|不[到足]|[高低大小]于|至[少多])\W*$"
)
_WORDS = re.compile(r"[^\W\d_]+|[\s.,:;!?'\"“”。，、：；！？~≈约-]", re.UNICODE)


@dataclass(frozen=True)
class Quantity:
    """A number with its unit, exactly.

    Attributes:
        mantissa: the number as written, with its sign ("(1.2)m" gives -1.2).
        power: of ten that the unit stands for: 6 for millions, -2 for percent, 0 for none.
        decimals: digits after the point, as written.
        is_fraction: written as a/b, so it is no rounded figure.
        currencies: codes that the sign or word may mean; empty where there is none.
    """

    mantissa: Fraction
    power: int
    decimals: int
    is_fraction: bool = False
    currencies: frozenset[str] = frozenset()

    @property
    def value(self) -> Fraction:
        """The number in plain units: 1.2m is 1,200,000, 5 % is 1/20."""
        return self.mantissa * Fraction(10) ** self.power


def simplify(text: str) -> str:
    r"""Brings a text to one spelling: NFKC, plain minus signs, no TeX wrapping, lower case.

    Unwrapped are ``$..$``, ``\(..\)``, ``\boxed{..}``, ``\text{..}``, ``\mathrm{..}``; spacing
    commands, ``\%``, ``\$``, ``{,}`` and integer ``\frac`` become plain text.
    """
    text = unicodedata.normalize("NFKC", text.translate(_VULGAR).translate(_SUPER))
    text = " ".join(text.translate(_MINUS).lower().split())
    if "\\" in text or "$" in text or "{" in text:
        text = re.sub(r"\\[!,;: ]|\\[dt]?left|\\right|~", "", text)
        for _ in range(4):
            text = re.sub(r"\\(?:boxed|fbox|text|mathrm|textbf|mathbf)\s?\{([^{}]*)\}", r"\1", text)
        text = re.sub(r"^\\[(\[](.*)\\[)\]]$|^\$\$?([^$]+)\$\$?$", r"\1\2", text)
        text = text.replace("\\%", "%").replace("\\$", "$").replace("{,}", ",")
        text = (
            text.replace("\\times", "×")
            .replace("\\cdot", "×")
            .replace("\\approx", "≈")
            .replace("^\\circ", "")
        )
        frac = r"\\[dt]?frac\s?(?:\{(-?[0-9]+)\}|([0-9]))\s?(?:\{([0-9]+)\}|([0-9]))"
        text = re.sub(rf"([0-9])\s?{frac}", r"\1 \2\3/\4\5", text)
        text = re.sub(frac, r"\1\2/\3\4", text)
        text = re.sub(r"(?<=[0-9]) ?,(?: |\\!)?(?=[0-9]{3}(?![0-9]))", ",", text)
        text = " ".join(text.split())
    return text.strip()


def read_quantity(text: str) -> Quantity | None:
    """Reads the one number of a text.

    Understood: signs and parentheses for negatives, thousands separators, decimals, powers of ten,
    fractions and mixed numbers, currency signs and codes, k/m/bn/tn, lakh and crore, and 千/万/亿
    with their compounds, %, percentage points, basis points, cents, number words. Words may stand
    around the number ("about 12 employees"), a second number, a denial ("not 12") or
    a bound ("over 12") may not.

    Args:
        text: up to some 200 characters are of use; longer texts are not read.

    Returns:
        The quantity, or None where the text has no number, several, or a formula.

    Examples:
        >>> float(read_quantity("($1.2m)").value)
        -1200000.0
        >>> float(read_quantity("25 bps").value), float(read_quantity("3.5万亿元").value)
        (0.0025, 3500000000000.0)
    """
    if len(text) > 200:
        return None
    text = digits_for_words(re.sub(r"^(?:[a-z]\w? ?)?= ?", "", simplify(text).rstrip(".。")))
    text = re.sub(r"^10 ?\^ ?\{?([0-9]{1,2})\}?$", r"1e\1", text)
    text = _COMPOUND.sub(lambda m: f"{m[1]}.{int(m[2]) * (1000 if m[3] else 1):04d}亿", text)
    text = _SMALL_COMPOUND.sub(r"\1.\2万", text)
    found = None
    for match in _NUMBER.finditer(text):
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
    if _WORDS.sub("", rest) or _DENIED.search(rest) or _BOUND.search(text[: found.start()]):
        return None
    return _quantity(found)


def _glued(before: str, after: str) -> bool:
    ascii_before = before.isascii() and (before.isalnum() or before in "_^{")
    return bool(
        (before and ascii_before)
        or (after and after.isascii() and (after.isalnum() or after in "_^/"))
    )


def _quantity(match: re.Match[str]) -> Quantity | None:
    part = match.groupdict()
    digits = part["digits"]
    rate = part["rate"] or part["rate2"]
    currency = part["before"] or part["after"]
    if re.fullmatch(r"[0-9]+,[0-9]{1,2}", digits) and not (rate or currency or part["scale"]):
        return None
    if digits.count(".") > 1 or re.search(r",[0-9]{1,2}$", digits):  # the comma is the point
        digits = digits.replace(".", "").replace(",", ".")
    digits = re.sub(r"[, ']", "", digits)
    mantissa = Fraction(digits if digits[0] != "." else "0" + digits)
    if part["under"]:
        if not int(part["under"]):
            return None
        mantissa /= int(part["under"])
    if part["whole"]:
        mantissa += int(part["whole"])
    opened = bool(part["open"]) + bool(part["open2"])
    if opened != bool(part["close"]) + bool(part["close2"]):
        return None
    signs = [part["sign"], part["sign2"]]
    minus = sum(bool(sign) and sign != "+" for sign in signs)
    if opened or minus == 1:
        mantissa = -mantissa
    power = _RATES[rate] if rate else -2 if part["rate0"] else 0
    power += _SCALES[part["scale"]] if part["scale"] else 0
    decimals = len(digits.partition(".")[2])
    if part["power"]:
        mantissa *= Fraction(10) ** int(part["power"])
        decimals = max(0, decimals - int(part["power"]))
    return Quantity(
        mantissa,
        power,
        decimals,
        bool(part["under"]),
        frozenset(_CURRENCIES.get(currency or "", ())),
    )


def unit_power(unit: str) -> int:
    """The power of ten of a unit as a row states it: 6 of "USD million" and "$m", 4 of "万元".

    A unit that is no scale and no rate ("people", "t" for tonnes) has none.
    """
    plain, powers = simplify(unit), {**_SCALES, **_RATES}
    words = re.findall(
        rf"(?<![a-z])(?:{_any_of(powers)})", re.sub(_any_of(_CURRENCIES), " ", plain)
    )
    return sum(powers[word] for word in words) if plain != "t" else 0
