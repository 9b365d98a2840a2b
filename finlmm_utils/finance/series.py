"""Series of figures: what a chart shows, or what a sentence or a table row states."""

from __future__ import annotations

from dataclasses import dataclass

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
