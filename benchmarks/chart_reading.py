"""Measures the reading of charts: drawn by four engines, as vectors and bitmaps, and real ones.

    python benchmarks/chart_reading.py --seeds 10 --first 0 [--bitmaps] [--data FOLDER]

A value is right within 2 % of its axis' range under the right series and label, a reading wrong
where it is off by more than 5 % of it, or stands under a series or label that is not there.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections import defaultdict

import numpy as np
import pymupdf
from chart_engines import ENGINES, matplotlib_png
from chart_specs import BITMAP_KINDS, KINDS, Chart, make_chart
from PIL import Image

from finlmm_utils.asp.charts.bitmap import read_bitmap
from finlmm_utils.asp.charts.drawn.cells import page_cells
from finlmm_utils.asp.charts.drawn.strokes import page_shapes
from finlmm_utils.asp.charts.read import Shown, read_chart

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
    from finlmm_utils.asp.page.ocr import read_labels

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
            shown = read_bitmap(data, words)
            total["ms"] += 1000 * (time.perf_counter() - start)
            for key, value in score(chart, shown, verbose).items():
                total[key] += value
        out[kind] = dict(total)
    return out


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
    parser.add_argument("--verbose", action="store_true", help="print what was not read")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    result: dict = {}
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
