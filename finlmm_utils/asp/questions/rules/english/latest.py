"""What a clause says of its chart's last period, in English: a value, a share, a direction.

Reports mostly write of the period that they are of and name no year: "Inflation stood at 2.9 per
cent in the second quarter". Such a value is asked for at the end of the period shown, and of a
chart without periods alone; whether the chart's last mark bears it out is seen after the alignment.
The forms are our choice; a clause of any other form gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from finlmm_utils.asp.questions.rules.english.parts import share_item
from finlmm_utils.asp.questions.rules.english.shapes import (
    AMOUNT,
    DOWN,
    LONGEST,
    NAME,
    UP,
    WHEN,
    term_alone,
)
from finlmm_utils.asp.questions.rules.question_item import (
    AskedFact,
    QuestionItem,
    in_units,
    number_item,
    was,
)
from finlmm_utils.asp.questions.rules.sentences import clean_term, numbers_in
from finlmm_utils.finance.periods import PERIOD_SHOWN, SPAN_SHOWN, YEAR
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.terms import plain
from finlmm_utils.finance.units import DECIMAL, MONTHS, PER_CENT, SAYS_PER_CENT

LATEST = f"at the end of {SPAN_SHOWN}"
"""How a question names the last period of a chart."""
_ASIDE = re.compile(r"\s*\([^()]*\)")
_BULLET = re.compile(r"^(?:[•●▪■◆*–-]|[InlvqØ§](?=\s+[A-Z]))\s+")
"""What opens a point of a list, and the letters that fonts of signs draw it by."""
_PIECE = re.compile(rf"\s*(?:[;:]|,(?!\d|\s{YEAR})|\s[–—-]\s)\s*")
_AND = re.compile(r"\s+(?:and|while|but|whereas)\s+")
_JOINT = re.compile(
    r"^(?:and|but|while|whereas|although|though|so|with|yet|also)\s+", re.IGNORECASE
)
_PART = rf"(?:year|quarter|half|month|period|week|{MONTHS}|Q[1-4]|H[12])"
_LEAD = re.compile(
    r"^(?:in|at|by|on|during|over)\s+(?:the\s+)?(?:(?:end|close|course)\s+of\s+)?(?:the\s+)?"
    rf"(?:(?:first|second|third|fourth|current)\s+)?{_PART}\s+(?=\w)",
    re.IGNORECASE,
)
_FELL = "|".join(
    (
        *DOWN, "sank", "slipped", "eased", "narrowed", "slowed", "tumbled", "plunged", "retreated",
        "came down", "come down", "is down", "are down", "was cut", "shrunk", "fallen",
    )
)  # fmt: skip
_ROSE = "|".join(
    (
        *UP, "widened", "recovered", "rebounded", "jumped", "surged", "soared", "picked up",
        "went up", "gone up", "is up", "are up", "risen", "grown",
    )
)  # fmt: skip
_ADVERB = r"(?:\s+(?:\w+ly|again|further|back|slightly|now|still))*"
_HAS = r"(?:(?:has|have|now|still|also|again|currently|even|together)\s+)*"
_BY = rf"(?:\s+(?:by\s+)?(?:{DECIMAL}{PER_CENT}|{AMOUNT}\s?(?:bps?|basis\s+points|points)))?"
_UNIT = r"million|billion|trillion|bn|m|p|pence|per\s?cent|percent|bps?"
_FROM = rf"(?:\s+from\s+{AMOUNT}(?:\s?(?:{_UNIT}))?(?:\s+(?:in|at)\s+(?:the\s+)?{WHEN})?)?"
"""Where it came from, before where it went."""
_AMOUNT = r"(?P<value>[A-Z]{0,3}\s?[-–−+]?[$£€¥]?\d.*)$"
_VALUE = re.compile(
    rf"^(?P<a>{NAME})\s+{_HAS}"
    r"(?:(?:was|were|is|are|stood|stands|remained|remains|came\s+in|ended|closed|finished)"
    rf"(?:\s+(?:the\s+)?(?:unchanged|{_PART}))?{_ADVERB}(?:\s+at|\s+(?:down|up|back)\s+to)?|"
    r"(?:level+ed\s+off|settled|stabili[sz]ed|steadied|held(?:\s+steady)?)\s+at|"
    rf"(?:{_ROSE}|{_FELL}|crept|[a-z]+ed)(?:\s+(?:up|down|back))?{_ADVERB}{_BY}{_FROM}\s+to|"
    r"reached|hit|totall?ed|amounted\s+to|came\s+to|comes\s+to)\s+"
    rf"(?:(?:just|only|a\s+record(?:\s+of)?)\s+)?{_AMOUNT}",
    re.IGNORECASE,
)
_POINT = re.compile(rf"^(?P<a>[A-Z][^,;:() ]*\s{NAME})\s+(?:at|of|down\s+to|up\s+to)\s+{_AMOUNT}")
"""What has no verb: "Solvency II ratio at 218%"."""
_LISTED = re.compile(rf"^(?P<a>[A-Z][^,;:() ]*\s{NAME})\s+{_AMOUNT}")
"""A point of a list: "Cost of deposits 1.46%"."""
_NO_VERB = r"(?!(?:at|with|than|by|to|of|from|for|in)\b)"
_OF_WHOLE = r"\s+of\s+(?:(?:the|our|its|their|all)\s+)?(?P<whole>[^,;:()\d]{3,50}?)"
_AFTER = r"(?:\s+(?:in|at|by|during|on|and|while|but)\s+.*)?[.]?$"
_SHARE = re.compile(
    rf"^(?P<a>{NAME})\s+{_HAS}{_NO_VERB}[a-z]{{2,12}}(?:\s+(?:up|for|in))?\s+"
    rf"(?:(?:just|only)\s+)?(?P<share>{DECIMAL}){PER_CENT}{_OF_WHOLE}{_AFTER}"
)
_NOUN = r"(?!(?:in|at|for|during|by|since|on|from|of|per|and|cent)\b)[a-z]{3,14}"
_COUNT = re.compile(
    rf"^(?:We|{NAME})\s+{_HAS}(?:(?P<done>served|operated|employed|passed|owned|sold|opened)|had|have|"
    r"has|(?:ended|finished|closed)\s+the\s+\w+\s+with)\s+(?P<number>\d[\d,.]*)(?P<scale>\s+(?:million|billion|thousand))?"
    rf"\s+(?P<what>{_NOUN}(?:\s+{_NOUN}){{0,2}}(?:s|\bpeople))"
    r"(?:\s+(?:in|at|by|on|across|worldwide)\b.*)?[.]?$"
)
"""How many there are of something: "Velanet served 18.9 million mobile customers"."""
_OF_IT_TOO = re.compile(
    rf"^(?P<a>{NAME})\s+{_HAS}(?:ma[dk]es?\s+up|holds?|held|accounts?\s+for|accounted\s+for|"
    rf"represents?|took|takes?)\s+(?P<share>{DECIMAL}){PER_CENT}(?:\s+(?:in|at|by)\s+[^\d]*)?[.]?$"
)
"""A share without its whole, which a clause before has named."""
_GREW = re.compile(
    rf"^(?P<a>{NAME})\s+{_HAS}(?:(?P<up>{_ROSE})|(?P<down>{_FELL})){_ADVERB}\s+"
    rf"(?:by\s+)?(?P<share>{DECIMAL}){PER_CENT}(?![\w-]|\s+(?:of|points?)\b)",
    re.IGNORECASE,
)
_MOVED = re.compile(
    rf"^(?P<a>{NAME})\s+{_HAS}(?:(?:steadily|further|sharply)\s+)?"
    rf"(?:(?P<up>{_ROSE})|(?P<down>{_FELL}))\b(?!\s+(?:by|in)\s+\w+ing\b)(?<!lost)",
    re.IGNORECASE,
)
_BASIS = re.compile(r"\bbasis\b(?! points?)|\bexcluding\b", re.IGNORECASE)
"""What another clause says of how a value was counted."""
_SHORT = re.compile(r"\b(?:quarter|month|week|sequential|half)", re.IGNORECASE)
"""What says that growth is not over a year."""
_VERB = re.compile(r"\b(?:is|are|was|were|has|have|had|whose)\b")
_DATED = re.compile(rf"\s+(in|at|by|on)\s+((?:the\s+)?{WHEN})\s*[.]?$", re.IGNORECASE)
_DATED_FIRST = re.compile(
    rf"^(?P<at>(?:in|at|by|on)\s+(?:the\s+)?{WHEN}),?\s+(?=\w)", re.IGNORECASE
)
_YEAR_TO = re.compile(
    rf"\s+(?:in|for|over|during)\s+the\s+(?:\w+\s+)?{_PART}s?\s+(?:to|ended|ending)\s[^,;]*{YEAR}[.]?$",
    re.IGNORECASE,
)
"""A report's own span, by its last day."""
_COMPARED = re.compile(
    r"(?<=\d)(\D{0,16}?)\s+(?:from|after|against|compared\s+(?:with|to)|versus)\s[^,;]*\d.*$"
)
"""What it was before, behind what it is."""
_FROM_DATED = re.compile(
    rf"\bfrom\s+{AMOUNT}[^,;]{{0,12}}?\s+(?:in|at)\s+(?:the\s+)?{WHEN}", re.IGNORECASE
)
_ELSE = re.compile(
    rf"{YEAR}|\b(?:had|ago|earlier|before|previous\w*|prior|next|expect\w*|forecasts?|targets?|"
    r"guidance|plans?|planned|would|could|should|may|might|will|if|unless|assum\w*|project\w*|"
    r"estimate\w*|budget\w*|peak\w*|trough|low of|high of|averaged|on average|limits?|ranges?|"
    r"at least|at most|minimum|maximum|not|no|never|below|above|beyond|under|over|more than|"
    r"less than|nearly|almost|between|about|around|roughly|some|each)\b",
    re.IGNORECASE,
)
"""What says that a value is of another time, not sure, or not exactly that."""
_UNSAID = re.compile(r"(?:the\s+)?(?:total|whole|group|latter|former|amount|sum)", re.IGNORECASE)
"""A whole that nobody knows outside its paragraph."""
_WORD = r"(?!(?:in|at|for|during|by|since|on|from|of|per|and)\b)[A-Za-z][A-Za-z\d-]*"
_MEASURED = r"sq\.?\s?(?:m|ft|feet|metres|meters)|[kMGT]Wh?|[kM]t|TEU|ha"
"""Short units that no amount has in front."""
_TAIL = re.compile(
    rf"^(?:\s+(?P<noun>{_MEASURED}|{_NOUN}))?"
    rf"(?P<per>/[A-Za-z]{{2,8}}|\s+per\s+(?:{_MEASURED}|{_NOUN}(?:\s+{_NOUN}){{0,2}})(?:\s+and\s+month)?)?"
    rf"(?:\s+of\s+(?:the\s+|our\s+|its\s+)?(?P<base>{_WORD}(?:\s{_WORD}){{0,3}}))?"
    rf"(?:\s+(?:in|at|for|during|by|since|on|from)\s+.*?\b{_PART}s?\b.*)?[.]?$"
)
"""What may stand behind a value: its noun, its base, its period."""


def latest_in_sentence(sentence: str, page: int) -> AskedFact | None:
    """Reads "The margin widened to 21.4%, its best level" and "Women make up 26% of our staff".

    Args:
        sentence: one sentence; a figure that it names plays no part.
        page: where it stands, from 1.

    Returns:
        What can be asked, or None.
    """
    text = without_references(" ".join(sentence.split()))
    if len(text) > LONGEST or "respectively" in text:
        return None
    point = _BULLET.sub("", text)
    items = tuple(_of_pieces(_ASIDE.sub("", point), listed=point != text))
    return AskedFact(items, sentence, page) if items else None


def _pieces(text: str) -> Iterator[str]:
    before = "0"
    for piece in _PIECE.split(text):
        before, last = piece, before
        if piece.startswith("and ") and not numbers_in(last):
            continue  # "loans, and securities held for sale": half a subject
        parts = _AND.split(piece) if len(numbers_in(piece)) > 1 else [piece]
        for part in parts:
            yield _LEAD.sub("", _JOINT.sub("", part.strip()))


def _of_pieces(text: str, listed: bool) -> Iterator[QuestionItem]:
    whole = ""
    for piece in _pieces(text):
        if _BASIS.search(text.replace(piece, "")):
            continue
        if m := _SHARE.match(piece):
            whole = clean_term(m["whole"])
        elif whole and (m := _OF_IT_TOO.match(piece)):
            piece = f"{m['a']} held {m['share']}% of {whole}"
        yield from _asked(piece, listed)


def _asked(piece: str, listed: bool) -> Iterator[QuestionItem]:
    piece = _COMPARED.sub(r"\1", _YEAR_TO.sub("", piece))
    if first := _DATED_FIRST.match(piece):
        piece = f"{piece[first.end() :].rstrip('.')} {first['at'][0].lower()}{first['at'][1:]}"
    when = _DATED.search(piece)
    piece, at = (piece[: when.start()], f" {when[1]} {when[2]}") if when else (piece, "")
    if _ELSE.search(piece if not at else _FROM_DATED.sub(" ", piece)):
        return
    if m := _SHARE.match(piece):
        yield from _share(m, at)
    elif (
        m := _VALUE.match(piece)
        or _POINT.match(piece)
        or (_LISTED.match(piece) if listed else None)
    ):
        yield from _value(m, at)
    if m := _COUNT.match(piece):
        yield from _count(m, at)
    m = _GREW.match(piece)
    if m and (term := _term(m["a"])) and not _SHORT.search(piece):
        way = "rise" if m["up"] else "fall"
        question = (
            f"By what percentage did {term} {way}{at or f' {LATEST}'} compared with the prior year?"
        )
        yield number_item(question, float(m["share"]), m["share"], "%", "arithmetic")
    # A rate of growth is mostly over a year, whatever the chart shows.
    m = None if at or SAYS_PER_CENT.search(piece) else _MOVED.match(piece)
    if m and (term := _term(m["a"])):
        yield {
            "question": f"Did {term} rise or fall {PERIOD_SHOWN}?",
            "answer": "rise" if m["up"] else "fall",
            "answer_kind": "choice", "task": "explanation",
        }  # fmt: skip


def _term(text: str) -> str:
    """What a value is of, with the article that its sentence gives it; "" where that is unclear."""
    term = "" if _VERB.search(text) else term_alone(text)
    return f"the {term}" if term and text.lower().startswith("the ") else term


def _share(m: re.Match[str], at: str) -> Iterator[QuestionItem]:
    part, whole, share = clean_term(m["a"]), clean_term(m["whole"]), m["share"]
    if part and not _VERB.search(part) and whole and not _UNSAID.fullmatch(whole):
        for when in (at,) if at else (f" {LATEST}", ""):
            yield share_item(whole, part, share, when)


def _count(m: re.Match[str], at: str) -> Iterator[QuestionItem]:
    found = numbers_in(m["number"] + (m["scale"] or ""))
    if len(found) == 1:
        value, unit = found[0].value, found[0].unit
        ask = f"How many {m['what']} were {m['done'] or 'there'}{at or f' {LATEST}'}"
        yield number_item(f"{ask}{in_units(unit)}?", value, plain(value), unit, "statistics")


def _value(m: re.Match[str], at: str) -> Iterator[QuestionItem]:
    found, term = numbers_in(m["value"]), _term(m["a"])
    if len(found) != 1 or found[0].start > 1 or not term:
        return
    number, tail = found[0], _TAIL.match(m["value"][found[0].end :])
    if not tail or (tail["base"] and number.unit != "%" and not tail["noun"]):
        return
    unit = in_units(number.unit)
    if noun := tail["noun"]:
        if number.unit == "%":
            return
        unit = f"{unit} of {noun}" if unit else f", in {noun}"
    unit += tail["per"] or ""
    base = tail["base"] or ""
    unit += f" of {base}" if base and not _UNSAID.fullmatch(base) else ""
    for when in (at,) if at else (f" {LATEST}", ""):
        question = f"What {was(term)} {term}{when}{unit}?"
        yield number_item(question, number.value, plain(number.value), number.unit, "statistics")
