"""Measures the choice of distractors from a pool as large as the paper's: seconds and memory.

    python benchmarks/distractors.py --figures 100000 --questions 1000

Random unit vectors stand for the embeddings. First the k least similar of every question, block by
block (`flat`), for the questions and for four times as many: the memory should not grow. Then the
rows of the rule to the letter and of the default. Last the plain way, one matrix that is sorted
whole (`whole`), which must choose the same.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from finlmm_utils.asp.alignment.similarity import Matrix, least_similar, similarity_rows
from finlmm_utils.asp.distractors import Chooser, Rule
from finlmm_utils.asp.records import Figure

WIDTH = 384  # of MiniLM's vectors


def vectors(n: int, seed: int) -> Matrix:
    """Random unit vectors, shape (n, WIDTH)."""
    found = np.random.default_rng(seed).standard_normal((n, WIDTH), dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def pool(n: int) -> list[Figure]:
    """Figures without pictures, four a report, each with a hash and a title word of its own."""
    letters = str.maketrans("0123456789", "abcdefghij")
    hashes = np.random.default_rng(3).integers(0, 2**63, n)
    return [
        Figure(
            figure_id=f"f{k}", report_id=f"r{k // 4}", file="", page=1, box=(0, 0, 1, 1),
            kind="raster", caption=f"term{k}".translate(letters), png=b"%d" % k,
            phash=f"{int(hashes[k]):016x}",
        )
        for k in range(n)
    ]  # fmt: skip


def peak_mb() -> float:
    """Largest resident memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def flat(questions: Matrix, figures: Matrix, k: int) -> np.ndarray:
    """The k least similar figures of each question, shape (questions, k), block by block."""
    return np.stack([least_similar(row, k) for row in similarity_rows(questions, figures)])


def whole(questions: Matrix, figures: Matrix, k: int) -> np.ndarray:
    """The same by one matrix that is sorted."""
    return np.argsort(questions @ figures.T, axis=1, kind="stable")[:, :k]


def rows(figures: list[Figure], rule: Rule, asked: Matrix, shown: Matrix) -> int:
    """Number of rows that one rule builds; question n is about figure n."""
    chooser = Chooser(figures, rule, 2, 4, rows=len(asked))
    found: Iterator[tuple[int, Matrix]] = enumerate(similarity_rows(asked, shown))
    return sum(chooser.choose(n, row) is not None for n, row in found)


def timed(work: Callable[..., Any], *arguments: Any) -> tuple[Any, dict[str, float]]:
    """The result, the seconds, and what the peak of the memory grew by, MB."""
    before, began = peak_mb(), time.perf_counter()
    result = work(*arguments)
    seconds = round(time.perf_counter() - began, 4)
    return result, {"seconds": seconds, "peak_grew_mb": round(peak_mb() - before)}


def main() -> None:
    """Runs what the command line asks for and prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--figures", type=int, default=100_000, help="figures in the pool")
    parser.add_argument("--questions", type=int, default=1000, help="questions over them")
    parser.add_argument("--k", type=int, default=16, help="least similar figures of a question")
    options = parser.parse_args()
    figures, shown = pool(options.figures), vectors(options.figures, 1)
    many = vectors(4 * options.questions, 2)
    # A question lies near its own figure, else no candidate would be less similar than it.
    many[: len(shown)] += shown[: len(many)]
    asked = many[: options.questions]
    result: dict[str, Any] = {"figures": len(figures), "questions": len(asked), "k": options.k}
    chosen, result["flat"] = timed(flat, asked, shown, options.k)
    _, result["flat, four times the questions"] = timed(flat, many, shown, options.k)
    for rule in ("lowest", "lowest_quartile"):
        count, result[f"rows, {rule}"] = timed(rows, figures, rule, asked, shown)
        result[f"rows, {rule}"]["rows"] = count
    plain, result["whole"] = timed(whole, asked, shown, options.k)
    result["whole / flat"] = round(result["whole"]["seconds"] / result["flat"]["seconds"], 1)
    result["same choices"] = float((plain == chosen).all(axis=1).mean())
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
