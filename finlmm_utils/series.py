"""Series of figures: what a chart shows, or what a sentence or a table row states."""

from __future__ import annotations

import random
from dataclasses import dataclass

from finlmm_utils.terms import TERMS, Term

PARTS = {
    "region": ("Europe", "Asia", "Americas", "Africa"),
    "segment": ("Retail", "Online", "Services", "Products"),
}
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


def random_series(
    rng: random.Random,
    term: Term | None = None,
    length: int | None = None,
    parts: bool | None = None,
) -> Series:
    """Draws a made series of 3 or 4 whole values from 10 to 99, all different.

    Two in three series have a clear direction, so that the three answers of the trend question are
    about equally frequent; two in five have a growth that needs no calculator.

    Args:
        rng: the only source of chance.
        term: what is measured; drawn if None.
        length: number of values; drawn if None.
        parts: over regions or segments instead of consecutive years from 2015 to 2026; if None, in
            one of five. Only amounts have parts: of a ratio there are none.
    """
    term = term or rng.choice(TERMS)
    length = length or rng.choice((3, 4))
    over_parts = rng.random() < 0.2 if parts is None else parts
    if over_parts and can_have_parts(term):
        labels = tuple(rng.choice(list(PARTS.values()))[:length])
    else:
        start = rng.randint(2015, 2027 - length)
        labels = tuple(str(start + k) for k in range(length))
    values = rng.sample(range(10, 100), length)
    if rng.random() < 0.4:
        even = [v for v in range(10, 100) if even_growth(values[0], v) and v not in values]
        values[1] = rng.choice(even) if even else values[1]
    shape = rng.choice(("rise", "fall", "any"))
    if shape != "any":
        values.sort(reverse=shape == "fall")
    return Series(term.name, term.unit, labels, tuple(values))


def can_have_parts(term: Term) -> bool:
    """Whether regions and segments add up to it."""
    return term.unit in ("$m", "k", "")
