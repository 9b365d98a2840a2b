"""Claims that name the figure behind them, as research reports make them, in English.

"Corporate credit spreads have tightened since April (Figure 1.1, panel 6)" says what a reader of
that panel sees, and can be asked with both directions as the choice. The forms are our choice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from finlmm_utils.asp.questions.rules.question_item import AskedFact, QuestionItem
from finlmm_utils.asp.questions.rules.sentences import GENERIC, PRONOUN
from finlmm_utils.finance.directions import PAST, PERFECT
from finlmm_utils.finance.periods import PERIOD_SHOWN, SPAN_SHOWN, YEAR
from finlmm_utils.finance.reference_clauses import asides, place_named, without_references
from finlmm_utils.finance.references import figure_names
from finlmm_utils.finance.units import MONTHS

_DONE = {
    "increased": "reduced", "reduced": "increased", "expanded": "reduced", "raised": "lowered",
    "lowered": "raised", "cut": "raised",
}  # fmt: skip
"""What somebody has done to something, and the opposite of it."""
_DEGREES = {
    "higher": "lower", "lower": "higher", "larger": "smaller", "smaller": "larger",
    "greater": "smaller", "wider": "narrower", "narrower": "wider", "stronger": "weaker",
    "weaker": "stronger", "longer": "shorter", "shorter": "longer",
}  # fmt: skip
_OPENING = re.compile(
    r"^(?:(?:as a result|in particular|however|finally|indeed|consequently|furthermore|moreover|"
    r"nonetheless|nevertheless|overall|by comparison|by contrast|in contrast|in addition|still|"
    r"in reality|in fact|specifically|notably|similarly|meanwhile|in turn|for instance|for example)"
    r"\s*,\s*|"
    r"(?:although|though|but|and|while|whereas|yet|as a result|"
    r"[^,]{3,60}?\s+(?:indicate|show|suggest|imply|find)s?\s+that)\s+)+",
    re.IGNORECASE,
)
"""Words that join a sentence to the one before and change nothing in what it says."""
_CLAUSE = re.compile(
    r";\s+|,?\s+(?:while|whereas|although|though)\s+|,\s+(?:but|and|with|suggesting that)\s+"
)
_ASIDE = re.compile(
    r"^(?:despite|although|though|similar|amid|with|after|given|while|under|where|even|since|"
    r"because|following|at the same time|to date|as)\b[^,]*,\s*",
    re.IGNORECASE,
)
"""A clause before the main one, which the question can do without."""
_PLACE = re.compile(r"^(?P<place>(?:In|Across|Among|For)\s+[^,\d]{3,50}?),\s*(?=\w)", re.IGNORECASE)
"""Where the statement holds: part of the question."""
_ADVERB = r"(?:\w+ly|also|since|recently|still|now|then|again)"
_TIME = re.compile(
    r"\bthis\s+(?:year|quarter|month)\b|"
    r"\b(?:since|over|during|in|for|by|between|from|after)\s+(?:the\s+)?(?:end\s+of\s+)?"
    r"(?:(?:early|late|mid)[- ])?"
    r"(?:(?:past|last|latest|first|second|third|fourth|recent|current|same)\s+)*"
    rf"(?:(?:\w+\s+)?(?:decades?|months|years?|weeks|quarters?)(?:\s+of\s+{YEAR})?"
    rf"|(?:{MONTHS})(?:\s+{YEAR})?|{YEAR}(?:\s+(?:to|and)\s+{YEAR})?|FY\s?\d\d)"
    rf"(?:\s+(?:to|ended|ending)\s+(?:{MONTHS})(?:\s+{YEAR})?)?\b",
    re.IGNORECASE,
)
_PARTLY = re.compile(
    r"\b(?:since|until|before|after|during|when|while|from|between|recent\w*|lately|last|"
    r"latest|past|so\s+far|this|currently|now|today|again|compared|relative|than|expected|likely)\b|\d",
    re.IGNORECASE,
)
"""What says that a movement is of another span than the one that its figure shows."""
_SINCE_WHAT = re.compile(
    r"\b(?:since|from|until|before|after)\s+(?:its|their|the)\s+(?:\w+\s+){1,3}$"
)
"""What stands before a time that is no period by itself: "since their peak in 2022"."""
_FROM_TO = re.compile(r"\bfrom\b.*\d.*\bto\b", re.IGNORECASE)
_AFTER = (
    r"(?=\s*$|\s*[,—]|\s+(?:since|over|during|in|for|by|between|from|to|after|across|at|despite|every|"
    r"below|above|amid|as|compared|further|again|more|less|this|\w+ly)\b)"
)
"""What follows a verb without an object: "conditions eased", not "eased conditions"."""
_MOVED = re.compile(
    rf"^(?P<subject>[^,;]{{3,90}}?)\s+(?:{_ADVERB}\s+)?(?:(?P<have>has|have)\s+(?:{_ADVERB}\s+)*"
    rf"(?P<perfect>{'|'.join(PERFECT)})|(?P<past>{'|'.join(PAST)})){_AFTER}(?P<rest>.*)$"
)
_BEING = (
    "rising falling", "climbing falling", "increasing decreasing", "growing shrinking",
    "widening narrowing", "improving deteriorating", "strengthening weakening",
)  # fmt: skip
_ONGOING = {
    a: b for pair in _BEING for a, b in (pair.split(), reversed(pair.split()))
} | {"falling": "rising", "declining": "rising", "dropping": "rising"}  # fmt: skip
"""What goes on, and the opposite of it."""
_WENT_ON = re.compile(
    rf"^(?P<subject>[^,;]{{3,90}}?)\s+(?P<have>has|have)\s+(?:{_ADVERB}\s+)*(?:"
    rf"(?P<been>been)\s+(?:{_ADVERB}\s+)*(?P<ongoing>{'|'.join(_ONGOING)})|"
    r"(?P<turned>(?:been\s+revised|trended|moved)\s+|turned\s+(?=more|less))(?P<way>up|down|upwards?|"
    rf"downwards?|more\s+(?:negative|positive)|less\s+(?:negative|positive))){_AFTER}(?P<rest>.*)$"
)
_WAYS = {
    "up": "down", "down": "up", "upward": "downward", "downward": "upward", "upwards": "downwards",
    "downwards": "upwards", "more": "less", "less": "more",
}  # fmt: skip
_NOTED = re.compile(
    r"^this figure\s+(?:shows?|illustrates?|depicts?|displays?)\s+(?:an?|the)\s+(?:\w+\s+)?"
    r"(?P<way>rise|increase|fall|decrease|decline|drop)\s+in\s+(?P<subject>[^,;:]{3,70}?)\s+"
    r"(?P<rest>(?:since|over|during|between|from)\s.*)$"
)
"""The movement that a figure is said to show."""
_DASHED = re.compile(
    r"\s?—[^—]{3,120}—\s?|,\s+(?:especially|including|particularly|notably|mainly|mostly)\b[^,]{3,60},(?=\s)"
)
"""Words between dashes, or an example between commas, which the sentence can do without."""
_GOES_ON = re.compile(
    rf"\bcontinued\s+to\s+(?P<base>{'|'.join(base for base, _ in PAST.values())})\b|"
    r"\b(?:witnessed|seen|experienced|recorded)\s+an?\s+(?:\w+\s+)?(?P<noun>increase|decrease|decline|rise|fall)\b"
)
"""A movement said by a verb before it: "have continued to rise", "has seen a decline"."""
_PARTICIPLE = dict(zip((base for base, _ in PAST.values()), PERFECT, strict=True))
_MADE = re.compile(
    rf"^(?P<subject>[^,;]{{3,90}}?)\s+(?P<have>has|have)\s+(?:{_ADVERB}\s+)*(?P<done>{'|'.join(_DONE)})"
    r"\s+(?P<object>(?:the|their|its)\s+[^,;—]{4,90})$"
)
_COMPARED = re.compile(
    rf"^(?P<subject>[^,;]{{3,90}}?)\s+(?P<verb>is|are|was|were)\s+(?:{_ADVERB}\s+|much\s+|far\s+)*"
    rf"(?P<degree>{'|'.join(_DEGREES)})\s+than\s+(?P<other>[^,;—]{{4,90}})$"
)
_GAP = re.compile(r"\b(?:spreads?|gaps?|margins?|differentials?|yields?)\b", re.IGNORECASE)
"""What widens where it does not tighten; conditions and policies ease."""
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_PROPER = frozenset([
    "European", "Europe", "Asian", "Asia", "American", "America", "North", "South", "Japanese",
    "Japan", "Chinese", "China", "German", "Germany", "French", "France", "British", "Treasury",
    "Treasuries", "Latin", "African", "Africa", "Indian", "India",
])  # fmt: skip
"""First words that keep their capital within a sentence."""
LONGEST = 14
"""Words of a subject, at most; a longer one is a sentence of its own (our choice)."""
_COMPARISON = re.compile(r",?\s+compared\s+(?:with|to)\b.*$")
"""What it was at another time, behind what it is."""
_SPAN_NAMED = re.compile(r"\b(?:year|quarter|half|months?|weeks?)\b", re.IGNORECASE)


def claims_in_sentence(sentence: str, page: int) -> list[AskedFact]:
    """Reads what a sentence says of the figures that it names.

    Args:
        sentence: one sentence.
        page: where it stands, from 1.

    Returns:
        For each reference what its own part of the sentence states and asks; parts whose subject
        can't be understood alone give nothing.
    """
    text, found, start = " ".join(sentence.split()), list[AskedFact](), 0
    spans = asides(text)
    if not spans and (figure_names(text) or place_named(text)):
        asked = [i for clause in _CLAUSE.split(without_references(text)) for i in _items(clause)]
        return [AskedFact(tuple(asked), sentence, page)] if asked else []
    for left, right in spans:
        part, evidence = text[start:left], text[start:right]
        items = [item for clause in _CLAUSE.split(part) for item in _items(clause)]
        if items:
            found.append(AskedFact(tuple(items), evidence.strip(" ,;."), page))
        start = right
    return found


def claim_in_caption(words: str, page: int) -> AskedFact | None:
    """Reads "House prices have fallen since 2022", a caption that states what its chart shows.

    Args:
        words: of the caption without its number.
        page: where it stands, from 1.
    """
    items = tuple(_items(" ".join(words.split())))
    return AskedFact(items, words, page) if items else None


def _items(clause: str) -> Iterator[QuestionItem]:
    text = _OPENING.sub("", clause.strip(" ,.")).strip()
    text = _OPENING.sub("", _ASIDE.sub("", _DASHED.sub(" ", text)))
    text = _GOES_ON.sub(lambda m: _PARTICIPLE[m["base"] or m["noun"]], text)
    place = _PLACE.match(text)
    if place and PRONOUN.search(place["place"]):
        return
    where, text = (f"{place['place']}, ", text[place.end() :]) if place else ("", text)
    text = _COMPARISON.sub("", text)
    for start, answer, other, end in _read(text):
        if place and end.endswith(SPAN_SHOWN) and _SPAN_NAMED.search(place["place"]):
            continue  # of which of the two?
        ask = f"{where}{start[0].lower()}{start[1:]}" if where else start
        first, second = sorted((answer, other))  # the order gives nothing away
        yield {
            "question": f"{ask[0].upper()}{ask[1:]} {first} or {second}{end}?", "answer": answer,
            "answer_kind": "choice", "task": "explanation",
        }  # fmt: skip


def _read(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Parts of a question: up to the choice, the right and the wrong choice, what comes after."""
    if m := _MOVED.match(text):
        subject, times = _subject(m["subject"]), [t[0] for t in _TIME.finditer(m["rest"])]
        when = _when(text.replace(m["subject"], " "), m["rest"])
        if len(times) > 1 or (times and _FROM_TO.search(m["rest"])):
            return  # "rose from $320 million in 2021 to $415 million in 2022": not in 2021
        if subject and when and m["perfect"]:
            yield f"{m['have']} {subject}", m["perfect"], PERFECT[m["perfect"]], when
        elif subject and when:
            way, other = PAST[m["past"]]
            eased = way == "tighten" and not _GAP.search(subject)
            yield f"did {subject}", way, "ease" if eased else other, when
    if m := _WENT_ON.match(text):
        subject, when = _subject(m["subject"]), _when(text.replace(m["subject"], " "), m["rest"])
        if not when:
            return
        if subject and m["ongoing"]:
            yield f"{m['have']} {subject} been", m["ongoing"], _ONGOING[m["ongoing"]], when
        elif subject:
            way, *rest = m["way"].split()
            after = f" {rest[0]}{when}" if rest else when
            yield f"{m['have']} {subject} {m['turned'].strip()}", way, _WAYS[way], after
    if (m := _NOTED.match(text)) and (subject := _subject(m["subject"])):
        answer = "rise" if m["way"] in ("rise", "increase") else "fall"
        times = [t[0] for t in _TIME.finditer(m["rest"])]
        if len(times) == 1:
            yield f"did {subject}", answer, "fall" if answer == "rise" else "rise", f" {times[0]}"
    if m := _MADE.match(text):
        subject = _subject(m["subject"])
        if subject:
            yield f"{m['have']} {subject}", m["done"], _DONE[m["done"]], f" {m['object']}"
    if m := _COMPARED.match(text):
        subject = _subject(m["subject"])
        if subject and not PRONOUN.search(m["other"]):
            degree = m["degree"]
            yield f"{m['verb']} {subject}", degree, _DEGREES[degree], f" than {m['other']}"


def _when(text: str, rest: str) -> str:
    """In which span something moved: a period, the one that the figure shows, or "" if unknown.

    Args:
        text: the clause without its subject.
        rest: of it, what follows the verb.
    """
    time = _TIME.search(rest)
    if time:
        return "" if _SINCE_WHAT.search(rest[: time.start()]) else f" {time[0]}"
    own = re.split(r",\s+\w+ing\b", text, maxsplit=1)[0]  # ", returning to earlier levels"
    return "" if _PARTLY.search(own) else f" {PERIOD_SHOWN}"


def _subject(text: str) -> str:
    """The subject as it stands within a sentence, or "" where nobody understands it alone."""
    words = text.split()
    vague = PRONOUN.search(re.sub(r"\b(?:above|below)(?= \d)", "", text)) or re.search(
        r"\b(?:or|than|its|their|ha[sd]|have|is|are|was|were)\b|\band$|[$£€%:—]", text
    )
    bare = _ARTICLE.sub("", text)
    if vague or not 1 <= len(words) <= LONGEST or GENERIC.match(bare) or not bare[:1].isalpha():
        return ""
    if re.fullmatch(r"(?:the\s+)?\w+", text, re.IGNORECASE):
        return ""  # "The market" and "growth" are of whatever the sentence before spoke of
    head, proper = words[0], any(c.isupper() for c in words[0][1:])
    proper = proper or head in _PROPER or head.endswith(("'s", "’s"))
    return text if proper else head[0].lower() + text[1:]
