"""Measures our reader of tables beside PyMuPDF's `find_tables`, on pages of real reports.

    python benchmarks/tables.py --reports FOLDER [FOLDER ...] --pages 60

The truth is a rule over the words of a page, which neither reader uses. Words whose feet stand
within 2 points are a line. A line that begins with words and ends in 2 to 8 numbers, with nothing
but numbers and signs between them, each further from the next than half a letter is high, is a row;
5 such rows make a page one of tables, unless most of its words stand in lines without a number at
their end. Of these pages a seeded sample is taken, at most 8 a report. A number is right where a
reader gives a row that begins with the row's first word and holds exactly this line's numbers in
their order, each in a cell of its own; `without_names` asks for the numbers alone.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pymupdf

from finlmm_utils.asp.page.page import read_page
from finlmm_utils.asp.tables.detect import view_page
from finlmm_utils.asp.tables.rows import table_text
from finlmm_utils.asp.text.words import clean

FEET = 2.0  # points between the feet of words of one line
ROWS, A_REPORT = 5, 8  # rows of a page of tables; such pages of one report, at most
FEWEST, MOST = 2, 8  # numbers of a row
IN_ROWS = 0.5  # share of a page's words that stand in lines with a number at their end
_NUMBER = re.compile(r"^[(\-–−+]?[$€£¥]?[(\-–−]?\d[\d,.]*\)?%?\)?$")
_SIGN = re.compile(r"^[$€£¥()%–—\-.]+$")
_WORD = re.compile(r"[^\W\d_]{2}")
_DIGITS = re.compile(r"\D")

Row = tuple[str, list[str]]  # first word, digits of the numbers


def truth(page: pymupdf.Page) -> list[Row]:
    """The rows of a page by the rule over its words; none where it is no page of tables."""
    lines: list[list[tuple]] = []
    words = sorted(page.get_text("words"), key=lambda w: (w[3], w[0]))
    for word in words:
        if lines and abs(lines[-1][0][3] - word[3]) < FEET:
            lines[-1].append(word)
        else:
            lines.append([word])
    rows, held = [], 0
    for line in lines:
        line.sort(key=lambda w: w[0])
        held += len(line) if _NUMBER.match(line[-1][4]) else 0
        if row := _row(line):
            rows.append(row)
    return rows if len(rows) >= ROWS and held > IN_ROWS * len(words) else []


def _row(line: list[tuple]) -> Row | None:
    first = next((k for k, w in enumerate(line) if _NUMBER.match(w[4])), len(line))
    tail = [w for w in line[first:] if not _SIGN.match(w[4])]
    if not first or not _WORD.search(line[0][4]) or not FEWEST <= len(tail) <= MOST:
        return None
    high = line[first][3] - line[first][1]
    apart = all(b[0] - a[2] > high / 2 for a, b in pairwise(tail))
    if not apart or not all(_NUMBER.match(w[4]) for w in tail):
        return None
    return line[0][4], [_DIGITS.sub("", w[4]) for w in tail]


def ours(page: pymupdf.Page) -> list[list[str]]:
    """The rows of all tables of a page by our reader, cells of a row side by side."""
    view = view_page(read_page(page)[0])
    texts = [table_text(cells, clean) for cells in view.cells if cells]
    return [row.split("\t") for text in texts for row in text.splitlines()]


def pymupdfs(page: pymupdf.Page) -> list[list[str]]:
    """The same by `find_tables`, which looks for lines; by text where it finds none."""
    tables = page.find_tables().tables or page.find_tables(strategy="text").tables
    return [[cell or "" for cell in row] for table in tables for row in table.extract()]


def right_numbers(wanted: list[Row], rows: list[list[str]], named: bool = True) -> int:
    """How many numbers of the wanted rows a reader gives in rows of their own.

    Args:
        wanted: the rows by the rule.
        rows: cells of each row that a reader gives.
        named: whether a row has to begin with the wanted row's first word.
    """
    given: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        cells = [c for c in (" ".join(c.split()) for c in row) if c]
        values = [c.replace(" ", "") for c in cells]
        values = [v for v in values if not _SIGN.match(v)]
        if not values:
            continue
        name = "" if not named or _NUMBER.match(values[0]) else cells[0].split()[0]
        values = values if _NUMBER.match(values[0]) else values[1:]
        if all(_NUMBER.match(v) for v in values):
            given[(name, *(_DIGITS.sub("", v) for v in values))] += 1
    right = 0
    for first, numbers in wanted:
        key = (first if named else "", *numbers)
        if given[key] > 0:
            given[key] -= 1
            right += len(numbers)
    return right


def sample(folders: list[Path], count: int, seed: int) -> list[tuple[Path, int]]:
    """A seeded sample of pages of tables: files in random order, at most some pages of each."""
    rng, chosen = random.Random(seed), list[tuple[Path, int]]()
    paths = sorted(path for folder in folders for path in folder.glob("*.pdf"))
    rng.shuffle(paths)
    for path in paths:
        with pymupdf.open(path) as document:
            numbers = list(range(document.page_count))
            rng.shuffle(numbers)
            found = (k for k in numbers if truth(document[k]))
            chosen += [(path, k) for k, _ in zip(found, range(A_REPORT), strict=False)]
        if len(chosen) >= count:
            break
    return chosen[:count]


def main() -> None:
    """Runs what the command line asks for and prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--reports", type=Path, nargs="+", required=True, help="folders of PDFs")
    parser.add_argument("--pages", type=int, default=60, help="pages of tables")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    options = parser.parse_args()
    pages = sample(options.reports, options.pages, options.seed)
    readers = {"ours": ours, "pymupdf": pymupdfs}
    right, alone, seconds, wanted = Counter[str](), Counter[str](), Counter[str](), 0
    for path, number in pages:
        with pymupdf.open(path) as document:
            rows = truth(document[number])
        wanted += sum(len(numbers) for _, numbers in rows)
        for name, reader in readers.items():
            with pymupdf.open(path) as document:  # anew: a page keeps what was read of it
                began = time.process_time()
                found = reader(document[number])
                seconds[name] += time.process_time() - began
            right[name] += right_numbers(rows, found)
            alone[name] += right_numbers(rows, found, named=False)
    result = {
        name: {
            "right": round(right[name] / max(wanted, 1), 3),
            "without_names": round(alone[name] / max(wanted, 1), 3),
            "cpu_ms_a_page": round(1000 * seconds[name] / max(len(pages), 1)),
        }
        for name in readers
    }
    print(json.dumps({"pages": len(pages), "numbers": wanted, **result}, indent=1))


if __name__ == "__main__":
    main()
