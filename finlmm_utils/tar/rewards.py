"""The rule-based rewards of TAR-LMM, as plain functions in TRL's calling form.

TRL calls a reward with ``prompts``, ``completions``, ``completion_ids`` and one list for every
other column of the rows, and takes a float, or None for "does not apply", per completion.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from finlmm_utils.finance.answers import can_parse, match
from finlmm_utils.tar.config import LENGTH_THRESHOLDS
from finlmm_utils.tar.config import REWARD_WEIGHTS as REWARD_WEIGHTS
from finlmm_utils.tar.responses import KEPT_ROLLOUTS, parse_response, text_of

Reward = Callable[..., "list[float | None]"]


def format_reward(
    completions: Sequence[Any], target_image: Sequence[int | None] | None = None, **_: Any
) -> list[float | None]:
    """1 for a response in the output format, else 0.

    Args:
        completions: n completions.
        target_image: where given, a row with a target must have an image selection, and a row
            without one (text only) must not.

    Returns:
        n values, 0.0 or 1.0.

    Examples:
        >>> format_reward(["<think>57 - 45</think> <answer>12</answer>", "12"])
        [1.0, 0.0]
    """
    rewards: list[float | None] = []
    for i, completion in enumerate(completions):
        response = parse_response(text_of(completion))
        right = response.well_formed
        if right and target_image is not None:
            right = (response.image_selection is None) == (target_image[i] is None)
        rewards.append(float(right))
    return rewards


def accuracy_reward(
    completions: Sequence[Any],
    answer: Sequence[str],
    answer_kind: Sequence[str] | None = None,
    prompts: Sequence[Any] | None = None,
    unit: Sequence[str] | None = None,
    **_: Any,
) -> list[float | None]:
    """1 for a right answer, 0 for a wrong or missing one, None where the gold can't be parsed.

    Args:
        completions: n completions; what stands between their answer tags is compared.
        answer: n gold answers.
        answer_kind: n kinds, see :func:`finlmm_utils.finance.answers.match`; numbers where not
            given.
        prompts: n prompts; the question states options, rounding and scale.
        unit: n units of the golds.

    Returns:
        n values, 0.0, 1.0 or None; None for all completions of a row or for none of them.

    Examples:
        >>> said = ["<answer>$12m</answer>", "<answer>13</answer>"]
        >>> accuracy_reward(said, ["12", "12"], unit=["$m", "$m"])
        [1.0, 0.0]
    """
    rewards: list[float | None] = []
    for i, completion in enumerate(completions):
        right = _compare(
            parse_response(text_of(completion)).answer,
            "" if answer[i] is None else str(answer[i]),
            answer_kind[i] if answer_kind is not None else "number",
            text_of(prompts[i]) if prompts is not None else "",
            (unit[i] or "") if unit is not None else "",
        )
        rewards.append(None if right is None else float(right))
    return rewards


@lru_cache(maxsize=KEPT_ROLLOUTS)
def _compare(prediction: str, gold: str, kind: str, question: str, unit: str) -> bool | None:
    """Compares once what the reward, the discriminator's shape and its labels all ask for."""
    return match(prediction, gold, kind, question=question, unit=unit)


def image_selection_reward(
    completions: Sequence[Any], target_image: Sequence[int | None], **_: Any
) -> list[float | None]:
    """1 if the selected image is the right one, else 0; None for rows without a target.

    Args:
        completions: n completions.
        target_image: n numbers of the right image, from 1, or None.

    Returns:
        n values, 0.0, 1.0 or None.

    Examples:
        >>> image_selection_reward(["<image_selection>2</image_selection>"] * 3, [2, 1, None])
        [1.0, 0.0, None]
    """
    return [
        None if target is None else float(parse_response(text_of(c)).image_selection == target)
        for c, target in zip(completions, target_image, strict=True)
    ]


def length_score(n: float, thresholds: Sequence[float] = LENGTH_THRESHOLDS) -> float:
    """The piecewise length reward of one thinking.

    0 at n = 0; ``0.6 * sqrt(n / least)`` below the least; linear from 0.6 to 1 up to the optimum;
    1 up to the most; then ``1 - 0.1 * (n - most) / most``, never under 0.9. Source of the shape
    and its constants: the public TAR-LMM code base (the paper's summary only says "piecewise").

    Args:
        n: size of the thinking, in the unit of the thresholds.
        thresholds: least, optimal and most, rising and above 0.

    Returns:
        The score, from 0 to 1.

    Raises:
        ValueError: the thresholds don't rise.
    """
    least, optimal, most = thresholds
    if not 0 < least < optimal < most:
        raise ValueError(
            f"length_thresholds {tuple(thresholds)}: expected 0 < least < optimal < most"
        )
    if n <= 0:
        return 0.0
    if n < least:
        return 0.6 * math.sqrt(n / least)
    if n < optimal:
        return 0.6 + 0.4 * (n - least) / (optimal - least)
    return 1.0 if n <= most else max(0.9, 1.0 - 0.1 * (n - most) / most)


def length_reward(
    completions: Sequence[Any],
    thresholds: Sequence[float] = LENGTH_THRESHOLDS,
    length_unit: str = "tokens",
    tokenizer: Any = None,
    **_: Any,
) -> list[float | None]:
    """Scores the length of the thinking; see :func:`length_score`.

    Args:
        completions: n completions.
        thresholds: least, optimal and most, in ``length_unit``. 300, 450, 600 are for a
            3B model; small models' profiles scale them to their short thinking.
        length_unit: "tokens" (the paper's summary) or "chars" (the public code base).
        tokenizer: counts tokens; without one, a token is a word or a punctuation mark.

    Returns:
        n values from 0 to 1.

    Raises:
        ValueError: unknown unit.

    Examples:
        >>> length_reward(["<think></think>", "<think>" + "word " * 450 + "</think>"])
        [0.0, 1.0]
    """
    return [
        length_score(
            thinking_size(parse_response(text_of(c)).thinking, length_unit, tokenizer), thresholds
        )
        for c in completions
    ]


def thinking_size(thinking: str, length_unit: str = "tokens", tokenizer: Any = None) -> int:
    """Size of a reasoning.

    Args:
        thinking: the text.
        length_unit: "tokens" or "chars".
        tokenizer: counts tokens; without one, a token is a word or a punctuation mark.

    Raises:
        ValueError: unknown unit.
    """
    if length_unit == "chars":
        return len(thinking)
    if length_unit != "tokens":
        raise ValueError(f"length_unit {length_unit!r}: expected 'tokens' or 'chars'")
    if tokenizer is not None:
        return len(tokenizer(thinking, add_special_tokens=False)["input_ids"])
    return len(re.findall(r"\w+|[^\w\s]", thinking))


def make_length_reward(
    thresholds: Sequence[float] = LENGTH_THRESHOLDS,
    length_unit: str = "tokens",
    tokenizer: Any = None,
) -> Reward:
    """Binds the parameters of :func:`length_reward` and keeps its name for the logs.

    Args:
        thresholds: see :func:`length_reward`.
        length_unit: see :func:`length_reward`.
        tokenizer: see :func:`length_reward`.

    Raises:
        ValueError: the thresholds don't rise.
    """
    length_score(1, thresholds)  # refuses bad thresholds before training

    def bound(completions: Sequence[Any], **_: Any) -> list[float | None]:
        return length_reward(completions, thresholds, length_unit, tokenizer)

    bound.__name__ = "length_reward"
    return bound


def normalised_weights(weights: Mapping[str, float], active: Iterable[str]) -> dict[str, float]:
    """Weights of the active terms, divided by their sum: once, for the whole run.

    Args:
        weights: by the names of ``REWARD_WEIGHTS``.
        active: terms that the stage uses; those with weight 0 are left out.

    Returns:
        Weights that sum to 1, in the order of ``active``.

    Raises:
        ValueError: a term has no weight, a negative one, or all are 0.

    Examples:
        >>> normalised_weights({"format": 1, "accuracy": 3, "length": 2}, ["format", "accuracy"])
        {'format': 0.25, 'accuracy': 0.75}
    """
    names = list(active)
    missing = [name for name in names if name not in weights]
    if missing:
        raise ValueError(f"reward_weights: no weight for {', '.join(missing)}")
    chosen = {name: float(weights[name]) for name in names if weights[name] != 0}
    total = sum(chosen.values())
    if total <= 0 or min(chosen.values()) < 0:
        raise ValueError(
            f"reward_weights {dict(weights)}: expected weights of 0 or more, not all 0"
        )
    return {name: weight / total for name, weight in chosen.items()}


def gold_completion(row: Mapping[str, Any], thinking: str = "The answer can be read.") -> str:
    """The response that a perfect policy might give to a row; what the pre-flight check scores."""
    text = f"<think>{thinking}</think> <answer>{row['answer']}</answer>"
    target = row.get("target_image")
    return text if target is None else f"{text} <image_selection>{target}</image_selection>"


def unparseable_golds(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Ids of the rows that will get no accuracy reward; count and report them before training."""
    return [row["id"] for row in rows if not can_parse(str(row["answer"]), row["answer_kind"])]
