"""One report, from bytes to blocks and figures; pure, so that any engine can run it.

Bad files end in a status, not in an exception. What no Python code can stop (a hang in MuPDF, a
crash, a memory bomb) is stopped by the supervised process around it: `finlmm_utils.asp.supervise`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pymupdf
from PIL.Image import Image

from finlmm_utils.asp.figures import judge
from finlmm_utils.asp.figures.candidates import Repeats, mark_keys
from finlmm_utils.asp.figures.detect import find_regions, is_cover
from finlmm_utils.asp.figures.labels import heading_styles
from finlmm_utils.asp.figures.regions import Region
from finlmm_utils.asp.page import pixels
from finlmm_utils.asp.page.boxes import inside
from finlmm_utils.asp.page.page import Page, read_page
from finlmm_utils.asp.page.scans import MAX_SCANS, looks_scanned, read_scans
from finlmm_utils.asp.records import Block, Box, Figure, Report
from finlmm_utils.asp.text import blocks as text
from finlmm_utils.asp.text import furniture

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
    on_pages: Callable[[int, int], None] | None = None,
) -> Report:
    """Extracts the clean text and the figures of a report.

    Args:
        source: path of a PDF, or its bytes.
        file: name to keep in the record; by default the name of the path.
        dpi: resolution of the crops, pixels per inch.
        on_pages: called with the number of pages, then with that and the number of pages that
            OCR will read (for time limits).

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
                on_pages(report.pages, 0)
            _fill(report, document, dpi, on_pages)
        report.stage = ""
    except _Failure as failure:
        report.status, report.reason = failure.status, failure.reason  # type: ignore[assignment]
    except Exception as error:  # MuPDF raises many kinds, not all of them RuntimeError
        report.status = "exception"
        report.reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    pymupdf.TOOLS.store_shrink(100)  # MuPDF keeps what it decoded, up to 256 MB a process
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


def _fill(
    report: Report,
    document: pymupdf.Document,
    dpi: int,
    on_pages: Callable[[int, int], None] | None,
) -> None:
    report.stage = "pages"
    drops: Counter[str] = Counter()
    pages = _read_pages(document, drops)
    if drops["unreadable page"]:
        report.reason = f"{drops['unreadable page']} of {report.pages} pages cannot be read"
    scans = [page for page in pages if looks_scanned(page)]
    # Pictures that fill some slides of a digital report stay pictures: tables drawn as such.
    read = scans[:MAX_SCANS] if 2 * len(scans) >= len(pages) else []
    if read:
        report.stage = "ocr"
        if on_pages:
            on_pages(report.pages, len(read))
    report.ocr_pages, failed = read_scans(read, document)
    drops["scan not read"] = len(scans) - len(read) + len(failed)
    if failed:
        broken = f"OCR failed on {len(failed)} of {len(read)} scans ({failed[0]})"
        report.reason = "; ".join(filter(None, (report.reason, broken)))
    if not any(page.lines for page in pages):
        notes = [f"{report.pages} pages without a text layer", *filter(None, [report.reason])]
        if len(scans) > len(failed):
            empty = len(scans) - len(failed)
            notes.append(f"{empty} of them scans in which OCR found no words")
        if drops["huge page"]:
            notes.append(f"{drops['huge page']} of them larger than {MAX_PAGE_SIDE} points")
        raise _Failure("no_text", ", ".join(notes))
    report.stage = "figures"
    repeats = find_repeats(pages)
    thumbs = []
    for page in pages:
        for region, image in page_figures(page, document, repeats, drops, dpi):
            report.figures.append(_figure(report, page, region, image))
            thumbs.append(pixels.thumbnail(image))
    again = near_repeats(report.figures, thumbs)
    if again:
        drops["near-identical"] = len(again)
        report.figures = [f for k, f in enumerate(report.figures) if k not in again]
    report.stage = "text"
    _add_text(report, pages, repeats.lines)
    report.drops = {reason: count for reason, count in sorted(drops.items()) if count}


def _read_pages(document: pymupdf.Document, drops: Counter[str]) -> list[Page]:
    """Facts of the pages that can be read; one broken page costs no other.

    Raises:
        Exception: MuPDF's, of the first page, where no page can be read.
    """
    pages: list[Page] = []
    failure: Exception | None = None
    for number in range(document.page_count):
        try:
            page = document[number]
            if max(page.rect.width, page.rect.height) > MAX_PAGE_SIDE:
                drops["huge page"] += 1
            else:
                pages.append(read_page(page)[0])
        except Exception as error:  # MuPDF raises many kinds, not all of them RuntimeError
            drops["unreadable page"] += 1
            failure = failure or error
    if failure and not pages:
        raise failure
    return pages


def find_repeats(pages: list[Page]) -> Repeats:
    """What stands on 3 or more pages: logos, ornaments, headers; styles of headings."""
    images: Counter[tuple[int, ...]] = Counter()
    marks: Counter[tuple[int, ...]] = Counter()
    lines: dict[int, set[int]] = {}
    for number, index in furniture.find_furniture(pages):
        lines.setdefault(number, set()).add(index)
    for page in pages:
        images.update({p.signature for p in page.pictures if p.signature})
        marks.update(mark_keys(page))
    return Repeats(
        images={key for key, count in images.items() if count >= REPEATS},
        marks={key for key, count in marks.items() if count >= REPEATS},
        lines=lines,
        headings=heading_styles(pages),
    )


def near_repeats(figures: list[Figure], thumbs: list[np.ndarray]) -> set[int]:
    """Figures whose picture, encoded or scaled anew, stands on 3 or more pages.

    Args:
        figures: of a report.
        thumbs: their `pixels.thumbnail`.

    Returns:
        Indices of the figures to drop.
    """
    again: set[int] = set()
    for k, figure in enumerate(figures):
        if k in again:
            continue
        same = [
            j
            for j, other in enumerate(figures)
            if pixels.near_identical(figure.phash, thumbs[k], other.phash, thumbs[j])
        ]
        if len({figures[j].page for j in same}) >= REPEATS:
            again.update(same)
    return again


def page_figures(
    page: Page, document: pymupdf.Document, repeats: Repeats, drops: Counter[str], dpi: int
) -> Iterator[tuple[Region, Image]]:
    """The charts of a page with their crops, after the test of the pixels.

    Args:
        page: facts of the page.
        document: the open PDF, for rendering.
        repeats: what several pages share.
        drops: counts dropped candidates by reason, in place.
        dpi: resolution of the crops.

    Yields:
        Regions and their RGB images, in reading order.
    """
    regions = find_regions(page, repeats, drops)
    if not regions:
        return
    display = document[page.number - 1].get_displaylist()
    pieces = [p for region in regions for p in judge.split_images(display, region, dpi)]
    images = pixels.render_all(display, [p.box for p in pieces], dpi)
    for piece, image in zip(pieces, images, strict=True):
        reason = judge.judge(image, piece) or ("background" if is_cover(piece, page) else "")
        if reason:
            drops[reason] += 1
        else:
            yield piece, image


def _figure(report: Report, page: Page, region: Region, image: Image) -> Figure:
    inner = [x.text for x in page.lines if inside(x.box, region.box, 0.8)]
    count = sum(f.page == page.number for f in report.figures) + 1
    return Figure(
        figure_id=f"{report.report_id}-p{page.number}-{count}",
        report_id=report.report_id,
        file=report.file,
        page=page.number,
        box=_round(region.box),
        kind="raster" if page.scanned else region.kind,  # type: ignore[arg-type]
        caption=text.clean(region.caption.text) if region.caption else "",
        inner_text=text.clean(" ".join(inner))[:2000],
        png=pixels.png_bytes(image),
        phash=pixels.perceptual_hash(image),
    )


def _add_text(report: Report, pages: list[Page], edges: dict[int, set[int]]) -> None:
    words = text.vocabulary(pages)
    for page in pages:
        figures = [f for f in report.figures if f.page == page.number]
        drawn = [f.box for f in figures if f.kind != "table"]
        blocks = text.page_blocks(page, drawn, edges.get(page.number, set()), words)
        for block in blocks:
            more = {"index": len(report.blocks), "box": _round(block.box), "ocr": page.scanned}
            report.blocks.append(block.model_copy(update=more))
        for figure in figures:
            _describe(figure, blocks, page)
    text.mark_boilerplate(report.blocks)


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
