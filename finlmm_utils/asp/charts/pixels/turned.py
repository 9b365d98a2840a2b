"""Labels that are turned: how far, and what they say.

Thresholds are our choice, times the height of a digit.
"""

from __future__ import annotations

import numpy as np
from PIL import Image as Pictures
from scipy import ndimage

from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.pixels.colours import PIXEL, Image
from finlmm_utils.asp.charts.pixels.letters import (
    DIGIT_OF_SIZE,
    LETTER,
    Ink,
    Place,
    Recognise,
    ink_of,
    is_sure,
    read_lines,
    runs,
)

JOINED = 0.35  # that letters of one label reach out on each side
LENGTH = 1.5  # times as long as thick,
LONG = 1.7  # and so long: such ink tells how labels are turned
LEAST_INK = 20  # pixels
MARGIN = 8  # pixels around a band that is turned level
LEVEL = 12.0  # degrees from level, and from upright, that count as such


def angle_of(band: Ink, digit: float) -> float:
    """How the labels of a band are turned, degrees against the clock: as most of its ink is.

    Args:
        band: the ink of a row of labels.
        digit: height of a digit, pixels.
    """
    reach = max(round(JOINED * digit), 2)
    joined = ndimage.binary_dilation(band, np.ones((2 * reach + 1, 2 * reach + 1), bool))
    labels, _ = ndimage.label(joined)
    turned = []
    for k, where in enumerate(ndimage.find_objects(labels), start=1):
        ys, xs = np.nonzero(band[where] & (labels[where] == k))
        if len(xs) < LEAST_INK or np.hypot(np.ptp(xs), np.ptp(ys)) < LONG * digit:
            continue
        values, vectors = np.linalg.eigh(np.cov(np.stack([xs, ys])))
        if values[1] >= LENGTH**2 * values[0]:
            along, down = vectors[:, 1]
            turned.append(float(np.degrees(np.arctan2(-down, along))) % 180)
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


def turned_cells(
    image: Image, band: Ink, top: int, angle: float, recognise: Recognise
) -> list[Cell]:
    """The turned labels of a band: it is turned level, and has a label a row.

    Args:
        image: of the chart.
        band: the ink of the labels.
        top: where it begins, pixels.
        angle: of the labels, degrees against the clock.
        recognise: reads pictures of one line each.
    """
    high, wide = band.shape
    part = image[top : top + high].copy()
    part[~ndimage.binary_dilation(band, np.ones((3, 3), bool))] = 255
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    size = (
        int(high * abs(sin) + wide * abs(cos)) + MARGIN,
        int(high * abs(cos) + wide * abs(sin)) + MARGIN,
    )
    # Where a pixel of the turned band was before: x, y of the band from x, y of the turned one.
    back = np.array([[cos, sin, 0.0], [-sin, cos, 0.0]])
    back[:, 2] = (wide / 2, high / 2) - back[:, :2] @ (size[0] / 2, size[1] / 2)
    level = np.asarray(
        Pictures.fromarray(part).transform(
            size, Pictures.Transform.AFFINE, back.ravel().tolist(),
            Pictures.Resampling.BICUBIC, fillcolor=(255, 255, 255),
        )
    )  # fmt: skip
    ink = ink_of(level)
    boxes: list[Place] = []
    for a, b in runs(ink.any(axis=1), 2):
        columns = np.flatnonzero(ink[a:b].any(axis=0))
        if LETTER[0] <= b - a <= LETTER[1] and len(columns):
            boxes.append((int(columns[0]), a, int(columns[-1]) + 1, b))
    out = []
    for (x0, y0, x1, y1), (text, score) in zip(
        boxes, read_lines(level, boxes, recognise), strict=True
    ):
        if not is_sure(text, score):
            continue
        corners = np.array([(x0, y0, 1), (x1, y0, 1), (x1, y1, 1), (x0, y1, 1)], float)
        quad = (corners @ back.T + (0, top)) * PIXEL
        (left, upper), (right, lower) = quad.min(axis=0), quad.max(axis=0)
        anchor = (quad[1] + quad[2]) / 2  # slanted ones end where they mean to stand
        if angle == 90.0:
            anchor = quad.mean(axis=0)
        elif angle < 0:
            anchor = (quad[0] + quad[3]) / 2
        box = (float(left), float(upper), float(right), float(lower))
        letters = (y1 - y0) * PIXEL / DIGIT_OF_SIZE
        place = (float(anchor[0]), float(anchor[1]))
        out.append(Cell(text, box, letters, angle, place, (0, 0, 0), float(lower)))
    return out
