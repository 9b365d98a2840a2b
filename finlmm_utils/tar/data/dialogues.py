"""Rows that are dialogues: conversations (LLaVA, VLM-R1), messages (TRL, OpenAI, ms-swift)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from finlmm_utils.tar.data.report import Refused

USERS, ASSISTANTS = ("user", "human"), ("assistant", "gpt")
_MARK = re.compile(r"<image>")
_NUMBERED = re.compile(r"<\s*image[\s_]*(\d{1,2})\s*>", re.IGNORECASE)
"""A marker that names its image, as MATH-Vision and FinMMR have them."""


def dialogue(turns: Any) -> tuple[str, str | None, list[Any]]:
    """A dialogue's question, its reply and the images among its parts.

    Args:
        turns: a list (or its JSON) of ``{"role": .., "content": ..}`` or
            ``{"from": .., "value": ..}``; a content is a text, or a list of parts.

    Returns:
        The only user turn's text, the reply behind it (None where there is none), and images.

    Raises:
        Refused: no user turn, several, or a turn of no known form.
    """
    if isinstance(turns, str):
        try:
            turns = json.loads(turns)
        except ValueError as error:
            raise Refused("no dialogue", str(error)) from error
    if not isinstance(turns, Sequence) or isinstance(turns, str):
        raise Refused("no dialogue", f"{type(turns).__name__} in place of a list of turns")
    asked: list[tuple[str, list[Any]]] = []
    reply = None
    for turn in turns:
        if not isinstance(turn, Mapping):
            raise Refused("no dialogue", f"a turn is a {type(turn).__name__}")
        role = str(turn.get("role") or turn.get("from") or "")
        content = turn.get("content") if "content" in turn else turn.get("value")
        if role in USERS:
            asked.append(_content(content))
        elif role in ASSISTANTS and asked:
            reply = _content(content)[0]
    if len(asked) != 1:
        raise Refused("several turns" if asked else "no question", f"{len(asked)} turns of a user")
    return asked[0][0], reply, asked[0][1]


def _content(content: Any) -> tuple[str, list[Any]]:
    if content is None or isinstance(content, str):
        return content or "", []
    texts, images = [], []
    for part in content:
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind == "text":
            texts.append(str(part.get("text") or ""))
        elif kind in ("image", "image_url"):
            value = part.get("image") or part.get("image_url") or part.get("url")
            images += [value] if value is not None else []  # TRL's placeholder holds none
        else:
            raise Refused("a part of no known kind", f"{kind!r} in a turn")
    return "\n".join(texts), images


def without_markers(question: str, images: int) -> str:
    r"""A question whose ``<image>`` markers are gone or numbered, since images stand before it.

    A marker with a number ("<image1>", "<image 1>") becomes "image 1", or goes where the row has
    one image.

    Args:
        question: with as many markers without a number as images, or with none.
        images: of the row.

    Raises:
        Refused: another number of markers than of images.

    Examples:
        >>> without_markers("<image>\nHow many?", 1)
        'How many?'
        >>> without_markers("Is <image> larger than <image>?", 2)
        'Is image 1 larger than image 2?'
        >>> without_markers("How many?\n<image1>", 1), without_markers("Is <image 2> larger?", 2)
        ('How many?', 'Is image 2 larger?')
    """
    numbered = {int(number) for number in _NUMBERED.findall(question)}
    if numbered == {1} and images == 1:
        question = _NUMBERED.sub(" ", question)
        question = re.sub(r"[ \t]+(?=\n|$|[.,;:?!])|(?<=[ \t\n])[ \t]+", "", question).strip()
    question = _NUMBERED.sub(lambda mark: f"image {int(mark[1])}", question)
    found = len(_MARK.findall(question))
    if found and found != images:
        raise Refused("markers and images differ", f"{found} <image> for {images} images")
    head = re.match(r"(?:\s*<image>)+", question)
    number = head[0].count("<image>") if head else 0
    rest = question[head.end() :] if head else question
    if images == 1:
        return re.sub(r"\s*<image>\s*", " ", rest).strip()
    for number in range(number + 1, found + 1):  # noqa: B020, goes on behind the leading ones
        rest = _MARK.sub(f"image {number}", rest, count=1)
    return rest.strip()
