"""Answers of a policy that is served elsewhere: ``vllm serve`` or another OpenAI-like server.

Requests, their deadline, second tries and the reading of replies are those of ASP's client.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pandas as pd

from finlmm_utils.asp.llm.asking import Answered, BadAnswer, Choice
from finlmm_utils.asp.llm.budget import JUDGED, SECONDS, Meter, ModelError, TooManyFailures
from finlmm_utils.asp.llm.client import Endpoint
from finlmm_utils.asp.llm.replies import remedy
from finlmm_utils.errors import OneLine
from finlmm_utils.tar.rollouts.answering import Progress, scored

AT_A_TIME = 16
"""Requests under way; our choice: a server batches them, and more would wait in its queue."""
PER_TOKEN = 0.1
"""Seconds of a request's deadline for each token of the longest completion; our choice."""
FAILED_SHARE = 0.2
"""Of rows that may end without an answer, as in notebook 02; they count as wrong."""
REMEDIES = {
    "timeout": "the server is too slow: ask for shorter completions, or serve a smaller policy",
    "unreachable": "check answers_url, and that its server runs",
    "http_400": "the server refuses these rows: check its longest prompt and its number of images",
    "http_404": "check answers_url, and that this policy is served there",
    "http_429": "the server is busy: run again when it serves fewer",
}
"""What helps here, where ASP's own words name its parameters."""


class EndpointError(OneLine, RuntimeError):
    """An endpoint that does not answer; one line that says which, why, and what was expected."""


class _Policy(Endpoint):
    """A served policy. A local server needs no key."""

    stand_in = "none"


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
        over all samples of a row, shared out evenly, or an estimate where that can't be true.
        ``failed`` is the reason of a completion that did not come, which is empty and wrong; "" of
        the others. How many failed is printed.

    Raises:
        EndpointError: more than :data:`FAILED_SHARE` of the rows failed; the most frequent reason.
    """
    meter = Meter(failed_share=FAILED_SHARE)
    policy = _Policy(model, url, meter=meter, timeout=SECONDS + PER_TOKEN * max_new_tokens)
    policy.answer_tokens = max_new_tokens
    policy.decoding = {
        "n": max(1, samples), "temperature": temperature if samples else 0.0,
        "top_p": top_p if samples else 1.0, "seed": seed,
        "extra_body": {"repetition_penalty": 1.0, "top_k": 0 if samples else 1},
    }  # fmt: skip
    details: dict[str, str] = {}
    guessed: list[str] = []

    def ask(row: dict[str, Any]) -> list[dict[str, Any]]:
        said = _answered(policy, row, max(1, samples), details)
        guessed.extend([row["id"]] * said.estimated)
        return [
            scored(row, number, "" if _failure(one) else one.text or "")
            | {"tokens": said.tokens_out // len(said.choices), "clipped": one.reason == "cut"}
            | {"failed": _failure(one)}
            for number, one in enumerate(said.choices)
        ]

    lines: list[dict[str, Any]] = []
    try:
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            answered = [pool.submit(ask, row) for row in rows]
            try:
                for number in progress(range(len(rows))) if progress else range(len(rows)):
                    lines += answered[number].result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        if meter.failures.total() > 1 or not meter.answered:  # one row among others costs itself
            meter.judge()
    except ModelError as error:
        said = _said(meter, details) if isinstance(error, TooManyFailures) else str(error)
        raise EndpointError(
            f"{url}, model {model!r}: {said}; expected an OpenAI-compatible endpoint that serves "
            "this policy (vllm serve POLICY)"
        ) from None
    if meter.failures:
        print(f"{url}, model {model!r}: {_said(meter, details)}; they count as wrong", flush=True)
    if guessed:
        print(f"{url}: tokens of {len(guessed)} of {len(rows)} rows are estimates", flush=True)
    return pd.DataFrame(lines)


def _answered(
    policy: Endpoint, row: dict[str, Any], samples: int, details: dict[str, str]
) -> Answered:
    """So many completions of a row, counted; a reason stands for one that is missing."""
    system, user = (turn["content"] for turn in row["prompt"])
    policy.meter.judge(JUDGED)
    said, missing = Answered("", "", 0, 0), "empty"
    try:
        said = policy.answered(system, user, [_png(one) for one in row.get("images") or []])
    except BadAnswer as bad:
        missing = bad.reason
        details.setdefault(missing, bad.detail)
    more = [Choice(None, missing)] * (samples - len(said.choices))
    choices = (*said.choices[:samples], *more)
    if failed := [reason for one in choices if (reason := _failure(one))]:
        policy.meter.failed(failed[0])
    else:
        policy.meter.usable()
    return replace(said, choices=choices)


def _failure(one: Choice) -> str:
    """Why a completion did not come; a policy may well be cut or say nothing."""
    return one.reason if one.text is None or one.reason == "refused" else ""


def _said(meter: Meter, details: dict[str, str]) -> str:
    """How many rows failed, why most of them did, and what helps."""
    (reason, times), count = meter.failures.most_common(1)[0], meter.failures.total()
    detail = f" ({details[reason]})" if details.get(reason) else ""
    return (
        f"{count} of {meter.answered + count} rows have no answer, {times} of them: "
        f"{reason}{detail}; {REMEDIES.get(reason) or remedy(reason)}"
    )


def _png(image: Any) -> bytes:
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "PNG")
    return stream.getvalue()
