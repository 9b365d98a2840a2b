"""Bars: filled rectangles of one thickness that stand on one base, on each other, or in steps.

Thresholds are our choice; lengths in points.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.series import SAME_COLUMN, Mark, Series, UnreadableError
from finlmm_utils.asp.charts.drawn.strokes import Colour, Shape, alike
from finlmm_utils.asp.charts.plots import Plot
from finlmm_utils.asp.records import Box

THINNEST = 0.6  # a bar is no thinner; a grid line drawn as a rectangle is
SAME_THICKNESS = 0.04  # share by which bars of one chart may differ in thickness, and
SAME_POINTS, PIXEL = 0.8, 0.12  # points, of thin bars a share, where pixels were rounded
TOUCH = 0.8  # between a bar and the base, or the bar that it stands on
ON_BASE = 0.6  # share of the columns that stand on the base
WHOLE_PLOT = 0.9  # share of the plot from which a rectangle is its background
OVER_PLOT = 0.12  # share of the plot by which bars may reach past the outermost numbers
MISSING = 1.1  # steps of an axis beyond its last number, within which 0 may stand unwritten
FLAT = 0.05  # a bar of less height shows nothing
PAPER = 247  # level of 255 of all channels, above which a fill is the paper's
BACKGROUND = 0.2  # share of a figure, from which a rectangle lies behind what is drawn
BESIDE = 2.0  # by which the middle of a bar may stand outside its plot
FEWEST_COLUMNS = 3  # without a common base that make bars nobody can read; fewer are no bars
LEAST_STEPS, FLOATING = 4, 2  # bars of a bridge, and those of them that float
NEAR_END = 2.0  # from the base of a bridge of two whole bars to the end of its axis
BASES = 4  # places at which most bars end, tried as their base


@dataclass(frozen=True)
class Bar:
    """A rectangle in the coordinates of its plot: along the labels, and along the value axis."""

    at: float
    thick: float
    low: float
    high: float
    colour: Colour
    shape: Shape


def find_bars(shapes: Sequence[Shape], plot: Plot, zero: float | None) -> list[Series]:
    """The bars of a plot, by colour.

    Args:
        shapes: what is drawn in the figure, without the swatches of its legend.
        plot: with its box.
        zero: where 0 stands on its value axis, points; None where no axis is known.

    Returns:
        One series a colour; none where no bars are drawn.

    Raises:
        UnreadableError: bars that stand on nothing.
    """
    bars = _without_spans(_without_tracks(_candidates(shapes, plot)), plot)
    bars = _of_one_thickness(bars)
    if not bars:
        return []
    columns = _columns(bars)
    base = _base(columns, zero, plot)
    steps = find_walk(columns, base if base is not None else zero, plot)
    if steps:
        return _by_colour(steps)
    if base is None:
        if len(columns) < FEWEST_COLUMNS:
            return []
        raise UnreadableError("bars without a common base")
    marks = [pair for column in columns for pair in _stacked(column, base)]
    if len(bars) - len(marks) > len(bars) * (1 - ON_BASE):
        raise UnreadableError("floating bars")
    return _by_colour(marks)


def off_bars(cells: Sequence[Cell], shapes: Sequence[Shape], box: Box) -> list[Cell]:
    """The labels without the numbers that stand on bars: these are values, and of no axis.

    Args:
        cells: labels of a figure.
        shapes: what is drawn in it.
        box: of the figure, points; what fills much of it is a background.
    """
    most = BACKGROUND * (box[2] - box[0]) * (box[3] - box[1])
    bars = [
        s.box
        for s in shapes
        if s.rectangle and s.fill is not None and min(s.fill) <= PAPER and s.wide * s.high < most
    ]
    return [c for c in cells if not (c.amount and any(_is_in(c, b) for b in bars))]


def _is_in(cell: Cell, box: Box) -> bool:
    return box[0] <= cell.x <= box[2] and box[1] <= cell.y <= box[3]


def _by_colour(marks: Sequence[tuple[Bar, Mark]]) -> list[Series]:
    """Bars with their marks as series, one a colour."""
    out: list[Series] = []
    for bar, mark in marks:
        series = next((s for s in out if alike(s.colour, bar.colour)), None)
        if series is None:
            series = Series("bar", bar.colour)
            out.append(series)
        series.marks.append(mark)
    return out


def _reach(plot: Plot) -> Box:
    """The box of a plot, to 0 too where only the number of 0 is missing on its axis."""
    x0, y0, x1, y1 = plot.box
    if not plot.axes or plot.axes[0].log:
        return plot.box
    axis = plot.axes[0]
    low, high = axis.ends
    zero, step = axis.position(0.0), (high - low) / (len(axis.cells) - 1)
    if not low - MISSING * step <= zero <= high + MISSING * step:
        return plot.box
    if plot.upright:
        return (x0, min(y0, zero), x1, max(y1, zero))
    return (min(x0, zero), y0, max(x1, zero), y1)


def _candidates(shapes: Sequence[Shape], plot: Plot) -> list[Bar]:
    x0, y0, x1, y1 = _reach(plot)
    ahead = OVER_PLOT * max(y1 - y0, 1) if plot.upright else OVER_PLOT * max(x1 - x0, 1)
    if plot.axes and not plot.axes[0].log:  # the step that was not needed has no number
        low, high = plot.axes[0].ends
        ahead = max(ahead, (high - low) / (len(plot.axes[0].cells) - 1))
    out: list[Bar] = []
    seen: set[tuple[float, ...]] = set()
    for s in shapes:
        if not s.rectangle or s.fill is None or min(s.fill) > PAPER:
            continue
        a0, b0, a1, b1 = s.box
        if plot.upright:
            bar = Bar((a0 + a1) / 2, a1 - a0, b0, b1, s.fill, s)
            inside = x0 - BESIDE <= bar.at <= x1 + BESIDE and y0 - ahead <= b0 and b1 <= y1 + ahead
        else:
            bar = Bar((b0 + b1) / 2, b1 - b0, a0, a1, s.fill, s)
            inside = y0 - BESIDE <= bar.at <= y1 + BESIDE and x0 - ahead <= a0 and a1 <= x1 + ahead
        if not inside or bar.thick < THINNEST or bar.high - bar.low < FLAT:
            continue
        if bar.thick > WHOLE_PLOT * plot.extent and len(plot.labels) > 1:
            continue
        key = (round(bar.at, 1), round(bar.low, 1), round(bar.high, 1))
        if key in seen:  # drawn twice: filled, then outlined
            continue
        seen.add(key)
        out.append(bar)
    return out


def _without_tracks(bars: list[Bar]) -> list[Bar]:
    """Bars without those of a colour that are all as long and under another each: empty tracks."""
    out = bars
    for colour in {b.colour for b in bars}:
        own = [b for b in bars if b.colour == colour]
        level = all(abs(b.low - own[0].low) + abs(b.high - own[0].high) < TOUCH for b in own)
        if len(own) > 1 and level and all(any(_is_on(b, t) for b in bars) for t in own):
            out = [b for b in out if b.colour != colour]
    return out


def _without_spans(bars: list[Bar], plot: Plot) -> list[Bar]:
    """Bars without those of a colour that all reach from side to side: shaded spans of time."""
    x0, y0, x1, y1 = plot.box
    low, high = (y0, y1) if plot.upright else (x0, x1)
    spans = {b.colour for b in bars if b.low < low + TOUCH and b.high > high - TOUCH}
    spans -= {b.colour for b in bars if b.low > low + TOUCH or b.high < high - TOUCH}
    return [b for b in bars if b.colour not in spans]


def _is_on(bar: Bar, track: Bar) -> bool:
    """Whether a bar of another colour lies on a track and ends before it does."""
    within = track.low - TOUCH <= bar.low and bar.high <= track.high + TOUCH
    shorter = bar.high - bar.low < track.high - track.low - TOUCH
    level = abs(bar.at - track.at) < SAME_COLUMN * track.thick
    return within and shorter and level and bar.colour != track.colour


def _of_one_thickness(bars: list[Bar]) -> list[Bar]:
    """The largest set of bars as thick as each other."""
    best: list[Bar] = []
    for bar in {round(b.thick, 1): b for b in bars}.values():
        slack = max(min(SAME_POINTS, PIXEL * bar.thick), SAME_THICKNESS * bar.thick)
        same = [b for b in bars if abs(b.thick - bar.thick) <= slack]
        if (len(same), bar.thick) > (len(best), best[0].thick if best else 0.0):
            best = same
    return best


def _columns(bars: list[Bar]) -> list[list[Bar]]:
    """Bars at one place, in order."""
    columns: list[list[Bar]] = []
    for bar in sorted(bars, key=lambda b: b.at):
        if columns and bar.at - columns[-1][0].at < SAME_COLUMN * bar.thick:
            columns[-1].append(bar)
        else:
            columns.append([bar])
    return columns


def _base(columns: list[list[Bar]], zero: float | None, plot: Plot) -> float | None:
    """Where the bars stand: on 0, else on a base that most columns share."""
    if zero is not None and _share_on(columns, zero) >= ON_BASE:
        return zero
    ends = Counter(round(e) for c in columns for b in c for e in (b.low, b.high))
    around = [e for c in columns for b in c for e in (b.low, b.high)]
    best = None
    for near, _ in ends.most_common(BASES):
        close = [e for e in around if abs(e - near) <= 1]
        base = float(np.median(close))
        share = _share_on(columns, base)
        if share >= ON_BASE and (best is None or share > best[0]):
            best = (share, base)
    if best is None:
        return None
    if zero is None or len(columns) < 2:
        return best[1]
    # Bars that start elsewhere than at 0 do so at the end of their axis.
    ends_of = plot.axes[0].ends
    return best[1] if min(abs(best[1] - e) for e in ends_of) <= 2 * TOUCH else None


def _share_on(columns: list[list[Bar]], base: float) -> float:
    on = sum(any(min(abs(b.low - base), abs(b.high - base)) <= TOUCH for b in c) for c in columns)
    return on / len(columns)


def _stacked(column: list[Bar], base: float) -> list[tuple[Bar, Mark]]:
    """The bars of a column with where they start and end; floating ones left out."""
    out: list[tuple[Bar, Mark]] = []
    for up in (True, False):
        # What grows from the base towards lower positions, then what grows the other way.
        side = [b for b in column if ((b.low + b.high) / 2 < base) == up]
        near, far = ("high", "low") if up else ("low", "high")
        reached = base
        for bar in sorted(side, key=lambda b: abs(getattr(b, near) - base)):
            start, end = getattr(bar, near), getattr(bar, far)
            if abs(start - base) <= TOUCH:
                mark = Mark(bar.at, end, None, bar.thick, base)
                reached = end
            elif abs(start - reached) <= TOUCH:
                mark = Mark(bar.at, end, reached, bar.thick, reached)
                reached = end
            else:
                continue
            out.append((bar, mark))
    return out


def find_walk(
    columns: Sequence[Sequence[Bar]], base: float | None, plot: Plot
) -> list[tuple[Bar, Mark]]:
    """The bars of a bridge, each of which begins where the one before it ends; else none.

    Args:
        columns: of bars, in order.
        base: where its whole bars stand, if known.
        plot: that it is drawn in; its axis may begin elsewhere than at 0.
    """
    if len(columns) < LEAST_STEPS or any(len(c) != 1 for c in columns):
        return []
    bars = [c[0] for c in columns]
    ends = [bars[0].low, bars[0].high]
    if plot.axes:  # it stands on 0, or at the end of its axis
        known = [*plot.axes[0].ends, *([] if base is None else [base])]
        last = bars[-1].low, bars[-1].high
        reach = NEAR_END if min(abs(a - b) for a in ends for b in last) <= TOUCH else TOUCH
        ends = [e for e in ends if min(abs(e - k) for k in known) <= reach]
    return next((steps for end in ends if (steps := _walk_from(end, bars))), [])


def _walk_from(base: float, bars: Sequence[Bar]) -> list[tuple[Bar, Mark]]:
    """The steps and whole bars of a bridge that stands on a base; none where a bar is neither."""
    out: list[tuple[Bar, Mark]] = []
    level = base
    for bar in bars:
        whole = bar.high if abs(bar.low - base) <= TOUCH else bar.low
        stands = min(abs(bar.low - base), abs(bar.high - base)) <= TOUCH
        if stands and (level == base or abs(whole - level) <= TOUCH):
            out.append((bar, Mark(bar.at, whole, None, bar.thick, base)))
            level = whole
            continue
        ends = sorted((bar.low, bar.high), key=lambda e: abs(e - level))
        if abs(ends[0] - level) > TOUCH:
            return []
        end = ends[1]
        out.append((bar, Mark(bar.at, end, level, bar.thick, level)))
        level = end
    floating = sum(mark.base is not None for _, mark in out)
    return out if floating >= FLOATING else []
