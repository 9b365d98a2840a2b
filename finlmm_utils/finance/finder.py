"""Finding the numbers of a running text with their units, by the grammar of answers.

The finder leaves alone what a report may mean otherwise: fractions are dates, "5 t" are tonnes,
"12 345" may be two labels of a chart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from finlmm_utils.finance import units
from finlmm_utils.finance.number_words import NO_TENTH, TENTHS, percent_of_tenths
from finlmm_utils.finance.periods import YEAR
from finlmm_utils.finance.quantities import Quantity, plain_digits, quantity_of
from finlmm_utils.finance.units import any_of

NUMBER_IN_CHINESE = r"-?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
"""A regular expression of a number as a Chinese sentence writes it; see :func:`plain_number`."""
_NO_CODES = ("rs", "cop", "kr", "rp", "try")  # COP26, a word in capitals
_CODES = [
    w.upper() for w in units.SIGNS_BEFORE if w.isascii() and w.isalpha() and w not in _NO_CODES
]
_SIGNS = [w for w in units.SIGNS_BEFORE if not (w[-1].isascii() and w[-1].isalpha())]
_BEFORE = (
    rf"(?<![A-Za-z])(?:{any_of([*_CODES, 'Rs', 'Rs.'], digits_may_follow=True)})"
    rf"|(?i:{any_of(w for w in _SIGNS if w != 'rs.')})"
)
_LETTERS = ("m", "M", "k", "K", "B")  # the only single letters that scale a number in prose
_NO_SCALE = {"k", "m", "b", "t", "cr", "lac", "lacs"}
_SCALE = rf"(?i:{any_of(w for w in units.SCALES if w not in _NO_SCALE)})|{any_of(_LETTERS)}"
_HAN = [w for w in units.CURRENCIES if not w.isascii() and w not in tuple("$€£¥₹₩")]
_NO_MONEY = {  # the euro area, pounds of rice, the dollar index, "in 2020 won"
    "euro", "pounds", "dollar", "won", "rand", "lira", "real", "rm", "sar", "ars", "rub",
    *_NO_CODES[1:], *_HAN,
}  # fmt: skip
_AFTER = (
    rf"(?i:(?:{any_of(w for w in units.CURRENCIES if '$' not in w and w not in _NO_MONEY)})"
    rf"(?![ \u00a0]?[0-9])|{any_of(_HAN)})"
)
_MARK = r"(?:[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}|\([1-9a-z]\)|[*†‡]{1,2})"  # of a footnote
_PER = rf"\s?/\s?(?P<per>{any_of(units.PER)})"
_UNIT = (
    rf"(?:(?P<scale>{_SCALE})(?:[ \u00a0]?(?P<after>{_AFTER}))?"
    rf"|(?P<rate>(?i:{units.RATE})|x\b|times\b|倍)|(?<![\t\n])(?P<after2>{_AFTER}))"
)
_UNIT_COMES = rf"(?=\s?{re.sub('[?]P<[a-z0-9]+>', '?:', _UNIT)})"
_YEAR_COMMA = rf"{YEAR},"
_DIGITS = (
    rf"(?(before){units.INDIAN}|(?!))|{units.GROUPED}|{units.COMMA_POINT}"
    rf"|(?(before){units.SHORT_COMMA}|(?!{_YEAR_COMMA}){units.SHORT_COMMA}{_UNIT_COMES})"
    rf"|{units.PLAIN}"
)
_FOUND = re.compile(
    rf"(?<![第零一二三四五六七八九十百千点]){TENTHS}{NO_TENTH}"
    rf"|(?P<open>\(|-(?=[$€£¥\d]|[A-Z]{{1,2}}\$))?(?:(?P<before>{_BEFORE})\s?)?(?P<open2>\()?"
    rf"(?P<digits>{_DIGITS})(?P<close2>\))?(?:{_MARK}{_UNIT_COMES})?(?:\s?{_UNIT}(?:{_PER})?)?"
)
_SAME_LENGTH = str.maketrans("０１２３４５６７８９％＄￥￡．−–‑﹣", "0123456789%$¥£.----")


@dataclass(frozen=True)
class Found:
    """A quantity in a running text.

    Attributes:
        quantity: value and unit.
        start, end: where it stands, with its sign, currency and unit.
        digits_at: where its digits begin.
        digits: the number as written, without separators of thousands.
        sign: of the currency before it as written ("US$"), "" where a code or nothing is.
    """

    quantity: Quantity
    start: int
    end: int
    digits_at: int
    digits: str
    sign: str = ""

    def in_name(self, text: str) -> bool:
        """Whether letters or digits touch it in its text, as in "Q3", "FY21", "3rd", "Sales(5)"."""
        before, last = text[self.start - 1 : self.start] if self.start else "", text[self.end - 1]
        after = text[self.end : self.end + 1] if last.isdigit() or last == ")" else ""
        return any(c.isascii() and c.isalnum() for c in (before, after))

    def is_share(self, text: str) -> bool:
        """Whether a % stands behind it in its text."""
        return text[self.start : self.end].endswith(("%", "％"))


def find_quantities(text: str) -> list[Found]:
    """Finds every number of a running text with its unit, in one pass.

    Years, dates and the numbers of names ("Q3") are numbers here; who reads says which to leave
    out. A "(1.2m)" of prose is no negative, "(1.2) m" and "$(1.2)" are.

    Args:
        text: of any length; the work grows with it and not faster.

    Returns:
        In the order of the text.

    Examples:
        >>> [f.quantity.unit for f in find_quantities("HK$5 mn, 12,5 % and 25 bps")]
        ['HK$m', '%', 'bps']
    """
    return [one for m in _FOUND.finditer(text.translate(_SAME_LENGTH)) if (one := _found(m, text))]


def _found(match: re.Match[str], text: str) -> Found | None:
    part = match.groupdict()
    start, end = match.span()
    if part["tenths"]:
        percent = percent_of_tenths(part["tenths"], part["more"])
        tenths = Quantity(Fraction(percent), -2, 0, unit="%")
        return Found(tenths, start, end, start, str(percent))
    opened, money = part.pop("open"), part["before"] or ""
    shut = bool(part["close2"]) and bool(opened == "(" or part["open2"])
    minus = opened == "-" and not (start and text[start - 1].isdigit())
    part |= {"sign": "-" if minus or shut else None, "open2": None, "close2": None}
    quantity = quantity_of(tuple(part.items()))
    if quantity is None:
        return None
    sign = money if money[-1:] in tuple("$€£¥₹₩") or money == "RMB" else ""
    return Found(quantity, start, end, match.start("digits"), plain_digits(part["digits"]), sign)


def plain_number(text: str) -> float:
    """The value of a text that ``NUMBER_IN_CHINESE`` matches."""
    return float(text.replace(",", ""))
