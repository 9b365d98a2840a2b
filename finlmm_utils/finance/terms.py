"""The vocabulary of finance (our choice of terms), and series of the values of one term.

Another field's words take its place where a file is named
(:mod:`finlmm_utils.finance.vocabularies.reader`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from finlmm_utils.finance.vocabularies.reader import Vocabulary, vocabulary

_OTHER = vocabulary()
INCOME, BALANCE, CASH, RATIO, OPERATING = (
    [group.name for group in _OTHER.groups]
    if _OTHER
    else ("income statement", "balance sheet", "cash flow statement", "ratio", "operating data")
)

_TERMS_BY_CATEGORY = {
    INCOME: """revenue; net sales; cost of sales; gross profit; operating income;
        operating expenses; net income; interest expense; income tax expense;
        research expense; marketing expense; depreciation; amortisation; impairment losses;
        finance income; fee income; premium income;
        administrative expenses; pre-tax profit; service revenue""",
    BALANCE: """total assets; total liabilities; inventories; trade receivables; trade payables;
        cash balance; goodwill; intangible assets; long-term debt; short-term debt;
        shareholders equity; retained earnings; deferred tax; pension liabilities; loan book;
        customer deposits; fixed assets; lease liabilities""",
    CASH: """operating cash flow; free cash flow; capital expenditure; dividends paid;
        share buybacks; debt repayment; acquisition spending; investing cash flow; interest paid;
        taxes paid; proceeds from disposals; new borrowings""",
    RATIO: """gross margin; operating margin; net margin; return on equity; return on assets;
        payout ratio; debt ratio; current ratio; interest cover; cost income ratio; capital ratio;
        dividend yield; tax rate; asset turnover; gearing; occupancy rate""",
    OPERATING: """headcount; store count; order backlog; active customers; market share;
        units sold; production volume; average fare; carbon emissions; churn rate""",
}
_TIMES = {"current ratio", "interest cover", "asset turnover"}
_THOUSANDS = {
    "headcount",
    "active customers",
    "units sold",
    "production volume",
    "carbon emissions",
}
_PERCENT = {"market share", "churn rate"}
_DOLLARS_EACH = {"average fare"}


def _unit_of(term: str, category: str) -> str:
    if term in _TIMES:
        return "x"
    if category == RATIO or term in _PERCENT:
        return "%"
    if term in _THOUSANDS:
        return "k"
    if term in _DOLLARS_EACH:
        return "$"
    return "" if term == "store count" else "$m"


@dataclass(frozen=True)
class Term:
    """A financial term.

    Attributes:
        name: in lower case, as it stands inside a sentence.
        category: where a reader finds it: one of the three statements, "ratio" or
            "operating data".
        unit: "$m", "$", "%", "x", "k" (thousands) or "" (a plain count).
    """

    name: str
    category: str
    unit: str


def _names(joined: str) -> list[str]:
    return [" ".join(part.split()) for part in joined.split(";")]


def _terms_of(other: Vocabulary) -> tuple[Term, ...]:
    return tuple(
        Term(name, group.name, unit)
        for group in other.groups
        for unit, names in group.terms.items()
        for name in _names(names)
    )


_TERMS_OF_FINANCE = tuple(
    Term(name, category, _unit_of(name, category))
    for category, names in _TERMS_BY_CATEGORY.items()
    for name in _names(names)
)
TERMS: tuple[Term, ...] = _terms_of(_OTHER) if _OTHER else _TERMS_OF_FINANCE
CATEGORY_OF: dict[str, str] = {term.name: term.category for term in TERMS}
COMPOUND = re.compile(
    r"\b(?:research and development|selling,? general,? and administrative|"
    r"(?:general|sales|selling|marketing) and (?:administrative|marketing|general|distribution)|"
    r"depreciation and amortization|property,?(?: plant,?)? and equipment|"
    r"technology and (?:content|development|infrastructure)|cash and cash equivalents|"
    r"salaries and (?:benefits|wages)|(?:goods|products) and services)\b",
    re.IGNORECASE,
)
"""Items of statements that are one item although "and" is in their name."""

PARTS: dict[str, tuple[str, ...]] = (
    _OTHER.parts
    if _OTHER
    else {
        "region": ("Europe", "Asia", "Americas", "Africa"),
        "segment": ("Retail", "Online", "Services", "Products"),
    }
)
"""What a made whole is split into, where a series runs over parts and not over periods."""
_PART_OF = {part: kind for kind, parts in PARTS.items() for part in parts}


@dataclass(frozen=True)
class Series:
    """One line of figures.

    Attributes:
        term: what is measured, in lower case ("gross margin").
        unit: its unit; see :class:`Term`.
        labels: the periods in order ("2021", "Q3 2022", ...), or the parts of a whole ("Europe").
        values: one number a label, in ``unit``.
    """

    term: str
    unit: str
    labels: tuple[str, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.values) or len(self.labels) < 2:
            raise ValueError(
                f"series {self.term!r}: {len(self.labels)} labels and {len(self.values)} values; "
                "expected the same number of each, at least 2"
            )

    @property
    def part(self) -> str:
        """What its labels are parts of ("region", "segment"); "" where they are periods."""
        return _PART_OF.get(self.labels[0], "")


def plain(value: float) -> str:
    """Writes a number without needless digits: 12.0 as "12", 12.50 as "12.5", -0.0 as "0"."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def even_growth(first: float, last: float) -> bool:
    """Whether the growth between two positive values is a multiple of 5 %, and not nothing."""
    if min(first, last) <= 0 or first == last:
        return False
    fifths = 20 * (last - first) / first
    return abs(fifths - round(fifths)) < 1e-9
