"""The order in which a person reads what stands on a page.

Thresholds are our choice; points are those of a letter page.
"""

from __future__ import annotations

from finlmm_utils.asp.records import Box

COLUMN_GAP = 5.0  # points between two columns of text; between words it is 3
BAND_OVERLAP = 1.5  # points, on any page, by which the letters of two rows may overlap


def reading_order(boxes: list[Box], scale: float = 1.0) -> list[int]:
    """Order in which a person reads boxes of a page: bands from the top, columns from the left.

    A recursive cut (XY-cut): a vertical gap through all boxes splits columns; else the page is cut
    into bands, and bands that share a vertical gap are read together.

    Args:
        boxes: boxes of blocks, points.
        scale: of the page, for the least gap.

    Returns:
        Indices of the boxes, in reading order.
    """
    return _cut(list(range(len(boxes))), boxes, COLUMN_GAP * scale)


def _cut(items: list[int], boxes: list[Box], gap: float) -> list[int]:
    if len(items) <= 1:
        return items
    columns = _split(items, boxes, 0, gap)
    if len(columns) > 1:
        return [i for column in columns for i in _cut(column, boxes, gap)]
    bands = _split(items, boxes, 1, -BAND_OVERLAP)
    if len(bands) <= 1:
        return sorted(items, key=lambda i: (round(boxes[i][1]), boxes[i][0]))
    merged: list[list[int]] = []
    for band in bands:
        if merged and len(_split(merged[-1] + band, boxes, 0, gap)) > 1:
            merged[-1] += band
        else:
            merged.append(band)
    return [i for band in merged for i in _cut(band, boxes, gap)]


def _split(items: list[int], boxes: list[Box], axis: int, gap: float) -> list[list[int]]:
    """Splits boxes where a gap runs through all of them along an axis (0: x, 1: y)."""
    ordered = sorted(items, key=lambda i: (boxes[i][axis], boxes[i][axis + 2]))
    parts: list[list[int]] = []
    end = float("-inf")
    for i in ordered:
        if not parts or boxes[i][axis] - end > gap:
            parts.append([i])
        else:
            parts[-1].append(i)
        end = max(end, boxes[i][axis + 2])
    return parts
