"""Reading a policy's response: exact in what it accepts, total over strings, linear in time.

The format (paper's summary; the order of the tags is that of the public code)::

    <think>reasoning</think> <answer>answer</answer> <image_selection>k</image_selection>

The last element is there for rows with images only; k counts from 1.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

TAGS = ("think", "answer", "image_selection")
_TAG = re.compile(r"<(/?)(think|answer|image_selection)>")
_LOOSE_TAG = re.compile(r"<[ \t]?(/?)[ \t]?(think|answer|image_selection)[ \t]?>", re.IGNORECASE)
_INDEX = re.compile(r"[1-9][0-9]?")
_LOOSE_INDEX = re.compile(r"(?<![0-9])[1-9][0-9]?(?![0-9])")
KEPT_ROLLOUTS = 4096
"""Completions whose reading (and, in the rewards, comparison) is kept, those used last.

Every reward, the discriminator and the trainer ask for the same reading; the first one makes it. So
many are more than one process samples in a step (64 in `cpu`, 256 in `paper`), and take about 30 MB
where a completion has 600 tokens. More a step would cost time alone: results stay the same.
"""


@dataclass(frozen=True)
class Response:
    """What a response says.

    Attributes:
        thinking: text between the think tags, stripped; "" where it can't be told.
        answer: text between the answer tags, stripped; "" where it can't be told.
        image_selection: the selected image from 1, or None.
        well_formed: the whole response follows the format: the pairs in order, each once, only
            white space around them, none of them empty, and a whole number from 1 to 99 without
            leading zeros as the selection, where there is one.
    """

    thinking: str
    answer: str
    image_selection: int | None
    well_formed: bool


def parse_response(text: str, lenient: bool = False) -> Response:
    """Reads a response.

    A field is read only if its pair of tags stands in the text exactly once, opened before it is
    closed, with no other tag inside; so two answers are none, and an answer inside the thinking is
    none. Tags are matched by case and letter. The rewards use this reading.

    Args:
        text: any string.
        lenient: for reports only (what would the response say to a kind reader?): tags in any case
            and with blanks, a missing closing tag, repeated pairs (the last one counts), text
            around them, a selection such as "image 2". ``well_formed`` stays the exact verdict.

    Returns:
        The fields; those that could not be read are "" or None.

    Examples:
        >>> parse_response("<think>57 - 45</think> <answer>12</answer>")
        Response(thinking='57 - 45', answer='12', image_selection=None, well_formed=True)
        >>> parse_response("<answer>12</answer><answer>13</answer>").answer
        ''
    """
    exact = _read_exactly(text)
    return _read_leniently(text, exact.well_formed) if lenient else exact


@lru_cache(maxsize=KEPT_ROLLOUTS)
def _read_exactly(text: str) -> Response:
    marks = list(_TAG.finditer(text))
    names = [mark.group(1) + mark.group(2) for mark in marks]
    fields = dict.fromkeys(TAGS, "")
    count = Counter(names)
    for i, tag in enumerate(names[:-1]):
        closing = "/" + tag
        if tag in fields and names[i + 1] == closing and count[tag] == count[closing] == 1:
            fields[tag] = text[marks[i].end() : marks[i + 1].start()].strip()
    index = _INDEX.fullmatch(fields["image_selection"])
    selection = int(index.group()) if index else None

    expected = [name for tag in TAGS for name in (tag, "/" + tag)]
    outside = [text[: marks[0].start()], text[marks[-1].end() :]] if marks else [text]
    outside += [text[marks[i].end() : marks[i + 1].start()] for i in range(1, len(marks) - 1, 2)]
    well_formed = (
        names in (expected, expected[:4])
        and not any(part.strip() for part in outside)
        and bool(fields["think"] and fields["answer"])
        and (len(names) == 4 or selection is not None)
    )
    return Response(fields["think"], fields["answer"], selection, well_formed)


def _read_leniently(text: str, well_formed: bool) -> Response:
    fields = dict.fromkeys(TAGS, "")
    marks = list(_LOOSE_TAG.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=False):
        content = text[mark.end() : end].strip()
        if not mark.group(1) and content:
            fields[mark.group(2).lower()] = content
    index = _LOOSE_INDEX.search(fields["image_selection"])
    selection = int(index.group()) if index else None
    return Response(fields["think"], fields["answer"], selection, well_formed)


def text_of(message: Any) -> str:
    """The text of a completion or a prompt, be it a string or a list of messages.

    Of several messages the last one counts (the user's turn of a prompt); of a message in parts, as
    TRL builds them for images, its text parts.
    """
    if isinstance(message, str):
        return message
    content = message[-1]["content"] if message else ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or "" for part in content if part.get("type") == "text")
