"""Any OpenAI-compatible endpoint, held to a deadline, a size, a pace and a budget."""

from __future__ import annotations

import asyncio
import base64
import os
import random
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from finlmm_utils.asp.llm.asking import Answered, BadAnswer, Cached, Choice, guess
from finlmm_utils.asp.llm.bodies import (
    Broken,
    StatusError,
    asked_wait,
    bytes_of,
    no_answer,
    unpacked,
)
from finlmm_utils.asp.llm.budget import Meter, ModelError
from finlmm_utils.asp.llm.replies import loads, one_line

DEFAULT_URL = "https://api.deepseek.com"
"""Where the paper's question writer, DeepSeek-V3, is served; used where nothing else is named."""

RETRIES = 6
"""Second and later tries of one prompt; with pauses from 0.5 to 8 s about 24 s of patience."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds before the second try, doubled before each later one up to the longest."""
SPREAD = (0.75, 1.0)
"""Share of a pause that is really waited."""
LONGEST_WAIT = 60.0
"""Seconds that an endpoint may ask to wait for ("Retry-After"); for more the prompt is given up."""
MOST_BYTES = 2_000_000
"""Longest reply that is read: 4,096 tokens with their log, many times over."""
BUSY = (408, 409, 429, 500, 502, 503, 504)
"""Statuses after which the same request may pass."""
MOST_OF_A_TOKEN = 64
"""Bytes of text that a token holds on average at most; of running text it holds four, of a line of
dashes or blanks some dozens. Fewer tokens than this gives are no count of that text."""
MOST_TOKENS = 10_000_000
"""Of one request: as many as the longest context that a model is offered with."""
LEAST_SECRET = 16
"""Characters of a key that is a secret; "local" is a word that answers may hold."""


class Endpoint(Cached):
    """An OpenAI-compatible endpoint: DeepSeek, vLLM, SGLang, ``transformers serve``.

    The key is read from ``OPENAI_API_KEY`` when the first request is sent and never leaves memory;
    the URL comes from the argument, else ``OPENAI_BASE_URL``, else DeepSeek's.

    Args:
        model: name of the model; "" for the environment's ``FINLMM_LLM``.
        base_url: of the endpoint, or "".
        cache: folder of kept answers.
        meter: counts and limits, shared with other models; None for no limit.
        retries: how often a prompt is sent again, with growing pauses or after the time that the
            endpoint asks for, on 408, 409, 429, 5xx, timeouts and broken connections; each try is
            paced, counted and within the budget like the first.
        timeout: seconds for one request, from its start to its last byte; None for the meter's.

    Attributes:
        decoding: how answers are decoded, as the endpoint's parameters.
        stand_in: sent as the key where the environment holds none; "": then nothing is sent.
    """

    decoding: Mapping[str, Any] = {"temperature": 0.0}
    stand_in = ""

    def __init__(
        self, model: str, base_url: str = "", cache: str | Path = "",
        meter: Meter | None = None, retries: int = RETRIES, timeout: float | None = None,
    ) -> None:  # fmt: skip
        self.base_url = base_url or os.environ.get("OPENAI_BASE_URL", "") or DEFAULT_URL
        name = model or os.environ.get("FINLMM_LLM", "deepseek-chat")
        super().__init__(name, self.base_url, cache, meter)
        self.retries = retries
        self.timeout = self.meter.seconds if timeout is None else timeout
        self._connected: Any = None
        self._connecting = threading.Lock()

    def _client(self) -> tuple[Any, asyncio.AbstractEventLoop]:
        """One client for all threads, so that connections are used again, and its event loop.

        A loop can end a request at its deadline at any point, which a socket's own limit of time
        can't: that begins again with every byte.
        """
        import openai

        with self._connecting:
            if self._connected is None:
                key = os.environ.get("OPENAI_API_KEY", "").strip() or self.stand_in
                if not key:
                    raise ModelError(
                        f"endpoint {self.base_url}: no key in the environment; set OPENAI_API_KEY "
                        "(any word for a local server), or take backend 'offline'"
                    )
                if not (key.isascii() and key.isprintable()):
                    raise ModelError(
                        "OPENAI_API_KEY holds letters that no key has, such as curly quotes or the "
                        "end of a line: set it again, from where it was given"
                    )
                try:
                    client = openai.AsyncOpenAI(
                        base_url=self.base_url, api_key=key, max_retries=0, timeout=self.timeout,
                        default_headers={"Accept-Encoding": "gzip"},
                        # Texts and key go to the address that was named and to no other.
                        http_client=openai.DefaultAsyncHttpxClient(
                            follow_redirects=False, event_hooks={"response": [no_answer]}
                        ),
                    )  # fmt: skip
                except Exception as error:  # of the HTTP library: an address that is none
                    raise ModelError(
                        f"endpoint {self.base_url}: {one_line(error)}; expected an address such as "
                        "http://127.0.0.1:8000/v1 (base_url, or OPENAI_BASE_URL)"
                    ) from None
                loop = asyncio.new_event_loop()
                threading.Thread(target=loop.run_forever, daemon=True).start()
                self._connected = client, loop
            connected: tuple[Any, asyncio.AbstractEventLoop] = self._connected
            return connected

    def _try(
        self, system: str, user: str, images: Sequence[bytes], number: int
    ) -> Answered | None:  # fmt: skip
        """Sends a prompt once; after a busy endpoint waits, for the caller to try again."""
        try:
            return super()._try(system, user, images, number)
        except _Busy as busy:
            if busy.spent:  # the endpoint may have worked on the prompt and ask for money
                self.meter.charge(guess(system + user, len(images)), 0, estimated=True)
            if number == self.retries or busy.wait > LONGEST_WAIT:
                raise BadAnswer(busy.reason, busy.detail) from None
            pause = min(FIRST_PAUSE * 2**number, LONGEST_PAUSE)
            # Spread, so that threads do not come back all at once; no result hangs on it.
            time.sleep(busy.wait or pause * random.uniform(*SPREAD))
            return None

    def _send(self, system: str, user: str, images: Sequence[bytes]) -> Answered:
        import openai

        client, loop = self._client()
        job = asyncio.run_coroutine_threadsafe(self._reply(client, system, user, images), loop)
        try:
            body = job.result()
        except TimeoutError:
            raise _Busy("timeout", f"no whole reply in {self.timeout:g} s", spent=True) from None
        except openai.APITimeoutError:
            raise _Busy("timeout", f"no reply in {self.timeout:g} s", spent=True) from None
        except StatusError as error:
            said = _without_key(one_line(error), client.api_key)
            if error.status in BUSY or error.status >= 500:
                raise _Busy(f"http_{error.status}", said, wait=asked_wait(error.headers)) from None
            raise BadAnswer(f"http_{error.status}", said) from None
        except (openai.OpenAIError, Broken) as error:
            said = _without_key(one_line(error), client.api_key)
            raise _Busy("unreachable", f"{type(error).__name__}: {said}", spent=True) from None
        return self._read(body, client.api_key, system + user, len(images))

    async def _reply(
        self, client: Any, system: str, user: str, images: Sequence[bytes]
    ) -> bytes | None:  # fmt: skip
        """The bytes of a reply, or None where there are too many."""
        urls = ["data:image/png;base64," + base64.b64encode(png).decode() for png in images]
        shown: list[Any] = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
        system, user = (text.encode("utf-8", "replace").decode() for text in (system, user))
        content: Any = [*shown, {"type": "text", "text": user}] if shown else user
        messages = [{"role": "system", "content": system}, {"role": "user", "content": content}]
        completions = client.chat.completions.with_streaming_response
        async with (
            asyncio.timeout(self.timeout),
            completions.create(
                model=self.name, messages=messages, max_tokens=self.answer_tokens, **self.decoding
            ) as response,
        ):
            packed = await bytes_of(response.http_response, MOST_BYTES)
            return None if packed is None else unpacked(packed, response.headers, MOST_BYTES)

    def _read(self, body: bytes | None, key: str, prompt: str, images: int) -> Answered:
        """What a reply says; nothing in it is taken for what it should be."""
        asked = guess(prompt, images)
        if body is None:
            reason = f"more than {MOST_BYTES:,} bytes"
            self.meter.charge(asked, self.answer_tokens, estimated=True)
            raise BadAnswer("too_long", reason)
        said = loads(body.decode("utf-8-sig", "replace"))
        said = said if isinstance(said, dict) else {}
        choices = said.get("choices")
        sent = (
            [one for one in choices if isinstance(one, dict)] if isinstance(choices, list) else []
        )
        found = [_choice(one, key) for one in sent if isinstance(one.get("message"), dict)]
        text = "".join(one.text or "" for one in found)
        used = _used(said.get("usage"), prompt, text)
        spent = used or (asked, guess(text) if found else 0)
        if not found:
            self.meter.charge(*spent, estimated=used is None)
            reason = "empty" if isinstance(choices, list) else "no_completion"
            line = _without_key(one_line(body[:1000].decode("utf-8", "replace")), key)
            raise BadAnswer(reason, line)
        first = found[0]
        return Answered(first.text or "", first.reason, *spent, used is None, tuple(found))


def _choice(sent: dict[str, Any], key: str) -> Choice:
    """One answer of a reply."""
    message = sent["message"]
    text = _text_in(message.get("content"))
    text = None if text is None else _without_key(text, key)
    ended, refusal = sent.get("finish_reason"), message.get("refusal")
    refused = (isinstance(refusal, str) and refusal != "") or ended == "content_filter"
    reason = "refused" if refused else "cut" if ended == "length" else ""
    return Choice(text, reason or ("" if (text or "").strip() else "empty"))


def _text_in(content: Any) -> str | None:
    """The text of a message: as it stands, or of its parts that are text, as some servers have it.

    Args:
        content: whatever stands there.
    """
    if isinstance(content, list):
        parts = [p.get("text") for p in content if isinstance(p, dict) and p.get("type") == "text"]
        content = "".join(part for part in parts if isinstance(part, str)) or None
    return content if isinstance(content, str) else None


class _Busy(Exception):
    """A request that may pass at another time.

    Args:
        reason: as of :class:`BadAnswer`, like the detail.
        detail: one line.
        wait: seconds that the endpoint asks for; 0 where it does not say.
        spent: whether it may cost money all the same.
    """

    def __init__(self, reason: str, detail: str, wait: float = 0.0, spent: bool = False) -> None:
        super().__init__(detail)
        self.reason, self.detail, self.wait, self.spent = reason, detail, wait, spent


def _used(usage: Any, prompt: str, answer: str) -> tuple[int, int] | None:
    """Tokens of prompt and answer as an endpoint counts them; None where that can't be true."""
    if not isinstance(usage, dict):
        return None
    counts = []
    for name, text in (("prompt_tokens", prompt), ("completion_tokens", answer)):
        count, size = usage.get(name), len(text.encode("utf-8", "replace"))
        if type(count) is not int or not size / MOST_OF_A_TOKEN <= count <= MOST_TOKENS:
            return None
        counts.append(count)
    return (counts[0], counts[1]) if counts[0] else None


def _without_key(text: str, key: str) -> str:
    """Takes the key out of what an endpoint says; a word such as "local" is no secret."""
    return text.replace(key, "<key>") if len(key) >= LEAST_SECRET else text
