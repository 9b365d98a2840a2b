"""Expressions (LaTeX, sets, intervals, matrices) through math-verify, safe in any thread."""

from __future__ import annotations

import logging
import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

_TIMEOUT = 5  # seconds


def _too_large(text: str) -> bool:
    """Powers and factorials that would keep sympy busy for ever."""
    size = 1
    for exponent in re.findall(r"\^\s*\{?\s*-?\s*([0-9]+)", text):
        size *= max(int(exponent[:9]), 1)
    stacked = re.search(r"\^\s*(?:[\w.]*|\{[^{}]*|\([^()]*)\^|\*\*", text)
    return size > 10_000 or bool(stacked) or bool(re.search(r"[0-9]{4,}\s*!|!\s*!|\)\s*!", text))


@lru_cache(maxsize=8192)
def read_expression(text: str) -> Any:
    """math-verify's reading of an expression.

    Args:
        text: LaTeX or plain; words, ranges ("10-12"), and powers that would keep sympy busy for
            ever are not read.

    Returns:
        math-verify's candidates, or None.
    """
    text = text.strip().strip("$").strip()
    letters = re.fullmatch(r"-?[A-Za-z]|\([A-Za-z]\)", text)
    if not letters and not re.search(r"[0-9\\^_=+]", text):
        return None
    if len(text) > 400 or _too_large(text) or re.fullmatch(r"[\d.,]+\s?[-–—]\s?[\d.,]+%?", text):
        return None
    from math_verify import LatexExtractionConfig, parse

    logging.getLogger("math_verify.parser").setLevel(logging.ERROR)
    try:
        with _limited():
            return parse(f"${text}$", [LatexExtractionConfig()], parsing_timeout=None) or None
    except Exception:  # total: whatever sympy can't read is no answer
        return None


def equal_expressions(gold: Any, prediction: Any) -> bool:
    """Whether two readings of :func:`read_expression` are mathematically equal."""
    from math_verify import verify

    logging.getLogger("math_verify.grader").setLevel(logging.ERROR)
    try:
        with _limited():
            return bool(verify(gold, prediction, timeout_seconds=None))
    except Exception:  # total, as above
        return False


@contextmanager
def _limited() -> Iterator[None]:
    """Raises TimeoutError after ``_TIMEOUT`` seconds of this process's own work.

    math-verify's limit is the clock's, so on a busy machine it calls a right answer wrong. Both are
    signals, which only the main thread may set, and which Windows lacks: no limit is set there.
    """
    if threading.current_thread() is not threading.main_thread() or os.name != "posix":
        yield
        return

    def stop(signum: int, frame: Any) -> None:
        raise TimeoutError("the expression takes too long")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, _TIMEOUT, 1)  # again, where sympy swallowed it
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
