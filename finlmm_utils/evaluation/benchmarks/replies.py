"""What a benchmark scores of a reply: the answer between its tags, or the reply without them."""

from __future__ import annotations

import re

from finlmm_utils.tar.responses import parse_response

_OPENED = re.compile(r"<\s?answer\s?>", re.IGNORECASE)
_TAG = re.compile(r"<\s?(/?)\s?(think|answer|image_selection)\s?>", re.IGNORECASE)
_ANSWERS = re.compile(r"<\s?answer\s?>(.*?)<\s?/\s?answer\s?>", re.IGNORECASE | re.DOTALL)
_REASONED = re.compile(r".*<\s?/\s?think\s?>", re.IGNORECASE | re.DOTALL)
_SELECTION = re.compile(r"<\s?image_selection\s?>.*", re.IGNORECASE | re.DOTALL)


def answer_of(completion: str) -> tuple[str, bool]:
    """The answer of a reply, and whether it was read without a pair of answer tags.

    A policy that was never taught the tags answers in its own way, and a score of its tags would
    compare formats. Rewards and this package's comparator stay with the exact reading.

    Args:
        completion: the whole reply.

    Returns:
        What stands in the only pair of tags, or in several that say the same; else behind a single
        opening tag; else what follows the reasoning; else the whole. A reply of two answers, or one
        whose reasoning was opened and not closed, has none.

    Examples:
        >>> answer_of("<think>so</think> <answer>B</answer>"), answer_of("The answer is B")
        (('B', False), ('The answer is B', True))
        >>> answer_of("<think>so</think> B"), answer_of("<answer>B"), answer_of("<think>so, B")
        (('B', True), ('B', True), ('', False))
    """
    exact = parse_response(completion).answer
    if exact:
        return exact, False
    opened = len(_OPENED.findall(completion))
    if opened > 1:
        answers = [answer.strip() for answer in _ANSWERS.findall(completion)]
        one = len(answers) == opened and len(set(answers)) == 1
        return (answers[0], True) if one else ("", False)
    if opened:
        answer = parse_response(completion, lenient=True).answer
        return answer, bool(answer)
    rest = _SELECTION.sub("", _REASONED.sub("", completion))
    if any(not closing and name.lower() == "think" for closing, name in _TAG.findall(rest)):
        return "", False
    rest = _TAG.sub(" ", rest).strip()
    return rest, bool(rest)
