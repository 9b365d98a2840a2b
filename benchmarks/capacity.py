"""Measures what ASP takes for one page, for docs/capacity.md.

    python benchmarks/capacity.py --reports FOLDER     # of PDFs; "" for made reports of level hard

CPU time of one core over whole reports: extraction (with the start of its process), OCR of the
words that are pixels, questions by rules, alignment with its filters. Beside it letters, tokens and
bytes on disk. The rates go to papermill_runs/gallery/capacity.json, no text of a report with them,
and the page is written anew.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import re
import resource
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from finlmm_utils.asp.alignment.figure_text import needs_reading
from finlmm_utils.asp.alignment.filters import WRITTEN_FOR_ONE, filter_pairs
from finlmm_utils.asp.alignment.first_tie import drawn, worth_asking
from finlmm_utils.asp.alignment.offline import OfflineAligner
from finlmm_utils.asp.alignment.similarity import embed
from finlmm_utils.asp.page import ocr
from finlmm_utils.asp.page.files import find_pdfs
from finlmm_utils.asp.questions.offline import OfflineGenerator
from finlmm_utils.asp.store import read_reports
from finlmm_utils.asp.supervise import extract_folder
from finlmm_utils.checkout import repository_root
from finlmm_utils.output import write_text
from finlmm_utils.study.capacity import RATES
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.study.report.views.results import write_results
from finlmm_utils.study.runner.measured import machine
from finlmm_utils.synthetic.hard.report import write_hard_reports

LIMIT = int(load_profile("cpu")["questions_per_report"])
"""Questions that a report keeps, as notebook 02 does by default."""
SHOWN = 6
"""Figures that an aligner with eyes is shown with a question."""
PIXELS = 28 * 28
"""Of an image for one token of Qwen2.5-VL."""
PICTURES = 12
"""Figures that OCR is timed on, drawn at random; all that need it are counted."""


def clocked(work: Callable[..., Any], *given: Any) -> tuple[Any, float]:
    """A result and the CPU seconds that it took."""
    start = time.process_time()
    found = work(*given)
    return found, time.process_time() - start


def measure(paths: list[Path]) -> dict[str, Any]:
    """Counts and rates over reports."""
    with tempfile.TemporaryDirectory() as name:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        extract_folder(paths, name, 1, timeout=600.0)  # also on a busy machine
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        extraction = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        reports = read_reports(Path(name))
        disk = sum(file.stat().st_size for file in Path(name).iterdir() if file.is_file())
    embed(["it is loaded before the clock runs"])
    writer, aligner = OfflineGenerator(1, worth_asking, drawn), OfflineAligner()
    written, kept, questions, alignment, looks = [], 0, 0.0, 0.0, 0
    for report in reports:
        pairs, seconds = clocked(writer.questions, report, WRITTEN_FOR_ONE * LIMIT)
        questions += seconds
        triplets, seconds = clocked(filter_pairs, report, pairs, aligner)
        alignment += seconds
        kept += sum(t.kept for t in triplets)
        asked = pairs[:LIMIT]
        written += asked
        looks += len(asked) * min(SHOWN, len(report.figures))
    figures = [figure for report in reports for figure in report.figures]
    pictures = [figure for figure in figures if needs_reading(figure)]
    timed = random.Random(1).sample(pictures, min(PICTURES, len(pictures)))
    for figure in timed[:1]:
        ocr.read_picture(figure.png)  # loads the weights, which is not counted
    each = sum(clocked(ocr.read_picture, figure.png)[1] for figure in timed) / max(len(timed), 1)
    sizes = [Image.open(BytesIO(figure.png)).size for figure in figures]
    tokens = sum(width * height for width, height in sizes) / PIXELS / max(len(figures), 1)
    pages = sum(report.pages for report in reports)
    letters = sum(len(b.text) for r in reports for b in r.blocks if b.kind != "furniture")
    totals = {
        "extraction_core_s": extraction, "ocr_core_s": each * len(pictures),
        "questions_core_s": questions, "alignment_core_s": alignment, "disk_kb": disk / 1024,
        "letters_read": letters, "tokens_seen": looks * tokens,
        "letters_written": sum(len(p.question + p.answer + p.evidence) for p in written),
    }  # fmt: skip
    return {
        "reports": len(reports),
        "pages": pages,
        "figures": len(figures),
        "kept": kept,
        "rates": {name: float(f"{total / pages:.4g}") for name, total in totals.items()},
    }


def processor() -> str:
    """The name of this machine's processor."""
    info = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*:\s*(.+)", info.read_text()) if info.is_file() else []
    return names[0] if names else platform.processor() or platform.machine()


def main() -> None:
    """Measures, writes the rates and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", default="", help="folder of PDFs; empty: made reports")
    parser.add_argument("--most", type=int, default=0, help="reports at most, drawn; 0: all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if options.reports:
            paths = find_pdfs(options.reports)
        else:
            paths = write_hard_reports(Path(name), 8, 1)
        if 0 < options.most < len(paths):
            paths = sorted(random.Random(1).sample(paths, options.most))
        found = measure(paths)
    data = "real reports, not shipped" if options.reports else "made reports of level hard"
    told = {"machine": machine() | {"processor": processor()}, "data": data, **found}
    path = repository_root() / RATES
    write_text(path, json.dumps(told, indent=1) + "\n")
    print("\n".join(map(str, [path, *write_results()])))


if __name__ == "__main__":
    main()
