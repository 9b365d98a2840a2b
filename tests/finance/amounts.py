"""Amounts in every shape of the grammar, drawn from a seed, with what they are worth."""

import random
from dataclasses import dataclass
from fractions import Fraction

DOLLARS = "USD HKD AUD CAD SGD NZD TWD"
PREFIXES = {  # as written before the number: the currencies that it may mean
    "": None, "$": DOLLARS, "US$": "USD", "HK$": "HKD", "A$": "AUD", "S$": "SGD", "NT$": "TWD",
    "C$": "CAD", "RMB": "CNY", "RMB ": "CNY", "€": "EUR", "£": "GBP", "Rs ": "INR", "Rs. ": "INR",
    "₹": "INR", "USD ": "USD", "EUR ": "EUR", "HKD ": "HKD", "＄": DOLLARS, "¥": "CNY JPY",
    "CHF ": "CHF", "US $": "USD", "U.S.$": "USD", "THB ": "THB", "₽": "RUB", "kr ": "SEK NOK DKK",
    "R$": "BRL", "NZ$": "NZD", "₱": "PHP", "₫": "VND", "港币": "HKD", "zł ": "PLN",
}  # fmt: skip
SUFFIXES = {  # as written behind it: currency, power of ten
    "": (None, 0), " million": (None, 6), "m": (None, 6), " mn": (None, 6), "bn": (None, 9),
    " billion": (None, 9), "k": (None, 3), " thousand": (None, 3), " trillion": (None, 12),
    " crore": (None, 7), " lakh": (None, 5), "万": (None, 4), "亿": (None, 8), "百万": (None, 6),
    "千万": (None, 7), "万亿": (None, 12),
}  # fmt: skip
MONEY_BEHIND = {
    " million dollars": (DOLLARS, 6), "亿元": ("CNY", 8), "万元": ("CNY", 4), "亿港元": ("HKD", 8),
    " euros": ("EUR", 0), " million euros": ("EUR", 6), "亿美元": ("USD", 8), " USD": ("USD", 0),
    " €": ("EUR", 0), "万亿元": ("CNY", 12), " million yen": ("JPY", 6), " RMB": ("CNY", 0),
    " won": ("KRW", 0), " million baht": ("THB", 6), " million kronor": ("SEK", 6),
    "亿新台币": ("TWD", 8), "-million-dollar": (DOLLARS, 6), "亿元人民币": ("CNY", 8),
    " Mio. €": ("EUR", 6), " billion pounds sterling": ("GBP", 9), "百万円": ("JPY", 6),
}  # fmt: skip
SHARES = {
    "%": -2, " %": -2, " percent": -2, " per cent": -2, " pct": -2, "％": -2, " bps": -4, "bp": -4,
    " basis points": -4, " percentage points": -2, " pp": -2, "个百分点": -2, "个基点": -4, "‰": -3,
}  # fmt: skip
PER = {"": "", "/bbl": "bbl", "/t": "t", " per share": "share", "/share": "share"}


@dataclass(frozen=True)
class Amount:
    """A text and what it is worth: value, currencies, what it is per, decimals, power of ten."""

    text: str
    value: Fraction
    currency: str | None
    per: str
    decimals: int
    share: bool
    power: int


def digits(rng: random.Random, mantissa: Fraction, decimals: int) -> str:
    """The digits of a number without sign, in one of the spellings of thousands and points."""
    plain = f"{int(mantissa * 10**decimals):0{decimals + 1}d}"
    whole, point = (plain[:-decimals], plain[-decimals:]) if decimals else (plain, "")
    groups = []
    while len(whole) > 3:
        whole, last = whole[:-3], whole[-3:]
        groups.insert(0, last)
    groups.insert(0, whole)
    ways = [("", "."), (",", "."), (" ", "."), ("\xa0", "."), ("\u202f", "."), ("'", ".")]
    if len(groups) > 1 and 1 <= decimals <= 2:
        ways += [(".", ","), (" ", ",")]
    mark, dot = rng.choice(ways)
    return mark.join(groups) + (dot + point if point else "")


def amount(rng: random.Random, number: Fraction, decimals: int) -> Amount:
    """Writes a number in one shape of the grammar.

    Args:
        rng: draws the shape.
        number: as written, with its sign and at most ``decimals`` decimals.
        decimals: how many are written.
    """
    text, sign = digits(rng, abs(number), decimals), "-" if number < 0 else ""
    kind, before, behind, per = rng.choice(["money", "money", "behind", "share"]), "", "", ""
    currency: str | None = None
    power = 0
    if kind == "money":
        before = rng.choice(list(PREFIXES))
        behind = rng.choice(list(SUFFIXES)[not before :])  # a unit is always stated
        currency, (_, power) = PREFIXES[before], SUFFIXES[behind]
        per = rng.choice(list(PER)) if before and not power else ""
    elif kind == "behind":
        behind = rng.choice(list(MONEY_BEHIND))
        currency, power = MONEY_BEHIND[behind]
    else:
        behind = rng.choice(list(SHARES))
        power = SHARES[behind]
    body = f"{before}{text}{behind}"
    if sign:
        body = rng.choice(
            [
                f"-{body}",
                f"({body})",
                f"−{body}",
                f"{before}-{text}{behind}",
                f"minus {body}",
                f"negative {body}",
            ]
        )
    note = rng.choice(["", "", "", "*", "¹", "(1)", "[2]", "†"])
    evident = decimals or before or behind  # a bare "12(1)" may be a product
    body += per
    if note and evident and not per and not (note in "¹" and behind.strip().isalpha()):
        body += note
    ways = [body, body, f" {body} ", f"about {body}", fullwidth(body)]
    body = rng.choice(ways if "*" in body else [*ways, f"**{body}**"])
    value = number * Fraction(10) ** power
    return Amount(body, value, currency, PER[per], decimals, kind == "share", power)


def fullwidth(text: str) -> str:
    """The text with full-width digits."""
    return text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))


def same(a: Amount, b: Amount) -> bool:
    """Whether two amounts are equal; a currency or a "per" that one leaves out is no difference."""
    money = set((a.currency or "").split()), set((b.currency or "").split())
    return (
        a.value == b.value
        and (not all(money) or bool(money[0] & money[1]))
        and not ((a.share and money[1]) or (b.share and money[0]))
        and (not a.per or not b.per or a.per == b.per)
    )


def pair(rng: random.Random) -> tuple[Amount, Amount]:
    """Two amounts with as many decimals: one value in two shapes, or one that differs a little."""
    decimals = rng.choice([0, 0, 1, 1, 2, 3])
    size = 10 ** rng.randint(1, 7)
    number = Fraction(rng.randint(-size if rng.random() < 0.3 else 0, size), 10**decimals)
    a = amount(rng, number, decimals)
    other = rng.choice([
        number, number, number, number + Fraction(1, 10**decimals), -number, number * 10,
        number + rng.choice([1, 9, 1000]),
    ])  # fmt: skip
    near = [b for _ in range(5) if related(a, b := amount(rng, other, decimals))]
    return a, near[0] if near and rng.random() < 0.8 else amount(rng, other, decimals)


def related(a: Amount, b: Amount) -> bool:
    """Whether two amounts measure the same in the same unit, so that their digits decide."""
    return a.power == b.power and a.share == b.share and (a.currency or "") == (b.currency or "")
