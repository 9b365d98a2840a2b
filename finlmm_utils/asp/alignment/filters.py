"""Drops doubtful questions, each with a reason, and counts what is left after each step.

The steps and their order are our choice; the paper says only that unanswerable and doubtful pairs
are dropped. What needs the text alone comes before the alignment, what needs the figure after it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from finlmm_utils.asp.alignment.offline import Aligner
from finlmm_utils.asp.alignment.shown.names import names_asked
from finlmm_utils.asp.alignment.shown.printed import as_printed
from finlmm_utils.asp.alignment.verdicts import Judge
from finlmm_utils.asp.language import tokens
from finlmm_utils.asp.questions.checks import check_answer, number_of, squeeze
from finlmm_utils.asp.records import IQA, QA, Figure, Report
from finlmm_utils.finance.reference_clauses import points_at_figure
from finlmm_utils.finance.references import names_figure
from finlmm_utils.rows import has_markup

REASONS = {
    "markup": "question or answer holds a tag, a control token or unseen letters",
    "evidence_missing": "the evidence does not stand in the report",
    "not_derivable": "the answer does not follow from the evidence",
    "answer_in_question": "the question gives the answer away",
    "refers_to_figure": "the question points at a figure that a reader can't identify",
    "unclear": "the question can't be understood without the sentence before it",
    "near_duplicate": "the report has the same question already",
    "no_image_needed": "the same question always has the same answer, whatever the image",
    "no_answer": "the model that aligns gave no usable answer",
    "no_figure": "no figure of the report fits",
    "several_figures": "two figures fit equally well",
    "answer_not_visible": "the chosen figure doesn't show what the answer needs",
    "figure_full": "the figure has its share of questions already",
    "report_full": "the report has its share of questions already",
}
"""Why a pair is dropped, in the order of the steps."""

BEYOND_A_CAP = ("figure_full", "report_full")
"""Reasons of pairs that a figure answers all the same."""

_UNCLEAR = re.compile(
    r"\b(?:it|they|them|he|she|these|those|aforementioned)\b|\bthis\s+(?:increase|decrease|change)\b",
    re.IGNORECASE,
)

_PERIOD = re.compile(
    r"\d+|three|six|nine|twelve|first|second|third|fourth|[一二三四]季|jan|feb|mar|apr|may|jun|jul|aug|"
    r"sep|oct|nov|dec|increase|decrease|change|growth|average|highest|lowest"
)
"""What tells the periods of two questions apart, and what they ask of them."""
OPENING_WORDS = 4
"""Words at the start of a question that tell it from another one with the same words."""
ENOUGH_REPORTS = 5
"""From how many reports on one answer to one question is learnt by heart (our choice)."""
PER_FIGURE = 8
"""Most questions that a figure keeps (our choice; the paper keeps 3.8 a report)."""
WRITTEN_FOR_ONE = 6
"""Questions written for each one that a report may keep: most are dropped (our choice)."""
SLACK = 1.001
"""Room for the binary fraction of a decimal number."""


def leaks(pair: QA) -> bool:
    """Whether the answer stands in the question and is no choice that the question offers."""
    question, answer = pair.question.lower(), pair.answer.lower().strip()
    if pair.answer_kind == "number":
        return re.search(rf"(?<![\d.,]){re.escape(answer)}(?![\d]|[.,]\d)", question) is not None
    if pair.answer_kind == "choice":
        return False
    words = tokens(answer)
    return squeeze(answer) in squeeze(question) or (
        len(words) > 0 and set(words) <= set(tokens(question))
    )


def _signature(pair: QA) -> tuple[str, ...]:
    opening = re.findall(r"\w+", pair.question.lower())[:OPENING_WORDS]
    return (*sorted(tokens(pair.question)), *opening)


def text_reasons(pairs: Sequence[QA], report: Report) -> list[str]:
    """Looks at questions and answers alone.

    Args:
        pairs: all of one report, in a fixed order: the first of two duplicates stays.
        report: its blocks hold the evidence.

    Returns:
        "" or a key of ``REASONS`` for each pair.
    """
    by_page: dict[int, list[str]] = defaultdict(list)
    for block in report.blocks:
        by_page[block.page].append(block.text)
    seen: set[tuple[str, ...]] = set()
    out = []
    for pair in pairs:
        texts = [*by_page[pair.page], "".join(by_page[pair.page])]
        reason = "markup" if has_markup(pair.question + "\n" + pair.answer) else ""
        reason = reason or check_answer(pair, texts)
        if not reason and leaks(pair):
            reason = "answer_in_question"
        if not reason and (names_figure(pair.question) or points_at_figure(pair.question)):
            reason = "refers_to_figure"
        if not reason and _UNCLEAR.search(pair.question):
            reason = "unclear"
        if not reason and _signature(pair) in seen:
            reason = "near_duplicate"
        if not reason:
            seen.add(_signature(pair))
        out.append(reason)
    return out


def guessable(pairs: Iterable[QA], least: int = ENOUGH_REPORTS) -> set[str]:
    """A check without images: questions that every report that asks them answers the same.

    A policy could learn such an answer by heart. Questions of the kind ``knowledge`` are spared:
    what a term means does not depend on the image, only the choice of the right image does.

    Args:
        pairs: over all reports.
        least: from how many reports on a constant answer counts.

    Returns:
        Ids of the pairs to drop.
    """
    groups: dict[str, list[QA]] = defaultdict(list)
    for pair in pairs:
        if pair.task != "knowledge":
            groups[squeeze(pair.question).lower()].append(pair)
    return {
        pair.qa_id
        for group in groups.values()
        if len({p.report_id for p in group}) >= least and len({p.answer for p in group}) == 1
        for pair in group
    }


def filter_pairs(
    report: Report,
    pairs: Sequence[QA],
    aligner: Aligner,
    per_figure: int = PER_FIGURE,
    ocr: Callable[[Figure], str] | None = None,
    per_report: int | None = None,
) -> list[IQA]:
    """Filters, aligns and filters again the questions of one report.

    Args:
        report: with blocks and figures.
        pairs: its questions.
        aligner: ties them to figures.
        per_figure: most questions that a figure keeps; the best aligned stay, kinds in turn.
        ocr: reads figures without words of their own, or None.
        per_report: most questions that the report keeps, figures in turn; None for any number.

    Returns:
        One triplet a pair, in their order, kept or with the reason why not.
    """
    reasons = text_reasons(pairs, report)
    live = [pair for pair, reason in zip(pairs, reasons, strict=True) if not reason]
    aligned = iter(aligner.align(report, live))
    judge = Judge(report, ocr)
    out = []
    for pair, reason in zip(pairs, reasons, strict=True):
        fields = pair.model_dump()
        if not reason:
            alignment = next(aligned)
            chosen, reason = judge.verdict(pair, alignment)
            fields |= {
                "figure_id": chosen,
                "aligner": aligner.name,
                "score": alignment.score,
                "runner_up": alignment.runner_up,
                "margin": alignment.margin,
            }
            if not reason:  # who sees the picture alone has no other digits
                fields["question"] = judge.wording(pair.question, chosen)
                fields["answer"], fields["expression"] = as_printed(
                    pair, judge.figures[chosen].shows
                )
        out.append(IQA(**fields, kept=not reason, reason=reason))
    return _cap_report(_cap(_once(_agreeing(out)), per_figure), per_report)


def _agreeing(triplets: list[IQA]) -> list[IQA]:
    """Drops values of one thing, period and figure that differ: one is of something else."""
    groups: dict[tuple[str, ...], list[IQA]] = defaultdict(list)
    for triplet in triplets:
        if triplet.kept and triplet.answer_kind == "number" and " " not in triplet.expression:
            names = [" ".join(sorted(tokens(name))) for name in names_asked(triplet.question)]
            when = _PERIOD.findall(triplet.question.lower())
            groups[triplet.figure_id, triplet.unit, *names, *when].append(triplet)
    for group in groups.values():
        if len({triplet.answer for triplet in group}) > 1 and names_asked(group[0].question)[0]:
            for triplet in group:
                triplet.kept, triplet.reason = False, "answer_not_visible"
    return triplets


def _once(triplets: list[IQA]) -> list[IQA]:
    """Keeps one of several pairs that ask a figure for one number: a sentence's and a table's.

    What the text states, rounded or not, is no other question than the change that gives it.
    """
    seen: dict[str, list[IQA]] = defaultdict(list)
    for triplet in sorted(triplets, key=lambda t: " " not in t.expression):
        if triplet.kept and triplet.answer_kind == "number":
            before = seen[triplet.figure_id]
            if any(_asks_the_same(triplet, other) for other in before):
                triplet.kept, triplet.reason = False, "near_duplicate"
            else:
                before.append(triplet)
    return triplets


def _asks_the_same(pair: IQA, other: IQA) -> bool:
    if not (pair.unit.startswith(other.unit) or other.unit.startswith(pair.unit)):
        return False
    if (pair.expression, pair.task) == (other.expression, other.task):
        return True
    half = 0.5 * 10.0 ** -len(pair.expression.partition(".")[2])
    a, b = number_of(pair.answer), number_of(other.answer)
    if a is None or b is None or " " in pair.expression:
        return False
    return abs(abs(a) - abs(b)) <= half * SLACK


def _cap(triplets: list[IQA], per_figure: int) -> list[IQA]:
    """Keeps the best aligned questions of each figure, the task kinds in turn."""
    groups: dict[str, list[IQA]] = defaultdict(list)
    for triplet in triplets:
        if triplet.kept:
            groups[triplet.figure_id].append(triplet)
    for group in groups.values():
        for triplet in _in_turn(group, lambda t: t.task)[per_figure:]:
            triplet.kept, triplet.reason = False, "figure_full"
    return triplets


def _in_turn(triplets: Iterable[IQA], kind: Callable[[IQA], str]) -> list[IQA]:
    """The best of each kind, then the second best of each, and so on; the better first."""
    rank: Counter[str] = Counter()
    order: list[tuple[int, int, IQA]] = []
    for triplet in sorted(triplets, key=lambda t: (-t.score, t.qa_id)):
        order.append((rank[kind(triplet)], len(order), triplet))
        rank[kind(triplet)] += 1
    return [triplet for _, _, triplet in sorted(order, key=lambda o: o[:2])]


def _cap_report(triplets: list[IQA], per_report: int | None) -> list[IQA]:
    """Keeps so many questions of a report, the best of each figure first."""
    kept = [triplet for triplet in triplets if triplet.kept]
    if per_report is None or len(kept) <= per_report:
        return triplets
    for triplet in _in_turn(kept, lambda t: t.figure_id)[per_report:]:
        triplet.kept, triplet.reason = False, "report_full"
    return triplets


def drop(triplets: Iterable[IQA], ids: set[str], reason: str) -> None:
    """Marks kept triplets as dropped for one reason, in place.

    Args:
        triplets: over all reports.
        ids: of the pairs to drop.
        reason: a key of ``REASONS``.
    """
    for triplet in triplets:
        if triplet.kept and triplet.qa_id in ids:
            triplet.kept, triplet.reason = False, reason


def funnel(triplets: Sequence[IQA]) -> list[dict[str, int | str]]:
    """Counts what each step drops and leaves, in the order of ``REASONS``."""
    counts = Counter(t.reason for t in triplets)
    left = len(triplets)
    steps: list[dict[str, int | str]] = [{"step": "written", "dropped": 0, "left": left}]
    for reason in REASONS:
        left -= counts[reason]
        steps.append({"step": reason, "dropped": counts[reason], "left": left})
    return steps
