"""Pies and donuts in pictures: a round disc, its slices by their colours around it.

Thresholds are our choice, in pixels of a picture of 150 dots an inch, or levels of 255.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from finlmm_utils.asp.charts import pies
from finlmm_utils.asp.charts.pixels.colours import MIX, PALE, PIXEL, Image, extremes, paper_of

SMALLEST = 50  # radius of a disc
STROKE = 7  # side of squares that no letter and no leading line fills,
SEAM = 9  # and of squares that no white line between two slices leaves free
ROUND = 0.04  # of the radius, by which the rim may miss the circle
ON_RIM = 0.97  # share of the angles at which it does not
ANGLES = 1440  # at which the disc is looked at: a quarter of a degree each
SECTORS = 180  # in which the rim is looked at
RADII = 24  # points that are looked at along each of them
RIM = 0.05  # of the radius, that is left out at the rim: there colours are mixed
INNER = 0.4  # of the radius, from which a pie is looked at,
HOLE = 0.04  # and of a donut beyond its hole
FULL = 0.9  # share of the angles at which a donut's ring is filled
ONE_COLOUR = 14  # by which the pixels of a slice may differ
EDGE = 12  # angles of what blending leaves between two slices, at most
SHORTEST = 4  # angles of a slice: less is a seam, or the edge of one
MOST_SEAMS = 0.06  # share of the circle that seams and edges take

Circle = tuple[float, float, float]
"""Centre and radius, pixels."""


def disc_of(image: Image) -> Circle | None:
    """The only disc of a picture; None where there is none, or several.

    Args:
        image: of the chart.
    """
    away = extremes(np.abs(image.astype(np.int16) - paper_of(image)))[0]
    inked = ndimage.binary_opening(away >= PALE, np.ones((STROKE, STROKE), bool))
    joined = np.pad(inked, SEAM)
    joined = ndimage.binary_closing(joined, np.ones((SEAM, SEAM), bool))[SEAM:-SEAM, SEAM:-SEAM]
    labels, _ = ndimage.label(joined)
    found = []
    for k, where in enumerate(ndimage.find_objects(labels), start=1):
        high, wide = (s.stop - s.start for s in where)
        if min(high, wide) < 2 * SMALLEST or abs(high - wide) > 2 * ROUND * min(high, wide):
            continue
        radius = (high + wide) / 4
        y, x = high / 2, wide / 2
        rows, columns = np.nonzero(labels[where] == k)
        away_from = np.hypot(rows + 0.5 - y, columns + 0.5 - x)
        turn = np.arctan2(rows + 0.5 - y, columns + 0.5 - x)
        sector = ((turn + np.pi) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
        rim = np.zeros(SECTORS)
        np.maximum.at(rim, sector, away_from)
        if (np.abs(rim - radius) <= ROUND * radius).mean() >= ON_RIM:
            found.append((where[1].start + x, where[0].start + y, radius))
    return found[0] if len(found) == 1 else None


def slices_of(image: Image, circle: Circle) -> list[pies.Slice]:
    """The slices of a disc, clockwise; none where it is not one whole of several.

    Args:
        image: of the chart.
        circle: of the disc.
    """
    x, y, radius = circle
    angles = np.arange(ANGLES) * 2 * np.pi / ANGLES
    paper = paper_of(image)
    inner = _inner(image, circle, paper)
    if inner is None:
        return []
    out = np.linspace(inner, 1 - RIM, RADII) * radius
    seen = _at(image, x + np.outer(np.cos(angles), out), y + np.outer(np.sin(angles), out))
    own = np.array([_most(row) for row in seen])
    blank = extremes(np.abs(own - paper)[None])[0][0] < PALE
    runs = _runs(own, blank, paper)
    taken = sum(b - a for a, b in runs)
    if len(runs) < 2 or taken < (1 - MOST_SEAMS) * ANGLES:
        return []
    # A seam belongs to both of its sides.
    middles = [(b + c) / 2 for (_, b), (c, _) in pairwise([*runs, _later(runs[0])])]
    starts = [middles[-1] - ANGLES, *middles[:-1]]
    found = []
    for (a, b), start, end in zip(runs, starts, middles, strict=True):
        rows = np.arange(a, b) % ANGLES
        red, green, blue = (int(v) for v in np.median(own[rows], axis=0))
        middle = (start + end) / 2 * 2 * np.pi / ANGLES
        place = ((x + radius * np.cos(middle)) * PIXEL, (y + radius * np.sin(middle)) * PIXEL)
        centre = (x * PIXEL, y * PIXEL)
        share = (end - start) / ANGLES
        found.append(pies.Slice(share, (red, green, blue), place, centre, radius * PIXEL))
    return found


def _later(run: tuple[int, int]) -> tuple[int, int]:
    return run[0] + ANGLES, run[1] + ANGLES


def _at(image: Image, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int16]:
    """The pixels at places."""
    rows = np.clip(y.astype(int), 0, image.shape[0] - 1)
    columns = np.clip(x.astype(int), 0, image.shape[1] - 1)
    return image[rows, columns].astype(np.int16)


def _inner(image: Image, circle: Circle, paper: NDArray[np.int16]) -> float | None:
    """From which share of the radius on slices are looked at: outside of a donut's hole.

    Args:
        image: of the chart.
        circle: of the disc.
        paper: colour of the paper.
    """
    x, y, radius = circle
    angles = np.arange(ANGLES) * 2 * np.pi / ANGLES
    shares = np.arange(1 - RIM, 0, -0.01)
    at = np.outer(np.cos(angles), shares * radius), np.outer(np.sin(angles), shares * radius)
    inked = extremes(np.abs(_at(image, x + at[0], y + at[1]) - paper))[0] >= PALE
    filled = inked.mean(axis=0) >= FULL
    if not filled[0]:
        return None
    end = int(np.argmin(filled)) if not filled.all() else len(shares)
    hole = float(shares[end - 1]) + HOLE
    return max(hole, INNER) if hole < 1 - 2 * RIM else None


def _most(row: NDArray[np.int16]) -> NDArray[np.int16]:
    """The colour of most pixels along an angle: a word may stand on some of them."""
    near = (np.abs(row[:, None] - row[None, :]).max(axis=2) <= ONE_COLOUR).sum(axis=1)
    middle = row[int(near.argmax())]
    return np.asarray(np.median(row[np.abs(row - middle).max(axis=1) <= ONE_COLOUR], axis=0))


def _runs(
    own: NDArray[np.int16], blank: NDArray[np.bool_], paper: NDArray[np.int16]
) -> list[tuple[int, int]]:
    """Runs of angles of one colour, of slices; the last may end beyond the last angle.

    Args:
        own: colour at each angle.
        blank: where it is the paper's.
        paper: that colour.
    """
    new = np.abs(own - np.roll(own, 1, axis=0)).max(axis=1) > ONE_COLOUR
    new |= blank != np.roll(blank, 1)
    cuts = np.flatnonzero(new)
    if not len(cuts):
        return []
    runs: list[tuple[int, int]] = []
    for a, b in pairwise([*cuts.tolist(), int(cuts[0]) + ANGLES]):
        if b - a < SHORTEST or blank[a % ANGLES]:
            continue
        if b - a < EDGE and _is_edge(own, a, b, paper.astype(float)):
            continue
        last = runs[-1] if runs else None
        if last and _one(own, last, (a, b)) and not _seam(blank, last[1], a):
            runs[-1] = (last[0], b)  # a letter stood between
        else:
            runs.append((a, b))
    if len(runs) > 1 and _one(own, runs[-1], runs[0]):
        a, b = runs[-1][0], runs[0][1] + ANGLES
        if not _seam(blank, runs[-1][1], runs[0][0] + ANGLES):
            runs = [*runs[1:-1], (a, b)]
    return runs


def _is_edge(own: NDArray[np.int16], a: int, b: int, paper: NDArray[np.float64]) -> bool:
    """Whether a run is what blending leaves between its two sides, or of one and a seam.

    Args:
        own: colour at each angle.
        a: where the run begins.
        b: where it ends.
        paper: colour of a seam.
    """
    colour = np.median(own[np.arange(a, b) % ANGLES], axis=0)
    left, right = (own[k % ANGLES].astype(float) for k in (a - SHORTEST, b - 1 + SHORTEST))
    return any(
        _between(colour, one, end) for one, end in ((left, right), (left, paper), (right, paper))
    )


def _between(
    colour: NDArray[np.float64], one: NDArray[np.float64], end: NDArray[np.float64]
) -> bool:
    """Whether a colour is a mix of two others."""
    way = end - one
    share = float((colour - one) @ way) / max(float(way @ way), 1.0)
    return 0 < share < 1 and float(np.abs(colour - one - share * way).max()) <= MIX


def _one(own: NDArray[np.int16], a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether two runs of angles have one colour."""
    one, other = (np.median(own[np.arange(*r) % ANGLES], axis=0) for r in (a, b))
    return bool(np.abs(one - other).max() <= ONE_COLOUR)


def _seam(blank: NDArray[np.bool_], start: int, end: int) -> bool:
    """Whether paper is seen between two angles."""
    return bool(blank[np.arange(start, end) % ANGLES].any())
