"""What became of a data set's rows: kept, refused with a reason, or kept without a usable gold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from finlmm_utils.errors import OneLine


class DataError(OneLine, ValueError):
    """A data set that can't be used; one line that says which row and why."""


class Refused(DataError):
    """One row that can't be used; the source's other rows can.

    Args:
        reason: the kind of refusal, the same words for every row; refusals are counted by it.
        detail: what was found in this row.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        super().__init__(f"{reason}: {detail}" if detail else reason)


@dataclass
class DataReport:
    """What became of a source's rows.

    Attributes:
        source: name of the data set.
        read: rows in the source that were looked at.
        kept: rows in the result.
        unparseable: ids of kept rows whose gold can't be compared: they get no accuracy reward.
        refused: ids and reasons of rows that don't fit the contract.
        notes: what was done to kept rows that a reader should know, counted.
        ids: of the kept rows, in order.
    """

    source: str
    read: int = 0
    kept: int = 0
    unparseable: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    ids: list[str] = field(default_factory=list)

    @property
    def parse_rate(self) -> float:
        """Share of the kept rows whose gold can be parsed; NaN of no row."""
        return 1 - len(self.unparseable) / self.kept if self.kept else float("nan")

    def reasons(self) -> dict[str, list[str]]:
        """The refused rows' ids by reason, the most frequent reason first."""
        found: dict[str, list[str]] = {}
        for name, words in self.refused.items():
            found.setdefault(words.partition(": ")[0], []).append(name)
        return dict(sorted(found.items(), key=lambda item: -len(item[1])))

    def lines(self) -> list[str]:
        """One line a reason with its count and its first row, and one a note.

        Examples:
            >>> DataReport("d", 3, 2, refused={"r1": "no question: columns a, b (row 2)"}).lines()
            ["1 of 3 rows refused, no question; first 'r1': columns a, b (row 2)"]
        """
        lines = []
        for reason, names in self.reasons().items():
            detail = self.refused[names[0]].partition(": ")[2]
            first = f"; first {names[0]!r}" + (f": {detail}" if detail else "")
            lines.append(f"{len(names)} of {self.read} rows refused, {reason}{first}")
        return lines + [f"{count} rows: {note}" for note, count in sorted(self.notes.items())]


def source_of(reports: list[DataReport]) -> dict[str, str]:
    """The source of each kept row, by its id."""
    return {name: report.source for report in reports for name in report.ids}
