"""Language models that ASP asks: any OpenAI-compatible endpoint, or a local model of transformers.

Both answer through one method, ``ask``, and both keep every answer on disk under a hash of what was
asked, so that a second run costs nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from finlmm_utils.asp.llm.budget import Meter, ModelError
from finlmm_utils.asp.llm.cache import open_cache
from finlmm_utils.caches import cache_folder

DEFAULT_URL = "https://api.deepseek.com"
"""Where the paper's question writer, DeepSeek-V3, is served; used where nothing else is named."""

ANSWER_TOKENS = 4096
"""Longest answer of an endpoint, tokens: twelve pairs with their evidence."""
RETRIES = 6
"""With the client's own growing pauses, 0.5 to 8 s, about 24 s of patience."""
SECONDS = 120.0
"""Time for one request."""
LOCAL_TOKENS = 1024
"""Longest answer of a local model, tokens."""
BYTES_PER_TOKEN = 4
"""Of English text, a usual estimate."""
ERROR_LETTERS = 200
"""Characters of an error's own text that are shown: one line."""
LEAST_SECRET = 16
"""Characters of a key that is a secret; "local" is a word that answers may hold."""


class ChatModel(Protocol):
    """What a model must offer."""

    name: str

    def ask(self, system: str, user: str, images: Sequence[bytes] = ()) -> str:
        """Answers one prompt.

        Args:
            system: what the model is told to do.
            user: what it is asked.
            images: PNG bytes, shown before the text, in order.
        """
        ...


def _key(*parts: Any) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else json.dumps(part).encode())
        digest.update(b"\x1f")
    return digest.hexdigest()


class _Cached:
    """Keeps answers on disk by content and has the rest metered; safe in threads.

    Args:
        name: of the model; part of the key of every answer.
        cache: folder of kept answers; "" for the user's.
        meter: counts and limits; None for no limit.
    """

    answer_tokens = ANSWER_TOKENS

    def __init__(self, name: str, cache: str | Path, meter: Meter | None) -> None:
        self.name = name
        self.meter = meter or Meter()
        self._cache = open_cache(Path(cache) if cache else cache_folder("llm"))

    def ask(self, system: str, user: str, images: Sequence[bytes] = ()) -> str:
        """Answers one prompt, from the disk where it was asked before.

        Args:
            system: what the model is told to do.
            user: what it is asked.
            images: PNG bytes, shown before the text, in order.

        Raises:
            BudgetSpent: the next request would cost more than is left.
            ModelError: the model can't be reached, or answers in no known form.
        """
        key = _key(self.name, self.answer_tokens, system, user, *images)
        known = self._cache.get(key)
        if known is not None:
            self.meter.from_disk()
            return str(known)
        with self.meter.request(_guess(system + user)):
            text, tokens_in, tokens_out = self._send(system, user, images)
            self.meter.charge(tokens_in, tokens_out)
        self._cache.set(key, text)
        return text

    def _send(self, system: str, user: str, images: Sequence[bytes]) -> tuple[str, int, int]:
        raise NotImplementedError


def _guess(text: str) -> int:
    """Tokens of a text where nobody counts them: four bytes each, so 0.75 a Chinese character."""
    return len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN + 1


def ask_all(
    model: ChatModel, prompts: Sequence[tuple[str, str, Sequence[bytes]]], workers: int
) -> Iterator[str]:
    """Answers many prompts, ``workers`` at a time, in their order.

    The first that fails ends it: prompts that have not begun are not sent any more.

    Args:
        model: who is asked.
        prompts: system text, user text and images of each.
        workers: threads.

    Yields:
        The answers.
    """
    with ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(model.ask, *prompt) for prompt in prompts]
        try:
            for job in jobs:
                yield job.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class Endpoint(_Cached):
    """An OpenAI-compatible endpoint: DeepSeek, vLLM, SGLang, ``transformers serve``.

    The key is read from ``OPENAI_API_KEY`` when the first request is sent and never leaves memory;
    the URL comes from the argument, else ``OPENAI_BASE_URL``, else DeepSeek's.

    Args:
        model: name of the model; "" for the environment's ``FINLMM_LLM``.
        base_url: of the endpoint, or "".
        cache: folder of kept answers.
        meter: counts and limits, shared with other models; None for no limit.
        retries: how often the client tries again, with growing pauses or after the time that the
            endpoint asks for, on 408, 409, 429, 5xx and broken connections.
        timeout: seconds for one request.
    """

    def __init__(
        self, model: str, base_url: str = "", cache: str | Path = "",
        meter: Meter | None = None, retries: int = RETRIES, timeout: float = SECONDS,
    ) -> None:  # fmt: skip
        super().__init__(model or os.environ.get("FINLMM_LLM", "deepseek-chat"), cache, meter)
        self.base_url = base_url or os.environ.get("OPENAI_BASE_URL", "") or DEFAULT_URL
        self.retries, self.timeout = retries, timeout
        self._connected: Any = None
        self._lock = threading.Lock()

    def _client(self) -> Any:
        """One client for all threads, so that connections are used again."""
        import openai

        with self._lock:
            if self._connected is None:
                key = os.environ.get("OPENAI_API_KEY", "")
                if not key:
                    raise ModelError(
                        f"endpoint {self.base_url}: no key in the environment; set OPENAI_API_KEY "
                        "(any word for a local server), or take backend 'offline'"
                    )
                self._connected = openai.OpenAI(
                    base_url=self.base_url, api_key=key, max_retries=self.retries,
                    timeout=self.timeout,
                )  # fmt: skip
            return self._connected

    def _send(self, system: str, user: str, images: Sequence[bytes]) -> tuple[str, int, int]:
        import openai

        client = self._client()
        shown = [
            {
                "type": "image_url",
                "image_url": {"url": "data:image/png;base64," + base64.b64encode(png).decode()},
            }
            for png in images
        ]
        messages: Any = [
            {"role": "system", "content": system},
            {
                "role": "user",
                "content": [*shown, {"type": "text", "text": user}] if shown else user,
            },
        ]
        try:
            reply = client.chat.completions.create(
                model=self.name, messages=messages, temperature=0.0, max_tokens=self.answer_tokens
            )
            text = _without_key(reply.choices[0].message.content or "", client.api_key)
            usage = reply.usage
        except (openai.OpenAIError, AttributeError, IndexError, TypeError, ValueError) as error:
            line = _without_key(" ".join(str(error).split())[:ERROR_LETTERS], client.api_key)
            raise ModelError(
                f"endpoint {self.base_url}, model {self.name!r}: {type(error).__name__}: {line}; "
                "expected a chat completion: check base_url, llm and the key"
            ) from None
        if usage is None:
            return text, _guess(system + user), _guess(text)
        return text, usage.prompt_tokens or 0, usage.completion_tokens or 0


def _without_key(text: str, key: str) -> str:
    """Takes the key out of what an endpoint says; a word such as "local" is no secret."""
    return text.replace(key, "<key>") if len(key) >= LEAST_SECRET else text


class LocalModel(_Cached):
    """A model of transformers on this machine, greedy decoding, one prompt at a time.

    Args:
        model: hub id or folder of a causal LM, or of an image-text-to-text model for images.
        cache: folder of kept answers.
        new_tokens: longest answer.
    """

    def __init__(self, model: str, cache: str | Path = "", new_tokens: int = LOCAL_TOKENS) -> None:
        super().__init__(model, cache, None)
        self.answer_tokens = new_tokens
        self._pipes: dict[str, Any] = {}
        self._lock = threading.Lock()

    def _load(self, task: str) -> Any:
        if task not in self._pipes:
            from transformers import pipeline

            from finlmm_utils.processor import load_processor

            try:
                looks = task == "image-text-to-text"
                self._pipes[task] = pipeline(
                    task,
                    model=self.name,
                    processor=load_processor(self.name) if looks else None,
                    model_kwargs={"use_safetensors": True},
                )
            except (OSError, ValueError, TypeError, KeyError) as error:
                line = " ".join(str(error).split())[:ERROR_LETTERS]
                raise ModelError(
                    f"model {self.name!r} can't be loaded for {task}: {line}; expected a hub id or "
                    "a folder, for parameter llm or lmm"
                ) from None
        return self._pipes[task]

    def _send(self, system: str, user: str, images: Sequence[bytes]) -> tuple[str, int, int]:
        import io

        from PIL import Image

        shown = [{"type": "image", "image": Image.open(io.BytesIO(png))} for png in images]
        with self._lock:
            if shown:
                pipe = self._load("image-text-to-text")
                messages: list[dict[str, Any]] = [
                    {"role": "system", "content": [{"type": "text", "text": system}]},
                    {"role": "user", "content": [*shown, {"type": "text", "text": user}]},
                ]
                reply = pipe(
                    text=messages, max_new_tokens=self.answer_tokens,
                    generate_kwargs={"do_sample": False},
                )  # fmt: skip
            else:
                pipe = self._load("text-generation")
                messages = [
                    {"role": "system", "content": system},
                    {"role": "user", "content": user},
                ]
                reply = pipe(messages, max_new_tokens=self.answer_tokens, do_sample=False)
        text = str(reply[0]["generated_text"][-1]["content"])
        return text, _guess(system + user), _guess(text)
