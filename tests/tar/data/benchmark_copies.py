"""Small copies of the seven benchmarks in the hub's file layout and columns, with made content.

Layouts and columns are those of the sets' pages and repositories; what stands in them is ours.
"""

import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.tar.data.making import Expected, listed, parquet, picture, struct

FINMMR = [
    {"question_id": "hard-validation-0", "question": "What was the average rate? (in percent)",
     "python_solution": "def solution(): ...", "ground_truth": 1.8999999999999997,
     "context": "\n<image 1>\n The rates of three years.", "grade": "Hard", "language": "English",
     "difficulty": 4.0, "images": ["./MultiFinance/images/17-1.png"]},
    {"question_id": "hard-validation-1", "question": "请计算复合年增长率，并保留一位小数。",
     "ground_truth": 8.4, "context": "", "grade": "Hard", "language": "Chinese", "difficulty": 4.7,
     "images": [f"./MultiFinance/images/22-{k}.png" for k in (1, 2, 3)],
     "ground_images": ["./MultiFinance/images/22-3.png"]},
    {"question_id": "hard-validation-2", "question": "What is the sum?", "answer": "30011",
     "ground_truth": 30011, "context": "", "grade": "Hard", "language": "English",
     "difficulty": 3.5, "images": ["./MultiFinance/images/22-1.png",
                                   "./MultiFinance/images/22-2.png"],
     "ground_images": ["./MultiFinance/images/22-1.png", "./MultiFinance/images/22-2.png"]},
]  # fmt: skip


def finmmr(folder: Path) -> Expected:
    """As its own repository has it: paths under another root, rows again in files of prompts."""
    listed(folder / "data" / "validation" / "hard_validation.json", FINMMR)
    again = [{**row, "system_input": "You are..", "user_input": "Question: .."} for row in FINMMR]
    listed(folder / "data" / "hard_validation_cot_prompt.json", again)
    listed(folder / "data" / "test" / "hard_test.json", FINMMR[:1])
    for name, shade in (("17-1", 1), ("22-1", 2), ("22-2", 3), ("22-3", 4)):
        (folder / "images").mkdir(exist_ok=True)
        (folder / "images" / f"{name}.png").write_bytes(picture(shade))
    return Expected("BUPT-Reasoning-Lab/FinMMR", "validation", ["1.9", "8.4", "30011"],
                    ["number"] * 3, [1, 3, 2], [None, 3, None],
                    ["three years", "增长率", "the sum"])  # fmt: skip


def finchart(folder: Path) -> Expected:
    listed(folder / "MC_data.json", [
        {"image": "124_13_crop_0_q1.jpg", "question": "Which year had the highest profit?",
         "choices": {"A": "1Q11", "B": "1Q12"}, "answer": "B"}])  # fmt: skip
    listed(folder / "QA_data.json", [
        {"image": "124_13_crop_0_q1.jpg", "question": "What is the difference in profit ($M)?",
         "reasoning": "850 - 710", "answer": 140}])  # fmt: skip
    listed(
        folder / "TF_data.json",
        [{"image": "124_13_crop_0_q2.jpg", "question": "The margin decreased.", "answer": "True"}],
    )
    for name, shade in (("MC_images", 5), ("QA_images", 6), ("TF_images", 7)):
        (folder / name).mkdir()
        (folder / name / "124_13_crop_0.jpg").write_bytes(picture(shade, kind="JPEG"))
    return Expected("Tizzzzy/FinChart-Bench", None, ["B", "140", "True"],
                    ["choice", "number", "choice"], [1] * 3, [None] * 3,
                    ["A. 1Q11", "difference", "margin"])  # fmt: skip


def finmme(folder: Path) -> Expected:
    common = {"verified_caption": "A chart.", "related_sentences": "Both rise.", "unit": "",
              "options": "", "tolerance": 0.0, "knowledge_domain": "TMT"}  # fmt: skip
    parquet(folder / "data" / "train-00000-of-00001.parquet", [
        {**common, "id": 1, "image": struct(8), "question_text": "Which line is highest?",
         "question_type": "single_choice", "options": "A: red\nB: blue", "answer": "B"},
        {**common, "id": 2, "image": struct(9), "question_text": "Which lines rise?",
         "question_type": "multiple_choice", "options": "A: red\nB: blue\nC: green",
         "answer": "A,C", "knowledge_domain": "Energy"},
        {**common, "id": 3, "image": struct(10), "question_text": "What is the value?",
         "question_type": "numerical", "unit": "%", "answer": "12.5", "tolerance": 0.5},
    ])  # fmt: skip
    return Expected("luojunyu/FinMME", None, ["B", "AC", "12.5"], ["choice", "choice", "number"],
                    [1] * 3, [None] * 3, ["A chart.\nBoth rise.\nWhich line", "C: green",
                                          "value? (Unit: %)"])  # fmt: skip


def mathvista(folder: Path) -> Expected:
    common = {"unit": None, "query": "Hint: ..", "metadata": {"split": "testmini"}}
    rows = [
        {**common, "pid": "1", "question": "How tall is it?", "image": "images/1.jpg",
         "decoded_image": struct(11), "choices": None, "precision": 1.0, "answer": "1.2",
         "question_type": "free_form", "answer_type": "float", "unit": "m"},
        {**common, "pid": "2", "question": "Which city is larger?", "image": "images/2.jpg",
         "decoded_image": struct(12), "choices": ["osaka", "tokyo"], "precision": None,
         "answer": "tokyo", "question_type": "multi_choice", "answer_type": "text"},
        {**common, "pid": "3", "question": "How many?", "image": "images/3.jpg",
         "decoded_image": struct(13), "choices": None, "precision": None, "answer": "14",
         "question_type": "free_form", "answer_type": "integer"},
        {**common, "pid": "4", "question": "Which years?", "image": "images/4.jpg",
         "decoded_image": struct(14), "choices": None, "precision": None, "answer": "[1, 2]",
         "question_type": "free_form", "answer_type": "list"},
    ]  # fmt: skip
    parquet(folder / "data" / "testmini-00000-of-00001-725687bf7a18d64b.parquet", rows)
    hidden = [{**row, "answer": ""} for row in rows]
    parquet(folder / "data" / "test-00000-of-00002-6b81bd7f7e2065e6.parquet", hidden[:2])
    parquet(folder / "data" / "test-00001-of-00002-6a611c71596db30f.parquet", hidden[2:])
    return Expected("AI4Math/MathVista", "testmini", ["1.2", "B", "14", "[1, 2]"],
                    ["number", "choice", "number", "number"], [1] * 4, [None] * 4,
                    ["(Unit: m)", "B. tokyo", "integer", "list"])  # fmt: skip


def mathvision(folder: Path) -> Expected:
    rows = [
        {"id": "4", "question": "How many digits are there?\n<image1>", "options": [],
         "image": "images/4.jpg", "decoded_image": struct(15), "answer": "6", "solution": None,
         "level": 1, "subject": "counting"},
        {"id": "6", "question": "In which picture?\n<image1>", "options": list("ABCDE"),
         "image": "images/6.jpg", "decoded_image": struct(16), "answer": "D", "solution": None,
         "level": 3, "subject": "logic"},
        {"id": "91", "question": "How long is the room? <image1>", "image": "images/91.jpg",
         "options": ["$6 \\mathrm{~m}$", "$8 \\mathrm{~m}$"], "decoded_image": struct(17),
         "answer": "B", "solution": "..", "level": 1, "subject": "combinatorial geometry"},
    ]  # fmt: skip
    parquet(folder / "data" / "test-00000-of-00001-3532b8d3f1b4047a.parquet", rows)
    parquet(folder / "data" / "testmini-00000-of-00001-f8ff70fcb2f29b1d.parquet", rows[:1])
    with zipfile.ZipFile(folder / "images.zip", "w") as archive:
        archive.writestr("images/4.jpg", picture(15, kind="JPEG"))
    return Expected("MathLLMs/MathVision", "test", ["6", "D", "B"], ["number", "choice", "choice"],
                    [1] * 3, [None] * 3, ["digits", "Choices: A, B, C, D, E", "B. $8"])  # fmt: skip


MATHVERSE_CARD = """---
configs:
- config_name: testmini
  data_files:
  - split: testmini
    path: testmini.parquet
- config_name: testmini_version_split
  data_files:
  - split: text_only
    path: testmini_text_only.parquet
---
# MathVerse
"""


def mathverse(folder: Path) -> Expected:
    common = {"problem_index": "1", "query_wo": "..", "query_cot": "..", "question_for_eval": "?",
              "metadata": {"split": "testmini", "subfield": "Length"}}  # fmt: skip
    rows = [
        {**common, "sample_index": "1", "problem_version": "Text Dominant", "image": struct(18),
         "question": "Find BC.\nChoices:\nA:2\nB:3", "answer": "B",
         "question_type": "multi-choice"},
        {**common, "sample_index": "5", "problem_version": "Vision Only", "image": struct(19),
         "question": "", "answer": "3.5", "question_type": "free-form"},
    ]  # fmt: skip
    parquet(folder / "testmini.parquet", rows)
    parquet(folder / "testmini_text_only.parquet", rows[:1])
    (folder / "README.md").write_text(MATHVERSE_CARD, "utf-8")
    return Expected("CaraJ/MathVerse-lmmseval:testmini", "testmini", ["B", "3.5"],
                    ["choice", "number"], [1, 1], [None] * 2,
                    ["B:3", "the image shows"])  # fmt: skip


MMSTAR_CARD = """---
configs:
- config_name: val
  data_files:
  - split: val
    path: "mmstar.parquet"
---
"""


def mmstar(folder: Path) -> Expected:
    parquet(folder / "mmstar.parquet", [
        {"index": k, "question": f"Which {thing}?\nOptions: A: one, B: two, C: three, D: four",
         "image": picture(20 + k), "answer": letter, "category": "math", "l2_category": "geometry",
         "meta_info": {"source": "MMBench", "split": "val", "image_path": "images/1.jpg"}}
        for k, (thing, letter) in enumerate([("shape", "A"), ("side", "D")])
    ])  # fmt: skip
    (folder / "README.md").write_text(MMSTAR_CARD, "utf-8")
    return Expected("Lin-Chen/MMStar", "val", ["A", "D"], ["choice"] * 2, [1, 1], [None] * 2,
                    ["shape", "side"])  # fmt: skip


BENCHMARK_COPIES: dict[str, Callable[[Path], Expected]] = {
    "FinMMR": finmmr, "FinChart-Bench": finchart, "FinMME": finmme, "MathVista": mathvista,
    "MATH-Vision": mathvision, "MathVerse": mathverse, "MMStar": mmstar,
}  # fmt: skip
