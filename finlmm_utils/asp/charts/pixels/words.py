"""The labels along the axes of a picture, each cut out where its ink is and read by itself.

A detector of text misses single digits, takes labels that stand close for one, and letters that
are turned for letters of their own. Along an axis none of that is needed: the ink tells where
the labels are. Thresholds are our choice, in pixels of a picture of 150 dots an inch, or times the
height of a digit there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from finlmm_utils.asp.charts.drawn.strokes import Shape
from finlmm_utils.asp.charts.pixels.colours import Image

Word = tuple[list[tuple[float, float]], str, float]
"""Corners in pixels from where the word begins, text, the recogniser's score."""
Recognise = Callable[[list[Image]], list[tuple[str, float]]]
"""Text and score of each of several pictures of one line of text."""

PIXEL = 72 / 150  # points
INK = 75  # levels below the paper
TICK = 7.0  # points, that a tick is long at most
LONG_RULE = 0.8  # of the longest, from which a level rule is one of the plot's
NEAR = 3  # from an axis to what belongs to its line: ticks begin there
LETTER = (4, 44)  # height of a label along an axis
DIGIT = 15.0  # height of a digit where no label tells it
COLUMN = 45  # from the plot to the nearer side of its numbers
WIDEST_NUMBER = 130
WORDS_APART = 0.42  # between two words; between two digits less
ROWS_APART = 0.9  # between the labels and what stands below them
DEEPEST = 260  # of the labels below a plot
LENGTH = 1.5  # times as long as thick,
LONG = 1.7  # and times a digit's height long: such ink tells how labels are turned
LEVEL = 12.0  # degrees from level, and from upright
MARGIN = 0.3  # of paper around a word for the recogniser
OFF_PLACE = 0.15  # of the distance of two ticks, by which a label may stand beside its place
OVERLAP = 0.5  # share of the smaller of two boxes from which they are of one label
ZERO = {"o": "0", "O": "0", "〇": "0", "。": "0"}

Ink = NDArray[np.bool_]


@dataclass(frozen=True)
class Frame:
    """The plot of a picture as its rules tell, pixels."""

    x0: float
    y0: float
    x1: float
    y1: float


def find_frame(lines: Sequence[Shape]) -> Frame | None:
    """The plot that the longest rules enclose; None where there are none.

    Args:
        lines: axes and grid lines of the picture.
    """
    level = [s.box for s in lines if s.high == 0 and s.wide > TICK]
    upright = [s.box for s in lines if s.wide == 0 and s.high > TICK]
    tallest = max(upright, key=lambda b: b[3] - b[1], default=None)
    if tallest:
        level = [b for b in level if tallest[1] - TICK <= b[1] <= tallest[3] + TICK]
    longest = max((b[2] - b[0] for b in level), default=0.0)
    level = [b for b in level if b[2] - b[0] >= LONG_RULE * longest]
    if not level:
        return None
    x0, x1 = float(np.median([b[0] for b in level])), float(np.median([b[2] for b in level]))
    y0, y1 = min(b[1] for b in level), max(b[1] for b in level)
    if tallest:  # level rules begin where ticks do
        tall = [b for b in upright if b[3] - b[1] >= LONG_RULE * (tallest[3] - tallest[1])]
        x0 = min((b[0] for b in tall if abs(b[0] - x0) <= TICK), default=x0)
        x1 = max((b[0] for b in tall if abs(b[0] - x1) <= TICK), default=x1)
        y0 = min(y0, *(b[1] for b in tall))
    return Frame(x0 / PIXEL, y0 / PIXEL, x1 / PIXEL, y1 / PIXEL)


def axis_words(
    image: Image, lines: Sequence[Shape], words: Sequence[Word], recognise: Recognise
) -> list[Word]:
    """The words of a picture, those along its axes read again one by one.

    Args:
        image: of the chart.
        lines: its rules and ticks.
        words: that a detector found.
        recognise: reads pictures of one line each.

    Returns:
        Them, with what was read again in the place of what it covers.
    """
    frame = find_frame(lines)
    if frame is None:
        return list(words)
    ink = _ink(image)
    beside = _beside(image, ink, frame, recognise, left=True)
    if sum(_is_number(w) for w in beside) < 2:
        beside += _beside(image, ink, frame, recognise, left=False)
    heights = [w[0][2][1] - w[0][0][1] for w in beside]
    digit = float(np.median(heights)) if len(heights) > 1 else DIGIT
    ticks = [s.box[0] / PIXEL for s in lines if s.wide == 0 and s.high < 10]
    below = _below(image, ink, frame, ticks, digit, recognise)
    own = beside + below
    return [w for w in words if not any(_same(w, o) for o in own)] + own


def _ink(image: Image) -> Ink:
    grey = image.min(axis=2).astype(np.int16)
    paper = int(np.median(grey))
    return np.asarray(paper - grey > INK)


def _is_number(word: Word) -> bool:
    return any(c.isdigit() for c in word[1])


def _same(a: Word, b: Word) -> bool:
    """Whether two words lie over each other."""
    (ax0, ay0), (ax1, ay1) = _corners(a)
    (bx0, by0), (bx1, by1) = _corners(b)
    wide, high = min(ax1, bx1) - max(ax0, bx0), min(ay1, by1) - max(ay0, by0)
    least = min((ax1 - ax0) * (ay1 - ay0), (bx1 - bx0) * (by1 - by0))
    return wide > 0 and high > 0 and wide * high > OVERLAP * least


def _corners(word: Word) -> tuple[tuple[float, float], tuple[float, float]]:
    xs, ys = zip(*word[0], strict=True)
    return (min(xs), min(ys)), (max(xs), max(ys))


def _without(ink: Ink, edge: tuple[slice, slice] | tuple[slice, int] | tuple[int, slice]) -> Ink:
    """Ink without the pieces that reach an edge: ticks, and what the axis runs through."""
    labels, _ = ndimage.label(ink, np.ones((3, 3)))
    return ink & ~np.isin(labels, np.unique(labels[edge])[1:])


def _beside(
    image: Image, ink: Ink, frame: Frame, recognise: Recognise, *, left: bool
) -> list[Word]:
    """The words of the column beside a plot.

    Args:
        image: of the chart.
        ink: its dark pixels.
        frame: of its plot.
        recognise: reads pictures of one line each.
        left: on which side.
    """
    height, width = ink.shape
    top, bottom = max(int(frame.y0) - 20, 0), min(int(frame.y1) + 20, height)
    x = int(frame.x0) - NEAR if left else int(frame.x1) + NEAR + 1
    if not 8 <= x <= width - 8:
        return []
    area = (slice(top, bottom), slice(0, x) if left else slice(x, width))
    part = _without(ink[area], (slice(None), -1 if left else 0))
    joined = ndimage.binary_dilation(part, np.ones((1, 11), bool))
    labels, _ = ndimage.label(joined, np.ones((3, 3)))
    boxes = []
    for where in ndimage.find_objects(labels):
        rows, columns = _tight(part, where)
        high, start, end = rows.stop - rows.start, columns.start, columns.stop
        gap = x - end if left else start
        if not LETTER[0] <= high <= LETTER[1] or end - start < 3 or gap > COLUMN:
            continue
        if left or end - start <= WIDEST_NUMBER:
            boxes.append((area[1].start + start, top + rows.start,
                          area[1].start + end, top + rows.stop))  # fmt: skip
    return _read(image, boxes, recognise)


def _tight(ink: Ink, where: tuple[slice, slice]) -> tuple[slice, slice]:
    """A box drawn close around the ink inside it."""
    part = ink[where]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    y, x = where[0].start, where[1].start
    return slice(y + rows[0], y + rows[-1] + 1), slice(x + columns[0], x + columns[-1] + 1)


def _read(
    image: Image, boxes: Sequence[tuple[int, int, int, int]], recognise: Recognise
) -> list[Word]:
    """Level words at boxes, each word of them read by itself."""
    if not boxes:
        return []
    digit = float(np.median([b[3] - b[1] for b in boxes]))
    ink = _ink(image)
    out: list[Word] = []
    found = recognise([_crop(image, *box) for box in boxes])
    for (x0, y0, x1, y1), (text, score) in zip(boxes, found, strict=True):
        words = _runs(ink[y0:y1, x0:x1].any(axis=0), WORDS_APART * digit)
        if len(words) > 1 and " " not in text:
            own = recognise([_crop(image, x0 + a, y0, x0 + b, y1) for a, b in words])
            text = _spaced(text, [len(t) for t, _ in own])
        quad = [(float(x0), float(y0)), (float(x1), float(y0)), (float(x1), float(y1)),
                (float(x0), float(y1))]  # fmt: skip
        if text:
            out.append((quad, ZERO.get(text, text), score))
    return out


def _spaced(text: str, lengths: list[int]) -> str:
    """A text with spaces after so many letters each; as it is where they don't add up."""
    if sum(lengths) != len(text):
        return text
    ends = np.cumsum(lengths).tolist()
    return " ".join(text[b - n : b] for n, b in zip(lengths, ends, strict=True))


def _crop(image: Image, x0: int, y0: int, x1: int, y1: int) -> Image:
    """A word with paper around it, whatever stands there: no neighbour's ink comes in."""
    margin = max(round(MARGIN * (y1 - y0)), 3)
    part = image[max(y0 - 1, 0) : y1 + 1, max(x0 - 1, 0) : x1 + 1]
    paper = np.median(image.reshape(-1, 3)[:: max(image.size // 3000, 1)], axis=0)
    out = np.empty((part.shape[0] + 2 * margin, part.shape[1] + 2 * margin, 3), np.uint8)
    out[:] = paper.astype(np.uint8)
    out[margin:-margin, margin:-margin] = part
    return out


def _runs(flags: NDArray[np.bool_], apart: float) -> list[tuple[int, int]]:
    """Runs of what is set; those closer than so many pixels as one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.view(np.int8), [0]])))
    out: list[tuple[int, int]] = []
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        if out and a - out[-1][1] < apart:
            out[-1] = (out[-1][0], int(b))
        else:
            out.append((int(a), int(b)))
    return out


# --- below the plot -------------------------------------------------------------------------------


def _below(
    image: Image,
    ink: Ink,
    frame: Frame,
    ticks: list[float],
    digit: float,
    recognise: Recognise,
) -> list[Word]:
    """The labels below a plot, turned ones too.

    Args:
        image: of the chart.
        ink: its dark pixels.
        frame: of its plot.
        ticks: where ticks stand, pixels.
        digit: height of a digit.
        recognise: reads pictures of one line each.
    """
    top = int(frame.y1) + NEAR
    part = ink[top : top + DEEPEST]
    if len(part) < digit:
        return []
    part = _without(part, (0, slice(None)))
    bands = _runs(part.any(axis=1), ROWS_APART * digit)
    bands = [b for b in bands if b[1] - b[0] >= LETTER[0]]
    if not bands or bands[0][0] > 3 * digit:
        return []
    first, last = bands[0]
    band = part[first:last]
    angle = _angle(band, digit)
    if angle == 0.0:
        return _level(image, band, top + first, frame, ticks, digit, recognise)
    return _turned(image, band, top + first, angle, digit, recognise)


def _angle(band: Ink, digit: float) -> float:
    """How the labels of a band are turned, degrees against the clock: that of most of its ink."""
    reach = max(round(0.35 * digit), 2)
    joined = ndimage.binary_dilation(band, np.ones((2 * reach + 1, 2 * reach + 1), bool))
    labels, count = ndimage.label(joined)
    turned, weights = [], []
    for k in range(1, count + 1):
        ys, xs = np.nonzero(band & (labels == k))
        if len(xs) < 20 or np.hypot(np.ptp(xs), np.ptp(ys)) < LONG * digit:
            continue
        values, vectors = np.linalg.eigh(np.cov(np.stack([xs, ys])))
        if values[1] < LENGTH**2 * values[0]:
            continue
        dx, dy = vectors[:, 1]
        turned.append(float(np.degrees(np.arctan2(-dy, dx))) % 180)
        weights.append(len(xs))
    if not turned:
        return 0.0
    angles = np.array(turned)
    angles[angles > 180 - LEVEL] -= 180
    middle = float(np.median(angles))
    if abs(middle) <= LEVEL:
        return 0.0
    if abs(middle - 90) <= LEVEL:
        return 90.0
    return middle if middle < 90 else middle - 180


def _level(
    image: Image,
    band: Ink,
    top: int,
    frame: Frame,
    ticks: list[float],
    digit: float,
    recognise: Recognise,
) -> list[Word]:
    """Level labels: words put together by the tick, or the middle of two ticks, that they are at.

    Args:
        image: of the chart.
        band: the ink of the row of labels.
        top: where it begins, pixels.
        frame: of the plot.
        ticks: where ticks stand, pixels.
        digit: height of a digit.
        recognise: reads pictures of one line each.
    """
    pieces = _runs(band.any(axis=0), WORDS_APART * digit)
    groups = _at_places(pieces, ticks, frame) or _runs(band.any(axis=0), ROWS_APART * digit)
    boxes = []
    for a, b in groups:
        rows = np.flatnonzero(band[:, a:b].any(axis=1))
        if rows[-1] + 1 - rows[0] <= LETTER[1]:
            boxes.append((a, top + int(rows[0]), b, top + int(rows[-1]) + 1))
    return _read(image, boxes, recognise)


def _at_places(
    pieces: list[tuple[int, int]], ticks: list[float], frame: Frame
) -> list[tuple[int, int]]:
    """Words as labels whose middles are at ticks, or between them; [] where they are at neither."""
    marks = np.unique(np.round([t for t in ticks if frame.x0 - 4 <= t <= frame.x1 + 4], 1))
    if len(marks) < 2 or not pieces:
        return []
    pitch = float(np.median(np.diff(marks)))
    middles = np.array([(a + b) / 2 for a, b in pieces])
    for places in (marks, (marks[1:] + marks[:-1]) / 2):
        nearest = np.abs(middles[:, None] - places).argmin(axis=1)
        groups = []
        for k in np.unique(nearest):
            own = [p for p, n in zip(pieces, nearest, strict=True) if n == k]
            groups.append((own[0][0], own[-1][1], float(places[k])))
        off = [abs((a + b) / 2 - at) for a, b, at in groups]
        if max(off) <= OFF_PLACE * pitch + 3:
            return [(a, b) for a, b, _ in groups]
    return []


def _turned(
    image: Image, band: Ink, top: int, angle: float, digit: float, recognise: Recognise
) -> list[Word]:
    """Turned labels: the band turned level, a row each.

    Args:
        image: of the chart.
        band: the ink of the labels.
        top: where it begins, pixels.
        angle: of the labels, degrees against the clock.
        digit: height of a digit.
        recognise: reads pictures of one line each.
    """
    high, wide = band.shape
    part = image[top : top + high].copy()
    part[~ndimage.binary_dilation(band, np.ones((3, 3), bool))] = 255
    cos, sin = abs(np.cos(np.radians(angle))), abs(np.sin(np.radians(angle)))
    size = (int(high * sin + wide * cos) + 8, int(high * cos + wide * sin) + 8)
    turn = cv2.getRotationMatrix2D((wide / 2, high / 2), -angle, 1.0)
    turn[:, 2] += (size[0] / 2 - wide / 2, size[1] / 2 - high / 2)
    level = cv2.warpAffine(part, turn, size, flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))
    ink = _ink(np.asarray(level, np.uint8))
    boxes = []
    for a, b in _runs(ink.any(axis=1), 2):
        columns = np.flatnonzero(ink[a:b].any(axis=0))
        if LETTER[0] <= b - a <= LETTER[1] and len(columns):
            boxes.append((int(columns[0]), a, int(columns[-1]) + 1, b))
    back = cv2.invertAffineTransform(turn)
    out = []
    for quad, text, score in _read(np.asarray(level, np.uint8), boxes, recognise):
        corners = [tuple((back @ (x, y, 1.0) + (0, top)).tolist()) for x, y in quad]
        out.append((corners, text, score))
    return out
