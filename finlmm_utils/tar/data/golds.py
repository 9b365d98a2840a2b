"""Golds as data sets write them: bare, in tags, boxed, behind ``####``, numbers, options."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from finlmm_utils.tar.data.report import Refused

_NOTHING = re.compile(r"\\boxed\s*\{\s*\}|[$\s{}]")
"""What may stand around an answer, and is none."""
LONGEST_ANSWER = 100
"""Characters of a reply that is taken for a bare answer; a longer one is an explanation, and no
policy repeats it word for word (our choice)."""
_TAGS = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
_LETTERS = re.compile(r"[A-N](?:\s*[,;&]?\s*[A-N])*")


def stated_answer(text: str) -> str:
    r"""The answer that a solution ends in: between answer tags, boxed, behind ``####``, or bare.

    Args:
        text: a solution, or a dialogue's reply.

    Raises:
        Refused: none of these, and too long for a bare answer.

    Examples:
        >>> stated_answer("<think>1 + 2</think> <answer> 3 </answer>"), stated_answer("$4$")
        ('3', '4')
        >>> stated_answer("1 + 2 = 3\n#### 3"), stated_answer(r"So it is \boxed{\frac{1}{2}}.")
        ('3', '\\frac{1}{2}')
    """
    text = text.strip()
    tags = _TAGS.findall(text)
    if tags:
        return _bare(tags[-1])
    if "####" in text:
        return _bare(text.rpartition("####")[2])
    boxed = _last_boxed(text)
    if boxed:
        return boxed
    if not text or len(text) > LONGEST_ANSWER or "\n" in text:
        raise Refused("no short answer", f"expected one in tags or a box: {text[:60]!r}")
    return _bare(text)


def _bare(text: str) -> str:
    text = text.strip()
    boxed = _last_boxed(text)
    inner = re.fullmatch(r"\$([^$]+)\$", boxed or text)
    return (inner[1] if inner else boxed or text).strip()


def _last_boxed(text: str) -> str:
    r"""What stands in the last ``\boxed{..}``, with its own braces; "" where there is none."""
    start = text.rfind("\\boxed{")
    if start < 0:
        return ""
    depth, begin = 0, start + len("\\boxed{")
    for place in range(begin - 1, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return text[begin:place].strip()
    return ""


def is_missing(value: Any) -> bool:
    """Whether a cell of a table is empty: nothing, blanks, an empty list, pandas' NaN."""
    if isinstance(value, float):
        return math.isnan(value)
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == []


def given_answer(text: str) -> str:
    """The same text, which must say something that a policy can answer.

    Args:
        text: a gold answer.

    Raises:
        Refused: it is empty, or what a table writes for an empty cell.

    Examples:
        >>> given_answer("$4$")
        '$4$'
    """
    if _NOTHING.sub("", text).lower() in ("", "nan", "<na>"):
        raise Refused("no gold answer", f"{text!r} in its place" if text else "it is empty")
    return text


def answer_text(value: Any) -> str:
    """A gold as text: numbers without a machine's rounding noise, a list's parts by commas.

    Raises:
        Refused: neither text nor number, nor a list of these; a number that is not finite.

    Examples:
        >>> answer_text(1.8999999999999997), answer_text(50.0), answer_text(["2019", "2020"])
        ('1.9', '50', '2019, 2020')
    """
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused("no gold answer", f"{value} in its place")
    if isinstance(value, float):
        text = format(Decimal(f"{value:.12g}"), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, list | tuple):
        return ", ".join(answer_text(one) for one in value)
    if value is None or isinstance(value, Mapping | bytes | set):
        raise Refused("gold answer is no text or number", f"{str(value)[:60]!r}")
    text = str(value).strip()
    inner = re.fullmatch(r"\$([^$]+)\$", text)
    return inner[1].strip() if inner else text


def letter_of(answer: str, options: Mapping[str, str]) -> str:
    """A choice's letter: as it stands, or of the option that it repeats.

    Args:
        answer: the gold.
        options: by letter; a text that lists them itself under ""; none where they are not known.

    Raises:
        Refused: options are known, and it is none of them.

    Examples:
        >>> letter_of("tokyo", {"A": "osaka", "B": "tokyo"}), letter_of("A, C", {})
        ('B', 'AC')
    """
    if _LETTERS.fullmatch(answer):
        letters = re.findall(r"[A-N]", answer)
        strange = [one for one in letters if options and "" not in options and one not in options]
        if strange:
            raise Refused("answer not among the options", f"{answer!r} of {', '.join(options)}")
        return "".join(letters)
    named = [k for k, text in options.items() if k and text.strip().lower() == answer.lower()]
    if named:
        return named[0]
    if options and "" not in options:
        raise Refused("answer not among the options", f"{answer[:60]!r}")
    return answer


def options_by_letter(options: Any) -> dict[str, str]:
    """Options by letter.

    Args:
        options: as a set holds them: a list, a mapping, or a text that lists them itself.

    Returns:
        Texts by letter; a text that lists them itself stands under "".

    Raises:
        Refused: none of these.
    """
    if is_missing(options) or options == {}:
        return {}
    if isinstance(options, Mapping):
        return {str(k): str(v) for k, v in sorted(options.items()) if v is not None}
    if isinstance(options, str):
        return {"": options.strip()}
    if not isinstance(options, list | tuple):
        raise Refused("options are no list", f"a {type(options).__name__} in their place")
    return {chr(ord("A") + k): str(option) for k, option in enumerate(options)}


def listed(options: Mapping[str, str]) -> str:
    """The options as they stand below a question, each in its line.

    Args:
        options: by letter, as :func:`options_by_letter` gives them.
    """
    if not options:
        return ""
    if "" in options:
        return f"\n{options['']}"
    if all(letter == text for letter, text in options.items()):
        return f"\nChoices: {', '.join(options)}"
    return "".join(f"\n{letter}. {text}" for letter, text in options.items())
