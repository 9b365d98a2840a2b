"""What the name of a series says of the axis that it is measured on."""

from __future__ import annotations

import re

from finlmm_utils.asp.charts.drawn.cells import tidy

_SIDES = r"(?:{0}轴?|\b(?:{1}hs|{1}\.h\.s\.?|{1}h|{2}(?: (?:hand )?(?:scale|axis|side))?)\b)"
_RIGHT = re.compile(_SIDES.format("右", "r", "right"), re.I)
_LEFT = re.compile(_SIDES.format("左", "l", "left"), re.I)
_SIDE = re.compile(r"\s*[(（\[,，:：]\s*" + _SIDES.format("[左右]", "[lr]", "(?:left|right)")
                   + r"\s*[)）\]]?\s*$", re.I)  # fmt: skip


def side_of(name: str) -> str:
    """Which axis a name says it belongs to: "right", "left" or ""."""
    right, left = bool(_RIGHT.search(name)), bool(_LEFT.search(name))
    return "" if right == left else "right" if right else "left"


def without_side(name: str) -> str:
    """A name without the words that say which axis it belongs to."""
    bare = tidy(_SIDE.sub("", name))
    for opens, closes in ("()", "（）", "[]"):  # "Margin (%, rhs)" says a unit too
        bare += closes * (bare.count(opens) > bare.count(closes))
    return bare or name
