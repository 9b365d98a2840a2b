"""Draws reports of level `hard` from a seed: pages, charts, text and the gold of all."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pymupdf

from finlmm_utils.synthetic.hard.contents import Box, Contents
from finlmm_utils.synthetic.hard.drawing.canvas import Canvas, encoded, rendered
from finlmm_utils.synthetic.hard.drawing.house import Flow, House, draw_house, furniture
from finlmm_utils.synthetic.hard.drawing.layouts import LAYOUT
from finlmm_utils.synthetic.hard.drawing.tempting import DRAW, draw_cover
from finlmm_utils.synthetic.hard.gold import FILES, HardGold, gold_rows
from finlmm_utils.synthetic.hard.plan import HIGHEST, WIDE, Job, number_charts, paged, plan_jobs
from finlmm_utils.synthetic.hard.prose import Prose, Said
from finlmm_utils.synthetic.hard.tables import draw_rows
from finlmm_utils.synthetic.hard.traps import SAID, SHARES, TEXT_ONLY
from finlmm_utils.synthetic.vocabulary import Narrator, company_name


def write_hard_reports(folder: Path, n: int, seed: int) -> list[Path]:
    """Writes hard reports and their gold; see :func:`finlmm_utils.synthetic.reports.write_reports`.

    Args:
        folder: where to write; made if missing.
        n: number of reports.
        seed: of everything that is drawn by chance.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, list[dict]] = {name: [] for name in FILES}
    paths = []
    for number in range(n):
        path = folder / f"hard_{seed}_{number:04d}.pdf"
        data, gold, rng = make_hard_report(seed, number)
        path.write_bytes(data)
        paths.append(path)
        for name, some in gold_rows(path.name, gold, rng).items():
            rows[name] += some
    for name, some in rows.items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in some)
        (folder / name).write_text(lines, encoding="utf-8")
    return paths


def make_hard_report(seed: int, number: int) -> tuple[bytes, HardGold, random.Random]:
    """Makes one hard report.

    Args:
        seed: of the set of reports.
        number: of the report in the set, from 0; with the seed it fixes every byte.

    Returns:
        The PDF's bytes, its gold, and the random generator as drawing left it.
    """
    rng = random.Random(f"hard report {seed} {number}")
    chinese = rng.random() < SHARES["chinese"].weight
    house, contents = draw_house(rng, chinese), Contents(rng, chinese)
    gold, company = HardGold(chinese), company_name(rng)
    prose, jobs = Prose(rng, contents), plan_jobs(rng, contents)
    for chart in (chart for job in jobs for chart in job.charts):
        gold.charts.append(chart)
    number_charts(jobs, house)
    for job in jobs:
        for chart in job.charts:
            chart.said = rng.choices(list(SAID), [t.weight for t in SAID.values()])[0]
            gold.said += prose.of_chart(chart)
    gold.said += [prose.elsewhere() for _ in range(rng.randint(*TEXT_ONLY))]
    data = _draw(paged(rng, jobs), house, company, gold, rng, prose)
    gold.charts = [chart for chart in gold.charts if chart.page]
    return data, gold, rng


def _draw(
    pages: list[list[Job]],
    house: House,
    company: str,
    gold: HardGold,
    rng: random.Random,
    prose: Prose,
) -> bytes:
    width, height = house.sheet
    narrator = Narrator(rng, company)
    waiting = _places(pages, gold.said, rng)
    with pymupdf.open() as document:
        cover = document.new_page(width=width, height=height)
        found = draw_cover(Canvas(cover, house, rng, 1, 0.0), company)
        gold.tempting += [(1, "cover", *one) for one in found]
        for number, jobs in enumerate(pages, 2):
            wide = jobs[0].name in WIDE
            size = (height, width) if wide else (width, height)
            page = document.new_page(width=size[0], height=size[1])
            if not wide:
                furniture(page, house, company, number)
            canvas = Canvas(page, house, rng, number, 66.0)
            _fill(canvas, jobs, waiting.get(number, []), gold, narrator, prose)
            if jobs[0].name == "scan":
                _to_scan(document, page)  # the title's words are still there, unseen
            if wide:
                _turn(page, jobs[0], gold, number)
        return document.tobytes(deflate=True, no_new_id=True)


def _places(pages: list[list[Job]], said: list[Said], rng: random.Random) -> dict[int, list[Said]]:
    """Which page each statement goes to; that of its chart only for some."""
    texts = [k for k, jobs in enumerate(pages, 2) if jobs[0].name not in WIDE]
    own_page = {
        id(chart): k for k, jobs in enumerate(pages, 2) for job in jobs for chart in job.charts
    }
    out: dict[int, list[Said]] = {}
    for one in said:
        own = own_page.get(id(one.chart))
        others = [page for page in texts if page != own]
        same = own in texts and rng.random() < SHARES["same_page"].weight
        out.setdefault(own if same and own else rng.choice(others), []).append(one)
    return out


def _fill(
    canvas: Canvas,
    jobs: list[Job],
    said: list[Said],
    gold: HardGold,
    narrator: Narrator,
    prose: Prose,
) -> None:
    rng, house = canvas.rng, canvas.house
    left, right = canvas.span
    sentences = [one for one in said if not one.row]
    rng.shuffle(sentences)
    cut = rng.randint(0, len(sentences)) if rng.random() < 0.7 else 0
    first = Flow(canvas.page, house, (left, right), canvas.y)
    heading = "经营与策略分析" if gold.chinese else rng.choice(("Review", "Results", "Markets"))
    first.write(heading, 13, bold=True)
    if cut:
        _paragraph(first, sentences[:cut], narrator, prose)
    canvas.y = first.y + 6
    for job in jobs:
        if canvas.y > HIGHEST * house.sheet[1]:
            break
        if job.tempting:
            gold.tempting += [(canvas.number, job.name, *one) for one in DRAW[job.name](canvas)]
        elif job.charts:
            LAYOUT[job.name][1](canvas, list(job.charts))
        canvas.y += 6
    rows = [one for one in said if one.row]
    if rows and canvas.y + 60 + 15 * len(rows) < house.sheet[1] - 70:
        draw_rows(canvas, rows)
    _rest(canvas, sentences[cut:], narrator, prose)


def _rest(canvas: Canvas, said: list[Said], narrator: Narrator, prose: Prose) -> None:
    """Running text to the foot of the page, in the columns of the house."""
    left, right = canvas.span
    columns = [(left, right)]
    if canvas.house.columns == 2:
        middle = (left + right) / 2
        columns = [(left, middle - 9), (middle + 9, right)]
    for k, span in enumerate(columns):
        flow = Flow(canvas.page, canvas.house, span, canvas.y)
        _paragraph(flow, said[k :: len(columns)], narrator, prose)
        for _ in range(canvas.rng.randint(1, 8)):
            if not _paragraph(flow, [], narrator, prose):
                break


def _paragraph(flow: Flow, said: list[Said], narrator: Narrator, prose: Prose) -> bool:
    """Writes statements among sentences without facts; notes the page of what was written."""
    chinese = flow.house.chinese
    words = [prose.filler() for _ in range(3)] if chinese else narrator.take(2)
    for one in said:
        words += [one.words] + ([prose.filler()] if chinese else narrator.take(1))
    box = flow.write(("" if chinese else " ").join(words))
    if box:
        for one in said:
            one.page = flow.page.number + 1
    return box is not None


def _to_scan(document: pymupdf.Document, page: pymupdf.Page) -> None:
    """Makes a page the picture of itself, with its words over it in an invisible layer."""
    width, height = page.rect.width, page.rect.height
    words = page.get_text("words")
    number = page.number

    def draw(blank: pymupdf.Page) -> None:
        blank.show_pdf_page(blank.rect, document, number)

    image = rendered(width, height, draw)
    document.delete_page(number)
    fresh = document.new_page(number, width=width, height=height)
    fresh.insert_image(fresh.rect, stream=encoded(image, "JPEG"))
    for x0, y0, _, y1, word, *_ in words:
        name = "helv" if word.isascii() else "china-s"
        fresh.insert_text((x0, y1 - 0.22 * (y1 - y0)), word, fontsize=0.8 * (y1 - y0),
                          fontname=name, render_mode=3)  # fmt: skip


def _turn(page: pymupdf.Page, job: Job, gold: HardGold, number: int) -> None:
    """Turns a page that was drawn upright and wide: a reader sees it as it was drawn."""
    width, height = page.rect.width, page.rect.height
    page.set_rotation(90)
    charts = [chart for chart in job.charts if chart.page]
    for chart in charts:
        for name in ("core", "box", "title_box", "whole"):
            setattr(chart, name, _turned(getattr(chart, name), width, height))
    gold.tempting = [
        (page_, trap, kind, _turned(box, width, height))
        if page_ == number
        else (page_, trap, kind, box)
        for page_, trap, kind, box in gold.tempting
    ]


def _turned(box: Box, width: float, height: float) -> Box:
    """A box of an upright page as it lies after a turn by 90 degrees clockwise."""
    x0, y0, x1, y1 = box
    return (height - y1, x0, height - y0, x1)
