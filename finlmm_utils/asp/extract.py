"""One report, from bytes to blocks and figures; pure, so that any engine can run it.

Bad files end in a status, not in an exception. What no Python code can stop (a hang in MuPDF, a
crash, a memory bomb) is stopped by the supervised process around it: `finlmm_utils.asp.supervise`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pymupdf

from finlmm_utils.asp import crops, text
from finlmm_utils.asp.figures import Region, find_regions, inside
from finlmm_utils.asp.pages import Page, read_page
from finlmm_utils.asp.records import Block, Box, Figure, Report

REPEATS = 3  # an image on so many pages is furniture
MAX_PAGE_SIDE = 14_400  # points, the largest page that the PDF standard allows

pymupdf.TOOLS.mupdf_display_errors(False)
pymupdf.TOOLS.mupdf_display_warnings(False)


@dataclass
class _Failure(Exception):
    status: str
    reason: str


def extract_report(
    source: str | Path | bytes,
    *,
    file: str = "",
    dpi: int = 150,
    on_pages: Callable[[int], None] | None = None,
) -> Report:
    """Extracts the clean text and the figures of a report.

    Args:
        source: path of a PDF, or its bytes.
        file: name to keep in the record; by default the name of the path.
        dpi: resolution of the crops, pixels per inch.
        on_pages: called with the number of pages once it is known (for time limits).

    Returns:
        A `Report`; its `status` says what was wrong with a bad file, and nothing is raised for it.

    Examples:
        >>> extract_report(b"<html>", file="page.pdf").status
        'not_pdf'
    """
    if isinstance(source, bytes):
        data = source
    else:
        data, file = Path(source).read_bytes(), file or Path(source).name
    digest = hashlib.sha256(data).hexdigest()
    report = Report(report_id=digest[:12], file=file, sha256=digest, status="ok")
    report.stage = "open"
    try:
        with _open(data) as document:
            report.pages = document.page_count
            if on_pages:
                on_pages(report.pages)
            _fill(report, document, dpi)
        report.stage = ""
    except _Failure as failure:
        report.status, report.reason = failure.status, failure.reason  # type: ignore[assignment]
    except Exception as error:  # MuPDF raises many kinds, not all of them RuntimeError
        report.status = "exception"
        report.reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    return report


def _open(data: bytes) -> pymupdf.Document:
    if not data:
        raise _Failure("not_pdf", "the file is empty; download it again")
    if b"%PDF-" not in data[:1024]:
        start = data[:24].decode("latin-1").strip()
        raise _Failure("not_pdf", f"starts with {start!r}; expected %PDF-")
    document = pymupdf.open(stream=data, filetype="pdf")
    if document.needs_pass:
        raise _Failure("encrypted", "needs a password; save a copy without one")
    if document.page_count == 0:
        raise _Failure("no_pages", "opens but has no pages")
    return document


def _fill(report: Report, document: pymupdf.Document, dpi: int) -> None:
    report.stage = "pages"
    drops: Counter[str] = Counter()
    repeated = _repeated_images(document)
    pages: list[Page] = []
    regions: dict[int, list[Region]] = {}
    for number in range(document.page_count):
        page = document[number]
        if max(page.rect.width, page.rect.height) > MAX_PAGE_SIDE:
            drops["huge page"] += 1
            continue
        facts, _ = read_page(page)
        found = find_regions(facts, repeated, drops)
        if found:
            regions[facts.number] = found
        facts.marks, facts.pictures = [], []
        pages.append(facts)
    if not any(page.lines for page in pages):
        images = " (images of pages: a scan?)" if regions or repeated else ""
        raise _Failure("no_text", f"{report.pages} pages without a text layer{images}")
    report.stage = "figures"
    for facts in pages:
        if facts.number in regions:
            display = document[facts.number - 1].get_displaylist()
            report.figures += _figures(report, facts, regions[facts.number], display, dpi, drops)
    report.stage = "text"
    _add_text(report, pages)
    report.drops = dict(sorted(drops.items()))


def _repeated_images(document: pymupdf.Document) -> set[tuple[int, ...]]:
    """Width, height and bits of images that several pages use: logos and other furniture."""
    pages: Counter[tuple[int, ...]] = Counter()
    for number in range(document.page_count):
        used = {(i[0], i[2], i[3], i[4]) for i in document.get_page_images(number)}
        pages.update(used)
    return {key[1:] for key, count in pages.items() if count >= REPEATS}


def _figures(
    report: Report,
    page: Page,
    regions: list[Region],
    display: pymupdf.DisplayList,
    dpi: int,
    drops: Counter[str],
) -> list[Figure]:
    figures = []
    for region in regions:
        image = crops.render(display, region.box, dpi)
        reason = crops.reject_pixels(crops.pixel_facts(image), region.kind)
        if reason:
            drops[reason] += 1
            continue
        inner = [x.text for x in page.lines if inside(x.box, region.box, 0.8)]
        figures.append(
            Figure(
                figure_id=f"{report.report_id}-p{page.number}-{len(figures) + 1}",
                report_id=report.report_id,
                file=report.file,
                page=page.number,
                box=_round(region.box),
                kind=region.kind,  # type: ignore[arg-type]
                caption=text.clean(region.caption.text) if region.caption else "",
                inner_text=text.clean(" ".join(inner))[:2000],
                png=crops.png_bytes(image),
                phash=crops.perceptual_hash(image),
            )
        )
    return figures


def _add_text(report: Report, pages: list[Page]) -> None:
    furniture: dict[int, set[int]] = {}
    for number, index in text.find_furniture(pages):
        furniture.setdefault(number, set()).add(index)
    for page in pages:
        figures = [f for f in report.figures if f.page == page.number]
        blocks = text.page_blocks(page, [f.box for f in figures], furniture.get(page.number, set()))
        for block in blocks:
            report.blocks.append(
                block.model_copy(update={"index": len(report.blocks), "box": _round(block.box)})
            )
        for figure in figures:
            _describe(figure, blocks, page)


def _describe(figure: Figure, blocks: list[Block], page: Page) -> None:
    """Attaches the caption, the nearest heading above and the text next to a figure."""
    own = [b for b in blocks if b.kind != "furniture"]
    above = [b for b in own if b.kind == "heading" and b.box[1] <= figure.box[1]]
    heading = max(above, key=lambda b: b.box[3], default=None)
    if not figure.caption and heading and figure.box[1] - heading.box[3] < 40 * page.scale:
        figure.caption = heading.text
    near = [b for b in own if b.kind in ("text", "caption") and b.text != figure.caption]
    near.sort(key=lambda b: (_gap(b.box, figure.box), b.index))
    pieces = [heading.text] if heading else []
    pieces += [b.text for b in near[:2] if _gap(b.box, figure.box) < 90 * page.scale]
    figure.near_text = "\n".join(dict.fromkeys(pieces))[:1500]


def _gap(a: Box, b: Box) -> float:
    dx = max(a[0] - b[2], b[0] - a[2], 0.0)
    dy = max(a[1] - b[3], b[1] - a[3], 0.0)
    return dx + dy


def _round(box: Box) -> Box:
    return tuple(round(v, 1) for v in box)  # type: ignore[return-value]
