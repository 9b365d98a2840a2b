"""A language or multimodal model as the discriminator's encoder: open question 1 of the paper.

It takes the place of the Sentence-BERT: LoRA adapters learn, the discriminator's head classifies
the last token's state. A Qwen2.5-VL also sees the images of the row, so it can notice a misread
chart, which no encoder of text can.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from finlmm_utils.processor.loading import resolve
from finlmm_utils.tar.discriminator.encoders import (
    DiscriminatorError,
    Encoder,
    SentenceEncoder,
    head_and_tail,
)
from finlmm_utils.tar.discriminator.scorer import Scorer
from finlmm_utils.tar.models import load_policy


class JudgeEncoder(Encoder):
    """The last hidden state of a causal or multimodal model over question and thinking.

    Args:
        model: "finlmm-tiny", a folder or a hub id; a Qwen2.5-VL or any causal model.
        rows: a ``Dataset`` in the row contract whose images a multimodal judge looks at, found by
            ``id``; without it the judge reads text only.
        lora_rank: of the adapters, the only weights that learn.
        max_tokens: of a thinking; a longer one keeps head and tail.
    """

    learning_rate = 1e-4

    def __init__(
        self, model: str, rows: Any = None, lora_rank: int = 8, max_tokens: int = 512
    ) -> None:
        super().__init__()
        from transformers import AutoConfig

        self.frozen, self.max_tokens = False, max_tokens
        self.name = f"judge {model}, rank {lora_rank}, {max_tokens}"
        multimodal = AutoConfig.from_pretrained(resolve(model)).model_type == "qwen2_5_vl"
        self.processor: Any = None
        if multimodal:
            adapted, self.processor = load_policy(model, "lora", lora_rank)
            self.tokenizer = self.processor.tokenizer
        else:
            adapted, self.tokenizer = _load_causal(resolve(model), lora_rank)
        whole = adapted.get_base_model()
        self.model: Any = getattr(whole, whole.base_model_prefix)
        self.width = whole.config.get_text_config().hidden_size
        self.looks = multimodal and rows is not None and "images" in rows.column_names
        self.rows = rows
        self.place = {name: i for i, name in enumerate(rows["id"])} if self.looks else {}

    def forward(
        self,
        questions: Sequence[str],
        reasoning: Sequence[str],
        rows: Sequence[str] | None = None,
    ) -> torch.Tensor:
        """Reads n pairs, with the images of their rows.

        Args:
            questions: n questions.
            reasoning: n texts.
            rows: n ids of rows; needed where it looks.

        Returns:
            (n, hidden size), float32.

        Raises:
            DiscriminatorError: a row is unknown.
        """
        texts = self._shortened(reasoning)
        turns = [f"{question}\n{text}" for question, text in zip(questions, texts, strict=True)]
        inputs = self._inputs(turns, [self._images(row) for row in rows or [""] * len(turns)])
        device = next(self.model.parameters()).device
        inputs = {name: value.to(device) for name, value in inputs.items()}
        return self.model(**inputs, use_cache=False).last_hidden_state[:, -1].float()

    def _images(self, row: str) -> list[Any]:
        if not self.looks:
            return []
        if row not in self.place:
            raise DiscriminatorError(f"row {row!r}: the judge was given no row of this id")
        return self.rows[self.place[row]]["images"]

    def _inputs(self, turns: Sequence[str], images: Sequence[list[Any]]) -> dict[str, Any]:
        if self.processor is None:
            return dict(self.tokenizer(list(turns), padding=True, return_tensors="pt"))
        from trl.data_utils import prepare_multimodal_messages

        texts = []
        for turn, own in zip(turns, images, strict=True):
            message = prepare_multimodal_messages([{"role": "user", "content": turn}], images=own)
            texts.append(self.processor.apply_chat_template(message, tokenize=False))
        flat = [image for own in images for image in own] or None
        return dict(self.processor(images=flat, text=texts, padding=True, return_tensors="pt"))

    def _shortened(self, reasoning: Sequence[str]) -> list[str]:
        """Reasoning of at most ``max_tokens``: head and tail of longer ones."""
        ids = self.tokenizer(list(reasoning), add_special_tokens=False)["input_ids"]
        kept = [head_and_tail(row, self.max_tokens) for row in ids]
        self.coverage = sum(map(len, kept)) / max(1, sum(map(len, ids)))
        return [
            text if len(short) == len(row) else self.tokenizer.decode(short)
            for text, short, row in zip(reasoning, kept, ids, strict=True)
        ]


def _load_causal(where: str, lora_rank: int) -> tuple[Any, Any]:
    """A text model with LoRA on all its linear layers, and its tokenizer, padded on the left."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(where, padding_side="left")
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    model = AutoModelForCausalLM.from_pretrained(where, use_safetensors=True, dtype=torch.float32)
    config = LoraConfig(r=lora_rank, target_modules="all-linear", task_type="CAUSAL_LM")
    return get_peft_model(model, config), tokenizer


def replay_loop(discriminator: Scorer, completions: Any, most: int = 16) -> Any:
    """Lets a discriminator live through the rollouts of a finished stage, step by step.

    As in the loop, it scores each step's completions before it learns from them; it learns at every
    step. So several encoders can be compared on the same rollouts, without training a policy.

    Args:
        discriminator: a fresh one.
        completions: a table with ``step``, ``id``, ``question``, ``thinking`` and ``right`` (bool).
        most: completions of a step that are used, the first ones of an even spread.

    Returns:
        A table with ``step``, ``p`` (given before learning) and ``right``.
    """
    import pandas as pd

    lines = []
    usable = completions[completions["thinking"] != ""]
    for step, part in usable.groupby("step"):
        part = part.iloc[:: max(1, len(part) // most)][:most]
        columns = (list(part[name]) for name in ("question", "thinking", "id"))
        examples = [e for e in discriminator.score(*columns) if e is not None]
        for example, right in zip(examples, part["right"], strict=True):
            example.correct = bool(right)
            lines.append({"step": step, "p": example.probability, "right": bool(right)})
        discriminator.observe(examples)
        discriminator.update()
    return pd.DataFrame(lines, columns=["step", "p", "right"])


def encoder_named(name: str, rows: Any = None, **options: Any) -> Encoder:
    """The encoder behind a parameter.

    Args:
        name: "judge:MODEL" for a language or multimodal model, else a sentence encoder.
        rows: see :class:`JudgeEncoder`.
        **options: to the encoder.
    """
    kind, _, model = name.partition(":")
    if kind == "judge" and model:
        return JudgeEncoder(model, rows, **options)
    return SentenceEncoder(name, **options)
