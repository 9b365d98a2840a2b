r"""Expressions: plain arithmetic is evaluated here; LaTeX, sets, intervals go to math-verify.

Text of a model is hostile: its length and depth are checked before anything parses it, and nothing
in it is ever run. math-verify is asked about formulas only: it reads the part of a text that it
knows and calls that part equal, so whatever has a currency, a word or a unit of scale in it never
reaches it. Works in any thread.
"""

from __future__ import annotations

import ast
import itertools
import logging
import math
import operator
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import lru_cache
from typing import Any

from finlmm_utils.finance import units

MAX_ARITHMETIC = 300
"""Characters of an arithmetic expression: twenty values of a table fit (our choice)."""
MAX_FORMULA = 400
"""Characters of a formula: the longest gold of MATH's sample has 131."""
MAX_DEPTH = 12
"""Brackets within brackets; math-verify takes half a second for ten, and more for each."""
MAX_SIGNS = 3
"""Signs in a row: "- -5" is arithmetic, a row of dashes is not."""
_TIMEOUT = 5  # seconds
_LOOK_EVERY = 256  # calls and returns: less than a millisecond

# Arithmetic

_BINARY: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[[list[float]], float]] = {
    "max": max,
    "min": min,
    "sum": math.fsum,
    "mean": lambda values: math.fsum(values) / len(values),
    "abs": lambda values: abs(values[0]),
}
NUMERAL = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?"
"""A regular expression of a number in an arithmetic expression."""
_TOKEN = re.compile(
    rf"{NUMERAL}(?![\w.])|(?:{'|'.join(_FUNCTIONS)})(?=\s*\()|\*(?!\*)|/(?!/)|[-+(),\s]"
)


class ExpressionError(ValueError):
    """An expression that is no plain arithmetic; the message says what in it was refused."""


def refusal(expression: str) -> str:
    """Why an expression is no plain arithmetic, "" where it may be; nothing is parsed for it."""
    if len(expression) > MAX_ARITHMETIC:
        return f"expression of {len(expression)} characters; at most {MAX_ARITHMETIC}"
    if other := _TOKEN.sub(" ", expression).split():
        return f"{other[0][:40]!r} in an expression; expected numbers, + - * / ( ), max, min, .."
    if _depth(expression) > MAX_DEPTH:
        return f"brackets {_depth(expression)} deep; at most {MAX_DEPTH}"
    if re.search(rf"(?:[-+]\s*){{{MAX_SIGNS + 1}}}", expression):
        return f"more than {MAX_SIGNS} signs in a row"
    return ""


def evaluate(expression: str) -> float:
    """Evaluates plain arithmetic: numbers, ``+ - * / ( )``, and max, min, sum, mean, abs.

    Nothing else is run, whatever the text says: it is parsed and walked, never given to ``eval``.

    Args:
        expression: as a language model or a rule wrote it; at most ``MAX_ARITHMETIC`` characters.

    Returns:
        The value, a finite number.

    Raises:
        ExpressionError: names what was refused, or the division by zero.

    Examples:
        >>> evaluate("(57 - 45) / 45 * 100")
        26.666666666666668
        >>> evaluate("max(12, 15, 9) - min(12, 15, 9)")
        6.0
    """
    try:
        value = _walk(_parsed(expression))
    except ZeroDivisionError:
        raise ExpressionError(f"{expression!r} divides by zero") from None
    if not math.isfinite(value):
        raise ExpressionError(f"{expression!r} is too large")
    return value


def operands(expression: str) -> list[float]:
    """The numbers written in an expression, without sign, in order.

    Raises:
        ExpressionError: it is no arithmetic.
    """
    tree = _parsed(expression)
    with suppress(ZeroDivisionError):  # numbers it has all the same
        _walk(tree)
    found = sorted((n.col_offset, n.value) for n in ast.walk(tree) if isinstance(n, ast.Constant))
    return [float(value) for _, value in found]  # type: ignore[arg-type]


def _parsed(expression: str) -> ast.expr:
    if reason := refusal(expression):
        raise ExpressionError(reason)
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        raise ExpressionError(f"{expression!r} is no arithmetic: {error}") from None


def _walk(node: ast.AST) -> float:
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _BINARY[type(node.op)](_walk(node.left), _walk(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = _walk(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
        if node.func.id == "abs" and node.args[1:]:
            raise ExpressionError("abs of several numbers; expected one")
        return float(_FUNCTIONS[node.func.id]([_walk(arg) for arg in node.args]))
    raise ExpressionError(f"{type(node).__name__} in an expression; expected plain arithmetic")


# Formulas

_WRAPPED = re.compile(r"^(?:\$\$?([^$]+)\$\$?|\\\((.+)\\\)|\\\[(.+)\\\])$", re.DOTALL)
_UNIT_TEXT = re.compile(r"\s*\\(?:text|mathrm)\s?\{([A-Za-z .]+)\}(?:\^\{?[23]\}?)?$")
_NAME = re.compile(
    r"(?:arc)?(?:sin|cos|tan)h?|cot|sec|csc|log|ln|exp|sqrt|pi|inf(?:inity|ty)?|mod|gcd|lcm"
    r"|max|min|det|deg|and|or",
    re.IGNORECASE,
)
_NO_FORMULA = frozenset({*units.SCALES, *units.RATES, *units.CURRENCIES, "not", "per", "us", "hk"})
_WORK = re.compile(  # commands that compute without end, or that hide a part of the formula
    r"\\(?:i*int|oint|sum|prod|lim|boxed|fbox|phantom|tag|label|color|hspace|not|neq?)(?![a-z])"
)
_CHARACTERS = re.compile(r"[\x20-\x7eΑ-ω×÷·√∞°≤≥≠≈∪∩∈−]*")


def _is_formula(text: str) -> bool:
    """Whether all of a text is mathematics, so that no part of it would be passed over."""
    if not _CHARACTERS.fullmatch(text) or re.search(r"[$#@~?\"`]", text) or _WORK.search(text):
        return False
    if re.search(r"[0-9]\s+[0-9]", text) or _depth(text) > MAX_DEPTH or _too_large(text):
        return False
    words = re.findall(r"[A-Za-z]+", re.sub(r"\\[A-Za-z]+", " ", text))
    whole = re.fullmatch(r"\\(?:text|mathrm)\s?\{[(A-Za-z, )]+\}", text)
    long = [w for w in words if len(w) > 1 and not _NAME.fullmatch(w)]
    if any(w.lower() in _NO_FORMULA for w in long) or re.search(r"[0-9}]\s?[mkbt]$", text, re.I):
        return False
    return bool(whole) or all(len(w) < 3 for w in long) or "matrix" in text


def _too_large(text: str) -> bool:
    """Powers and factorials that would keep sympy busy for ever."""
    size = 1
    for exponent in re.findall(r"\^\s*\{?\s*-?\s*([0-9]+)", text):
        size *= max(int(exponent[:9]), 1)
    unknown = re.search(r"(?<![\\A-Za-z])[A-Za-z](?![A-Za-z])", text)  # (x+1)^{999} expands
    stacked = re.search(r"\^\s*(?:[\w.]*|\{[^{}]*|\([^()]*)\^|\*\*", text)
    largest = 100 if unknown else 10_000
    sums = re.findall(r"[)}]\s*\^\s*\{?\s*([0-9]+)", text)  # (1+x+y)^{50} expands too
    if any(int(exponent[:9]) > 20 for exponent in sums):
        return True
    return size > largest or bool(stacked) or bool(re.search(r"[0-9]{4,}\s*!|!\s*!|\)\s*!", text))


def _depth(text: str) -> int:
    """How deep brackets stand within brackets."""
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


def read_expression(text: str) -> Any:
    """math-verify's reading of a formula.

    Args:
        text: LaTeX or plain. Not read are words, currencies and scales, ranges ("10-12"), powers
            that would keep sympy busy for ever, and what is longer than ``MAX_FORMULA`` or deeper
            than ``MAX_DEPTH``.

    Returns:
        math-verify's candidates, or None.
    """
    return _read_formula(text) if len(text) <= MAX_FORMULA else None


@lru_cache(maxsize=8192)
def _read_formula(text: str) -> Any:
    text = text.strip()
    if found := _WRAPPED.match(text):
        text = next(filter(None, found.groups())).strip()
    unit = _UNIT_TEXT.search(text)
    if unit and unit.start() and not set(unit[1].lower().split()) & (_NO_FORMULA | {"or", "and"}):
        text = text[: unit.start()]
    letters = re.fullmatch(r"-?[A-Za-z]|\([A-Za-z]\)", text)
    if not letters and not re.search(r"[0-9\\^_=+]", text):
        return None
    if not _is_formula(text) or re.fullmatch(r"[\d.,]+\s?[-–—]\s?[\d.,]+%?", text):
        return None
    from math_verify import LatexExtractionConfig, parse

    logging.getLogger("math_verify.parser").setLevel(logging.ERROR)
    whole = replace(LatexExtractionConfig().normalization_config, units=False, boxed="none")
    config = LatexExtractionConfig(boxed_match_priority=-1, normalization_config=whole)
    try:
        with _limited():
            return parse(f"${text}$", [config], parsing_timeout=None) or None
    except (Exception, _TooLong):  # total: whatever sympy can't read is no answer
        return None


def equal_expressions(gold: Any, prediction: Any) -> bool:
    """Whether two readings of :func:`read_expression` are mathematically equal."""
    from math_verify import verify

    logging.getLogger("math_verify.grader").setLevel(logging.ERROR)
    try:
        with _limited():
            return bool(verify(gold, prediction, timeout_seconds=None))
    except (Exception, _TooLong):  # total, as above
        return False


class _TooLong(BaseException):
    """Ends work that takes too long; no ``except Exception`` of sympy's holds it up."""


@contextmanager
def _limited() -> Iterator[None]:
    """Raises _TooLong after ``_TIMEOUT`` seconds of this thread's own work, in any thread.

    math-verify's limit is the clock's, so on a busy machine it calls a right answer wrong. Signals
    cost nothing but are for the main thread of POSIX only; elsewhere a profile function looks at
    the time at every few hundred calls. (Neither interrupts a single call of C, so that powers
    are bounded before.)
    """
    main = threading.current_thread() is threading.main_thread()
    with _by_signal() if main and os.name == "posix" else _by_calls():
        yield


@contextmanager
def _by_signal() -> Iterator[None]:
    def stop(signum: int, frame: Any) -> None:
        raise _TooLong("the expression takes too long")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, _TIMEOUT, 1)  # again, where a bare except held it up
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextmanager
def _by_calls() -> Iterator[None]:
    end, calls = time.thread_time() + _TIMEOUT, itertools.count(1)

    def look(frame: Any, event: str, argument: Any) -> None:
        """Looks at the time.

        Args:
            frame: as ``sys.setprofile`` gives it; not used.
            event: the same.
            argument: the same.
        """
        if next(calls) % _LOOK_EVERY == 0 and time.thread_time() > end:
            raise _TooLong("the expression takes too long")

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)
