"""Where the plot of a picture is: what its rules enclose, or what its numbers stand beside.

Thresholds are our choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finlmm_utils.asp.charts.axes import Axis
from finlmm_utils.asp.charts.drawn.strokes import Shape
from finlmm_utils.asp.charts.pixels.colours import PIXEL

GAP = 3.0  # points between the numbers of an axis and its plot, at least
TICK = 7.0  # points, that a tick is long at most
LONG_RULE = 0.8  # of the longest, from which a level rule is one of the plot's
NEXT = 0.1  # of the distance of two numbers, by which the next one may stand beside its place
LEAST_HIGH = 20.0  # points: of a plot
COLUMN = 45  # from the plot to the nearer side of its numbers


@dataclass(frozen=True)
class Frame:
    """The plot of a picture as its rules tell, pixels."""

    x0: float
    y0: float
    x1: float
    y1: float


def find_frame(lines: Sequence[Shape], axes: Sequence[Axis], wide: float) -> Frame | None:
    """The plot of a picture: where the rules are longest, if its numbers stand there.

    Args:
        lines: axes and grid lines of the picture.
        axes: found among the words of the detector.
        wide: width of the picture, points.
    """
    upright = sorted((a for a in axes if a.upright), key=lambda a: a.cells[0].box[0])
    frame = _by_rules(lines, wide)
    if not upright:
        return frame
    top, bottom = upright[0].ends
    right = max(c.box[2] for c in upright[0].cells)
    if frame and frame.y0 * PIXEL < top + TICK and frame.y1 * PIXEL > bottom - TICK and (
        -1 < frame.x0 * PIXEL - right < COLUMN * PIXEL
    ):  # fmt: skip
        return frame
    # A rule under a title is longer than the axis; numbers stand beside the plot in any case.
    level = [s.box for s in lines if s.high == 0 and s.wide > TICK]
    own = [b for b in level if top - TICK < b[1] < bottom + TICK]
    x0, x1 = max(c.box[2] for c in upright[0].cells) + GAP, max((b[2] for b in own), default=wide)
    if x0 > wide / 2:  # its only axis is the right one
        x0 = min((b[0] for b in own), default=0.0)
        x1 = min(c.box[0] for c in upright[0].cells) - GAP
    elif len(upright) > 1:
        x1 = min(x1, min(c.box[0] for c in upright[-1].cells) - GAP)
    step = (bottom - top) / (len(upright[0].cells) - 1)
    # The detector misses single digits: a rule one step further on has one of them.
    top = min([y for _, y, *_ in level if abs(top - step - y) < NEXT * step], default=top)
    bottom = max([y for _, y, *_ in level if abs(bottom + step - y) < NEXT * step], default=bottom)
    return Frame(x0 / PIXEL, top / PIXEL, x1 / PIXEL, bottom / PIXEL)


def _by_rules(lines: Sequence[Shape], wide: float) -> Frame | None:
    """The plot that the longest rules enclose; None where there are none.

    Args:
        lines: axes and grid lines of the picture.
        wide: width of the picture, points.
    """
    level = [s.box for s in lines if s.high == 0 and s.wide > TICK]
    upright = [s.box for s in lines if s.wide == 0 and s.high > TICK]
    tallest = max(upright, key=lambda b: b[3] - b[1], default=None)
    if tallest:
        level = [b for b in level if tallest[1] - TICK <= b[1] <= tallest[3] + TICK]
    longest = max((b[2] - b[0] for b in level), default=0.0)
    level = [b for b in level if b[2] - b[0] >= LONG_RULE * longest]
    if not level and tallest:  # horizontal bars stand on it
        x0, y0, _, y1 = tallest
        return Frame(x0 / PIXEL, y0 / PIXEL, wide / PIXEL, y1 / PIXEL)
    if not level:
        return None
    x0, y1, x1, _ = max(level, key=lambda b: b[1])  # the rule under a title reaches further
    y0 = min(b[1] for b in level)
    if tallest:  # level rules begin where ticks do
        tall = [b for b in upright if b[3] - b[1] >= LONG_RULE * (tallest[3] - tallest[1])]
        # A rule that runs on from its tick into the number beside it begins too early.
        x0 = min((b[0] for b in tall if -TICK <= b[0] - x0 <= COLUMN * PIXEL), default=x0)
        x1 = max((b[0] for b in tall if abs(b[0] - x1) <= TICK), default=x1)
        y0 = min(y0, *(b[1] for b in tall))
    if y1 - y0 < LEAST_HIGH:  # the rule of a title
        return None
    return Frame(x0 / PIXEL, y0 / PIXEL, x1 / PIXEL, y1 / PIXEL)
