"""Measures the reading of charts: drawn by four engines, as vectors and bitmaps, and real ones.

    python benchmarks/chart_reading.py --seeds 10 --first 0 [--bitmaps]
    python benchmarks/chart_reading.py --data FOLDER

A value is right within 2 % of its axis' range under the right series and label, a reading wrong
where it is off by more than 5 % of it, or stands under a series or label that is not there. FOLDER
holds `figures_gold.json` and `alignment_gold.jsonl` with the PDFs that they name. The rules have
seen seeds below 10,000; those from there on are for numbers to report.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pymupdf
from chart_engines import ENGINES, matplotlib_png
from chart_specs import BITMAP_KINDS, KINDS, Chart, make_chart
from PIL import Image

from finlmm_utils.asp.alignment.figure_ocr import read_figure, read_values
from finlmm_utils.asp.alignment.shown.readable import BEST, Subjects, readable
from finlmm_utils.asp.charts.bitmap import read_bitmap
from finlmm_utils.asp.charts.drawn.cells import page_cells
from finlmm_utils.asp.charts.drawn.strokes import page_shapes
from finlmm_utils.asp.charts.read import NOT_DRAWN, Shown, read_chart, read_charts
from finlmm_utils.asp.page.ocr import read_labels, recognise
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.records import Figure

RIGHT, WRONG = 0.02, 0.05  # of the axis' range


def read_pdf(data: bytes) -> tuple[Shown, float]:
    """What a page shows, and the milliseconds that reading took."""
    page = pymupdf.open(stream=data, filetype="pdf")[0]
    page.get_displaylist()
    start = time.perf_counter()
    shown = read_chart(page_shapes(page), page_cells(page), tuple(page.rect))
    return shown, 1000 * (time.perf_counter() - start)


def plain(text: str) -> str:
    """A name or label without spaces."""
    return "".join(text.split())


def score(chart: Chart, shown: Shown, verbose: bool = False) -> dict[str, int]:
    """Values, right ones, readings, wrong ones."""
    names = {plain(n): n for n in chart.series} | {"": ""}
    labels = {plain(x): x for x in chart.labels} | {"": ""}
    counts = {"charts": 1, "values": 0, "right": 0, "read": 0, "wrong": 0}
    found: dict[tuple[str, str, str], float] = {}
    for r in shown.readings:
        name, label = names.get(plain(r.series)), labels.get(plain(r.label))
        truth = None if name is None or label is None else chart.truth(name, label, r.point)
        counts["read"] += 1
        series = name or (next(iter(chart.series)) if len(chart.series) == 1 else "")
        off = None if truth is None else abs(r.value - truth) / chart.range_of(series)
        if off is None or off > WRONG:
            counts["wrong"] += 1
            if verbose:
                print("  wrong", r.series, r.label, r.point, r.value, "should be", truth)
        elif off <= RIGHT:
            found[series, "" if r.point != "label" and r.point != "share" else label, r.point] = 1
    wanted = chart.gold()
    counts["values"] = len(wanted)
    counts["right"] = sum(key in found for key in wanted)
    if verbose and counts["right"] < counts["values"]:
        missing = [k for k in wanted if k not in found]
        print(f"  {chart.kind} {chart.seed}: missing {len(missing)} of {len(wanted)}",
              missing[:3], shown.unread)  # fmt: skip
    return counts


def drawn(engine: str, seeds: range, kinds: list[str], verbose: bool) -> dict[str, dict]:
    """Counts by kind for one engine's vector charts."""
    draw, without = ENGINES[engine]
    out = {}
    for kind in kinds:
        if kind in without:
            continue
        total: dict[str, float] = defaultdict(float)
        for seed in seeds:
            chart = make_chart(kind, seed)
            shown, took = read_pdf(draw(chart))
            for key, value in score(chart, shown, verbose).items():
                total[key] += value
            total["ms"] += took
        out[kind] = dict(total)
    return out


def bitmaps(seeds: range, kinds: list[str], verbose: bool) -> dict[str, dict]:
    """Counts by kind for matplotlib's pictures of 150 dots an inch."""
    out = {}
    for kind in kinds:
        total: dict[str, float] = defaultdict(float)
        for seed in seeds:
            chart = make_chart(kind, seed)
            if len(chart.series) > 4:
                continue
            data = np.asarray(Image.open(io.BytesIO(matplotlib_png(chart))).convert("RGB"))
            words = read_labels(data)
            start = time.perf_counter()
            shown = read_bitmap(data, words, recognise)
            total["ms"] += 1000 * (time.perf_counter() - start)
            for key, value in score(chart, shown, verbose).items():
                total[key] += value
        out[kind] = dict(total)
    return out


def real_charts(folder: Path) -> list[Figure]:
    """The labelled charts of real reports, by their labelled boxes and titles, read."""
    rows = json.loads((folder / "figures_gold.json").read_text("utf-8"))["figures"]
    figures = []
    for k, row in enumerate(rows):
        page = pymupdf.open(folder / row["file"])[row["page"] - 1]
        page.remove_rotation()
        box = (row["x0"], row["y0"], row["x1"], row["y1"])
        clip = pymupdf.Rect(box)
        figure = Figure(
            figure_id=str(k), report_id=row["file"], file=row["file"], page=row["page"], box=box,
            kind=row.get("mode") or _mode(page, box), title=row.get("title", ""), unread="",
            inner_text=" ".join(page.get_text("text", clip=clip).split())[:2000],
            png=page.get_pixmap(dpi=150, clip=clip).tobytes("png"),
        )  # fmt: skip
        if figure.kind == "vector":
            shown = read_charts(page, [box])[0]
            figure.shows, figure.unread = shown.readings, shown.unread
        else:
            figure.unread = NOT_DRAWN["raster"]
            figure.inner_text = f"{figure.inner_text} {read_figure(figure)}"[:2000]
            read_values(figure)
        figures.append(figure)
    return figures


def _mode(page: pymupdf.Page, box: tuple[float, ...]) -> str:
    """Whether a chart is a picture, of a manifest that does not say: an image fills its box."""
    held = [pymupdf.Rect(x["bbox"]) & box for x in page.get_image_info()]
    whole = pymupdf.Rect(box).get_area()
    return "raster" if any(x.get_area() > whole / 2 for x in held) else "vector"


def real(folder: Path, verbose: bool) -> dict:
    """How many of the labelled questions pass on the right chart, and on the report's others.

    By the marks alone; by marks and subject; and with the subject's words where the marks have
    nothing to say of an answer in words. Questions without an answer are passed over.
    """
    figures = real_charts(folder)
    lines = (folder / "alignment_gold.jsonl").read_text("utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if "answer" in row]
    counts: Counter[str] = Counter()
    for row in rows:
        own = [f for f in figures if f.file == row["file"]]
        shares = Subjects(own).shares(row["question"])
        names = ("question", "answer", "answer_kind", "task", "unit")
        pair = make_qa("gold", 1, "", "gold", **{name: row[name] for name in names})
        places = [row, *row.get("also", [])]
        for figure, share in zip(own, shares, strict=True):
            at = [(p["page"], round(p["x0"]), round(p["y0"])) for p in places]
            here = (figure.page, round(figure.box[0]), round(figure.box[1]))
            if here in at[1:]:
                continue
            side = "right" if here == at[0] else "wrong"
            by_marks, said = readable(pair, figure), readable(pair, figure, share)
            words = said is None and pair.answer_kind != "number" and share >= BEST
            counts[side] += 1
            counts[f"{side}: marks"] += by_marks is True
            counts[f"{side}: marks and subject"] += said is True
            counts[f"{side}: with words"] += said is True or words
            if verbose and side == "right":
                print(f"  {by_marks} {said} {words} {figure.unread!r} | {row['question']}")
    shown = {m: [f for f in figures if f.kind == m and f.shows] for m in ("vector", "raster")}
    result: dict = {f"{m} charts read": len(shown[m]) for m in shown}
    result |= {f"{m} readings": sum(len(f.shows) for f in shown[m]) for m in shown}
    for key, value in counts.items():
        whole = counts[key.partition(":")[0]]
        result[key] = value if ":" not in key else f"{value} ({value / whole:.3f})"
    return result


def summed(rows: dict[str, dict]) -> dict[str, float]:
    """All kinds together: shares of right values and of wrong readings, milliseconds a chart."""
    total: dict[str, float] = defaultdict(float)
    for row in rows.values():
        for key, value in row.items():
            total[key] += value
    return {
        "charts": int(total["charts"]),
        "values": int(total["values"]),
        "right": round(total["right"] / max(total["values"], 1), 4),
        "wrong": round(total["wrong"] / max(total["read"], 1), 4),
        "ms": round(total["ms"] / max(total["charts"], 1), 1),
    }


def main() -> None:
    """Runs what the command line asks for and prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="charts a kind and engine")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--engines", nargs="*", default=list(ENGINES))
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--bitmaps", action="store_true", help="read pictures, not vectors")
    parser.add_argument("--data", type=Path, help="read real charts: a folder of labelled reports")
    parser.add_argument("--verbose", action="store_true", help="print what was not read")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    result: dict = {}
    if options.data:
        print(json.dumps(real(options.data, options.verbose), indent=1))
        return
    if options.bitmaps:
        kinds = [k for k in options.kinds if k in BITMAP_KINDS]
        rows = bitmaps(seeds, kinds, options.verbose)
        result["bitmaps"] = {"all": summed(rows)} | {k: summed({k: v}) for k, v in rows.items()}
    else:
        for engine in options.engines:
            rows = drawn(engine, seeds, options.kinds, options.verbose)
            result[engine] = {"all": summed(rows)} | {k: summed({k: v}) for k, v in rows.items()}
    for name, rows in result.items():
        for kind, row in rows.items():
            print(f"{name:12} {kind:14}", json.dumps(row))


if __name__ == "__main__":
    main()
