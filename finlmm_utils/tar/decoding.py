"""How a policy decodes: alike in training, in probes and in evaluation, whatever its files say.

A hub's ``generation_config.json`` is made for chats: Qwen2.5-VL's punishes repetition (1.05) and
all but forbids sampling, Qwen3-VL's cuts the distribution (top_k 20, top_p 0.8). TRL samples
without any of it; plain ``generate`` would follow it.
"""

from __future__ import annotations

from typing import Any


def end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """The tokens that end a completion: the tokenizer's, and those that the policy came with.

    Qwen's policies have two: one ends a turn, the other a text.
    """
    told = model.generation_config.eos_token_id
    others = told if isinstance(told, list) else [told]
    return list(dict.fromkeys(t for t in (tokenizer.eos_token_id, *others) if t is not None))


def decoding(
    model: Any, tokenizer: Any, samples: bool, temperature: float = 1.0, top_p: float = 1.0
) -> dict[str, Any]:
    """What ``generate`` is told so that a policy answers as TRL lets it answer in training.

    Args:
        model: the policy.
        tokenizer: its own.
        samples: whether tokens are drawn; else the likeliest is taken.
        temperature: that the logits are divided by.
        top_p: share of the probability that is drawn from.

    Returns:
        Options of transformers' ``generate``: the policy's own distribution, but for these two and
        for the placeholder of an image, which would have no image.
    """
    plain: dict[str, Any] = {
        "do_sample": samples,
        "repetition_penalty": 1.0,
        "no_repeat_ngram_size": 0,
        "suppress_tokens": [model.config.image_token_id],
        "eos_token_id": end_tokens(model, tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
    }
    if samples:
        plain |= {"temperature": temperature, "top_p": top_p, "top_k": 0}
    return plain


def plain_decoding(model: Any, tokenizer: Any) -> None:
    """Leaves of a policy's ``generation_config`` only the tokens that end a completion.

    A trained policy is saved with this, so that other tools decode as it was trained.
    """
    from transformers import GenerationConfig

    ends = end_tokens(model, tokenizer)
    model.generation_config = GenerationConfig(
        eos_token_id=ends if len(ends) > 1 else ends[0], pad_token_id=tokenizer.pad_token_id
    )
