"""Checks before any training: can the golds be scored, would the prompts fit, is there a signal?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from finlmm_utils.tar.data.report import DataError
from finlmm_utils.tar.rewards import gold_completion, thinking_size, unparseable_golds

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 256
"""Rows whose prompts are tokenized together."""


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


def check_samples(
    samples: pd.DataFrame, rows: Any, rewards: Mapping[str, Callable[..., Any]]
) -> pd.DataFrame:
    """What the rewards make of completions that the starting policy sampled.

    Args:
        samples: columns ``id`` and ``completion``, several completions a row; see
            :func:`finlmm_utils.tar.rollouts.answering.generate`.
        rows: the ``Dataset`` with these ids.
        rewards: by term.

    Returns:
        One line a term: ``mean``, ``spread`` (standard deviation over all completions), and
        ``flat``, the share of prompts whose completions all got the same: nothing to learn from.
    """
    import pandas as pd

    place = {name: i for i, name in enumerate(rows["id"][:])}
    table = rows.select_columns([name for name in rows.column_names if name != "images"])
    chosen = table.select([place[name] for name in samples["id"]]).to_dict()
    prompts = chosen.pop("prompt")
    lines = {}
    for term, reward in rewards.items():
        values = reward(completions=list(samples["completion"]), prompts=prompts, **chosen)
        scored = pd.Series(values, dtype=float)
        by_prompt = scored.groupby(samples["id"].to_numpy())
        flat = (by_prompt.max() == by_prompt.min())[by_prompt.count() > 0].mean()
        lines[term] = {"mean": scored.mean(), "spread": scored.std(ddof=0), "flat": flat}
    return pd.DataFrame.from_dict(lines, orient="index")


def optimal_thinking(thresholds: Any, length_unit: str = "tokens", tokenizer: Any = None) -> str:
    """A reasoning of optimal length for the length reward, for gold completions.

    Args:
        thresholds: least, optimal and most, in ``length_unit``.
        length_unit: "tokens" or "chars".
        tokenizer: counts tokens; see :func:`finlmm_utils.tar.rewards.length_reward`.
    """
    text = "so"
    while thinking_size(text, length_unit, tokenizer) < thresholds[1]:
        text += " so"
    return text


def check_lengths(
    rows: Any, processor: Any, most_tokens: int = 2048, sources: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Prompt lengths with their image tokens; rows that are too long are refused, never cut.

    Texts are tokenized; of images only the headers are read, and their tokens are worked out as
    the processor works them out, with its ``max_pixels``: a large image is scaled, not dropped.

    Args:
        rows: a ``Dataset`` in the row contract.
        processor: the policy's.
        most_tokens: a prompt may have (the public code base allows 2,048).
        sources: of each row by id, see :func:`finlmm_utils.tar.data.report.source_of`; what is
            refused more often in one source than in another biases the sample.

    Returns:
        ``longest`` and ``mean`` in tokens, ``image_tokens`` (share of all tokens), ``refused``
        (ids), ``refused_share``, ``by_source`` (rows, refused and their share, of each source),
        ``kept`` (the rows that fit).

    Raises:
        DataError: no row fits.
    """
    lengths: list[int] = []
    seen = 0
    for part in _undecoded(rows).iter(BLOCK):
        images = part.get("images") or [[]] * len(part["id"])
        counts = [
            sum(image_tokens(processor, *_size(image)) for image in some or ()) for some in images
        ]
        texts = [
            _prompt(processor, prompt, len(some or ()))
            for prompt, some in zip(part["prompt"], images, strict=True)
        ]
        ids = processor.tokenizer(texts)["input_ids"]
        for one, count, some in zip(ids, counts, images, strict=True):
            lengths.append(len(one) - len(some or ()) + count)
            seen += count
    names = rows["id"][:]
    fits = [i for i, n in enumerate(lengths) if n <= most_tokens]
    refused = [names[i] for i, n in enumerate(lengths) if n > most_tokens]
    if not fits:
        raise DataError(
            f"row {refused[0]!r}: {lengths[0]} prompt tokens, and no row has {most_tokens} or "
            "fewer; lower max_pixels or allow longer prompts"
        )
    return {
        "longest": max(lengths),
        "mean": sum(lengths) / len(lengths),
        "image_tokens": seen / sum(lengths),
        "refused": refused,
        "refused_share": len(refused) / len(rows),
        "by_source": _by_source(names, set(refused), sources or {}),
        "kept": rows if not refused else rows.select(fits),
    }


def image_tokens(processor: Any, width: int, height: int) -> int:
    """Tokens that an image becomes, by the processor's own arithmetic.

    Args:
        processor: the policy's.
        width: of the image, in pixels.
        height: of the image, in pixels.
    """
    frame = getattr(processor, "frame", None)
    width, height = frame or (width, height)
    inner = processor.image_processor
    return int(inner.get_number_of_image_patches(height, width)) // inner.merge_size**2


def _undecoded(rows: Any) -> Any:
    from datasets import Image, List

    rows = rows.select_columns([n for n in ("id", "prompt", "images") if n in rows.column_names])
    if "images" not in rows.column_names:
        return rows
    return rows.cast_column("images", List(Image(decode=False)))


def _size(image: Mapping[str, Any]) -> tuple[int, int]:
    """Width and height in pixels, from the file's header."""
    import io
    import warnings

    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's on large images: they are scaled
        with Image.open(
            image["path"] if image["bytes"] is None else io.BytesIO(image["bytes"])
        ) as opened:
            return opened.size


def _prompt(processor: Any, prompt: Any, images: int) -> str:
    from trl.data_utils import prepare_multimodal_messages

    turns = prepare_multimodal_messages(prompt, images=[None] * images)
    return str(processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))


def _by_source(
    names: list[str], refused: set[str], sources: Mapping[str, str]
) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for name in names:
        one = found.setdefault(sources.get(name, ""), {"rows": 0, "refused": 0})
        one["rows"] += 1
        one["refused"] += name in refused
    return {k: {**one, "share": one["refused"] / one["rows"]} for k, one in found.items()}
