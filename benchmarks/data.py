"""Measures what loading and checking a data set costs, and extrapolates to 154,000 rows.

    python benchmarks/data.py [--source FOLDER_OR_HUB_ID] [--rows 600]

Without a source, rows of three charts of 1,000 x 700 pixels are made: one of them a PNG, two JPEGs.
Loading finds and checks every picture, the length check reads texts and headers, the fingerprints
are what contamination is looked for with. Seconds of one core, so that other processes do not
count, after one small round that loads the libraries; and minutes for the paper's 154,000 rows
(89,378 of FinData and 65,000 of VerMulti) at the same rate.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from finlmm_utils.evaluation.benchmarks.contamination import Training
from finlmm_utils.processor import load_processor
from finlmm_utils.tar.data.checks import check_lengths
from finlmm_utils.tar.data.report import source_of
from finlmm_utils.tar.data.sources import load_rows

PAPER_ROWS = 154_000
WARM_UP = 4  # rows


def make_set(folder: Path, rows: int) -> None:
    """Writes rows of three charts each, with the pictures as files."""
    rng = random.Random(0)
    records = []
    for number in range(rows):
        names = [f"{number}-{k}.{'png' if k == 0 else 'jpg'}" for k in range(3)]
        for name in names:
            image = Image.new("RGB", (1000, 700), "white")
            draw = ImageDraw.Draw(image)
            for bar in range(12):
                left = 40 + 78 * bar
                draw.rectangle((left, rng.randint(60, 600), left + 50, 660), fill=(60, 90, 160))
            image.save(folder / name)
        question = f"What is the change of revenue from {rng.randint(1990, 2010)} to 2020, in $m?"
        records.append({"id": str(number), "question": question, "images": names,
                        "answer": rng.randint(1, 999), "target_image": 1})  # fmt: skip
    (folder / "rows.json").write_text(json.dumps(records), encoding="utf-8")


def measure(source: str, count: int) -> dict[str, Any]:
    """Seconds of each part for the source's rows, and minutes for the paper's number of them."""
    processor = load_processor("finlmm-tiny")
    processor.frame = None  # as a policy of the hub: an image keeps its own size
    seconds: dict[str, float] = {}

    def timed(name: str, work: Any) -> Any:
        began = time.process_time()
        result = work()
        seconds[name] = time.process_time() - began
        return result

    rows, report = timed("loading", lambda: load_rows(source, count))
    lengths = timed("lengths", lambda: check_lengths(rows, processor, 10**6, source_of([report])))
    training = timed("questions", lambda: Training(rows))
    timed("pictures", lambda: training.pictures)
    return {
        "rows": len(rows),
        "refused": report.lines(),
        "longest": lengths["longest"],
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "minutes_for_154000": {
            name: round(value / len(rows) * PAPER_ROWS / 60, 1) for name, value in seconds.items()
        },
    }


def main() -> None:
    """Measures a set that is given, or made rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", default="", help="a folder or a hub id")
    parser.add_argument("--rows", type=int, default=600)
    args = parser.parse_args()
    if args.source:
        measure(args.source, WARM_UP)
        print(json.dumps(measure(args.source, args.rows), indent=1))
        return
    with tempfile.TemporaryDirectory() as folder:
        make_set(Path(folder), args.rows)
        measure(folder, WARM_UP)
        print(json.dumps(measure(folder, args.rows), indent=1))


if __name__ == "__main__":
    main()
