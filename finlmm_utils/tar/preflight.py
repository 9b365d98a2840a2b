"""Checks before any training: can the golds be scored, would the prompts fit, is there a signal?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from finlmm_utils.tar.rewards import gold_completion, thinking_size, unparseable_golds


def check_golds(
    rows: Any, rewards: Mapping[str, Callable[..., Any]], thinking: str
) -> dict[str, Any]:
    """Gives every row its gold completion and says what the rewards make of it.

    Args:
        rows: a ``Dataset`` in the row contract.
        rewards: the rule-based rewards by term.
        thinking: stands in the gold completions; for the length reward, of optimal length.

    Returns:
        ``rows``, ``parse_rate``, ``unparseable`` (ids), and by term ``lowest`` (must be 1, else the
        reward can't be earned).
    """
    columns = {name: rows[name][:] for name in rows.column_names if name != "images"}
    table = rows.select_columns(list(columns)).to_list()
    completions = [gold_completion(row, thinking) for row in table]
    bad = unparseable_golds(table)
    prompts = columns.pop("prompt")
    lowest = {}
    for term, reward in rewards.items():
        values = reward(completions=completions, prompts=prompts, **columns)
        known = [v for v in values if v is not None]
        lowest[term] = min(known) if known else None
    return {
        "rows": len(rows),
        "parse_rate": 1 - len(bad) / len(rows),
        "unparseable": bad,
        "lowest": lowest,
    }


def optimal_thinking(thresholds: Any, length_unit: str = "tokens", tokenizer: Any = None) -> str:
    """A thinking of optimal length for the length reward, for gold completions."""
    text = "so"
    while thinking_size(text, length_unit, tokenizer) < thresholds[1]:
        text += " so"
    return text


def check_lengths(rows: Any, processor: Any, most_tokens: int = 2048) -> dict[str, Any]:
    """Prompt lengths with their image tokens; rows that are too long are refused, never cut.

    Args:
        rows: a ``Dataset`` in the row contract.
        processor: the policy's.
        most_tokens: a prompt may have (the public code base allows 2,048).

    Returns:
        ``longest`` and ``mean`` in tokens, ``refused`` (ids), ``kept`` (the rows that fit).
    """
    from trl.data_utils import prepare_multimodal_messages

    lengths = []
    for row in rows:
        images = row.get("images") or []
        turns = prepare_multimodal_messages(row["prompt"], images=images)
        text = processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        inputs = processor(images=images or None, text=[text])
        lengths.append(len(inputs["input_ids"][0]))
    fits = [i for i, n in enumerate(lengths) if n <= most_tokens]
    refused = [rows[i]["id"] for i, n in enumerate(lengths) if n > most_tokens]
    return {
        "longest": max(lengths),
        "mean": sum(lengths) / len(lengths),
        "refused": refused,
        "kept": rows if not refused else rows.select(fits),
    }
