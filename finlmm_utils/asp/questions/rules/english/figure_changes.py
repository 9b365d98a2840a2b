"""What a sentence says of its subject, in its own words, where it names the figure behind it."""

from __future__ import annotations

import re

from finlmm_utils.asp.questions.rules.question_item import AskedFact, QuestionItem
from finlmm_utils.asp.questions.rules.sentences import clean_term, numbers_in
from finlmm_utils.finance.reference_clauses import asides

MOST_NUMBERS = 2
"""Numbers in what is said of a subject; more of them are values, that others ask for."""

_END = re.compile(r"\s*[.;]?\s*\d{0,2}$")
"""What may follow the last reference of a sentence: its full stop and a footnote's number."""
_CLAIM = re.compile(
    r"^(?P<subject>[A-Z][^,;()]{3,70}?)\s+(?P<predicate>(?P<verb>has|have|rose|fell|"
    r"increased|declined|tightened|widened)\b[^()]{12,220})$"
)
_CHANGED = re.compile(
    r"^(?:has|have)\s+(?:\w+ly\s+)?(?:risen|fallen|declined|increased|decreased|grown|widened|"
    r"narrowed|tightened|eased|improved|deteriorated|strengthened|weakened|surged|climbed|dropped|"
    r"rebounded|recovered|remained|stabili[sz]ed|accelerated|slowed|picked up|turned|rallied|"
    r"kept (?:on )?\w+ing|anchored|expanded|shrunk|doubled|tripled|reached|stayed|continued)\b"
)
_DANGLING = re.compile(r"^(?:also|however|therefore|thus|both|likely)\b|\b(?:above|below)\b", re.I)


def claim_in_sentence(sentence: str, page: int) -> AskedFact | None:
    """Reads "Corporate credit spreads have tightened since April (Figure 1.1, panel 6).".

    Returns:
        A question for what is said of the subject, or None where the sentence has another form.
    """
    text = " ".join(sentence.split())
    left, right = (asides(text) or [(0, 0)])[-1]
    m = _CLAIM.match(text[:left]) if _END.match(text, right) else None
    subject = clean_term(m["subject"]) if m else ""
    if not m or not subject or _DANGLING.search(m["predicate"].split(maxsplit=1)[1]):
        return None
    verb = m["verb"].lower()
    if _CHANGED.match(m["predicate"]):
        question = f"How {verb} {subject} changed?"
    elif verb in ("rose", "fell", "increased", "declined", "tightened", "widened"):
        question = f"How did {subject} change?"
    else:
        return None  # what a report makes of its subject stands in no picture
    item: QuestionItem = {
        "question": question, "answer": re.split("[,;—]", m["predicate"])[0].strip(),
        "answer_kind": "text",
        "task": "explanation",
    }  # fmt: skip
    few = len(numbers_in(m["predicate"])) <= MOST_NUMBERS
    return AskedFact((item,), sentence, page) if few else None
