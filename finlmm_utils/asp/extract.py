"""One report, from bytes to blocks and figures; pure, so that any engine can run it.

Bad files end in a status, not in an exception. What no Python code can stop (a hang in MuPDF, a
crash, a memory bomb) is stopped by the supervised process around it: `finlmm_utils.asp.supervise`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pymupdf
from PIL.Image import Image

from finlmm_utils.asp.charts.read import read_figures
from finlmm_utils.asp.figures.candidates import edge_marks
from finlmm_utils.asp.figures.crops import REPEATS, near_repeats, page_figures
from finlmm_utils.asp.figures.regions import Region
from finlmm_utils.asp.page import pixels
from finlmm_utils.asp.page.files import kept_name, row_of, trouble
from finlmm_utils.asp.page.headings import heading_styles
from finlmm_utils.asp.page.page import Page, read_page
from finlmm_utils.asp.page.scans import for_ocr, read_scans, see_scans
from finlmm_utils.asp.page.view import PageView, Repeats
from finlmm_utils.asp.records import Block, Box, Figure, Report
from finlmm_utils.asp.tables.detect import view_page
from finlmm_utils.asp.text.blocks import page_blocks
from finlmm_utils.asp.text.boilerplate import mark_boilerplate
from finlmm_utils.asp.text.furniture import find_furniture
from finlmm_utils.asp.text.words import clean, vocabulary

HEAD = 1024  # bytes at the start of a file in which readers look for %PDF-
MAX_PAGE_SIDE = 14_400  # points, the largest page that the PDF standard allows
LABEL = 0.8  # share of a line inside a crop that makes it a word of the figure (our choice)
TEXT_GAP, TEXTS = 90, 2  # points to the text near a figure, and pieces of it kept (our choice)
MAX_INNER, MAX_NEAR, MAX_REASON = 2000, 1500, 200  # characters kept of words, near text, errors
SHOWN = 24  # bytes of what is no PDF that its reason shows

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
        on_pages: called with the number of pages, then also with those that OCR will read.

    Returns:
        A `Report`; its `status` says what was wrong with a bad file, and nothing is raised for it.

    Examples:
        >>> extract_report(b"<html>", file="page.pdf").status
        'not_pdf'
    """
    if not isinstance(source, bytes):
        path = Path(source)
        if why := trouble(path):
            return row_of(path, "unreadable", why)
        source, file = path.read_bytes(), file or kept_name(path)
    digest = hashlib.sha256(source).hexdigest()
    report = Report(report_id=digest[:12], file=file, sha256=digest, status="ok", stage="open")
    try:
        with _open(source) as document:
            report.pages = document.page_count
            if on_pages:
                on_pages(report.pages, 0)
            _fill(report, document, dpi, on_pages)
        report.stage = ""
    except _Failure as failure:
        report.status, report.reason = failure.status, failure.reason  # type: ignore[assignment]
    except Exception as error:  # MuPDF raises many kinds, not all of them RuntimeError
        report.status = "exception"
        report.reason = f"{type(error).__name__}: {error}".splitlines()[0][:MAX_REASON]
    pymupdf.TOOLS.store_shrink(100)  # MuPDF keeps what it decoded, up to 256 MB a process
    return report


def _open(data: bytes) -> pymupdf.Document:
    if not data:
        raise _Failure("not_pdf", "the file is empty; download it again")
    if b"%PDF-" not in data[:HEAD]:
        start = data[:SHOWN].decode("latin-1").strip()
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
    empty_scans = _read_scans(report, document, pages, drops, on_pages)
    if not any(page.lines for page in pages):
        raise _Failure("no_text", _without_text(report, empty_scans, drops["huge page"]))
    report.stage = "figures"
    views = _view_pages(pages)
    bare = _add_figures(report, document, views, drops, dpi)
    report.stage = "text"
    _add_text(report, views, bare)
    report.drops = {reason: count for reason, count in sorted(drops.items()) if count}


def _read_scans(
    report: Report,
    document: pymupdf.Document,
    pages: list[Page],
    drops: Counter[str],
    on_pages: Callable[[int, int], None] | None,
) -> int:
    """Reads the scanned pages of a report by OCR, and counts in its record what came of it.

    Args:
        report: its `ocr_pages` and `reason` are set, in place.
        document: the open PDF.
        pages: facts of its pages, those of scans filled in place.
        drops: counts the scans that are not read, in place.
        on_pages: see `extract_report`.

    Returns:
        Number of scans in which no fault was met; where no page has words, they hold none.
    """
    see_scans([page for page in pages if page.hidden], document)
    lost, scans, read = for_ocr(pages)
    if read:
        report.stage = "ocr"
        if on_pages:
            on_pages(report.pages, len(read))
    report.ocr_pages, failed = read_scans(read, document)
    drops["scan not read"] = len(lost) + len(scans) - len(read) + len(failed)
    layer = f"{len(lost)} pages with a text layer that can't be read; OCR instead" * bool(lost)
    broken = f"OCR failed on {len(failed)} of {len(read)} scans ({failed[0]})" if failed else ""
    report.reason = "; ".join(filter(None, (report.reason, layer, broken)))
    return len(scans) - len(failed)


def _without_text(report: Report, empty_scans: int, huge: int) -> str:
    """Why a report has no text."""
    notes = [f"{report.pages} pages without a text layer", *filter(None, [report.reason])]
    if empty_scans:
        notes.append(f"{empty_scans} of them scans in which OCR found no words")
    if huge:
        notes.append(f"{huge} of them larger than {MAX_PAGE_SIDE} points")
    return ", ".join(notes)


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


def _view_pages(pages: list[Page]) -> list[PageView]:
    """Looks at all pages of a report: each one's tables, and what repeats from page to page."""
    views = [view_page(page) for page in pages]
    repeats = find_repeats(views)
    for view in views:
        view.repeats = repeats
    return views


def find_repeats(views: Sequence[PageView]) -> Repeats:
    """What stands on 3 or more pages: logos, ornaments, headers; styles of headings."""
    images: Counter[tuple[int, ...]] = Counter()
    marks: Counter[int] = Counter()
    lines: dict[int, set[int]] = {}
    for number, index in find_furniture(views):
        lines.setdefault(number, set()).add(index)
    for view in views:
        images.update({p.signature for p in view.pictures if p.signature})
        marks.update(edge_marks(view))
    return Repeats(
        images={key for key, count in images.items() if count >= REPEATS},
        marks={key for key, count in marks.items() if count >= REPEATS},
        lines=lines,
        headings=heading_styles(views),
    )


def _add_figures(
    report: Report,
    document: pymupdf.Document,
    views: list[PageView],
    drops: Counter[str],
    dpi: int,
) -> dict[str, Box]:
    """Adds the figures; returns by id their boxes without captions, which stay in the text."""
    thumbs, bare = [], {}
    for view in views:
        for region, image in page_figures(view, document, drops, dpi):
            figure = _figure(report, view, region, image)
            report.figures.append(figure)
            bare[figure.figure_id] = region.bare
            thumbs.append(pixels.thumbnail(image))
    if again := near_repeats(report.figures, thumbs):
        drops["near-identical"] = len(again)
        report.figures = [f for k, f in enumerate(report.figures) if k not in again]
    read_figures(report.figures, document)
    return bare


def _figure(report: Report, view: PageView, region: Region, image: Image) -> Figure:
    inner = " ".join(x.text for x in view.lines_in(region.bare, LABEL))
    count = sum(f.page == view.number for f in report.figures) + 1
    return Figure(
        figure_id=f"{report.report_id}-p{view.number}-{count}",
        report_id=report.report_id,
        file=report.file,
        page=view.number,
        box=_round(region.box),
        kind="raster" if view.page.scanned else region.kind,  # type: ignore[arg-type]
        title=clean(" ".join(x.text for x in region.title)),
        title_drawn=region.drawn,
        caption=clean(region.caption.text) if region.caption else "",
        inner_text=clean(inner)[:MAX_INNER],
        png=pixels.png_bytes(image),
        phash=pixels.perceptual_hash(image),
    )


def _add_text(report: Report, views: list[PageView], bare: dict[str, Box]) -> None:
    words = vocabulary(views)
    for view in views:
        figures = [f for f in report.figures if f.page == view.number]
        drawn = [bare[f.figure_id] for f in figures if f.kind != "table"]
        blocks = page_blocks(view, drawn, words)
        for block in blocks:
            scanned = view.page.scanned
            more = {"index": len(report.blocks), "box": _round(block.box), "ocr": scanned}
            report.blocks.append(block.model_copy(update=more))
        for figure in figures:
            _describe(figure, bare[figure.figure_id], blocks, view.scale)
    mark_boilerplate(report.blocks)


def _describe(figure: Figure, bare: Box, blocks: list[Block], scale: float) -> None:
    """Attaches the nearest heading above and the text next to a figure, without its caption."""
    above = [b for b in blocks if b.kind == "heading" and b.box[1] <= bare[1]]
    heading = max(above, key=lambda b: b.box[3], default=None)
    near = [b for b in blocks if b.kind in ("text", "caption") and b.text != figure.caption]
    near.sort(key=lambda b: (_gap(b.box, bare), b.index))
    pieces = [heading.text] if heading else []
    pieces += [b.text for b in near[:TEXTS] if _gap(b.box, bare) < TEXT_GAP * scale]
    figure.near_text = "\n".join(dict.fromkeys(pieces))[:MAX_NEAR]


def _gap(a: Box, b: Box) -> float:
    return max(a[0] - b[2], b[0] - a[2], 0.0) + max(a[1] - b[3], b[1] - a[3], 0.0)


def _round(box: Box) -> Box:
    return tuple(round(v, 1) for v in box)  # type: ignore[return-value]
