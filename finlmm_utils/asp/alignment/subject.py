"""Whether a figure names what a question asks about: measure, periods, all that it compares.

The best figure of a report may still be about something else, for a report speaks of more than it
draws. A reader has the picture alone, so the names and the years of a question must stand in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from finlmm_utils.asp.alignment.figure_text import numbers_shown
from finlmm_utils.asp.alignment.shown.asked import squeezed
from finlmm_utils.asp.alignment.shown.basis import counts_alike, same_basis
from finlmm_utils.asp.alignment.shown.names import is_whole, names_asked
from finlmm_utils.asp.alignment.shown.readable import GLUED
from finlmm_utils.asp.language import is_chinese, tokens
from finlmm_utils.asp.records import QA, Figure
from finlmm_utils.finance.periods import QUARTER_OF_YEAR, YEAR, year_of, years_in
from finlmm_utils.finance.units import MONTHS, says_unit

NAMED = 0.7
"""Least share of the words of each name that the figure has (read on pairs of real reports: those
tied to a wrong figure have 0.67 or less, the right ones 0.75 or more)."""
NEARLY = 0.85
"""The same share for what is computed from numbers of a figure whose marks nobody read."""
ANSWER_NAMED = 0.5
"""The same share for an answer in words: a part, a cause, a definition (our choice)."""
SIDE_NAMED = 0.5
"""The same share for what tells the two sides of a comparison apart (our choice)."""
MEANING_NAMED = 0.6
"""The same share for a definition, all of which the picture should say (our choice)."""
THOUSANDS = 2100
"""A number from which on a label is no year, and one of thousands."""
FEWEST_NUMBERS = 2
"""Numbers that stand in a figure of data; a scheme has none but that of its caption."""
FEWEST_YEARS = 2
"""Years that a figure shows from which on they are its span."""

_NAMES_PART = re.compile(r"[\u4e00-\u9fff]{2,}")
_SHARE = re.compile(r"的?(?:占比|比重|比例|份额)$")
_COSTS = frozenset(["expense", "cost"])
_SHORTER = re.compile(
    rf"Q[1-4]|[1-4]Q|quarter|months|\bat\b|\bsince\b|\bfrom\b|{MONTHS}|季|月|末|底|以来|至|从",
    re.IGNORECASE,
)
"""What a question says where it is not about one whole year."""


def names_unit(pair: QA, words: str) -> bool:
    """Whether a reader knows in which unit a number is asked for: by the question or the chart.

    Args:
        pair: with the unit of its answer.
        words: that stand in the figure.
    """
    if pair.answer_kind != "number" or not pair.unit:
        return True
    if pair.unit.endswith(("bn", "tn")) and max(numbers_shown(words), default=0) >= THOUSANDS:
        # Labels of thousands cannot be billions: which scale they have, the picture must say.
        return any(says_unit(words, scale) for scale in ("k", "m", "bn"))
    return says_unit(f"{pair.question} {words}", pair.unit)


def share_named(question: str, words: str, parts: Sequence[str] = ()) -> float:
    """Share of a name's words that a figure has: the least over the names of a question.

    Args:
        question: as asked.
        words: of the figure: title, legend, labels.
        parts: of the whole that it divides: "loans" is named whole by "share of loans".

    Returns:
        1 where the question names nothing.
    """
    there, flat = set(tokens(words)), re.sub(r"\s+", "", words.lower())
    names, bare = names_asked(question), squeezed(words)
    # A name that stands there as a whole may have lost its blanks.
    names = [name for name in names if not squeezed(name) or squeezed(name) not in bare]
    names = [_beside_part(name, parts) for name in names] if parts else names
    wanted = [{w for w in tokens(name) if not re.fullmatch(YEAR, w)} for name in names]
    # "Sales and marketing" is the name of a chart of "sales and marketing expenses".
    wanted = [rest if len(rest := some - _COSTS) > 1 else some for some in wanted]
    # OCR loses blanks: a longer word may stand within another.
    lost = [
        {w for w in some if w not in there and not (len(w) >= GLUED and w in flat)}
        for some in wanted
    ]
    if is_chinese(question) and any(re.search("[a-z]", word) for some in lost for word in some):
        return 0.0  # a name in Latin letters among Chinese words tells "VIX" from "ETF"
    return min(
        (1 - len(gone) / len(s) for gone, s in zip(lost, wanted, strict=True) if s), default=1.0
    )


def _beside_part(name: str, parts: Sequence[str]) -> str:
    """A name with blanks around the part of a whole that it names, and without its "share"."""
    for part in sorted(filter(_NAMES_PART.fullmatch, parts), key=len, reverse=True):
        if part in name:
            return _SHARE.sub("", name.replace(part, f" {part} "))
    return name


def spans(question: str, figure: Figure, words: str) -> bool:
    """Whether the years of a question lie within those that a figure shows, if it shows any.

    Args:
        question: as asked.
        figure: with the labels that were read off it.
        words: that stand in it.
    """
    own = [*years_in(words), *(year_of(r.label) for r in figure.shows)]
    known = {year for year in own if year}
    asked = years_in(question)
    if len(known) < FEWEST_YEARS or not asked:
        return True
    return min(known) <= min(asked) and max(asked) <= max(known)


def same_length(question: str, words: str) -> bool:
    """Whether a chart can show what a question asks of a whole year: one of quarters alone cannot.

    Args:
        question: as asked.
        words: that stand in the figure.
    """
    if not years_in(question) or _SHORTER.search(question):
        return True
    bare = QUARTER_OF_YEAR.sub(" ", words)
    return len(QUARTER_OF_YEAR.findall(words)) < FEWEST_YEARS or bool(years_in(bare))


_LEAD = re.compile(r"^(.*?)中，")
_CALLED_BY_NUMBER = re.compile(r"[\u4e00-\u9fff][\dA-Za-z]+")


def opens_with(question: str, title: str) -> bool:
    """Whether a Chinese question opens with words of a title: "策略净值中，..."."""
    lead = _LEAD.match(question)
    return lead is not None and squeezed(lead[1]) in squeezed(title)


def same_lead(question: str, words: str) -> bool:
    """Whether a chart is of what a Chinese question opens with: "改进策略2中，" is not of "策略1".

    Args:
        question: as asked.
        words: that stand in the figure.

    Examples:
        >>> same_lead("改进策略2中，收益率是多少？", "图8：改进策略1 净值")
        False
    """
    lead, flat = _LEAD.match(question), re.sub(r"\s+", "", words)
    called = _CALLED_BY_NUMBER.findall(re.sub(r"\s+", "", lead[1])) if lead else []
    return all(re.search(rf"{name}(?![\dA-Za-z])", flat) for name in called)


def tells_sides_apart(question: str, words: str) -> bool:
    """Whether what tells two compared things apart stands in the figure: both are drawn.

    Args:
        question: as asked.
        words: that stand in the figure.

    Examples:
        >>> tells_sides_apart("甲股本换手率是高于还是低于乙股本换手率？", "乙股本换手率 2019")
        False
    """
    sides = [set(tokens(side)) for side in names_asked(question)]
    if len(sides) != 2 or re.search(r"\d\s*%?[？?]$", question):
        return True
    there, flat = set(tokens(words)), squeezed(words)
    for own in (sides[0] - sides[1], sides[1] - sides[0]):
        found = {w for w in own if w in there or (len(w) >= GLUED and squeezed(w) in flat)}
        if len(found) < SIDE_NAMED * len(own):
            return False
    return True


_ANY_MEASURE = frozenset(
    tokens("magnitude level share number size amount value rate ratio index proportion percentage")
)
_SAID_FIRST = re.compile(r"^(?:ha[sv]e?|did|is|are|was|were)\s+(?:the\s+)?([\w-]+)\s+of\b", re.I)


def measures(question: str, words: str) -> bool:
    """Whether the measure that a question begins with stands in a figure: a sensitivity.

    Args:
        question: of a claim on the figure that its sentence names.
        words: that stand in the figure.

    Examples:
        >>> measures("Is the sensitivity of funds higher or lower?", "Average correlation of funds")
        False
    """
    m = _SAID_FIRST.match(question)
    head = set(tokens(m[1])) if m else set()
    return not head or head <= _ANY_MEASURE or head <= set(tokens(words))


_JOINED = re.compile(r"\s+and\s+|,\s+|[与和及、]")


def names_its_part(question: str, figure: Figure, words: str) -> bool:
    """Whether the part of a title that a question asks for is named in the picture once more.

    Under "Transaction and credit losses" a reader finds the credit losses by the legend alone.

    Args:
        question: as asked.
        figure: a picture; in a drawing, the series are named by its own words.
        words: that stand in the picture, those of its title among them.
    """
    parts = [part for text in _JOINED.split(figure.title) if (part := set(tokens(text)))]
    known = set().union(*parts)
    wanted = {w for name in names_asked(question)[:1] for w in tokens(name)} & known
    if figure.kind != "raster" or not wanted or all(part & wanted for part in parts):
        return True
    rest = squeezed(words).replace(squeezed(figure.caption) or "\n", "", 1)
    # The picture may hold the title again, with its number or without.
    for title in (figure.title, re.split(r"[:：.]\s+", figure.title, maxsplit=1)[-1]):
        rest = rest.replace(squeezed(title) or "\n", "")
    return any(w in rest for w in wanted)


def draws_data(figure: Figure, words: str) -> bool:
    """Whether numbers stand in a figure beside that of its caption: a scheme has none."""
    return (
        bool(figure.shows)
        or len(numbers_shown(words.replace(figure.caption, ""))) >= FEWEST_NUMBERS
    )


def about(pair: QA, figure: Figure, words: str) -> bool:
    """Whether a figure is about what a pair asks, by the words that stand in it.

    Args:
        pair: with question and answer.
        figure: the chosen one.
        words: that a reader sees in it, those of its title and of OCR among them.
    """
    names = " ".join(dict.fromkeys(f"{r.series} {r.label}" for r in figure.shows))
    words = f"{figure.title} {words} {names}"
    if not (same_lead(pair.question, words) and tells_sides_apart(pair.question, words)):
        return False
    if not same_basis(pair.question, words):
        return False
    if not counts_alike(pair.question, figure.title, words):
        return False
    answer = set(tokens(pair.answer)) if pair.answer_kind == "text" else set()
    least = MEANING_NAMED if pair.task == "knowledge" else ANSWER_NAMED
    if len(answer & set(tokens(words))) < least * len(answer):
        return False
    whole = is_whole(pair.question) and names_unit(pair, words)
    if pair.answer_kind == "number" and not same_length(pair.question, words):
        return False
    if not (whole and spans(pair.question, figure, words)):
        return False
    least = NAMED
    if pair.answer_kind == "number" and not figure.shows:
        # Where no mark was read, a number that stands in the chart is told by its name alone.
        least = NEARLY if " " in pair.expression else 1.0
    parts = [r.label for r in figure.shows if r.point == "share"]
    return share_named(pair.question, words, parts) >= least
