"""The model card of a trained policy, written by its stage from what was run and measured."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from finlmm_utils.rows import image_counts
from finlmm_utils.tar.monitoring.curves import first_and_last, metrics_table, plot_terms

LIBRARIES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")
SETTINGS = (
    "max_steps", "learning_rate", "num_generations", "loss_type", "beta", "epsilon", "temperature",
    "top_p", "max_completion_length", "seed", "bf16", "gradient_checkpointing", "use_vllm",
)  # fmt: skip


def write_policy_card(
    folder: Path,
    base: str,
    rows: Any,
    weights: Mapping[str, float],
    config: Any,
    metrics: Sequence[Mapping[str, Any]],
    sources: Sequence[str] = (),
) -> None:
    """Writes ``README.md`` and ``curves.svg`` beside the weights.

    Args:
        folder: of the policy.
        base: the policy that it was trained from.
        rows: the ``Dataset`` it was trained on.
        weights: of the rewards, normalised.
        config: TRL's, as it was run.
        metrics: lines of ``metrics.jsonl``.
        sources: of the rows, by name or path.
    """
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    adapter = (folder / "adapter_config.json").exists()
    table = metrics_table(metrics)
    names = {f"reward_{term}": term for term in weights} | {"reward": "weighted sum"}
    lines = [
        *_head(base, adapter),
        "## Data", "", *_data(rows, sources), "",
        "## Rewards", "", *_rewards(weights, table), "",
    ]  # fmt: skip
    if len(table):
        figure = plot_terms(table, names, "Rewards, every step on new prompts", "mean reward")
        with mpl.rc_context({"svg.hashsalt": "finlmm"}):  # the same names inside in every run
            figure.savefig(folder / "curves.svg", metadata={"Date": None})
        plt.close(figure)
        lines += ["![Mean reward of each term by optimiser step](curves.svg)", ""]
    lines += ["## Settings", "", "| field of GRPOConfig | value |", "|---|---|"]
    lines += [f"| {name} | {getattr(config, name)} |" for name in SETTINGS]
    lines += [f"| processes | {config.world_size} |", "", "## Environment", ""]
    lines += _environment()
    (folder / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _head(base: str, adapter: bool) -> list[str]:
    head = {"library_name": "peft" if adapter else "transformers", "license": _licence(base)}
    if Path(base).is_dir():
        base = _without_place(base)
    else:
        head["base_model"] = base
    load = ["model = AutoModelForImageTextToText.from_pretrained(FOLDER)"]
    if adapter:
        load = [
            "model = AutoModelForImageTextToText.from_pretrained(BASE)  # folder or hub id",
            "model = peft.PeftModel.from_pretrained(model, FOLDER)",
        ]
    return [
        "---", *(f"{name}: {json.dumps(value)}" for name, value in head.items()),
        "pipeline_tag: image-text-to-text", "tags: [grpo, trl, finance]", "---", "",
        "# A policy of FinLMM-R1, reproduced", "",
        f"{'LoRA adapter over' if adapter else 'Full weights, trained from'} `{base}` by GRPO. "
        "For research; not for any financial decision.", "",
        *(["The licence is that of the base model.", ""] if head["license"] == "other" else []),
        "```python", *load, "```", "",
    ]  # fmt: skip


def _licence(base: str) -> str:
    """The licence of what is trained from a base: that of the base, as far as it is known here."""
    if base == "finlmm-tiny":
        return "apache-2.0"
    card = Path(base) / "README.md"
    text = card.read_text(encoding="utf-8") if card.exists() else ""
    stated = re.search(r"^license: *\"?([\w.-]+)", text, re.MULTILINE)
    return stated[1] if stated else "other"


def _without_place(path: str) -> str:
    """The end of a path: a place on this machine says nothing to a reader."""
    return "/".join(Path(path).parts[-2:])


def _data(rows: Any, sources: Sequence[str]) -> list[str]:
    """Sources, counts, and a hash of the ids by which the very rows are known again."""
    names = [_without_place(name) if Path(name).exists() else name for name in sources]
    ids = hashlib.sha256("\n".join(rows["id"][:]).encode()).hexdigest()[:16]
    lines = [f"{len(rows)} rows, hash of their ids `{ids}`.", ""]
    lines += ["- from: " + ", ".join(f"`{name}`" for name in names)] if names else []
    for column in ("task", "answer_kind"):
        if column in rows.column_names:
            counts = sorted(Counter(map(str, rows[column][:])).items())
            lines.append(f"- {column}: " + ", ".join(f"{name} {n}" for name, n in counts))
    if "images" in rows.column_names:
        sizes = sorted(Counter(image_counts(rows)).items())
        lines.append("- images in a row: " + ", ".join(f"{n} in {k} rows" for n, k in sizes))
    return lines


def _rewards(weights: Mapping[str, float], table: Any) -> list[str]:
    """Weight, and mean over the first and the last quarter of the steps, of each term."""
    ends = first_and_last(table, [f"reward_{term}" for term in weights])
    lines = ["| term | weight | first quarter | last quarter |", "|---|---|---|---|"]
    for term, weight in weights.items():
        end = ends.get(f"reward_{term}")
        seen = f"{end['first']:.3f} | {end['last']:.3f}" if end else "- | -"
        lines.append(f"| {term} | {weight:.3f} | {seen} |")
    return lines


def _environment() -> list[str]:
    from finlmm_utils.tar.models import environment

    found = environment() | {name: version(name) for name in LIBRARIES}
    return [f"- {name}: {value}" for name, value in found.items()]
