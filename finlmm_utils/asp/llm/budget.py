"""What language models cost, and the limits that all threads and models of a run share."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from finlmm_utils.errors import OneLine


class ModelError(OneLine, RuntimeError):
    """A model can't be asked; one line that says what is missing and what to do."""


class BudgetSpent(ModelError):
    """The next request would cost more than is left; what was answered is on disk."""


class Meter:
    """Counts requests, tokens and dollars, spaces requests, and stops before a budget is passed.

    What the next request costs is taken from the mean of the earlier ones, so requests that are
    alike never pass the budget; those on their way count as well.

    Args:
        tokens: most tokens, prompts and answers together.
        dollars: most money.
        price_in: dollars for a million tokens of prompts.
        price_out: dollars for a million tokens of answers.
        requests_per_minute: most requests that are begun in a minute.

    Attributes:
        requests: answered by a model.
        cached: answered from the disk.
        tokens_in: of prompts.
        tokens_out: of answers.
    """

    def __init__(
        self, tokens: float = float("inf"), dollars: float = float("inf"), price_in: float = 0.0,
        price_out: float = 0.0, requests_per_minute: float = float("inf"),
    ) -> None:  # fmt: skip
        self.most_tokens, self.most_dollars = tokens, dollars
        self.price_in, self.price_out = price_in, price_out
        self.pause = 60 / requests_per_minute
        self.requests = self.cached = self.tokens_in = self.tokens_out = 0
        self._running, self._next = 0, 0.0
        self._changed = threading.Condition()

    @property
    def tokens(self) -> int:
        """Spent so far."""
        return self.tokens_in + self.tokens_out

    @property
    def dollars(self) -> float:
        """Spent so far."""
        return (self.tokens_in * self.price_in + self.tokens_out * self.price_out) / 1e6

    def line(self) -> str:
        """What was spent, for a line of progress."""
        return (
            f"{self.requests} requests, {self.cached} answers from disk, {self.tokens:,} tokens, "
            f"{self.dollars:.4f} dollars"
        )

    def from_disk(self) -> None:
        """Counts an answer that cost nothing."""
        with self._changed:
            self.cached += 1

    @contextmanager
    def request(self, guess: int) -> Iterator[None]:
        """Waits for the turn of one request and holds its share of the budget while it runs.

        Args:
            guess: tokens of the prompt, for as long as there is no mean.

        Raises:
            BudgetSpent: what is left is too little.
        """
        with self._changed:
            while self._fits(1, guess) and not self._fits(self._running + 1, guess):
                self._changed.wait()
            if not self._fits(1, guess):
                raise BudgetSpent(
                    f"budget spent: {self.tokens:,} of {self.most_tokens:,} tokens, "
                    f"{self.dollars:.4f} of {self.most_dollars:.4f} dollars in {self.requests} "
                    "requests; the answers are kept: raise llm_limits and run again, they cost "
                    "nothing then"
                )
            self._running += 1
            start = max(time.monotonic(), self._next)
            self._next = start + self.pause
        try:
            time.sleep(max(0.0, start - time.monotonic()))
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def charge(self, tokens_in: int, tokens_out: int) -> None:
        """Counts what one request cost."""
        with self._changed:
            self.requests += 1
            self.tokens_in += tokens_in
            self.tokens_out += tokens_out

    def _fits(self, more: int, guess: int) -> bool:
        """Whether so many more requests stay within tokens and money."""
        tokens = self.tokens / self.requests if self.requests else guess
        each = self.dollars / self.requests if self.requests else guess * self.price_in / 1e6
        within = self.tokens + more * tokens <= self.most_tokens
        return within and self.dollars + more * each <= self.most_dollars
