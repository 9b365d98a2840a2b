"""How long a run still takes: what was measured, at the pace that this run shows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

STEADY_SECONDS = 10.0
"""Seconds at the measured pace that count before anything is seen (our choice): the first cells
take milliseconds, and how much longer they take today says nothing about an hour."""
OVERDUE = 0.25
"""Seconds still left for each second that a cell is late (our choice): five seconds later, when
the log says its next line, another number stands there."""
HEARTBEAT = re.compile(r"\b(?:(\d{1,3}):)?(\d{1,4}):([0-5]\d) left\b")


@dataclass
class Pace:
    """Seconds that notebooks of this run took, and what the same were measured to take."""

    took: float = 0.0
    measured: float = 0.0

    def ratio(self, took: float = 0.0, measured: float = 0.0) -> float:
        """How many times longer than measured this run takes.

        Args:
            took: Seconds of the notebook that runs, on top of those before it.
            measured: What that part of it was measured to take, seconds.

        Returns:
            1 for a run just as fast as the measured one, 2 for one half as fast.
        """
        seen = self.took + took
        return (STEADY_SECONDS + seen) / (STEADY_SECONDS + self.measured + measured)


@dataclass
class TimeLeft:
    """What is left of the notebook that runs and of those after it; all in seconds.

    Within a notebook, the cells before the one that runs say how it goes, where the seconds of
    each cell were measured; within a cell, the last "m:ss left" that the notebook printed.

    Attributes:
        measured: Wall time of this notebook in the measured run; 0 where unknown.
        later: The same of the notebooks after it, added up.
        pace: Of the notebooks before it.
        cells: Measured time of each cell; empty where unknown.
        cell: Cell that runs, from 1; 0 before the first.
    """

    measured: float
    later: float = 0.0
    pace: Pace = field(default_factory=Pace)
    cells: list[float] = field(default_factory=list)
    cell: int = 0
    _cell_began: float = 0.0
    _heard: tuple[float, float] | None = None

    def enter(self, cell: int, seconds: float) -> None:
        """Note that a cell begins.

        Args:
            cell: Its position from 1.
            seconds: Since the notebook was started.
        """
        self.cell, self._cell_began, self._heard = cell, seconds, None

    def hear(self, line: str, seconds: float) -> None:
        """Note what a line of the notebook says of the time left in its cell.

        Args:
            line: As printed: "step 3/9  2.1 s/step  0:13 left".
            seconds: Since the notebook was started.
        """
        found = HEARTBEAT.search(line)
        if found:
            hours, minutes, rest = (int(part or 0) for part in found.groups())
            self._heard = (seconds, hours * 3600.0 + minutes * 60.0 + rest)

    def left(self, seconds: float) -> float | None:
        """Seconds left in all.

        Args:
            seconds: Since the notebook was started.

        Returns:
            0 or more; None where this notebook was not measured.
        """
        if not self.measured:
            return None
        before, here, after = self._parts()
        began = self._cell_began if self.cells else 0.0
        late = seconds - began - self.pace.ratio(began, before) * here
        left = max(-late, OVERDUE * late, self._said(seconds))
        return left + self.pace.ratio(seconds + left, before + here) * (after + self.later)

    def _parts(self) -> tuple[float, float, float]:
        """Measured seconds before the cell that runs, of this cell, and after it.

        What a notebook takes beside its cells, the start of its kernel, comes before the first.
        """
        start = max(self.measured - sum(self.cells), 0.0)
        if not self.cells:
            return 0.0, self.measured, 0.0
        if self.cell == 0:
            return 0.0, start, sum(self.cells)
        done = self.cell - 1
        here = self.cells[done] if done < len(self.cells) else 0.0
        return start + sum(self.cells[:done]), here, sum(self.cells[self.cell :])

    def _said(self, seconds: float) -> float:
        """What the cell's own last line still leaves, seconds."""
        return self._heard[0] + self._heard[1] - seconds if self._heard else 0.0
