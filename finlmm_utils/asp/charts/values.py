"""From marks at their places to values under labels.

Thresholds are our choice; lengths in points, or times the distance of two labels (pitches).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from finlmm_utils.asp.charts.axes import Axis
from finlmm_utils.asp.charts.drawn.curves import are_at_vertices, beside_jump, on_step, vertex_at
from finlmm_utils.asp.charts.drawn.series import Mark, Series, UnreadableError, mark_of
from finlmm_utils.asp.charts.plots import Label, Plot
from finlmm_utils.asp.charts.printed import Printed
from finlmm_utils.asp.records import Point, Reading

REACH = 0.5  # points by which a vector mark may be off
OFF_LABEL = (
    0.2  # pitches between labels and the middles of their bars: more, and they may be others
)
HALF = 0.55  # pitches from a label to the furthest of its bars
OWN = 0.3  # of the distance of two columns, from a label to its column where not all have one
NEAR_VERTEX = 0.25  # pitches from a label to the vertex that is its value
AT_END = 0.15  # pitches from a label to the end of a line that it names
AT_EXTREME = 0.3  # pitches from a label to the extreme that it names
SAME_LEVEL = 1.0  # points from an extreme of a line to the line at a label that it is named by
STEEP = 0.03  # of the plot's height, that a curve may move over at a label
BESIDE = 0.75  # points at either side of a label, over which that is measured
OUTSIDE = 0.08  # of the axis, by which a value may lie beyond its outermost numbers
EXACT = 6  # decimals of a value that is off by nothing
FEW = 4  # times the labels: more vertices make a curve, to be read between them
MOST_LABELLED = 1.5  # columns a label, from which on not all of them have one


def label_groups(plot: Plot, series: Sequence[Series]) -> dict[int, Label]:
    """Which label each bar of a plot stands at, by the bar's `id`.

    Slanted labels end at their bars, or have their middle there: where they serve more labels.

    Args:
        plot: with its labels.
        series: its bars.

    Raises:
        UnreadableError: labels that stand beside the bars, so that they may be the neighbours'.
    """
    marks = [m for s in series for m in s.marks]
    if not plot.labels or not marks:
        return {}
    columns = np.unique(np.round([m.at for m in marks], 1))
    together = max(_together(plot, series), 1)
    if len(columns) > MOST_LABELLED * together * len(plot.labels):
        near = OWN * float(np.median(np.diff(columns)))
        some = [_at_own(labels, marks, near) for labels in (plot.labels, *plot.elsewhere)]
        return max(some, key=len)  # ticks may stand between the bars
    tries = [_grouped(labels, marks, plot.pitch) for labels in (plot.labels, *plot.elsewhere)]
    found = [t for t in tries if t]
    if not found:
        raise UnreadableError("labels beside the bars")
    return max(found, key=lambda t: len({id(x) for x in t.values()}))


def _at_own(labels: Sequence[Label], marks: Sequence[Mark], near: float) -> dict[int, Label]:
    """The label that each bar stands at, of those that stand at one."""
    places = np.array([x.at for x in labels])
    nearest = {id(m): int(np.abs(places - m.at).argmin()) for m in marks}
    return {
        id(m): labels[nearest[id(m)]] for m in marks if abs(places[nearest[id(m)]] - m.at) <= near
    }


def _grouped(labels: Sequence[Label], marks: Sequence[Mark], pitch: float) -> dict[int, Label]:
    """The label nearest to each bar; none where labels stand beside the middles of their bars."""
    places = np.array([x.at for x in labels])
    nearest = {id(m): int(np.abs(places - m.at).argmin()) for m in marks}
    offsets = []
    for k, place in enumerate(places):
        own = [m for m in marks if nearest[id(m)] == k]
        if own:
            low, high = min(m.at - m.thick / 2 for m in own), max(m.at + m.thick / 2 for m in own)
            offsets.append(abs((low + high) / 2 - place))
    if np.median(offsets) > OFF_LABEL * pitch:
        return {}
    near = [m for m in marks if abs(places[nearest[id(m)]] - m.at) <= HALF * pitch]
    return {id(m): labels[nearest[id(m)]] for m in near}


def _together(plot: Plot, series: Sequence[Series]) -> int:
    """How many bars stand side by side at one label."""
    spread = {round(m.at - plot.labels[0].at, 0) for s in series for m in s.marks[:1]}
    return len(spread)


def bar_readings(
    plot: Plot, series: Series, axis: Axis, labels: dict[int, Label], exact: dict[int, Printed]
) -> list[Reading]:
    """The values of the bars of one series, and its ends and extremes where labels are missing.

    Args:
        plot: that they stand in.
        series: the bars, with their name.
        axis: that they are measured on.
        labels: from `label_groups`.
        exact: the numbers printed at them, from `agreeing`.
    """
    out = [
        reading(series.name, labels[id(m)].text, "label", m, axis, exact)
        for m in series.marks
        if not series.hides(m) and id(m) in labels
    ]
    if len(out) < len(series.marks):
        named = {id(m): labels[id(m)].text for m in series.marks if id(m) in labels}
        out += _ends(series, axis, named, exact)
    return out


def _ends(
    series: Series, axis: Axis, names: dict[int, str], exact: dict[int, Printed]
) -> Iterator[Reading]:
    marks = sorted(series.marks, key=lambda m: m.at)
    worth = [_value(m, axis) for m in marks]
    points: dict[Point, int] = {
        "first": 0, "last": len(marks) - 1,
        "highest": int(np.argmax(worth)), "lowest": int(np.argmin(worth)),
    }  # fmt: skip
    for point, k in points.items():
        if not series.hides(marks[k]):
            yield reading(series.name, names.get(id(marks[k]), ""), point, marks[k], axis, exact)


def _value(mark: Mark, axis: Axis) -> float:
    value = axis.value(mark.end)
    return value if mark.base is None else value - axis.value(mark.base)


def reading(
    name: str, label: str, point: Point, mark: Mark, axis: Axis, exact: dict[int, Printed]
) -> Reading:
    """A mark as a reading on an axis.

    Args:
        name: of its series.
        label: of its place.
        point: which point of the series it is.
        mark: where it is drawn.
        axis: that it is measured on.
        exact: printed numbers by the `id` of their marks.
    """
    span = float(f"{axis.span:.6g}")
    if id(mark) in exact:
        found = exact[id(mark)]
        return Reading(
            series=name, label=label, point=point, value=found.value, how="printed", span=span,
            unit=found.unit or axis.unit,
        )  # fmt: skip
    reach = REACH * (1 if mark.base is None else 2)
    value = _value(mark, axis)
    tolerance = axis.tolerance(mark.end, reach)
    if mark.thick and abs(value) <= tolerance:
        value = 0.0  # an empty bar is drawn as a hairline, on either side of the axis
    # What is drawn can't be told finer than this; more digits would only look exact.
    digits = max(int(np.ceil(1 - np.log10(tolerance))), 0) if tolerance > 0 else EXACT
    return Reading(
        series=name, label=label, point=point, value=round(value, digits), unit=axis.unit,
        how="axis", tolerance=float(f"{tolerance:.3g}"), span=span,
    )  # fmt: skip


def line_readings(
    plot: Plot, series: Series, axis: Axis, exact: dict[int, Printed]
) -> list[Reading]:
    """The values of a line or area at the labels, at its ends and at its extremes.

    Args:
        plot: that it is drawn in.
        series: the line, with its name.
        axis: that it is measured on.
        exact: the numbers printed at its points, from `agreeing`.
    """
    shown = _is_shown(series.curve[:, 1], axis)
    curve = series.curve[shown]
    if len(curve) < 2:
        return []
    by_place = {(m.at, m.end): m for m in series.marks}
    out = []

    def read(row: np.ndarray, label: str, point: Point) -> None:
        """Keeps the reading of one point.

        Args:
            row: of the curve: where the point stands, where it ends, its base.
            label: of the axis at the point.
            point: which point of the curve it is.
        """
        mark = by_place.get((float(row[0]), float(row[1]))) or mark_of(row)
        if not series.hides(mark):
            out.append(reading(series.name, label, point, mark, axis, exact))

    dense = len(curve) > FEW * max(len(plot.labels), 3)
    drawn_for = dense and are_at_vertices([x.at for x in plot.labels], curve)
    for label in plot.labels:
        row = vertex_at(label.at, curve) if drawn_for else _row_at(label, curve, plot, dense)
        if row is not None:
            read(row, label.text, "label")
    if shown.all():
        worth = _worth(curve, axis)
        ends: list[tuple[Point, int]] = [
            ("first", 0), ("last", len(curve) - 1),
            ("highest", int(worth.argmax())), ("lowest", int(worth.argmin())),
        ]  # fmt: skip
        for point, k in ends:
            outer = point in ("first", "last")
            name = _name_of(curve[k, 0], plot, AT_END if outer else AT_EXTREME)
            at_label = outer or (name and _is_at(name, curve, k, plot))
            read(curve[k], name if at_label else "", point)
    return out


def _worth(curve: np.ndarray, axis: Axis) -> np.ndarray:
    """Values of a curve, for comparing them."""
    base = np.where(np.isnan(curve[:, 2]), 0.0, axis.step * curve[:, 2])
    return axis.step * curve[:, 1] - base


def _is_shown(ends: np.ndarray, axis: Axis) -> np.ndarray:
    """Which points lie on the axis, or not far beyond its outermost numbers."""
    low, high = axis.ends
    slack = OUTSIDE * (high - low) + abs(high - low) / max(len(axis.cells) - 1, 1)
    return (low - slack <= ends) & (ends <= high + slack)


def _name_of(at: float, plot: Plot, reach: float) -> str:
    near = min(plot.labels, key=lambda x: abs(x.at - at), default=None)
    return near.text if near and abs(near.at - at) <= reach * plot.pitch else ""


def _is_at(name: str, curve: np.ndarray, k: int, plot: Plot) -> bool:
    """Whether the extreme of a curve is at the label beside it, and no vertex of another time.

    Args:
        name: of the label.
        curve: of the line.
        k: where its extreme is.
        plot: with its labels.
    """
    near = min((x for x in plot.labels if x.text == name), key=lambda x: abs(x.at - curve[k, 0]))
    there = np.interp(near.at, curve[:, 0], curve[:, 1])
    half = float(np.median(np.diff(curve[:, 0]))) / 2
    return bool(abs(near.at - curve[k, 0]) <= half or abs(there - curve[k, 1]) <= SAME_LEVEL)


def _row_at(label: Label, curve: np.ndarray, plot: Plot, dense: bool) -> np.ndarray | None:
    """What a line shows at a label: its vertex there, or the curve between two of them."""
    at = curve[:, 0]
    if not dense:
        k = int(np.abs(at - label.at).argmin())
        if abs(at[k] - label.at) > NEAR_VERTEX * plot.pitch:
            return on_step(label.at, curve, NEAR_VERTEX)
        return beside_jump(k, curve)
    if not at[0] - BESIDE <= label.at <= at[-1] + BESIDE:
        return None
    around = curve[np.abs(at - label.at) <= BESIDE, 1]
    sides = np.interp([label.at - BESIDE, label.at, label.at + BESIDE], at, curve[:, 1])
    if np.ptp(np.concatenate([around, sides])) > STEEP * (plot.box[3] - plot.box[1]):
        return None
    return np.array([label.at, sides[1], np.interp(label.at, at, curve[:, 2])])


def printed_readings(
    series: Series,
    labels: dict[int, Label],
    exact: dict[int, Printed],
    told: dict[int, tuple[float, float, str]],
) -> list[Reading]:
    """The values of marks that no axis measures: printed, or told by the heights of others.

    Args:
        series: with its name.
        labels: from `label_groups`; what has no label is not read.
        exact: from `agreeing`.
        told: from `by_height`.
    """
    out = []
    for mark in series.marks:
        key = id(mark)
        if key in labels and key in exact:
            found = exact[key]
            out.append(Reading(
                series=series.name, label=labels[key].text, value=found.value, unit=found.unit,
                how="printed",
            ))  # fmt: skip
        elif key in labels and key in told:
            value, tolerance, unit = told[key]
            out.append(Reading(
                series=series.name, label=labels[key].text, value=value, unit=unit, how="shape",
                tolerance=float(f"{tolerance:.3g}"),
            ))  # fmt: skip
    return out
