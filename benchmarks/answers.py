"""Agreement of the answer comparator with math-verify, on the golds of any data set.

Every gold is compared with itself, and with golds of other rows of the same source, by
``finlmm_utils.finance.answers.match`` and by math-verify (LaTeX and plain expressions, its
defaults).
Usage: ``python benchmarks/answers.py SOURCE [SOURCE ..] [--others 20]``, a source as in
``load_rows``: a folder or a hub id. Prints one JSON line a source, with all disagreements.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

from finlmm_utils.finance.answers import match
from finlmm_utils.tar.data.sources import load_rows
from finlmm_utils.tar.responses import text_of


def math_verify_says(prediction: str, gold: str) -> bool | None:
    """math-verify's verdict; None where it can't read the gold."""
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

    configs = [LatexExtractionConfig(), ExprExtractionConfig()]
    texts = [text if text.startswith("$") else f"${text}$" for text in (gold, prediction)]
    read_gold, read = (parse(text, configs) for text in texts)
    return bool(verify(read_gold, read)) if read_gold else None


def pairs(answers: Sequence[str], others: int, seed: int = 0) -> Iterator[tuple[int, int]]:
    """(row, row whose gold is taken as the prediction): itself first, then others at random."""
    rng = random.Random(seed)
    for i in range(len(answers)):
        yield i, i
        drawn = rng.sample(range(len(answers)), min(others, len(answers)))
        yield from ((i, j) for j in drawn if j != i)


def agreement(rows: Any, others: int) -> dict[str, Any]:
    """Compares both on the golds of rows in the row contract.

    Args:
        rows: a ``Dataset``.
        others: golds of other rows that each gold is compared with.

    Returns:
        ``rows``; ``itself``: share of golds equal to themselves (must be 1); ``equal_here_only``:
        pairs (prediction, gold) that only ``match`` calls equal; ``equal_there_only``: those that
        only math-verify does; ``compared`` and ``agreement``, over pairs that math-verify reads.
    """
    answers, kinds, units = (list(rows[name][:]) for name in ("answer", "answer_kind", "unit"))
    questions = [text_of(prompt) for prompt in rows["prompt"][:]]
    itself, only_ours, only_theirs, compared, unread = 0, set(), set(), 0, set()
    for i, j in pairs(answers, others):
        ours = match(answers[j], answers[i], kinds[i], question=questions[i], unit=units[i])
        itself += i == j and ours is True
        if kinds[i] != "number" or kinds[j] != "number":
            continue
        theirs = math_verify_says(answers[j], answers[i])
        if theirs is None:
            unread.add(answers[i])
            continue
        compared += 1
        if bool(ours) != theirs:
            (only_ours if ours else only_theirs).add((answers[j], answers[i]))
    different = len(only_ours) + len(only_theirs)
    return {
        "rows": len(answers),
        "itself": itself / len(answers),
        "compared": compared,
        "agreement": 1 - different / compared if compared else None,
        "unread_by_math_verify": sorted(unread),
        "equal_here_only": sorted(only_ours),
        "equal_there_only": sorted(only_theirs),
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--others", type=int, default=20)
    options = parser.parse_args()
    for source in options.sources:
        rows, report = load_rows(source)
        found = agreement(rows, options.others)
        line = {"source": source, "gold_parse_rate": report.parse_rate, **found}
        print(json.dumps(line, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
