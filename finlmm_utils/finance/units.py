"""The tables of the number grammar: currencies, scales, rates, counted things, "per" units.

Everything that the package knows of units stands here once, in lower case. The label is how a row
names the unit ("$m", "%", "bps"). The lists are our choice, grown on English and Chinese reports.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from finlmm_utils.finance.number_words import NO_TENTH

SCALES = {
    "k": 3, "thousand": 3, "thousands": 3, "m": 6, "mm": 6, "mn": 6, "mln": 6, "million": 6,
    "millions": 6, "b": 9, "bn": 9, "bln": 9, "billion": 9, "billions": 9, "tn": 12, "trn": 12,
    "hundred": 2, "hundred thousand": 5, "hundred million": 8, "thousand million": 9,
    "t": 12, "trillion": 12, "trillions": 12, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7,
    "亿": 8, "十亿": 9, "百亿": 10, "千亿": 11, "万亿": 12, "兆": 12, "萬": 4, "億": 8,
    "lakh": 5, "lakhs": 5, "lac": 5, "lacs": 5, "crore": 7, "crores": 7, "cr": 7,
    "thousand crore": 10, "lakh crore": 12, "mio": 6, "mio.": 6, "mrd": 9, "mrd.": 9,
    "millionen": 6, "milliarde": 9, "milliarden": 9, "milliard": 9, "milliards": 9,
}  # fmt: skip
"""Words of scale and their powers of ten."""
RATES = {
    "%": -2, "percent": -2, "per cent": -2, "pct": -2, "percentage points": -2,
    "percentage point": -2, "percent points": -2, "%pts": -2, "cents": -2, "cent": -2, "¢": -2,
    "pence": -2, "penny": -2,
    "pp": -2, "pps": -2, "ppt": -2, "ppts": -2, "p.p.": -2, "p.p": -2, "个百分点": -2, "百分点": -2,
    "bp": -4, "bps": -4, "basis points": -4, "basis point": -4, "个基点": -4,
    "基点": -4, "‰": -3, "成": -1,
}  # fmt: skip
"""Words of a share and their powers of ten; 成 is a tenth: 三成 is 30 %."""
_DOLLARS = ("USD", "HKD", "AUD", "CAD", "SGD", "NZD", "TWD")
_CURRENCY_ROWS = (  # codes that the words may mean; label; words
    (_DOLLARS, "$", "$ dollars dollar"),
    (("USD",), "$", "us$ us_$ u.s.$ u.s._$ usd usd$ us_dollars us_dollar u.s._dollars"),
    (("USD",), "$", "american_dollars 美元 美金"),
    (("HKD",), "HK$", "hk$ hk_$ hkd hong_kong_dollars 港元 港币"),
    (("AUD",), "A$", "a$ au$ au_$ aud australian_dollars 澳元"),
    (("CAD",), "C$", "c$ ca$ ca_$ cad canadian_dollars 加元"),
    (("SGD",), "S$", "s$ sg$ sg_$ sgd singapore_dollars 新加坡元 新元"),
    (("NZD",), "NZ$", "nz$ nz_$ nzd new_zealand_dollars"),
    (("TWD",), "NT$", "nt$ nt_$ twd ntd taiwan_dollars new_taiwan_dollars 新台币 台币 新台币元"),
    (("BRL",), "R$", "r$ brl reais brazilian_reais"),
    (("EUR",), "€", "€ eur euros euro 欧元"),
    (("GBP",), "£", "£ gbp pounds pounds_sterling british_pounds 英镑 镑"),
    (("CNY", "JPY"), "¥", "¥"),
    (("CNY",), "RMB", "rmb cny cnh yuan chinese_yuan 人民币 元 元人民币 cn¥ rmb¥ cny¥"),
    (("JPY",), "¥", "jpy yen japanese_yen 日元 日圆 円 jp¥ jpy¥ j¥"),
    (("INR",), "₹", "₹ inr rs rs. rupees indian_rupees"),
    (("KRW",), "₩", "₩ krw won korean_won 韩元"),
    (("CHF",), "CHF", "chf francs franc swiss_francs sfr sfr. 瑞士法郎"),
    (("SEK",), "SEK", "sek kronor krona swedish_kronor swedish_krona skr"),
    (("NOK",), "NOK", "nok norwegian_kroner norwegian_krone nkr"),
    (("DKK",), "DKK", "dkk danish_kroner danish_krone dkr"),
    (("NOK", "DKK"), "kr", "kroner krone"), (("SEK", "NOK", "DKK"), "kr", "kr"),
    (("MXN",), "MXN", "mxn mexican_pesos mex$ mx$ mex_$"), (("PHP",), "₱", "₱ php"),
    (("MXN", "PHP"), "pesos", "pesos"),
    (("ZAR",), "ZAR", "zar rand"), (("PLN",), "PLN", "pln zł zloty zlotys"),
    (("THB",), "THB", "thb ฿ baht"),
    (("RUB",), "₽", "₽ rub rubles roubles russian_rubles russian_roubles 卢布"),
    (("TRY",), "₺", "₺ try lira liras turkish_lira"), (("IDR",), "IDR", "idr rp rupiah"),
    (("MYR",), "MYR", "myr rm ringgit"), (("VND",), "₫", "₫ vnd"), (("ILS",), "₪", "₪ ils shekels"),
    (("CZK",), "CZK", "czk kč"), (("HUF",), "HUF", "huf forints"), (("SAR",), "SAR", "sar riyals"),
    (("AED",), "AED", "aed dirhams uae_dirhams"), (("NGN",), "₦", "₦ ngn naira"),
    (("EGP",), "EGP", "egp egyptian_pounds"),
    (("CLP",), "CLP", "clp"), (("COP",), "COP", "cop"), (("ARS",), "ARS", "ars"),
    (("SDR",), "SDR", "sdr sdrs"),
)  # fmt: skip
CURRENCIES = {
    word.replace("_", " "): frozenset(codes)
    for codes, _, words in _CURRENCY_ROWS
    for word in words.split()
}
"""Signs and words of currencies and the codes that they may mean: "$" is any dollar."""
_CURRENCY_LABELS = {
    word.replace("_", " "): label for _, label, words in _CURRENCY_ROWS for word in words.split()
}
_RARE = ("kes", "btc", "eth", "pkr", "lkr", "bdt", "kzt", "uah", "ron", "bgn", "isk", "jod", "kwd",
         "qar", "bhd", "omr", "ghs", "ugx", "tzs", "uyu")  # fmt: skip
READ_CURRENCIES = CURRENCIES | {code: frozenset({code.upper()}) for code in _RARE}
"""With the codes that are read in an answer and not looked for in a running text."""
_ONLY_AFTER = {
    "dollars", "dollar", "us dollars", "us dollar", "u.s. dollars", "euros", "euro", "pounds",
    "yuan", "yen", "rupees", "元", "won", "reais", "kronor", "kroner", "krona", "krone",
    "pesos", "rand", "zł",
    "zloty", "zlotys", "baht", "rubles", "roubles", "lira", "liras", "rupiah", "ringgit",
    "shekels", "francs", "franc", "forints", "riyals", "dirhams", "naira", "kč", "镑",
} | {word for word in CURRENCIES if word.isascii() and " " in word and "$" not in word}  # fmt: skip
SIGNS_BEFORE = tuple(word for word in CURRENCIES if word not in _ONLY_AFTER)
"""What stands before an amount in a running text: "in millions of dollars 5" has no "dollars 5"."""
COUNTS = "个|家|人|股|年|次|台|吨|名|户|份|天|月|件|辆|套|只|位|项|间"
"""A regular expression of counted things that may follow a number without a space."""
_PER_ROWS = (
    "bbl barrel barrels 桶", "boe", "share shares 股", "ads adss", "oz ounce ounces 盎司",
    "t ton tons tonne tonnes mt 吨", "kg", "lb lbs pound", "mmbtu", "mwh", "kwh", "unit units",
    "month months mo monthly 月", "year years yr annum annually yearly 年", "day days daily 天",
    "quarter quarters quarterly",
    "sq ft|sqft|square foot", "sqm|sq m|square metre|square meter|平方米", "employee employees",
    "customer customers", "user users", "week weeks weekly", "hour hours hourly",
)  # fmt: skip
PER = {
    word: words.split("|" if "|" in words else None)[0]
    for words in _PER_ROWS
    for word in words.split("|" if "|" in words else None)
}
"""Units that a price is "per": each word and the one that stands for it."""
EACH = "annually|yearly|quarterly|monthly|weekly|daily|hourly"
"""A regular expression of the words of `PER` that need no "per" before them."""
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
"""A regular expression of a month as a sentence names it."""
_MEASURES: dict[str, dict[int | Fraction, str]] = {  # a base: what each unit of it is worth
    "month": {1: "month months 个月 月", 3: "quarter quarters 季 个季度",
              12: "year years yr yrs 年", 120: "decade decades"},
    "second": {1: "second seconds", 60: "minute minutes 分钟", 3600: "hour hours hr hrs 小时",
               86_400: "day days 天", 604_800: "week weeks"},
    "wh": {1: "wh", 10**3: "kwh 千瓦时", 10**6: "mwh 兆瓦时", 10**9: "gwh 吉瓦时", 10**12: "twh"},
    "watt": {1: "watt watts", 10**3: "kw 千瓦", 10**6: "mw 兆瓦", 10**9: "gw 吉瓦", 10**12: "tw"},
    "kg": {Fraction(1, 1000): "gram grams", 1: "kg kgs kilogram kilograms 千克 公斤",
           10**3: "tonne tonnes ton tons mt metric_tons metric_tonnes 吨",
           10**6: "kt kilotonne kilotonnes", 10**9: "megatonne megatonnes",
           10**12: "gigatonne gigatonnes"},
    "metre": {1: "metre metres meter meters", 10**3: "km kilometre kilometres kilometers 公里"},
    "byte": {10**3: "kb", 10**6: "mb", 10**9: "gb", 10**12: "tb", 10**15: "pb"},
    "litre": {Fraction(1, 1000): "ml", 1: "litre litres liter liters", 100: "hectolitres"},
    "sqm": {1: "sqm sq_m m^2 square_metres square_meters 平方米", 10**4: "hectare hectares ha 公顷",
            10**6: "sq_km sqkm km^2 square_kilometres square_kilometers 平方公里"},
    "sqft": {1: "sqft sq_ft ft^2 square_feet square_foot"},
    "cubic metre": {1: "m^3 cubic_metres cubic_meters 立方米"},
    "cubic foot": {10**3: "mcf", 10**6: "mmcf", 10**9: "bcf", 10**12: "tcf"},
}  # fmt: skip
_COUNTED_ROWS = (
    "acre acres", "gallon gallons", "lb lbs", "oz ounce ounces", "mile miles",
    "bbl barrel barrels 桶", "boe", "mmbtu", "shares share 股", "stores store",
    "people person persons employee employees staff worker workers 人 名",
    "centimes centime", "fen", "paise paisa", "kopecks kopeks", "jiao 角",
    "分",
)  # fmt: skip
COUNTED: dict[str, tuple[str, int | Fraction]] = {
    **{word: (row.split()[0], 1) for row in _COUNTED_ROWS for word in row.split()},
    **{
        word.replace("_", " "): (base, worth)
        for base, units_of_it in _MEASURES.items()
        for worth, words in units_of_it.items()
        for word in words.split()
    },
}
"""What is counted or measured, and how much of it a unit is: 5 years are 60 of "month"; what has
another name cannot mean the same."""

_SCALE_LABELS = {3: "k", 6: "m", 9: "bn", 12: "tn"}
_POINTS = {"percentage points", "percentage point", "percent points", "%pts", "pp", "pps", "ppt",
           "ppts", "p.p.", "p.p"}  # fmt: skip


def any_of(words: Iterable[str], digits_may_follow: bool = False) -> str:
    """A regular expression of any of the words, the longest first; a word ends where letters end.

    Args:
        words: as they are looked for.
        digits_may_follow: as after a currency, "USD5"; a scale may not be a name ("m2").
    """
    end = r"(?![A-Za-z])" if digits_may_follow else r"(?![A-Za-z0-9²³^])"
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(
        re.escape(w) + (end if w[-1].isascii() and w[-1].isalpha() else "") for w in ordered
    )


GROUPED = r"(?!0[0-9]*,)[0-9]{1,3}(?:,[0-9]{3}){1,6}(?![0-9])(?:\.[0-9]+)?"
"""1,234,567.8; no repeat in these is without a bound, so that a search stays linear."""
INDIAN = r"(?!0[0-9]*,)[0-9]{1,2}(?:,[0-9]{2}){1,6},[0-9]{3}(?![0-9])(?:\.[0-9]+)?"
"""12,34,567"""
COMMA_POINT = (
    r"[0-9]{1,3}(?:\.[0-9]{3}){1,6},[0-9]{1,2}(?![0-9])"  # 1.234,56
    r"|[0-9]{1,3}(?:\.[0-9]{3}){2,6}(?![0-9]|[.,][0-9])"  # 1.234.567
    r"|0,[0-9]{1,9}(?![0-9,.])"  # no group of thousands follows a zero
)
"""Numbers whose comma is the point."""
SHORT_COMMA = r"[0-9]+,[0-9]{1,2}(?![0-9,.])"
"""12,5: a number with a unit only, for "1,2" may be a list."""
SPACED = r"[0-9]{1,3}(?:[ '][0-9]{3}){1,6}(?:\.[0-9]+|,[0-9]{1,2})?(?![0-9])"
"""1 234 567.8: a number in an answer, two labels in the words of a chart."""
PLAIN = r"[0-9]+\.[0-9]+|(?<![^\s(\[$€£¥₹~≈=+-])\.[0-9]+|[0-9]+"
"""12.5, .5, 12; the point of ".5" follows no word ("c.5%") and no leader of dots."""
DECIMAL = r"\d+(?:\.\d+)?"
"""12.5 as a part of a rule's pattern; who looks for any number of a text asks the finder."""
WITH_COMMAS = r"\d[\d,]*(?:\.\d+)?"
"""1,234.5 as a part of a rule's pattern, which does not ask where the commas stand."""
PER_CENT = r"\s?(?:%|per\s?cent\b)"
"""A per cent sign or its words as a part of a rule's pattern."""
SAYS_PER_CENT = re.compile(
    rf"%|％|\bper ?cent|百分|[一二两三四五六七八九十]成{NO_TENTH}", re.IGNORECASE
)
"""Finds in a question or a chart that its values are shares."""
RATE = any_of(RATES).replace("成", f"成{NO_TENTH}")
CURRENCY = any_of(READ_CURRENCIES, digits_may_follow=True)
_HAN_SCALES = any_of(word for word in SCALES if not word.isascii())
_HAN_MONEY = rf"(?:{_HAN_SCALES})?(?:人民币|[美港欧日]?元|英镑)"
_HAN_SCALED = rf"(?:{_HAN_SCALES})?"
CHINESE_UNITS = (
    rf"{_HAN_MONEY}/(?:吨|千克|公斤|千瓦时|度|桶|平方?米|片|辆|[kMG]?Wh?)(?![A-Za-z])|"
    rf"{_HAN_SCALED}(?:[kMGT]?Wh?|bps?|BP)(?![A-Za-z])|{_HAN_SCALED}(?:吨|度)(?!/)|"
    rf"{_HAN_MONEY}|(?:{_HAN_SCALES})股|(?:{_HAN_SCALES})?(?:[辆台户吨件套笔手点部颗片箱瓶]|人次|千瓦时?|平方?米|公里)|"
    "个百分点|个基点|[%倍家人]"
)
"""A regular expression of the units of a Chinese sentence: 亿元, 万股, 个百分点, .."""


def label(currency: str = "", scale: str = "", rate: str = "") -> str:
    """The unit as rows name it, of the words that a text has.

    Args:
        currency: its sign or word, in lower case, or "".
        scale: a key of ``SCALES``, or "".
        rate: a key of ``RATES``, "x" or "times", or "".

    Examples:
        >>> label("hk$", "mn"), label(rate="per cent"), label("元", "亿")
        ('HK$m', '%', '亿元')
    """
    if rate in ("x", "times"):
        return "x"
    if rate:
        power = RATES[rate]
        if (power == -2 and rate in ("%", "percent", "per cent", "pct")) or rate == "成":
            return "%"
        return "pp" if rate in _POINTS else "bps" if power == -4 and rate.isascii() else rate
    money = currency if not currency.isascii() and len(currency) > 1 else ""
    money = "元" if currency in ("元", "元人民币") else money
    if scale and not scale.isascii():
        return scale + (money or _CURRENCY_LABELS.get(currency, ""))
    words = (
        money or _CURRENCY_LABELS.get(currency, currency.upper()),
        scale and _scale_label(scale),
    )
    return "".join(words)


def _scale_label(scale: str) -> str:
    power = SCALES[scale]
    if scale in ("lakh", "lakhs", "lac", "lacs", "crore", "crores", "cr"):
        return "lakh" if power == 5 else "crore"
    return _SCALE_LABELS.get(power, scale)


def says_unit(text: str, unit: str) -> bool:
    """Whether a text says a unit as rows name it: its currency and its scale, or per cent.

    Args:
        text: a question with the words of a chart.
        unit: "$m", "%", "bn", ...; what the tables do not hold is said by any text.

    Examples:
        >>> says_unit("Sales, £ thousands", "£k"), says_unit("Sales, £", "£m")
        (True, False)
        >>> says_unit("Order backlog (EURm)", "€m")
        True
    """
    if unit == "%":
        return bool(SAYS_PER_CENT.search(text))
    sign = next((sign for sign in _SAID_CURRENCIES if unit.startswith(sign)), "")
    said = [_SAID_CURRENCIES.get(sign), _SAID_SCALES.get(unit.removeprefix(sign))]
    return all(one is None or one.search(text) for one in said)


_AFTER_CODE = "(?<=EUR|USD|GBP|JPY|RMB|CNY|HKD|SGD|AUD|CAD|NZD|CHF|SEK|NOK|DKK|PLN|CZK|INR|KRW|TWD)"
"""Codes of currencies that a scale is set to: "EURm"."""


def _said(word: str) -> str:
    """A regular expression of a word of scale in a text; a lone b or t is none without a number."""
    before = "(?<=[0-9$£€¥])" if word in ("b", "t") else f"(?:(?<![A-Za-z])|{_AFTER_CODE})"
    return rf"{before}{re.escape(word)}(?![A-Za-z0-9])" if word.isascii() else word


_SAID_SCALES = {
    name: re.compile("|".join(_said(word) for word in (*words, *more)), re.IGNORECASE)
    for power, name in _SCALE_LABELS.items()
    for words, more in [
        ([w for w, p in SCALES.items() if p == power], ["000", "000s"] if power == 3 else [])
    ]
}
_SAID_CURRENCIES = {
    sign: re.compile(
        "|".join(
            re.escape(word)
            for word, codes in CURRENCIES.items()
            if codes & CURRENCIES[sign.lower()]
        ),
        re.IGNORECASE,
    )
    for sign in ("RMB", "$", "£", "€", "¥")
}
