"""What a policy can do on held-out made reports: chart reading, questions, pass@k, and blind.

    python benchmarks/tiny_policy.py --questions 1000 --samples 8

The reports are drawn from a seed of their own, read by the extractor as in notebook 01, and asked
the gold questions over one to five of their figures. `--policy FOLDER` measures a trained policy.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from finlmm_utils.asp.extract import extract_report
from finlmm_utils.asp.gold.alignment import read_gold, right_figures
from finlmm_utils.evaluation.evaluate import summarize
from finlmm_utils.finance.terms import Series
from finlmm_utils.rows import make_row
from finlmm_utils.synthetic.charts import ChartSpec
from finlmm_utils.synthetic.reports import write_reports
from finlmm_utils.synthetic.word_problems import made_text_rows
from finlmm_utils.tar.models import load_policy, prepare_torch
from finlmm_utils.tar.rollouts.answering import generate, grey_images
from finlmm_utils.tiny.demonstrations import reading_rows
from finlmm_utils.tiny.texts import score_reading

IMAGES = {1: 1, 2: 3, 3: 4, 4: 1, 5: 1}
"""How often a question comes with so many images."""


def charts(reports: int, seed: int) -> list[dict[str, Any]]:
    """Gold rows whose chart the extractor found, with its crop and the ids of figure and report."""
    with tempfile.TemporaryDirectory() as folder:
        read = [extract_report(path) for path in write_reports(folder, reports, seed)]
        gold = read_gold(Path(folder) / "gold.jsonl")
    right = right_figures(read, gold)
    figures = {figure.figure_id: figure for report in read for figure in report.figures}
    ids = {report.file: report.report_id for report in read}
    found = []
    for row in gold:
        figure = figures.get(right.get((ids[row["file"]], row["term"]), ""))
        if figure is not None:
            image = Image.open(io.BytesIO(figure.png)).convert("RGB")
            own = {"image": image, "figure_id": figure.figure_id, "report_id": ids[row["file"]]}
            found.append(row | own)
    return found


def questions(found: list[dict[str, Any]], count: int, rng: random.Random) -> list[dict[str, Any]]:
    """Rows of gold questions over several images, the right one at any place."""
    rows = []
    for n, row in enumerate(rng.sample(found, min(count, len(found)))):
        images = rng.choices(list(IMAGES), weights=list(IMAGES.values()))[0]
        terms = set(row["terms"])
        shown: list[Image.Image] = []
        while len(shown) < images - 1:
            other = rng.choice(found)
            if not terms & set(other["terms"]):
                terms |= set(other["terms"])
                shown.append(other["image"])
        target = rng.randrange(images)
        shown.insert(target, row["image"])
        rows.append(
            make_row(
                f"{row['report_id']}-q{n:010d}", row["question"], row["answer"],
                row["answer_kind"], row["task"], unit=row["unit"], split="test", images=shown,
                target_image=target + 1,
            )
        )  # fmt: skip
    return rows


def reading(model: Any, processor: Any, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Shares of titles and of values that chart-to-text gives rightly, one chart a prompt."""
    by_figure: dict[str, dict[str, dict[str, Any]]] = {}
    for row in found:
        by_figure.setdefault(row["figure_id"], {})[row["term"]] = row
    prompts = reading_rows([next(iter(rows.values()))["image"] for rows in by_figure.values()])
    said = generate(model, processor, prompts, 64, progress=heartbeat)
    titles, values = [], []
    for rows, text in zip(by_figure.values(), said["completion"], strict=True):
        spec = _spec(rows)
        title, right = score_reading(spec, text)
        titles.append(title)
        values += [(spec.kind, value) for value in right]
    table = pd.DataFrame(values, columns=["chart", "right"])
    return {
        "charts": len(by_figure),
        "titles": sum(titles) / len(titles),
        "values": float(table["right"].mean()),
        "values by kind of chart": table.groupby("chart")["right"].mean().to_dict(),
    }


def _spec(rows: dict[str, dict[str, Any]]) -> ChartSpec:
    """What a figure shows, from a gold row of each of its terms."""
    first = next(iter(rows.values()))
    shown = [
        Series(term, first["series_unit"], tuple(rows[term]["labels"]), tuple(rows[term]["values"]))
        for term in first["terms"]
    ]
    return ChartSpec(first["chart"], *shown)


def heartbeat(batches: list[Any]) -> Iterable[Any]:
    """Says how far a loop is, on one line."""
    for n, batch in enumerate(batches):
        print(f"\r{n + 1} of {len(batches)} batches", end="", file=sys.stderr, flush=True)
        yield batch
    print(file=sys.stderr)


def main() -> None:
    """Prints all numbers as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--policy", default="finlmm-tiny")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--text", type=int, default=300, help="text problems")
    parser.add_argument("--reports", type=int, default=60)
    parser.add_argument(
        "--samples", type=int, default=8, help="completions a question; 0: greedy only"
    )
    parser.add_argument("--seed", type=int, default=9001)
    parser.add_argument("--tokens", type=int, default=112, help="longest completion")
    chosen = parser.parse_args()
    prepare_torch(chosen.seed)
    model, processor = load_policy(chosen.policy)
    found = charts(chosen.reports, chosen.seed)
    rows = questions(found, chosen.questions, random.Random(chosen.seed))
    text = list(made_text_rows(chosen.text, seed=chosen.seed, split="test"))
    result: dict[str, Any] = {"policy": chosen.policy, "seed": chosen.seed}
    result["reading"] = reading(model, processor, found)

    def asked(rows: list[dict[str, Any]], samples: int) -> dict[str, Any]:
        said = generate(
            model, processor, rows, chosen.tokens, samples, seed=chosen.seed, batch_size=64,
            progress=heartbeat,
        )  # fmt: skip
        return summarize(said)

    result["image, greedy"] = asked(rows, 0)
    result["image, greedy, blind"] = asked([grey_images(row) for row in rows], 0)
    result["text, greedy"] = asked(text, 0)
    if chosen.samples:
        result["image, sampled"] = asked(rows, chosen.samples)
        result["text, sampled"] = asked(text, chosen.samples)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
