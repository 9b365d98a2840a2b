"""Answers of a policy that is served elsewhere: ``vllm serve`` or another OpenAI-like server."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd

from finlmm_utils.errors import OneLine
from finlmm_utils.tar.rollouts.answering import Progress, scored

AT_A_TIME = 16
"""Requests under way; our choice: a server batches them, and more would wait in its queue."""


class EndpointError(OneLine, RuntimeError):
    """An endpoint that does not answer; one line that says which, why, and what was expected."""


def served(
    url: str,
    model: str,
    rows: Sequence[dict[str, Any]],
    max_new_tokens: int,
    samples: int = 0,
    temperature: float = 1.0,
    top_p: float = 1.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Lets a served policy answer rows, decoding as :func:`...answering.generate` does.

    Args:
        url: of the endpoint, such as ``http://127.0.0.1:8000/v1``; the key is OPENAI_API_KEY's.
        model: its name there: with ``vllm serve FOLDER``, the folder.
        rows: in the row contract.
        max_new_tokens: longest completion.
        samples: completions a row drawn at ``temperature``; 0 for one greedy completion.
        temperature: of sampling.
        top_p: share of probability that is sampled from.
        seed: of sampling.
        progress: wraps the loop over rows.

    Returns:
        As :func:`finlmm_utils.tar.rollouts.answering.generate`; ``tokens`` are the server's count
        over all samples of a row, shared out evenly.

    Raises:
        EndpointError: the first request that fails, in one line.
    """
    import os

    from openai import OpenAI, OpenAIError

    client = OpenAI(base_url=url, api_key=os.environ.get("OPENAI_API_KEY", "none"))
    plain = {"repetition_penalty": 1.0, "top_k": 0 if samples else 1}

    def ask(row: dict[str, Any]) -> list[dict[str, Any]]:
        said = client.chat.completions.create(
            model=model, messages=_messages(row), max_tokens=max_new_tokens, n=max(1, samples),
            temperature=temperature if samples else 0.0, top_p=top_p if samples else 1.0, seed=seed,
            extra_body=plain,
        )  # fmt: skip
        used = said.usage.completion_tokens if said.usage else 0
        return [
            scored(row, number, choice.message.content or "")
            | {"tokens": used // len(said.choices), "clipped": choice.finish_reason == "length"}
            for number, choice in enumerate(said.choices)
        ]

    lines: list[dict[str, Any]] = []
    try:
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            answered = pool.map(ask, rows)
            for _ in progress(range(len(rows))) if progress else range(len(rows)):
                lines += next(answered)
    except OpenAIError as error:
        raise EndpointError(
            f"{url}, model {model!r}: {str(error).splitlines()[0][:200]}; expected an "
            "OpenAI-compatible endpoint that serves this policy (vllm serve POLICY)"
        ) from error
    return pd.DataFrame(lines)


def _messages(row: dict[str, Any]) -> Any:
    """The turns of a row; its images come before the question, as the processor places them."""
    system, user = row["prompt"]
    pictures = [
        {"type": "image_url", "image_url": {"url": _data_url(image)}}
        for image in row.get("images") or []
    ]
    return [
        system,
        {"role": "user", "content": [*pictures, {"type": "text", "text": user["content"]}]},
    ]


def _data_url(image: Any) -> str:
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
