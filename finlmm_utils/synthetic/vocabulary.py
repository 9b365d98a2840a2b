"""Words of the made reports: companies, sentences that state a series, causes, narrative.

All of it is our own. The forms that state numbers are those of annual reports, so that what reads
facts from real reports reads them here too.
"""

from __future__ import annotations

import random

from finlmm_utils.finance.terms import Series, plain
from finlmm_utils.finance.vocabularies.reader import vocabulary

_FIRST = (  # noqa: SIM905
    "Alder Arbor Astra Beacon Boreal Bright Cedar Cobalt Copper Crest Delta Ember Falcon "
    "Granite Harbor Hazel Iris Juniper Keel Lark Linden Maple Meridian Nimbus Noble Ocean "
    "Orchid Pine Quarry Raven Ridge Sable Silver Slate Summit Tidal Umber Vale Willow Zephyr "
).split()
_SECOND = (  # noqa: SIM905
    "bridge brook field ford gate grove haven hill land mark mere mont point port reach shore "
    "stone vale view water well wick wood worth "
).split()
_TRADE = (  # noqa: SIM905
    "Foods Energy Logistics Retail Bank Insurance Motors Chemicals Media Pharma Mining Telecom "
    "Airlines Software Hotels Utilities Textiles Packaging Machinery Capital "
).split()
_LEGAL: tuple[str, ...] = (
    "Inc.",
    "plc",
    "Group",
    "Holdings",
    "Corporation",
    "Limited",
    "AG",
    "N.V.",
)

SECTIONS: tuple[str, ...] = (
    "Operating review", "Financial review", "Results of operations", "Liquidity and capital",
    "Segment performance", "Capital allocation", "Key performance indicators", "Market overview",
    "Risk management", "Investment programme", "Funding and treasury", "Outlook",
)  # fmt: skip
_STATEMENTS = (
    "{Term} stood at {all_in}.",
    "{Term} came to {all_in}.",
    "In {years}, {term} amounted to {values}, respectively.",
    "The group's {term} reached {all_in}.",
    "Our {term} was {all_in}.",
    "{Term} totalled {values} in {years}.",
)
_CAUSES: tuple[str, ...] = (
    "higher volumes in the core markets", "a better mix of contracts", "lower energy prices",
    "the integration of an acquired business", "weaker demand from wholesale customers",
    "the closing of two older plants", "price increases that were agreed with customers",
    "currency effects in overseas markets", "a slower recovery of the housing market",
    "savings in procurement and logistics", "the opening of new distribution centres",
)  # fmt: skip
_DEFINITIONS = {
    "gross margin": "gross profit as a percentage of revenue",
    "operating margin": "operating income as a percentage of revenue",
    "net margin": "net income as a percentage of revenue",
    "free cash flow": "operating cash flow less capital expenditure",
    "return on equity": "net income divided by the average equity of the shareholders",
    "return on assets": "net income divided by the average total assets",
    "payout ratio": "dividends paid as a percentage of net income",
    "current ratio": "current assets divided by current liabilities",
    "interest cover": "operating income divided by interest expense",
    "gearing": "net debt as a percentage of the equity of the shareholders",
    "asset turnover": "revenue divided by the average total assets",
    "tax rate": "income tax expense as a percentage of the profit before tax",
}
_NARRATIVE: tuple[str, ...] = (
    "{Company} serves customers in {place} and aims for steady growth.",
    "The board reviewed the strategy and confirmed its priorities for the coming years.",
    "We continued to invest in people, systems and the quality of our service.",
    "Competition in {place} remained intense, and customers compared prices more carefully.",
    "Management expects conditions to stay mixed while interest rates remain high.",
    "Our teams in {place} worked closely with suppliers to shorten delivery times.",
    "The audit committee met regularly and discussed the reports of the auditors.",
    "A new planning system went live and gives the regions a common view of demand.",
    "The company keeps a conservative policy on currency and commodity risks.",
    "Employees took part in training on safety, data protection and customer care.",
    "We renewed our credit facilities with a group of relationship banks.",
    "Suppliers are assessed for quality, delivery and the treatment of their workers.",
    "The regional organisation in {place} was simplified and reports to one director.",
    "Customers value reliability, and our surveys show that satisfaction is improving.",
    "Several pilot projects with partners in {place} moved to regular operation.",
    "The remuneration policy ties pay to long-term targets that shareholders approved.",
    "Insurance covers the larger risks to property, and deductibles were kept stable.",
    "Our research teams work on lighter materials and on products that are easier to repair.",
    "Management watches the working capital closely and meets the business units each month.",
    "The closing of a small site in {place} was completed without disruption.",
    "We thank our employees, customers and shareholders for their trust.",
)
_PLACES: tuple[str, ...] = (
    "northern Europe", "the Nordic region", "South America", "the domestic market", "Asia",
    "the Gulf states", "eastern Canada", "the Iberian market", "the Pacific region",
)  # fmt: skip
_SUBJECTS = (
    "The team in {place}", "Our {trade} unit", "The regional office in {place}", "Management",
    "The {trade} business in {place}", "A working group of the board", "The procurement department",
)  # fmt: skip
_ACTIONS = (
    "reviewed {thing}", "improved {thing}", "simplified {thing}", "invested in {thing}",
    "agreed on new rules for {thing}", "handed {thing} to a partner", "started a pilot for {thing}",
)  # fmt: skip
_THINGS: tuple[str, ...] = (
    "the warehouse network", "the handling of complaints", "its planning tools",
    "the product range",
    "contracts with key suppliers", "the training of new staff", "the maintenance of older sites",
    "the reporting of safety incidents", "the pricing of services", "the use of recycled material",
)  # fmt: skip
_ENDINGS = (
    "which made the work easier to plan", "and customers noticed the difference",
    "while costs were kept under control", "and further steps are being prepared",
    "because demand had become harder to foresee", "and the first results are encouraging",
)  # fmt: skip
BOILERPLATE = (
    "This report contains forward-looking statements that involve risks and uncertainties. Actual "
    "results may differ materially from those that are expressed in such statements."
)
if other := vocabulary():
    _TRADE, _LEGAL, SECTIONS = other.trades, tuple(other.forms), tuple(other.sections)
    _CAUSES, _DEFINITIONS, BOILERPLATE = tuple(other.causes), other.definitions, other.boilerplate
    _NARRATIVE, _PLACES, _THINGS = tuple(other.narrative), tuple(other.places), tuple(other.things)


def company_name(rng: random.Random) -> str:
    """Draws a made company name; about 150,000 are possible."""
    name = rng.choice(_FIRST) + rng.choice(_SECOND)
    return f"{name} {rng.choice(_TRADE)} {rng.choice(_LEGAL)}"


def amount(value: float, unit: str) -> str:
    """Writes a value with its unit as reports do: "$45m", "12.5%", "3x", "41k"."""
    if unit.startswith("$"):
        return f"${plain(value)}{unit[1:]}"
    return plain(value) + unit


def _listed(parts: list[str]) -> str:
    return ", ".join(parts[:-1]) + " and " + parts[-1]


def statement(series: Series, rng: random.Random) -> str:
    """A sentence that states every value of a series with its period."""
    values = [amount(v, series.unit) for v in series.values]
    all_in = _listed([f"{v} in {y}" for v, y in zip(values, series.labels, strict=True)])
    term = series.term
    return rng.choice(_STATEMENTS).format(
        Term=term[0].upper() + term[1:], term=term, all_in=all_in,
        years=_listed(list(series.labels)), values=_listed(values),
    )  # fmt: skip


def cause(series: Series, rng: random.Random) -> str:
    """A sentence on what moved the last value of a series, without numbers of its own."""
    verb = "increased" if series.values[-1] > series.values[-2] else "decreased"
    reasons = " and ".join(rng.sample(_CAUSES, 2))
    term = series.term[0].upper() + series.term[1:]
    return f"{term} {verb} in {series.labels[-1]}, driven mainly by {reasons}."


def definition(term: str) -> str:
    """A sentence that defines a term, or "" where there is none."""
    meaning = _DEFINITIONS.get(term)
    return f"{term[0].upper()}{term[1:]} is defined as {meaning}." if meaning else ""


class Narrator:
    """Draws narrative sentences without repeating one in a report."""

    def __init__(self, rng: random.Random, company: str) -> None:
        self.rng, self.used = rng, set[str]()
        self.company = company.rstrip(".")

    def take(self, count: int) -> list[str]:
        """The next sentences."""
        taken: list[str] = []
        while len(taken) < count:
            sentence = self._sentence()
            if sentence not in self.used:
                self.used.add(sentence)
                taken.append(sentence)
        return taken

    def _sentence(self) -> str:
        rng = self.rng
        if rng.random() < 0.4 and len(self.used) < 2 * len(_NARRATIVE):
            form = rng.choice(_NARRATIVE)
        else:
            form = f"{rng.choice(_SUBJECTS)} {rng.choice(_ACTIONS)}, {rng.choice(_ENDINGS)}."
        return form.format(
            Company=self.company, place=rng.choice(_PLACES), thing=rng.choice(_THINGS),
            trade=rng.choice(_TRADE).lower(),
        )  # fmt: skip
