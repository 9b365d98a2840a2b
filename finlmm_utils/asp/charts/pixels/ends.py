"""Which ends and extremes of the lines of a picture are sure to be theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from finlmm_utils.asp.charts.drawn.cells import amount_of
from finlmm_utils.asp.charts.drawn.strokes import Shape
from finlmm_utils.asp.records import Reading


def ends_told(
    readings: Sequence[Reading], labels: Sequence[str], shapes: Sequence[Shape]
) -> list[Reading]:
    """Without the ends and extremes of lines of which a label was not read: it may be theirs.

    Args:
        readings: of a picture.
        labels: of its only plot.
        shapes: what is drawn: where no line runs from label to label, the pixels tell its extremes.
    """
    if not any(s.stroke is not None and 2 < len(s.points) <= len(labels) for s in shapes):
        return list(readings)
    told = Counter(r.series for r in readings if r.point == "label")
    at_labels = {r.series for r in readings if r.point == "first" and r.label}
    at_labels &= {r.series for r in readings if r.point == "last" and r.label}
    whole = {name for name in at_labels if told[name] == len(labels)}
    ends = {"first": labels[0], "last": labels[-1]}
    return [
        r
        for r in readings
        if not (r.point in ends and r.label and r.label != ends[r.point])
        and not (r.point in ("highest", "lowest") and r.series in at_labels - whole)
    ]


def nameless_lines(readings: Sequence[Reading], shapes: Sequence[Shape], several: int) -> bool:
    """Whether lines are read under no name though there are several of them.

    Args:
        readings: of a picture.
        shapes: what is drawn.
        several: colours of series, or words in the plots that may be their names.
    """
    lines = any(s.stroke is not None and len(s.points) > 2 for s in shapes)
    return lines and several > 1 and bool(readings) and not any(r.series for r in readings)


def without_single(readings: Sequence[Reading]) -> list[Reading]:
    """Without what stands at the only label that was read: a source under the plot, no place."""
    labels = {r.label for r in readings} - {""}
    return [r for r in readings if not r.label or len(labels) > 1]


def late_series(readings: Sequence[Reading]) -> set[str]:
    """The series that begin or end where no label is though others do: another line covers them."""
    out: set[str] = set()
    for point in ("first", "last"):
        ends = {r.series: bool(r.label) for r in readings if r.point == point}
        if any(ends.values()):
            out |= {name for name, labelled in ends.items() if not labelled}
    return out


def share_printed(readings: Sequence[Reading]) -> float:
    """Share of the series' values at the labels that are printed; 0 where none is.

    Args:
        readings: of a picture.
    """
    printed = {(r.series, r.label) for r in readings if r.how == "printed"}
    every = len({r.series for r in readings}) * len({r.label for r in readings})
    return len(printed) / every if printed else 0.0


def some_unnumbered(readings: Sequence[Reading]) -> bool:
    """Whether numbers stand beside some of the bars alone, so that a part may have been missed.

    Args:
        readings: of a picture; with an axis, the numbers are not all that tells them.
    """
    return all(r.how == "printed" for r in readings) and 0 < share_printed(readings) < 1


def some_left(readings: Sequence[Reading], words: Sequence[str]) -> bool:
    """Whether more numbers stand in a picture than are read and than one total a label would be.

    A part of its stacks was then missed, whose colour is near another's.

    Args:
        readings: of a picture without an axis.
        words: of it, one a place.
    """
    labels, values = {r.label for r in readings}, {round(abs(r.value), 6) for r in readings}
    amounts = [amount_of(word) for word in words if word not in labels]
    left = [a for a in amounts if a is not None and round(abs(a[0]), 6) not in values]
    return len(left) > len(labels)
