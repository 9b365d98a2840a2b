"""When a report is of, by the dates on its cover and in its running lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from finlmm_utils.asp.records import Block
from finlmm_utils.finance.periods import YEAR


def latest_date(
    blocks: Sequence[Block], found: Callable[[str], Iterable[tuple[int, int]]]
) -> tuple[int, int] | None:
    """Year and month of a report: the latest of its first page or running lines, None without any.

    A date before the year that the report speaks of most is another thing's.

    Args:
        blocks: of the report, in reading order.
        found: reads the years and months that a text names.
    """
    named = Counter(int(year) for block in blocks for year in re.findall(YEAR, block.text))
    most = named.most_common(1)[0][0] if named else 0
    here = (block for block in blocks if block.page == 1 or block.kind == "furniture")
    dates = (date for block in here for date in found(block.text))
    return max((date for date in dates if date[0] >= most), default=None)
