"""Question writing and alignment by a language model, as in the paper, behind the same interfaces.

The writer sees text only; the aligner sees the question and the figures. What a report says is
data: it is fenced, and instructions inside it change nothing, since every pair is checked after.
"""

from __future__ import annotations

from functools import partial

from finlmm_utils.asp.alignment.figure_ocr import read_figure, read_values
from finlmm_utils.asp.alignment.first_tie import drawn, worth_asking
from finlmm_utils.asp.alignment.llm import LMMAligner
from finlmm_utils.asp.alignment.offline import MARGIN, Aligner, OfflineAligner
from finlmm_utils.asp.llm.asking import ChatModel
from finlmm_utils.asp.llm.budget import Meter
from finlmm_utils.asp.llm.client import Endpoint
from finlmm_utils.asp.llm.local import LocalModel
from finlmm_utils.asp.questions.llm import LLMGenerator
from finlmm_utils.asp.questions.offline import Generator, OfflineGenerator


def make_model(kind: str, llm: str, base_url: str = "", meter: Meter | None = None) -> ChatModel:
    """The model behind ``openai`` or ``transformers``.

    Args:
        kind: one of the two.
        llm: name of the model, hub id or folder.
        base_url: of the endpoint; "" for the environment's.
        meter: counts and limits of an endpoint; what a local model does is not metered.
    """
    return Endpoint(llm, base_url, meter=meter) if kind == "openai" else LocalModel(llm)


def make_generator(
    backend: str, seed: int = 1, llm: str = "", base_url: str = "", workers: int = 2,
    meter: Meter | None = None,
) -> Generator:  # fmt: skip
    """The question writer that the parameter ``backend`` names.

    Args:
        backend: "offline", "openai" or "transformers".
        seed: of the offline rules' draws.
        llm: name of the model.
        base_url: of the endpoint.
        workers: prompts at the same time.
        meter: counts and limits, shared with other models.
    """
    if backend == "offline":
        return OfflineGenerator(seed, select=worth_asking, drawn=partial(drawn, read=read_values))
    return LLMGenerator(make_model(backend, llm, base_url, meter), backend, workers=workers)


def make_aligner(
    aligner: str, margin: float = MARGIN, llm: str = "", base_url: str = "", workers: int = 2,
    meter: Meter | None = None,
) -> Aligner:  # fmt: skip
    """The aligner that the parameter ``aligner`` names.

    Args:
        aligner: "offline", "openai" or "transformers".
        margin: of the offline aligner: how far the best must be ahead of the runner-up.
        llm: name of a multimodal model.
        base_url: of the endpoint.
        workers: prompts at the same time.
        meter: counts and limits, shared with other models.
    """
    if aligner == "offline":
        return OfflineAligner(margin, ocr=read_figure)
    return LMMAligner(make_model(aligner, llm, base_url, meter), aligner, workers=workers)
