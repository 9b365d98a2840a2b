"""Golds as data sets write them: bare, in tags, boxed, behind ``####``, numbers, options."""

from __future__ import annotations

import ast
import json
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
LONGEST_LIST = 20_000
"""Characters of a text that is read as a list: ten options of a page each (our choice)."""
DEEPEST_LIST = 4
"""Brackets within brackets of such a text; the deepest in use here has two (our choice)."""
_APART = re.compile(r"(?<=['\"])\s+(?=['\"])")
"""Between the texts of a list that numpy has printed, which knows no commas."""
_OWN_LETTER = re.compile(r"\s*[(\[]?([A-N])(?:[.:)\]、]|\s*[-–]\s)\s*(?=\S)")
_TEXTS = ("text", "content", "value", "option", "choice", "answer")
"""What sets call an option's text where each option is an object."""
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
    bare = re.sub(r"[\[\](){}'\"]", "", answer).strip()
    if _LETTERS.fullmatch(bare):
        letters = re.findall(r"[A-N]", bare)
        strange = [one for one in letters if options and "" not in options and one not in options]
        if strange:
            raise Refused("answer not among the options", f"{answer!r} of {', '.join(options)}")
        return "".join(letters)
    said = {answer.lower(), re.sub(_OWN_LETTER, "", answer, count=1).lower()}
    named = [k for k, text in options.items() if k and text.strip().lower() in said]
    if named:
        return named[0]
    if _letter(answer) in options:
        return _letter(answer)
    if options and "" not in options:
        raise Refused("answer not among the options", f"{answer[:60]!r}")
    return answer


def literal(text: Any) -> Any:
    """A list or an object that a table holds as text; anything else as it is. Nothing is run.

    Args:
        text: a cell: JSON, Python's or numpy's way to print a list.

    Examples:
        >>> literal("['red', 'blue']"), literal('{"A": "x"}'), literal("[sic] red")
        (['red', 'blue'], {'A': 'x'}, '[sic] red')
        >>> literal("['red' 'blue']")
        ['red', 'blue']
    """
    if not isinstance(text, str) or len(text) > LONGEST_LIST:
        return text
    stripped = text.strip()
    if stripped[:1] + stripped[-1:] not in ("[]", "{}", "()") or _depth(stripped) > DEEPEST_LIST:
        return text
    commas = re.search(r"['\"]\s*,", stripped)
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(stripped if commas else _APART.sub(", ", stripped))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(found, list | tuple | dict):
            return found
    return text


def _depth(text: str) -> int:
    depth = deepest = 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        deepest = max(deepest, depth)
    return deepest


def options_by_letter(options: Any) -> dict[str, str]:
    """Options by letter.

    Args:
        options: as a set holds them: a list of texts or of objects, a mapping, either of them as
            text, or a text that lists them itself. An empty place keeps its letter.

    Returns:
        Texts by letter, without the letters that they bring along; a text that lists them itself
        stands under "".

    Raises:
        Refused: none of these.

    Examples:
        >>> options_by_letter(["A. red", "B. blue"]), options_by_letter(["red", None, "blue"])
        ({'A': 'red', 'B': 'blue'}, {'A': 'red', 'C': 'blue'})
        >>> options_by_letter({"label": ["A", "B"], "text": ["red", "blue"]})
        {'A': 'red', 'B': 'blue'}
    """
    options = literal(options)
    if is_missing(options) or options == {}:
        return {}
    if isinstance(options, str):
        return {"": options.strip()}
    if isinstance(options, Mapping):
        labels, texts = options.get("label"), options.get("text")
        if isinstance(labels, list) and isinstance(texts, list):  # columns of an object, as ARC's
            options = dict(zip(map(str, labels), texts, strict=False))
        named = [(_letter(str(k)) or str(k), v) for k, v in options.items()]
        found = dict(sorted(named, key=lambda pair: pair[0]))
    elif isinstance(options, list | tuple):
        pairs = [_labelled(one, chr(ord("A") + k)) for k, one in enumerate(options)]
        found = dict(pairs)
    else:
        raise Refused("options are no list", f"a {type(options).__name__} in their place")
    return _bare_texts({k: _option_text(v) for k, v in found.items() if not is_missing(v)})


def _labelled(option: Any, letter: str) -> tuple[str, Any]:
    """An option with its letter: an object's own, else that of its place."""
    if not isinstance(option, Mapping):
        return letter, option
    own = next((option[n] for n in ("label", "letter", "key", "id") if option.get(n)), None)
    text = next((option[n] for n in _TEXTS if not is_missing(option.get(n))), None)
    if text is None and len(option) == 1:  # {"A": "red"}
        return next((str(k), v) for k, v in option.items())
    if text is None and any(not is_missing(value) for value in option.values()):
        raise Refused("an option of no known form", f"an object of {', '.join(map(str, option))}")
    return _letter(str(own or "")) or letter, text


def _letter(text: str) -> str:
    """A letter that names an option, as a capital: "a", "(B)" or "C."; "" where it is none."""
    bare = text.strip("().: ").upper()
    return bare if re.fullmatch("[A-N]", bare) else ""


def _option_text(option: Any) -> str:
    if isinstance(option, Mapping | list | tuple | bytes):
        raise Refused("an option of no known form", f"a {type(option).__name__} in its place")
    return str(option)


def _bare_texts(options: dict[str, str]) -> dict[str, str]:
    """Options without the letters that their own texts begin with, where all do in order."""
    own = {letter: _OWN_LETTER.match(text) for letter, text in options.items()}
    if not own or not all(found and found[1] == letter for letter, found in own.items()):
        return options
    return {letter: options[letter][found.end() :] for letter, found in own.items() if found}


def option_texts(options: Any) -> dict[str, str]:
    """The same for a scorer: {} where the options stand in the question, or can't be read."""
    try:
        found = options_by_letter(options)
    except Refused:
        return {}
    return {} if "" in found else found


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
