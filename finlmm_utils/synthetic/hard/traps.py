"""What level `hard` draws: its traps, how often each comes, and the seeds that are reported.

The list was fixed before any rule of the pipeline was changed for it, from what was seen on reports
that nobody had tuned anything on. Rules may be grown on ``GROWING_SEEDS``; numbers are reported on
``REPORTING_SEEDS``, whose reports nobody looks at. A change of this file makes earlier numbers
incomparable: change ``VERSION`` with it.
"""

from __future__ import annotations

from typing import NamedTuple

VERSION = 3
GROWING_SEEDS = (11, 12, 13)
"""Reports of these seeds may be looked at, and rules tried on them."""
REPORTING_SEEDS = (7601, 7602)
"""Reports of these seeds are measured and never looked at."""
REPORTS = 24
"""Reports of each seed that are measured."""


class Trap(NamedTuple):
    """One trap.

    Attributes:
        weight: how often it is drawn beside the others of its table, or the share of reports,
            charts or sentences that have it.
        what: that is drawn, in words.
    """

    weight: float
    what: str


LAYOUTS = {
    "single": Trap(3, "one chart, its caption above, below, apart from it or in two pieces"),
    "pair_under_rule": Trap(4, "two vector charts side by side, a rule of the page under both"),
    "base_line": Trap(4, "two to four bar charts on one base line, each with an axis of its own"),
    "panels": Trap(2, "one bitmap of two to six panels with axes and titles of their own"),
    "shared_axis": Trap(1, "one bitmap of stacked panels over one shared axis: one chart"),
    "low_bars": Trap(3, "low, negative, floating or stacked horizontal bars"),
    "late_legend": Trap(1, "a legend of one entry or years, far below the ticks"),
    "donut_panel": Trap(1, "small donuts in the cells of a panel that looks like a table"),
    "column": Trap(2, "three charts of equal width, one above another"),
    "strips": Trap(2, "a picture stored as strips or tiles"),
    "scan": Trap(1, "a scanned page with an invisible text layer"),
    "sideways": Trap(1, "a page turned by 90 degrees"),
    "title_apart": Trap(4, "title left of the bars, above large numbers, or in three lines"),
    "title_far_above": Trap(2, "a large number and a line that compares it under the title"),
    "title_left": Trap(2, "the title in a column at the left of the plot, its unit under it"),
    "title_two_styles": Trap(2, "a title of two lines of which only the second looks like one"),
    "title_under_heading": Trap(2, "the heading of a section between the title and the plot"),
    "title_nearer_neighbour": Trap(2, "each title nearer to the plot above than to its own"),
    "title_over_sentence": Trap(2, "a sentence that begins with a figure's number under the plot"),
    "performance": Trap(2, "a grid of rules that hides the curves"),
    "written_pie": Trap(1, "a pie whose legend is written out, with names and amounts"),
    "near_identical": Trap(3, "charts of one legend that only a word of their titles tells apart"),
    "beside_text": Trap(2, "a chart in one column, running text in the other"),
}
"""How charts stand on a page."""

TEMPTING = {
    "shaded_table": Trap(4, "a table of banded rows under a caption"),
    "two_part_table": Trap(2, "a banded table of two parts with footnotes"),
    "turned_table": Trap(2, "a banded table on a page turned by 90 degrees"),
    "statement": Trap(2, "a striped statement with dotted leaders and totals"),
    "framed_table": Trap(2, "a ruled table of words below a sentence that opens with a figure"),
    "flow_chart": Trap(3, "boxes and arrows without data"),
    "cycle": Trap(1, "a ring of labelled arrows"),
    "bubbles": Trap(2, "large numbers in circles and tiles"),
    "photo_tile": Trap(2, "a photograph with a number laid over it"),
    "letterhead": Trap(1, "a page whose words are pixels, with a logo and a signature"),
    "logos": Trap(2, "one logo at several sizes, and brand names in tiles"),
}
"""What is on a page and is no chart; every report has a cover with a curve as well."""

SAID = {
    "values": Trap(0.32, "the text restates at least two values"),
    "rate": Trap(0.14, "the text states a rate of growth that follows from the chart"),
    "message": Trap(0.35, "the text says the chart's message: direction, rank, comparison"),
    "nothing": Trap(0.19, "the text says nothing of what the chart shows"),
}
"""How much of a chart the text says, in shares of charts as counted on real reports."""

SHARES = {
    "chinese": Trap(0.4, "reports in Chinese"),
    "printed": Trap(0.15, "charts that print their values"),
    "bitmap": Trap(0.4, "charts that are pictures, where the layout leaves it open"),
    "named": Trap(0.4, "sentences on a chart that name it: (Figure 1), as Figure 1 shows"),
    "same_page": Trap(0.3, "sentences on a chart that stand on its page"),
    "in_table": Trap(0.4, "restated values that stand in a table and not in a sentence"),
    "footnotes": Trap(0.3, "values and table cells with a raised footnote mark"),
    "odd_head": Trap(0.6, "tables with Change / %, 2023 vs. 2022, or two lines of head"),
    "other_periods": Trap(0.25, "charts whose subject the text also states for other years"),
    "other_basis": Trap(
        0.3,
        "charts beside which the text states nearly the same values of another "
        "basis: adjusted, of the parent company, without acquisitions",
    ),
    "cause": Trap(0.4, "charts whose last change the text explains; no chart names causes"),
}
"""Shares of reports, charts or sentences."""

TEXT_ONLY = (5, 9)
"""Facts of a report that no figure shows, from and to."""
