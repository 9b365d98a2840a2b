"""Whether a series is seen to rise, to fall or to fluctuate: each step must be seen in the picture.

From a table any step is known; on an axis a small one may go either way for who looks at it.
"""

from __future__ import annotations

import re
from itertools import pairwise

from finlmm_utils.asp.alignment.shown import asked
from finlmm_utils.asp.records import Reading

APART = 0.01  # of the axis: values that lie nearer to each other look like one
_OFFERED = re.compile(r"\brise, fall or fluctuate\b")


def seen_apart(a: Reading, b: Reading) -> bool:
    """Whether two values can be told apart in the picture: printed, or far enough on its axis."""
    if a.how == b.how == "printed":
        return True
    return abs(a.value - b.value) > APART * max(a.span, b.span)


def fluctuates(question: str, answer: str, readings: list[Reading]) -> bool | None:
    """Whether a series that a question offers to "rise, fall or fluctuate" is seen to do so.

    Args:
        question: as asked.
        answer: to it.
        readings: of one chart.

    Returns:
        None where the question asks for something else, or its series is not known; False also
        where a step between two of its labels is too small to be seen.
    """
    named = asked.series_named(question, readings)
    if not _OFFERED.search(question) or len(named) != 1:
        return None
    all_of_it = [r for r in readings if r.series == named[0] and r.point == "label"]
    own = asked.within_span(question, all_of_it)
    if len(own) < 2:
        return None
    steps = [b.value - a.value for a, b in pairwise(own) if seen_apart(a, b)]
    if len(steps) < len(own) - 1:
        return False
    ups = sum(step > 0 for step in steps)
    way = "rise" if ups == len(steps) else "fall" if not ups else "fluctuate"
    return way == answer
