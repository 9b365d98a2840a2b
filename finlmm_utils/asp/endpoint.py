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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from finlmm_utils.asp.cache import cache_folder, open_cache

DEFAULT_URL = "https://api.deepseek.com"
"""Where the paper's question writer, DeepSeek-V3, is served; used where nothing else is named."""


class ModelError(RuntimeError):
    """A model can't be asked; one line that says what is missing and what to do."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class Asked(Protocol):
    """What a model must offer."""

    name: str

    def ask(self, system: str, user: str, images: Sequence[bytes] = ()) -> str:
        """Answers one prompt; ``images`` are PNG bytes, shown before the text, in order."""
        ...


@dataclass
class Spent:
    """What was asked and paid so far.

    Attributes:
        requests: sent over the network or to the local model.
        cached: answered from the disk.
        tokens: of prompts and answers, as the endpoint counts them.
    """

    requests: int = 0
    cached: int = 0
    tokens: int = 0


def _key(*parts: Any) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else json.dumps(part).encode())
        digest.update(b"\x1f")
    return digest.hexdigest()


class _Cached:
    """Keeps answers on disk by content and counts what is spent; safe in threads."""

    def __init__(self, name: str, cache: str | Path, budget: int) -> None:
        self.name = name
        self.budget = budget
        self.spent = Spent()
        self._cache = open_cache(Path(cache) if cache else cache_folder("llm"))
        self._lock = threading.Lock()

    def ask(self, system: str, user: str, images: Sequence[bytes] = ()) -> str:
        """Answers one prompt, from the disk where it was asked before.

        Raises:
            ModelError: the budget of tokens is spent, or the model can't be reached.
        """
        key = _key(self.name, system, user, *images)
        known = self._cache.get(key)
        if known is not None:
            with self._lock:
                self.spent.cached += 1
            return str(known)
        if self.spent.tokens >= self.budget:
            raise ModelError(
                f"model {self.name!r}: {self.spent.tokens} tokens spent of a budget of "
                f"{self.budget}; raise the budget or take what is there (answers are kept)"
            )
        text, tokens = self._send(system, user, images)
        with self._lock:
            self.spent.requests += 1
            self.spent.tokens += tokens
        self._cache.set(key, text)
        return text

    def _send(self, system: str, user: str, images: Sequence[bytes]) -> tuple[str, int]:
        raise NotImplementedError


class Endpoint(_Cached):
    """An OpenAI-compatible endpoint: DeepSeek, vLLM, SGLang, ``transformers serve``.

    The key is read from ``OPENAI_API_KEY`` when a request is sent and kept nowhere; the URL comes
    from the argument, else ``OPENAI_BASE_URL``, else DeepSeek's.

    Args:
        model: name of the model; "" for the environment's ``FINLMM_LLM``.
        base_url: of the endpoint, or "".
        cache: folder of kept answers.
        budget: most tokens, prompts and answers together.
        retries: how often the client tries again, with growing pauses, after 408, 409, 429, 5xx.
        timeout: seconds for one request.
    """

    def __init__(
        self, model: str, base_url: str = "", cache: str | Path = "",
        budget: int = 2_000_000, retries: int = 5, timeout: float = 120.0,
    ) -> None:  # fmt: skip
        super().__init__(model or os.environ.get("FINLMM_LLM", "deepseek-chat"), cache, budget)
        self.base_url = base_url or os.environ.get("OPENAI_BASE_URL", "") or DEFAULT_URL
        self.retries, self.timeout = retries, timeout

    def _send(self, system: str, user: str, images: Sequence[bytes]) -> tuple[str, int]:
        import openai

        key = os.environ.get("OPENAI_API_KEY", "")
        if not key:
            raise ModelError(
                f"endpoint {self.base_url}: no key in the environment; set OPENAI_API_KEY (any "
                "word for a local server), or take backend 'offline'"
            )
        shown = [
            {
                "type": "image_url",
                "image_url": {"url": "data:image/png;base64," + base64.b64encode(png).decode()},
            }
            for png in images
        ]
        content: Any = [*shown, {"type": "text", "text": user}] if images else user
        client = openai.OpenAI(
            base_url=self.base_url, api_key=key, max_retries=self.retries, timeout=self.timeout
        )
        messages: Any = [
            {"role": "system", "content": system},
            {"role": "user", "content": content},
        ]
        try:
            reply = client.chat.completions.create(
                model=self.name, messages=messages, temperature=0.0, max_tokens=4096
            )
        except openai.OpenAIError as error:
            line = " ".join(str(error).split())[:200]
            raise ModelError(
                f"endpoint {self.base_url}, model {self.name!r}: {type(error).__name__}: {line}"
            ) from None
        tokens = reply.usage.total_tokens if reply.usage else 0
        return reply.choices[0].message.content or "", tokens


class LocalModel(_Cached):
    """A model of transformers on this machine, greedy decoding.

    Args:
        model: hub id or folder of a causal LM, or of an image-text-to-text model for images.
        cache, budget: as for :class:`Endpoint`.
        new_tokens: longest answer.
    """

    def __init__(
        self, model: str, cache: str | Path = "", budget: int = 10**9,
        new_tokens: int = 1024,
    ) -> None:  # fmt: skip
        super().__init__(model, cache, budget)
        self.new_tokens = new_tokens
        self._pipe: Any = None

    def _load(self, task: str) -> Any:
        if self._pipe is None:
            from transformers import pipeline

            try:
                self._pipe = pipeline(task, model=self.name)
            except (OSError, ValueError) as error:
                line = " ".join(str(error).split())[:200]
                raise ModelError(
                    f"model {self.name!r} can't be loaded for {task}: {line}; expected a hub id or "
                    "a folder, for parameter llm"
                ) from None
        return self._pipe

    def _send(self, system: str, user: str, images: Sequence[bytes]) -> tuple[str, int]:
        import io

        from PIL import Image

        if not images:
            messages: list[dict[str, Any]] = [
                {"role": "system", "content": system},
                {"role": "user", "content": user},
            ]
            pipe = self._load("text-generation")
            reply = pipe(messages, max_new_tokens=self.new_tokens, do_sample=False)
        else:
            shown = [{"type": "image", "image": Image.open(io.BytesIO(png))} for png in images]
            content = [*shown, {"type": "text", "text": user}]
            messages = [
                {"role": "system", "content": [{"type": "text", "text": system}]},
                {"role": "user", "content": content},
            ]
            pipe = self._load("image-text-to-text")
            reply = pipe(text=messages, max_new_tokens=self.new_tokens, do_sample=False)
        text = str(reply[0]["generated_text"][-1]["content"])
        return text, len(pipe.tokenizer(user + text)["input_ids"])
