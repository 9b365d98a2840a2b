"""Pictures of the pages that evidence stands on, for the person who checks."""

from __future__ import annotations

import hashlib
import multiprocessing
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from finlmm_utils.asp.page.files import find_pdfs, real_name, trouble
from finlmm_utils.asp.records import Report
from finlmm_utils.asp.supervise import limit_memory

SECONDS = 30.0
"""Time for one page; a page that takes longer is a bomb."""
GIGABYTES = 2.0
"""Address space for one page."""
LONGEST_SIDE = 1100
"""Pixels of the longer side: readable beside the figure."""
MOST_PIECES = 20
"""Cells of the evidence that are looked for."""
PIECE_LETTERS = (4, 80)
"""Characters of a piece that is looked for: less stands everywhere, more breaks over lines."""
MOST_PLACES = 3
"""Places of one piece that are marked."""


class PageImages:
    """Renders pages on demand, each in a process of its own: a page may be a bomb.

    Args:
        reports: whose pages are wanted.
        folders: where their PDFs lie; folders that are not there are passed over.
    """

    def __init__(self, reports: Iterable[Report], folders: Sequence[Path]) -> None:
        self._reports = {report.report_id: report for report in reports}
        self._paths: dict[str, list[Path]] = defaultdict(list)
        for folder in folders:
            for path in find_pdfs(folder) if folder.is_dir() else []:
                self._paths[path.name].append(path)

    def __call__(self, report_id: str, page: int, evidence: str = "") -> bytes:
        """Renders one page with the evidence marked.

        Args:
            report_id: of the report; its file is found by name and SHA-256.
            page: number, from 1.
            evidence: what to mark.

        Returns:
            PNG bytes, at most 1,100 pixels high or wide; b"" where the file is gone or the page
            can't be rendered in 30 s and 2 GB.
        """
        report = self._reports[report_id]
        for path in self._paths[real_name(report.file)]:
            if trouble(path):
                continue
            if hashlib.sha256(path.read_bytes()).hexdigest()[:12] == report_id:
                return _in_own_process(path, page, evidence)
        return b""


def _in_own_process(path: Path, page: int, evidence: str) -> bytes:
    context = multiprocessing.get_context("spawn")
    with ProcessPool(
        max_workers=1, context=context, initializer=limit_memory, initargs=(GIGABYTES,)
    ) as pool:
        try:
            return pool.schedule(render, args=(path, page, evidence), timeout=SECONDS).result()
        except (TimeoutError, ProcessExpired, MemoryError, RuntimeError, ValueError, IndexError):
            return b""


def render(path: Path, page: int, evidence: str) -> bytes:
    """Renders one page as PNG; evidence that can be found on it is marked.

    Args:
        path: of the PDF, which is not changed.
        page: number, from 1.
        evidence: words of the page; of a table, its cells.

    Raises:
        IndexError: there is no such page.
    """
    import pymupdf

    # By its bytes: MuPDF finds no name that is no UTF-8.
    with pymupdf.open(stream=path.read_bytes(), filetype="pdf") as document:
        shown = document[page - 1]
        least, most = PIECE_LETTERS
        for piece in re.split(r"[\t\n]", evidence)[:MOST_PIECES]:
            found = shown.search_for(piece[:most], quads=True) if len(piece) >= least else []
            for quad in found[:MOST_PLACES]:
                shown.add_highlight_annot(quad)
        scale = LONGEST_SIDE / max(shown.rect.width, shown.rect.height, 1)
        return shown.get_pixmap(matrix=pymupdf.Matrix(scale, scale)).tobytes("png")
