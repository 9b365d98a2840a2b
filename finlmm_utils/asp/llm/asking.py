"""How models are asked: from the disk where a good answer is kept, many prompts at once.

A prompt ends in a usable answer or in a reason (:data:`~finlmm_utils.asp.llm.replies.FAILURES`).
What can't be used is not kept as an answer: the next run asks again, :data:`TRIES` times in all.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from finlmm_utils.asp.llm.budget import JUDGED, Meter, ModelError, Reserved
from finlmm_utils.asp.llm.cache import Cache
from finlmm_utils.asp.llm.replies import OWN_FAULTS
from finlmm_utils.output import cache_folder

BYTES_PER_TOKEN = 4
"""Of English text, a usual estimate."""
IMAGE_TOKENS = 1000
"""Of one picture, where nobody counts them: 0.8 million pixels by Qwen's 28 by 28 (our choice)."""
TRIES = 3
"""Runs in which a prompt that earns no usable answer is asked, in all (our choice)."""
Check = Callable[[str], str]
"""Says what is wrong with the form of an answer, as a key of ``FAILURES``; "" for nothing."""


class ChatModel(Protocol):
    """What a model must offer."""

    name: str

    def ask(
        self, system: str, user: str, images: Sequence[bytes] = (), check: Check | None = None
    ) -> str:
        """Answers one prompt.

        Args:
            system: what the model is told to do.
            user: what it is asked.
            images: PNG bytes, shown before the text, in order.
            check: of the answer's form; None where any text will do.
        """
        ...


class BadAnswer(ModelError):
    """One prompt has no usable answer; the others go on.

    Attributes:
        reason: a key of ``FAILURES``, or ``http_`` and a status.
        detail: one line.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class Reply:
    """How one prompt ended: with a text, or with a reason and a line about it."""

    text: str = ""
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Choice:
    """One of the answers that a model sent.

    Attributes:
        text: the answer; None where the model sent something else in its place.
        reason: why it can't be used, whatever its form: "cut", "refused", "empty"; "" for nothing.
    """

    text: str | None
    reason: str


@dataclass(frozen=True)
class Answered:
    """What a model sent: its text, and what it cost.

    Attributes:
        text: the answer.
        reason: why it can't be used, as of :class:`Choice`.
        tokens_in: of the prompt.
        tokens_out: of the answer.
        estimated: whether these are estimates.
        choices: all answers, where more than one was asked for; the text is the first one's.
    """

    text: str
    reason: str
    tokens_in: int
    tokens_out: int
    estimated: bool = False
    choices: tuple[Choice, ...] = ()


class Cached:
    """Keeps good answers on disk by content and has the rest metered; safe in threads.

    Args:
        name: of the model.
        place: the endpoint, or where else the model is; with the name, the parameters and the
            prompt it is the key of every answer.
        cache: folder of kept answers; "" for the user's.
        meter: counts and limits; None for no limit.
    """

    retries = 0

    def __init__(self, name: str, place: str, cache: str | Path, meter: Meter | None) -> None:
        self.name, self.place = name, place
        self.meter = meter or Meter()
        self.answer_tokens = self.meter.answer_tokens
        self._folder = Path(cache) if cache else cache_folder("llm")
        self._opened: Cache | None = None
        self._ended: dict[str, BadAnswer] = {}
        self._lock = threading.Lock()

    @property
    def _cache(self) -> Cache:
        """Opened when it is first asked: who keeps nothing needs no folder."""
        with self._lock:
            if self._opened is None:
                self._opened = Cache(self._folder)
            return self._opened

    def ask(
        self, system: str, user: str, images: Sequence[bytes] = (), check: Check | None = None
    ) -> str:
        """Answers one prompt, from the disk where it has a good answer already.

        Args:
            system: what the model is told to do.
            user: what it is asked.
            images: PNG bytes, shown before the text, in order.
            check: of the answer's form; None where any text will do.

        Raises:
            BudgetSpent: the next request would cost more than is left.
            BadAnswer: this prompt has no usable answer; asked once in a run.
            TooManyFailures: the share of such prompts is more than the run accepts.
            ModelError: the model can't be asked at all.
        """
        parameters = {"answer_tokens": self.answer_tokens, "temperature": 0}
        key = key_of(self.place, self.name, parameters, system, user, *images)
        known = self._cache.get(key)
        if isinstance(known, str) and not (check and check(known)):
            self.meter.from_disk()
            return known
        self.meter.judge(JUDGED)
        with self._lock:
            ended = self._ended.get(key)
        if ended is not None:
            raise BadAnswer(ended.reason, ended.detail)
        before = known if isinstance(known, dict) else {}
        tries = before.get("tries", 0) if isinstance(before.get("tries"), int) else 0
        try:
            if tries >= TRIES:
                raise BadAnswer("given_up", f"{before.get('reason')} in {tries} runs")
            text = self._asked(system, user, images, check)
        except BadAnswer as bad:
            with self._lock:
                self._ended[key] = bad
            if bad.reason in OWN_FAULTS:
                self._cache.set(key, {"tries": tries + 1, "reason": bad.reason})
            if bad.reason != "given_up":
                self.meter.failed(bad.reason)
            raise
        self._cache.set(key, text)
        self.meter.usable()
        return text

    def _asked(
        self, system: str, user: str, images: Sequence[bytes], check: Check | None
    ) -> str:  # fmt: skip
        """Sends a prompt and judges the answer."""
        answered = self.answered(system, user, images)
        reason = answered.reason or (check(answered.text) if check else "")
        if reason:
            raise BadAnswer(reason, " ".join(answered.text.split())[:200])
        return answered.text

    def answered(self, system: str, user: str, images: Sequence[bytes] = ()) -> Answered:
        """Sends a prompt, again where the endpoint is busy; metered, and not kept on disk.

        Args:
            system: what the model is told to do.
            user: what it is asked.
            images: PNG bytes, shown before the text, in order.

        Raises:
            BudgetSpent: the next request would cost more than is left.
            BadAnswer: this prompt has no answer at all.
            ModelError: the model can't be asked at all.
        """
        cost = Reserved(guess(system + user, len(images)), self.answer_tokens)
        for number in range(self.retries + 1):
            if number:  # a run that others have ended tries nothing again
                self.meter.judge(JUDGED)
            with self.meter.request(cost, again=number > 0):
                answered = self._try(system, user, images, number)
            if answered is not None:
                break
        assert answered is not None, "the last try answers or raises"
        return answered

    def _try(
        self, system: str, user: str, images: Sequence[bytes], number: int
    ) -> Answered | None:  # fmt: skip
        """Sends a prompt once and charges it; None where it is worth another try."""
        answered = self._send(system, user, images)
        self.meter.charge(answered.tokens_in, answered.tokens_out, answered.estimated)
        return answered

    def _send(self, system: str, user: str, images: Sequence[bytes]) -> Answered:
        raise NotImplementedError


def key_of(*parts: Any) -> str:
    """A hash of what was asked, of whom, and how; of parts that are bytes or JSON."""
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else json.dumps(part, sort_keys=True).encode()
        digest.update(str(len(data)).encode() + b":" + data)
    return digest.hexdigest()


def guess(text: str, images: int = 0) -> int:
    """Tokens of a prompt where nobody counts them: four bytes each, so 0.75 a Chinese character."""
    return len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN + 1 + IMAGE_TOKENS * images


def ask_all(
    model: ChatModel, prompts: Sequence[tuple[str, str, Sequence[bytes]]], workers: int,
    check: Check | None = None,
) -> Iterator[Reply]:  # fmt: skip
    """Answers many prompts, ``workers`` at a time, in their order.

    A prompt without a usable answer costs itself. What ends the run ends it here: prompts that have
    not begun are not sent any more.

    Args:
        model: who is asked.
        prompts: system text, user text and images of each.
        workers: threads.
        check: of each answer's form.

    Yields:
        How each prompt ended.
    """
    with ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(model.ask, *prompt, check=check) for prompt in prompts]
        try:
            for job in jobs:
                try:
                    yield Reply(job.result())
                except BadAnswer as bad:
                    yield Reply("", bad.reason, bad.detail)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    if meter := getattr(model, "meter", None):
        meter.judge()
