"""Which charts and traps a hard report has, on which pages, under which numbers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from finlmm_utils.synthetic.hard.contents import Chart, Contents
from finlmm_utils.synthetic.hard.drawing.house import House
from finlmm_utils.synthetic.hard.drawing.layouts import BITMAPS, LAYOUT, UNNUMBERED, VECTORS
from finlmm_utils.synthetic.hard.traps import LAYOUTS, SHARES, TEMPTING, Trap


@dataclass(frozen=True)
class Job:
    """A layout with its charts, something tempting, or text alone."""

    name: str
    charts: tuple[Chart, ...] = ()
    tempting: bool = False


WIDE = ("sideways", "turned_table")
"""Pages that are drawn wide and then turned."""
ALONE = (*WIDE, "scan", "text", "letterhead", "column", "donut_panel",
         "title_nearer_neighbour")  # fmt: skip
"""What shares its page with nothing else."""
HIGHEST = 0.48
"""Share of a page above which a second thing may start, and fit."""
SHARED_PAGE = 0.5
"""Share of what may share a page that does (our choice)."""


def _picked(rng: random.Random, traps: Mapping[str, Trap], count: int) -> list[str]:
    """Some of these, none twice, by their weights."""
    left, out = dict(traps), list[str]()
    for _ in range(count):
        name = rng.choices(list(left), [trap.weight for trap in left.values()])[0]
        out.append(name)
        del left[name]
    return out


def plan_jobs(rng: random.Random, contents: Contents) -> list[Job]:
    """Draws the layouts with their charts, what is tempting, and pages of text, in their order."""
    jobs = []
    for name in _picked(rng, LAYOUTS, rng.randint(4, 6)):
        charts = LAYOUT[name][0](contents)
        for chart in charts:
            chart.traps.append(name)
            chart.printed = chart.printed or rng.random() < SHARES["printed"].weight
            free = name not in VECTORS and rng.random() < SHARES["bitmap"].weight
            chart.bitmap = name in BITMAPS or free
        jobs.append(Job(name, tuple(charts)))
    jobs += [Job(name, tempting=True) for name in _picked(rng, TEMPTING, rng.randint(2, 3))]
    jobs += [Job("text"), Job("text")]
    rng.shuffle(jobs)
    return jobs


def paged(rng: random.Random, jobs: list[Job]) -> list[list[Job]]:
    """One or two jobs a page."""
    pages: list[list[Job]] = []
    for job in jobs:
        before = pages[-1] if pages else []
        fits = len(before) == 1 and before[0].name not in ALONE and job.name not in ALONE
        if fits and rng.random() < SHARED_PAGE:
            before.append(job)
        else:
            pages.append([job])
    return pages


def number_charts(jobs: list[Job], house: House) -> None:
    """Numbers the charts in the order of the pages; panels of one bitmap share a number."""
    if "{n}" not in house.caption:
        return
    count = 0
    for job in jobs:
        if job.name in UNNUMBERED:
            continue
        for k, chart in enumerate(job.charts):
            count += k == 0 or job.name != "panels"
            chart.number = str(count)
            lead = house.caption.partition("{t}")[0].format(n=count)
            chart.label = lead.strip(" ：:.").replace("图 ", "图")
