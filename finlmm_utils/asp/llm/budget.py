"""What language models cost and how often they fail, counted by all threads and models of a run."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from finlmm_utils.asp.llm.replies import remedy
from finlmm_utils.errors import OneLine

ANSWER_TOKENS = 4096
"""Longest answer of an endpoint, tokens: twelve pairs with their evidence."""
SECONDS = 120.0
"""Deadline of one request, from its start to its last byte, whatever comes in between."""
JUDGED = 10
"""Prompts that the share of failures is of at least: two failures in the first three prompts are no
share yet."""


class ModelError(OneLine, RuntimeError):
    """A model can't be asked; one line that says what is missing and what to do."""


class BudgetSpent(ModelError):
    """The next request may cost more than is left; what was answered is on disk."""


class TooManyFailures(ModelError):
    """More prompts failed than the run accepts; says the most frequent reason and what helps."""


@dataclass
class Reserved:
    """What one request may cost at most; the budget is held for it while it runs.

    Attributes:
        tokens_in: of the prompt, by its length.
        tokens_out: longest answer.
    """

    tokens_in: int
    tokens_out: int


class Meter:
    """Counts requests, tokens, dollars and failures, spaces requests, and stops at the limits.

    Before a request its prompt and its longest answer are reserved. So an endpoint that keeps to
    ``max_tokens`` never passes the budget; one that lies passes it by the requests that are on
    their way, which is one where the budget is small.

    Args:
        tokens: most tokens, prompts and answers together.
        dollars: most money.
        price_in: dollars for a million tokens of prompts.
        price_out: dollars for a million tokens of answers.
        requests_per_minute: most requests that are begun in a minute, second tries too.
        failed_share: share of prompts that may end without a usable answer; more end the run.
        answer_tokens: longest answer; a model that says more is cut there.
        seconds: of one request, from its start to its last byte.

    Attributes:
        requests: sent to a model, second tries too.
        retries: of these, second and later tries of one prompt.
        cached: answered from the disk.
        tokens_in: of prompts.
        tokens_out: of answers.
        estimated: requests whose cost is an estimate, since the endpoint gave none or nonsense.
        failures: prompts that ended without a usable answer, by reason.
    """

    def __init__(
        self, tokens: float = float("inf"), dollars: float = float("inf"), price_in: float = 0.0,
        price_out: float = 0.0, requests_per_minute: float = float("inf"),
        failed_share: float = 1.0, answer_tokens: int = ANSWER_TOKENS, seconds: float = SECONDS,
    ) -> None:  # fmt: skip
        self.most_tokens, self.most_dollars = tokens, dollars
        self.price_in, self.price_out = price_in, price_out
        self.pause, self.failed_share = 60 / requests_per_minute, failed_share
        self.answer_tokens, self.seconds = answer_tokens, seconds
        self.requests = self.retries = self.cached = self.tokens_in = self.tokens_out = 0
        self.estimated = self.answered = 0
        self.failures: Counter[str] = Counter()
        self._held: list[Reserved] = []
        self._next = 0.0
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
        """What was spent and what failed, for a line of progress."""
        words = [
            f"{self.requests} requests, {self.cached} answers from disk, {self.tokens:,} tokens, "
            f"{self.dollars:.4f} dollars"
        ]
        words += [f"{self.retries} second tries"] if self.retries else []
        words += [f"cost of {self.estimated} estimated"] if self.estimated else []
        words += [f"{n} {reason}" for reason, n in self.failures.most_common()]
        return ", ".join(words)

    def from_disk(self) -> None:
        """Counts an answer that cost nothing."""
        with self._changed:
            self.cached += 1
            self.answered += 1

    def usable(self) -> None:
        """Counts a prompt with a usable answer."""
        with self._changed:
            self.answered += 1

    def failed(self, reason: str) -> None:
        """Counts a prompt without one.

        Raises:
            TooManyFailures: more failed than the run accepts.
        """
        with self._changed:
            self.failures[reason] += 1
        self.judge(JUDGED)

    def judge(self, least: int = 1) -> None:
        """Stops the run where too many prompts failed.

        Args:
            least: how many prompts the share is of at least.

        Raises:
            TooManyFailures: says the most frequent reason and what helps against it.
        """
        with self._changed:
            count = self.failures.total()
            asked = self.answered + count
            if count <= self.failed_share * max(asked, least):
                return
            reason, times = self.failures.most_common(1)[0]
        raise TooManyFailures(
            f"{count} of {asked} prompts have no usable answer (accepted: a share of "
            f"{self.failed_share:g}, llm_limits.failed_share), {times} of them: {reason}; "
            f"{remedy(reason)}; the good answers are kept"
        )

    @contextmanager
    def request(self, cost: Reserved, again: bool = False) -> Iterator[None]:
        """Waits for the turn of one request and holds its share of the budget while it runs.

        Args:
            cost: what it may cost at most.
            again: whether the prompt was sent before.

        Raises:
            BudgetSpent: what is left is too little.
        """
        with self._changed:
            while not self._fits([*self._held, cost]):
                if not self._held:
                    raise BudgetSpent(
                        f"budget spent: {self.tokens:,} of {self.most_tokens:,} tokens, "
                        f"{self.dollars:.4f} of {self.most_dollars:.4f} dollars in {self.requests} "
                        f"requests, and the next may take {cost.tokens_in + cost.tokens_out:,} "
                        "tokens; the answers are kept: raise llm_limits and run again, they cost "
                        "nothing then"
                    )
                self._changed.wait()
            self._held.append(cost)
            self.requests += 1
            self.retries += again
            start = max(time.monotonic(), self._next)
            self._next = start + self.pause
        try:
            time.sleep(max(0.0, start - time.monotonic()))
            yield
        finally:
            with self._changed:
                self._held = [held for held in self._held if held is not cost]
                self._changed.notify_all()

    def charge(self, tokens_in: int, tokens_out: int, estimated: bool = False) -> None:
        """Counts what one request cost.

        Args:
            tokens_in: of its prompt.
            tokens_out: of its answer.
            estimated: whether the endpoint said nothing sound about it.
        """
        with self._changed:
            self.estimated += estimated
            self.tokens_in += tokens_in
            self.tokens_out += tokens_out

    def _fits(self, held: list[Reserved]) -> bool:
        """Whether so many requests stay within tokens and money."""
        tokens_in = self.tokens_in + sum(cost.tokens_in for cost in held)
        tokens_out = self.tokens_out + sum(cost.tokens_out for cost in held)
        dollars = (tokens_in * self.price_in + tokens_out * self.price_out) / 1e6
        return tokens_in + tokens_out <= self.most_tokens and dollars <= self.most_dollars
