"""Pies and donuts: the share of each slice by its angle.

Thresholds are our choice; lengths in points.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from finlmm_utils.asp.charts import names
from finlmm_utils.asp.charts.drawn.cells import Cell, amount_of
from finlmm_utils.asp.charts.drawn.curves import bent_runs, runs_on
from finlmm_utils.asp.charts.drawn.leads import find_leads, led_to, turn_of
from finlmm_utils.asp.charts.drawn.series import UnreadableError
from finlmm_utils.asp.charts.drawn.strokes import Colour, Shape, alike, is_coloured
from finlmm_utils.asp.records import Reading
from finlmm_utils.finance.finder import find_quantities

FEWEST_POINTS = 4  # vertices of a slice of straight sides
SMALLEST = 8.0  # radius of a pie
ROUND = 0.02  # share of the radius by which the points of an arc may miss the circle
SAME_RADIUS = 0.04  # share by which slices of one pie may differ
WHOLE = (0.98, 1.02)  # sum of the shares of a pie
OFF_SHARE = 3.0  # percentage points by which a printed share may miss its angle
LEAST_NAMED = 0.03  # share of a slice from which on it must have a name of its own
PALE = 200  # of 255, from which on a grey only fills up the circle
SHARE_OFF = 0.5  # percentage points by which an angle may be off
LABEL_REACH = 0.45  # of the radius, from the middle of an arc to its label
LARGEST = 2000.0  # radius; the circle of a larger one is the side of something else
STRAIGHT = 200.0  # times an arc's own extent: the radius from which on it is straight
THINNEST = 0.0005  # share of a slice below which it is a line, and the rest a whole circle
PAPER = 250  # level of 255 of all channels, above which a fill is the paper's
LEAST_TURN = 0.06  # radians beside the middle of a thin slice in which its label may stand
LEADING = 0.4  # ems between two lines of one label
SMALL = 40.0  # radius: labels stand no nearer to a smaller pie

_CLASS = re.compile(r"\d+\s?[-–—]\s?\d+(?!\d*\s?%)|\d+\+")
"""A class that is a name, as of ages: "18-24", "65+"."""
_EMPTY = re.compile(r"[(（]\s*[)）]|[,;:：，]\s*$")
"""What is left of a slice's words where a number stood."""


@dataclass(frozen=True)
class Slice:
    """A slice: its share (0 to 1), its colour, and the middle of its arc, points."""

    share: float
    colour: Colour
    middle: tuple[float, float]
    centre: tuple[float, float]
    radius: float


def find_pie(shapes: Sequence[Shape]) -> list[Slice]:
    """The slices of a pie or donut, in the order in which they are drawn; none where there is none.

    Args:
        shapes: what is drawn in the figure.
    """
    round_shapes = [s for s in shapes if _may_be_slice(s)]
    circles = [c for c in map(_outer_circle, round_shapes) if c is not None]
    slices = [s for shape in round_shapes if (s := _slice(shape, _outer_circle(shape)))]
    while slices:
        radius = max(s.radius for s in slices)
        own = [s for s in slices if s.radius >= (1 - SAME_RADIUS) * radius]
        if _is_whole(own):
            return own
        slices = [s for s in slices if s not in own]
    # A short arc bends too little to tell its circle: all of them on that of the widest one.
    found: list[list[Slice]] = []
    for circle in sorted(circles, key=lambda c: -c[2]):
        own = [s for shape in round_shapes if (s := _slice(shape, circle))]
        if _is_whole(own) and all(_apart(own[0], other[0]) for other in found):
            found.append(own)
    return found[0] if len(found) == 1 else []  # of two pies in one picture neither is meant


def _apart(one: Slice, other: Slice) -> bool:
    gap = np.hypot(one.centre[0] - other.centre[0], one.centre[1] - other.centre[1])
    return bool(gap > SAME_RADIUS * one.radius)


def _is_whole(slices: Sequence[Slice]) -> bool:
    return len(slices) >= 2 and WHOLE[0] <= sum(s.share for s in slices) <= WHOLE[1]


def _may_be_slice(shape: Shape) -> bool:
    filled = shape.fill is not None and min(shape.fill) <= PAPER
    bent = bool(shape.arcs) or (not shape.rectangle and len(shape.points) >= FEWEST_POINTS)
    return filled and bent and max(shape.wide, shape.high) >= SMALLEST


def _outer_circle(shape: Shape) -> tuple[float, float, float] | None:
    """Centre and radius of the widest circle that an arc of a shape lies on."""
    arcs = shape.arcs or bent_runs(shape.points)
    circles = [_circle(shape.points[a : b + 1]) for a, b in arcs]
    known = [c for c in circles if c is not None and SMALLEST <= c[2] <= LARGEST]
    return max(known, key=lambda c: c[2]) if known else None


def _slice(shape: Shape, circle: tuple[float, float, float] | None) -> Slice | None:
    """A filled shape as a slice: what its arcs on a circle, of centre and radius, turn through."""
    if circle is None:
        return None
    x, y, radius = circle
    angles = []
    turned = 0.0
    for a, b in shape.arcs or runs_on(shape.points, circle, ROUND):
        points = shape.points[a : b + 1]
        if (np.abs(np.hypot(*(points - (x, y)).T) - radius) > ROUND * radius).any():
            continue
        bent = np.unwrap(np.arctan2(points[:, 1] - y, points[:, 0] - x))
        turned += bent[-1] - bent[0]
        angles += [bent[0], bent[-1]]
    share = abs(turned) / (2 * np.pi)
    if not THINNEST < share < 1 - THINNEST:
        return None
    start = angles[0]
    middle = start + turned / 2
    place = (x + radius * np.cos(middle), y + radius * np.sin(middle))
    return Slice(float(share), shape.fill or (0, 0, 0), place, (x, y), radius)


def _circle(points: np.ndarray) -> tuple[float, float, float] | None:
    """Centre and radius of the circle through the points of an arc, by least squares."""
    origin = points.mean(axis=0)
    local = points - origin
    size = np.abs(local).max()
    if size < 1e-3:
        return None
    local = local / size
    matrix = np.column_stack([2 * local, np.ones(len(local))])
    solution, _, rank, _ = np.linalg.lstsq(matrix, (local**2).sum(axis=1), rcond=None)
    if rank < 3:
        return None
    x, y, rest = solution
    radius = np.sqrt(max(rest + x * x + y * y, 0.0))
    off = np.abs(np.hypot(*(local - (x, y)).T) - radius).max()
    if off > ROUND * radius or radius > STRAIGHT:
        return None
    return float(x * size + origin[0]), float(y * size + origin[1]), float(radius * size)


def pie_readings(
    slices: Sequence[Slice], shapes: Sequence[Shape], cells: Sequence[Cell]
) -> list[Reading]:
    """The shares of the slices that a legend or words beside them name.

    Args:
        slices: from `find_pie`.
        shapes: what is drawn in the figure.
        cells: its labels.

    Raises:
        UnreadableError: a pie whose printed amounts contradict its angles: it is a decoration.
    """
    # A line that leads from a slice to its words is no swatch: those have the slices' colours.
    fills = [s for s in shapes if any(_is_swatch(s, one) for one in slices)]
    legend = names.find_legend(fills, cells)
    listed = {id(c) for e in legend for c in e.cells}
    largest = names.TITLE * float(np.median([c.size for c in cells])) if cells else 0.0
    words = [
        c
        for c in cells
        if c.level and amount_of(c.text) is None and id(c) not in listed and c.size < largest
    ]
    leads = find_leads(shapes, slices[0].centre, slices[0].radius)
    found: list[tuple[Slice, str, float | None]] = []
    for one in slices:
        entry = names.name_of_fill(one.colour, legend)
        near = led_to(one.middle, one.centre, one.share, leads, cells)
        own = [c for c in near if c in words] or _beside(one, words)
        entry = entry or names.tidy(" ".join(c.text for c in own))
        numbers = [c.text for c in near or _beside(one, cells) if c.amount is not None]
        name, share = _name_and_share(" ".join([entry, *numbers]))
        found.append((one, name, share))
    told = [(one, share) for one, _, share in found if share is not None]
    if told and any(abs(100 * one.share - share) > OFF_SHARE for one, share in told):
        raise UnreadableError("slices drawn out of proportion")
    _check_amounts(found_amounts(slices, legend, cells))
    counts = Counter(name for _, name, _ in found)
    nameless = [one for one, name, _ in found if not name]
    if len(nameless) == 1 < len(found) and _is_pale(nameless[0].colour):
        nameless = []  # what is left of the whole, as in a gauge: it needs no name
    nameless += [one for one, name, _ in found if name and counts[name] > 1]
    if any(one.share > LEAST_NAMED for one in nameless):
        raise UnreadableError("slices without names")
    return [
        Reading(
            series="", label=name, point="share", unit="%", span=100.0,
            value=round(100 * one.share, 1) if share is None else share,
            how="shape" if share is None else "printed",
            tolerance=SHARE_OFF if share is None else 0.0,
        )
        for one, name, share in found
        if name and counts[name] == 1
    ]  # fmt: skip


def _is_swatch(shape: Shape, one: Slice) -> bool:
    """Whether a shape outside a pie has a slice's colour."""
    x, y = (shape.box[0] + shape.box[2]) / 2, (shape.box[1] + shape.box[3]) / 2
    outside = np.hypot(x - one.centre[0], y - one.centre[1]) > one.radius
    return bool(outside) and alike(shape.fill, one.colour)


def _is_pale(colour: Colour) -> bool:
    return min(colour) >= PALE and not is_coloured(colour)


def _beside(one: Slice, cells: Sequence[Cell]) -> list[Cell]:
    """The labels at the middle of a slice's arc, inside it or outside, from the top."""
    out, aside = list[tuple[float, Cell]](), list[tuple[float, Cell]]()
    x, y = one.middle
    middle = np.arctan2(y - one.centre[1], x - one.centre[0])
    half = max(np.pi * one.share, LEAST_TURN)
    for cell in cells:
        near = float(np.clip(x, cell.box[0], cell.box[2]))
        far = float(np.hypot(near - x, max(cell.box[1] - y, y - cell.box[3], 0.0)))
        for at, found in ((cell.x, out), (near, aside)):
            across = np.arctan2(cell.y - one.centre[1], at - one.centre[0])
            if abs(turn_of(across - middle)) <= half and far <= LABEL_REACH * max(
                one.radius, SMALL
            ):
                found.append((far, cell))
    if not out and aside:  # long words beside a small slice: their middle is beside another
        return [min(aside, key=lambda o: o[0])[1]]
    if not out:
        return []
    nearest = min(out, key=lambda o: o[0])[1]
    column = [nearest]
    for cell in sorted((c for _, c in out), key=lambda c: abs(c.y - nearest.y)):
        above, below = min(c.box[1] for c in column), max(c.box[3] for c in column)
        apart = max(above - cell.box[3], cell.box[1] - below)
        shared = min(cell.box[2], nearest.box[2]) - max(cell.box[0], nearest.box[0])
        if cell is not nearest and apart < LEADING * cell.size and shared > 0:
            column.append(cell)
    return sorted(column, key=lambda c: (c.y, c.x))


def _name_and_share(text: str) -> tuple[str, float | None]:
    """The name in an entry, and the percentage that it gives."""
    classes = [m.span() for m in _CLASS.finditer(text)]
    numbers = [q for q in find_quantities(text) if not q.in_name(text)]
    numbers = [q for q in numbers if not any(a <= q.start < b for a, b in classes)]
    shares = [float(q.quantity.mantissa) for q in numbers if q.is_share(text)]
    words = "" if re.fullmatch(r"\s*\([^()]*\)\s*", text) else text  # "(FY22)" is of a title
    for one in reversed(numbers if words else []):
        opened = words[one.start] in "(（"  # a bracket around a number is a part of it
        words = f"{words[: one.start]}{'(' * opened} {words[one.end :]}"
    return names.tidy(_EMPTY.sub(" ", words)), shares[0] if len(shares) == 1 else None


def found_amounts(
    slices: Sequence[Slice], legend: Sequence[names.Entry], cells: Sequence[Cell]
) -> list[tuple[float, float]]:
    """Share and printed amount of each slice whose name gives one amount.

    Args:
        slices: of the pie.
        legend: of the figure.
        cells: its labels.
    """
    out = []
    for one in slices:
        text = names.name_of_fill(one.colour, legend) or " ".join(
            c.text for c in _beside(one, cells)
        )
        amounts = [q for q in find_quantities(text) if not q.is_share(text)]
        if len(amounts) == 1 and not amounts[0].in_name(text):
            out.append((one.share, float(amounts[0].quantity.mantissa)))
    return out


def _check_amounts(amounts: list[tuple[float, float]]) -> None:
    """Raises `UnreadableError` where amounts do not grow as the shares of their slices do."""
    known = [(share, amount) for share, amount in amounts if amount > 0]
    if len(known) < 2 or len({amount for _, amount in known}) < 2:
        return
    whole_shares, whole = sum(s for s, _ in known), sum(a for _, a in known)
    if any(abs(s / whole_shares - a / whole) > OFF_SHARE / 100 for s, a in known):
        raise UnreadableError("slices drawn out of proportion")
