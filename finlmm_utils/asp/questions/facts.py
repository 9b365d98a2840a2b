"""Reads the facts of a report: what its sentences, captions and tables state, rule by rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from finlmm_utils.asp.language import is_chinese
from finlmm_utils.asp.questions.rules.chinese.latest import latest_in_chinese
from finlmm_utils.asp.questions.rules.chinese.levels import fact_in_chinese
from finlmm_utils.asp.questions.rules.chinese.moves import moved_in_caption
from finlmm_utils.asp.questions.rules.chinese.periods import clauses_with_periods, report_date
from finlmm_utils.asp.questions.rules.english.causes import (
    CauseFact,
    DefinitionFact,
    cause_in_sentence,
    definition_in_sentence,
)
from finlmm_utils.asp.questions.rules.english.changes import (
    change_in_sentence,
    growth_in_sentence,
    level_in_sentence,
    period_of_heading,
)
from finlmm_utils.asp.questions.rules.english.figure_changes import claim_in_sentence
from finlmm_utils.asp.questions.rules.english.figure_claims import (
    claim_in_caption,
    claims_in_sentence,
)
from finlmm_utils.asp.questions.rules.english.latest import latest_in_sentence
from finlmm_utils.asp.questions.rules.english.own_period import (
    dated,
    period_of_report,
    period_of_sentence,
    report_month,
)
from finlmm_utils.asp.questions.rules.english.parts import parts_in_sentence
from finlmm_utils.asp.questions.rules.english.sentence_series import (
    series_in_sentence,
    stated_with_prior_year,
)
from finlmm_utils.asp.questions.rules.english.shapes import shape_in_sentence
from finlmm_utils.asp.questions.rules.english.values import (
    moved_in_sentence,
    value_in_sentence,
)
from finlmm_utils.asp.questions.rules.gaps import gaps_in_sentence
from finlmm_utils.asp.questions.rules.performance import performance_in_table
from finlmm_utils.asp.questions.rules.question_item import AskedFact
from finlmm_utils.asp.questions.rules.ranks import rank_in_sentence
from finlmm_utils.asp.questions.rules.sentences import SeriesFact, clauses, sentences
from finlmm_utils.asp.questions.rules.table_headers import head_above
from finlmm_utils.asp.questions.rules.table_series import series_in_table
from finlmm_utils.asp.records import Block
from finlmm_utils.finance.reference_clauses import without_label
from finlmm_utils.finance.references import figure_names

BLOCKS_ABOVE = 12
"""Blocks before a table in which its head may stand."""
CONTEXT_LETTERS = 200
"""Characters before a table that may name its unit: "in millions"."""
CAPTION_LETTERS = {True: 60, False: 140}
"""Characters of a Chinese caption, and of another; a longer one is a sentence of the text."""

LATEST = "latest"
"""Rule of the facts whose period their chart tells; others come first."""

GAPS = "gap"
"""Rule of the statements with a number or a name left out; all others come first."""

Fact = SeriesFact | CauseFact | DefinitionFact | AskedFact
_READERS: dict[str, Callable[[str, int], Fact | None]] = {
    "cause": cause_in_sentence,
    "definition": definition_in_sentence,
    "level": level_in_sentence,
}
"""Readers of a whole English sentence."""
_OF_CLAUSES: dict[str, Callable[[str, int], Fact | None]] = {
    "series in a sentence": series_in_sentence,
    "growth": growth_in_sentence,
    "shape": shape_in_sentence,
    "parts": parts_in_sentence,
}
"""Readers of each clause of an English sentence."""


def read_facts(blocks: list[Block]) -> Iterator[tuple[str, Fact]]:
    """Reads every fact of a report, in reading order; furniture and boilerplate are passed over.

    Yields:
        The name of the rule, under which its questions are counted, and the fact.
    """
    context = compared = ""
    period, date = period_of_report([block.text for block in blocks]), report_date(blocks)
    month = report_month(blocks)
    for number, block in enumerate(blocks):
        if block.kind == "table":
            before = blocks[max(0, number - BLOCKS_ABOVE) : number]
            head, words = head_above(block, before)
            for fact in series_in_table(block, f"{context} {words}", head):
                yield "series in a table", fact
            for asked in performance_in_table(block, before):
                yield "performance table", asked
        elif block.kind == "text":
            for evidence, said in clauses_with_periods(sentences(block.text), date):
                said = said if is_chinese(evidence) else dated(said, month)
                sentence = evidence if is_chinese(evidence) else said
                for name, found in _stated(sentence, said, block.page, compared, period):
                    yield name, replace(found, evidence=evidence)
        elif block.kind == "caption" and (claim := _of_caption(block)):
            yield "caption", claim
        if block.kind == "heading":
            compared = period_of_heading(block.text)
        if block.kind in ("heading", "caption", "text"):
            context = block.text[-CONTEXT_LETTERS:]


def _of_caption(block: Block) -> AskedFact | None:
    """What a caption says of its chart; the reference in the evidence tells the figure."""
    chinese, words = is_chinese(block.text), without_label(block.text)
    if not figure_names(block.text) or len(block.text) > CAPTION_LETTERS[chinese]:
        return None
    read = (fact_in_chinese, moved_in_caption) if chinese else (claim_in_caption,)
    claim = next(filter(None, (reader(words, block.page) for reader in read)), None)
    return claim and replace(claim, evidence=block.text)


def _stated(
    sentence: str, said: str, page: int, compared: str, period: str
) -> Iterator[tuple[str, Fact]]:
    """What the rules read of a sentence, then its numbers, those of a series apart."""
    known = set[float]()
    for name, fact in _of_sentence(sentence, said, page, compared, period):
        known |= {abs(x) for x in fact.series.values} if isinstance(fact, SeriesFact) else set()
        yield name, fact
    if gap := gaps_in_sentence(said, page, known):
        yield GAPS, gap
    if rank := rank_in_sentence(said, page):
        yield GAPS, rank


def _of_sentence(
    sentence: str, said: str, page: int, compared: str, period: str
) -> Iterator[tuple[str, Fact]]:
    chinese = is_chinese(sentence)
    if chinese and (fact := fact_in_chinese(sentence, page, said, period)):
        yield "Chinese", fact
    for name, read in ({} if chinese else _READERS).items():
        if found := read(sentence, page):
            yield name, found
    if not chinese:
        yield from _of_clauses(sentence, page, period)
    claims = (*claims_in_sentence(sentence, page),) or (claim_in_sentence(sentence, page),)
    yield from (("claim on a named figure", claim) for claim in claims if claim)
    if change := change_in_sentence(sentence, page, compared):
        yield "change", change
    if chinese and (told := latest_in_chinese(sentence, page)):
        yield LATEST, told
    if not chinese and not series_in_sentence(sentence, page):
        if latest := latest_in_sentence(sentence, page):
            yield LATEST, latest
        for stated in stated_with_prior_year(sentence, page):
            yield "series in a sentence", stated


def _of_clauses(sentence: str, page: int, period: str) -> Iterator[tuple[str, Fact]]:
    """What the clauses of an English sentence state, each question once; it is their evidence."""
    shared, seen = period_of_sentence(sentence, period), set[str]()
    for number, clause in enumerate(clauses(sentence)):
        own = shared if number else period
        facts: list[tuple[str, Fact | None]] = [
            (name, read(clause, page)) for name, read in _OF_CLAUSES.items()
        ]
        facts += [("value", value_in_sentence(clause, page, own))]
        facts += [("series in a sentence", moved_in_sentence(clause, page, own))]
        for name, fact in facts:
            if fact and repr(replace(fact, evidence="")) not in seen:
                seen.add(repr(replace(fact, evidence="")))
                yield name, replace(fact, evidence=sentence)
