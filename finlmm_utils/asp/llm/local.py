"""A language model of transformers on this machine."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finlmm_utils.asp.llm.asking import Answered, Cached, guess
from finlmm_utils.asp.llm.budget import ModelError
from finlmm_utils.asp.llm.replies import one_line

LOCAL_TOKENS = 1024
"""Longest answer of a local model, tokens."""


class LocalModel(Cached):
    """A model of transformers on this machine, greedy decoding, one prompt at a time.

    Args:
        model: hub id or folder of a causal LM, or of an image-text-to-text model for images.
        cache: folder of kept answers.
        new_tokens: longest answer.
    """

    def __init__(self, model: str, cache: str | Path = "", new_tokens: int = LOCAL_TOKENS) -> None:
        super().__init__(model, "transformers", cache, None)
        self.answer_tokens = new_tokens
        self._pipes: dict[str, Any] = {}
        self._one = threading.Lock()

    def _load(self, task: str) -> Any:
        if task not in self._pipes:
            from transformers import pipeline

            from finlmm_utils.processor.loading import load_processor

            try:
                looks = task == "image-text-to-text"
                self._pipes[task] = pipeline(
                    task,
                    model=self.name,
                    processor=load_processor(self.name) if looks else None,
                    model_kwargs={"use_safetensors": True},
                )
                # The pipeline's own 20 tokens, of which it would warn at every prompt.
                self._pipes[task].generation_config.max_length = None
            except (OSError, ValueError, TypeError, KeyError) as error:
                raise ModelError(
                    f"model {self.name!r} can't be loaded for {task}: {one_line(error)}; expected "
                    "a hub id or a folder, for parameter llm or lmm"
                ) from None
        return self._pipes[task]

    def _send(self, system: str, user: str, images: Sequence[bytes]) -> Answered:
        from PIL import Image

        shown = [{"type": "image", "image": Image.open(io.BytesIO(png))} for png in images]
        with self._one:
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
        return Answered(text, "", guess(system + user), guess(text), estimated=True)
