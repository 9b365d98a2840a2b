"""Small copies of public data sets in the hub's file layout and columns, with made content.

Each builder writes one set into a folder and returns what a loader must make of it.
"""

import json
from collections.abc import Callable
from pathlib import Path

from tests.tar.data.benchmark_copies import BENCHMARK_COPIES
from tests.tar.data.making import Expected, lines, listed, packed, parquet, picture, struct


def deepscaler(folder: Path) -> Expected:
    listed(folder / "deepscaler.json", [
        {"problem": "What is $3 + 4$?", "answer": "7", "solution": "$3 + 4 = 7$."},
        {"problem": "Simplify $\\frac{2}{4}$.", "answer": "\\frac{1}{2}", "solution": "..."},
    ])  # fmt: skip
    return Expected("agentica-org/DeepScaleR-Preview-Dataset", None, ["7", "\\frac{1}{2}"],
                    ["number"] * 2, [0, 0], [None] * 2, ["3 + 4", "Simplify"])  # fmt: skip


def chat(image: str, text: str) -> str:
    parts = [{"type": "image", "image": image}, {"type": "text", "text": text}]
    return json.dumps([{"role": "system", "content": "Think."}, {"role": "user", "content": parts}])


def vermulti(folder: Path) -> Expected:
    """Two archives and two files of messages; both archives hold a picture of the same name."""
    folder.mkdir(parents=True, exist_ok=True)
    packed(folder / "mathv60k_img.tar.gz", {
        "mathv60k_img/1.png": picture(10), "mathv60k_img/sub/2.png": picture(20),
    })  # fmt: skip
    packed(folder / "mathv_geo_img.tar.gz", {"mathv_geo_img/1.png": picture(30)})
    lines(folder / "mathv60k_message.jsonl", [
        {"question": "<image>How many bars?", "answer": "$3$",
         "message": chat("/data/someone/mathv60k_img/1.png", "How many bars?")},
        {"question": "<image>Which?", "answer": "$B$",
         "message": chat("file:///data/someone/mathv60k_img/sub/2.png", "Which?\nA. x\nB. y")},
    ])  # fmt: skip
    lines(folder / "mathv_geo_message.jsonl", [
        {"question": "<image>Find x.", "answer": "$\\frac{1}{2}$",
         "message": chat("images/1.png", "Find x.")},
    ])  # fmt: skip
    return Expected("VLM-Reasoner/VerMulti", None, ["3", "B", "\\frac{1}{2}"],
                    ["number", "choice", "number"], [1, 1, 1], [None] * 3,
                    ["How many", "Which", "Find x"])  # fmt: skip


def chartqa(folder: Path) -> Expected:
    rows = [
        {"image": struct(31), "query": "How many food items are shown?", "label": ["14"],
         "human_or_machine": 0},
        {"image": struct(32), "query": "Which years rise?", "label": ["2019", "2020"],
         "human_or_machine": 1},
    ]  # fmt: skip
    for split in ("train", "val", "test"):
        parquet(folder / "data" / f"{split}-00000-of-00001-abc123.parquet", rows)
    return Expected("HuggingFaceM4/ChartQA", None, ["14", "2019, 2020"], ["number", "number"],
                    [1, 1], [None] * 2, ["food", "years"])  # fmt: skip


def geometry3k(folder: Path) -> Expected:
    rows = [
        {"images": [struct(33)], "problem": "<image>Find $x$.", "answer": "\\sqrt{2}"},
        {"images": [struct(34)], "problem": "<image>Find $m \\angle A$.", "answer": "46"},
    ]
    for split in ("train", "validation", "test"):
        parquet(folder / "data" / f"{split}-00000-of-00001.parquet", rows)
    return Expected("hiyouga/geometry3k", None, ["\\sqrt{2}", "46"], ["number"] * 2, [1, 1],
                    [None] * 2, ["Find $x$", "angle"])  # fmt: skip


def clevr(folder: Path) -> Expected:
    parquet(folder / "data" / "train-00000-of-00001.parquet", [
        {"image": struct(35), "problem": "How many items are there?",
         "solution": "<answer> 3 </answer>"}])  # fmt: skip
    return Expected("leonardPKU/clevr_cogen_a_train", None, ["3"], ["number"], [1], [None],
                    ["How many"])  # fmt: skip


def trl_examples(folder: Path) -> Expected:
    parquet(folder / "data" / "train-00000-of-00001.parquet", [
        {"image": struct(36), "problem": "What is $2^2$?", "solution": "$4$",
         "original_question": "?", "original_answer": "4"},
        {"image": struct(37), "problem": "Is it?", "original_question": "?", "original_answer": "A",
         "solution": "<think>It is.</think>\n\n<answer> A </answer>"}])  # fmt: skip
    return Expected("lmms-lab/multimodal-open-r1-8k-verified", None, ["4", "A"],
                    ["number", "choice"], [1, 1], [None] * 2, ["2^2", "Is it"])  # fmt: skip


GSM8K_CARD = """---
configs:
- config_name: main
  data_files:
  - split: train
    path: main/train-*
  - split: test
    path: main/test-*
- config_name: socratic
  data_files:
  - split: train
    path: socratic/train-*
---
"""


def gsm8k(folder: Path) -> Expected:
    rows = [
        {"question": "How many clips in all?", "answer": "48 / 2 = 24.\n48 + 24 = 72\n#### 72"},
        {"question": "What does it cost?", "answer": "It costs 1,200.\n#### 1,200"},
    ]
    parquet(folder / "main" / "train-00000-of-00001.parquet", rows)
    parquet(folder / "main" / "test-00000-of-00001.parquet", rows[:1])
    parquet(folder / "socratic" / "train-00000-of-00001.parquet", rows[:1])
    (folder / "README.md").write_text(GSM8K_CARD, "utf-8")
    return Expected("openai/gsm8k", None, ["72", "1,200"], ["number"] * 2, [0, 0], [None] * 2,
                    ["clips", "cost"])  # fmt: skip


COPIES: dict[str, Callable[[Path], Expected]] = {
    "DeepScaleR": deepscaler, "VerMulti": vermulti, "ChartQA": chartqa, "Geometry3K": geometry3k,
    "CLEVR": clevr, "TRL": trl_examples, "GSM8K": gsm8k, **BENCHMARK_COPIES,
}  # fmt: skip
