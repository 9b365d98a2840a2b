"""Each set's own rule, on answers as policies write them; verdicts were worked out by hand."""

from typing import Any

import pandas as pd
import pytest

from finlmm_utils.evaluation.benchmarks.scorers import RULES, edit_distance, finscore

CITY = {"answer": "tokyo", "choices": ["osaka", "tokyo", "kyoto"], "question_type": "multi_choice"}
FLOAT = {"answer": "1.2", "answer_type": "float", "precision": 1.0}
ROOM = {"answer": "B", "options": ["$6 \\mathrm{~m}$", "$8 \\mathrm{~m}$"]}
ANGLE = {"answer": "145°", "choices": ["135°", "140°", "145°"], "question_type": "multi_choice"}
SHOWN = {"answer": "B", "question_type": "multi-choice",
         "question": "Find angle C.\nChoices:\nA:30°\nB:45°\nC:60°"}  # fmt: skip
LABELS = {"answer": "D", "options": list("ABCDE")}
RATE = {"ground_truth": 1.8999999999999997, "answer": "1.9"}
YEARS = {"answer": "C", "choices": {"A": "1Q11", "C": "1Q14"}}
LINES = {"answer": "A,C", "question_type": "multiple_choice"}
VALUE = {"answer": "12.5", "question_type": "numerical", "tolerance": 0.5}

VERDICTS = [
    ("mathvista", CITY, {"B": 1, "(B)": 1, "B. tokyo": 1, "tokyo": 1, "Tokio": 1, "A": 0,
                         "kyoto": 0, "B? no, C": 0, "A, no, B": 0, "B选项": 1}),
    ("mathvista", FLOAT, {"1.2": 1, "1.24": 1, "1.25": 1, "1.26": 0, "1.2 m": 1, "none": 0,
                          "1.2 or 1.3": 0}),
    ("mathvista", {"answer": "14", "answer_type": "integer"},
     {"14": 1, "14.9": 1, "fourteen": 1, "十四": 1, "15": 0, "x": 0, "fourteen or five": 0}),
    ("mathvista", {"answer": "[1, 2]", "answer_type": "list"},
     {"[1,2]": 1, "1, 2": 1, "1 and 2": 1, "[1, 3]": 0, "1": 0, "12": 0}),
    ("mathvista", ANGLE, {"145 degrees": 1, "145^\\circ": 1, "C": 1, "150 degrees": 0}),
    ("mathvision", ROOM, {"B": 1, "(B)": 1, "b": 1, "$8 \\mathrm{~m}$": 1, "8 m": 1, "A": 0,
                          "6 m": 0}),
    ("mathvision", LABELS, {"D": 1, "D.": 1, "E": 0}),
    ("mathvision", {"answer": "\\frac{1}{3}", "options": []},
     {"0.333": 1, "1/3": 1, "0 1/3": 1, "1 1/3": 0, "\\frac{2}{6}": 1, "0.34": 0, "x": 0}),
    ("mathverse", {"answer": "B", "question_type": "multi-choice"},
     {"B": 1, "B:3": 1, "B 12%": 1, "C": 0, "C 12%": 0, "B 12% is wrong": 0, "B =": 0}),
    ("mathverse", {"answer": "A", "question_type": "multi-choice"},
     {"A 30 cm": 1, "a 30 cm rod": 0, "A 12% rise": 0, "5 A": 0}),
    ("mathverse", SHOWN, {"45°": 1, "45": 1, "45 °": 1, "B:45°": 1, "30°": 0, "5": 0,
                          "The angle is 45°, so B": 1}),
    ("mathverse", {"answer": "12\\sqrt{3}", "question_type": "free-form"},
     {"12√3": 1, "It is $12\\sqrt{3}$.": 1, "It is not $12\\sqrt{3}$.": 0, "$12$, $\\sqrt{3}$": 0}),
    ("mathverse", {"answer": "3.5", "question_type": "free-form"}, {"3.5": 1, "7/2": 1, "3.6": 0}),
    ("mmstar", {"answer": "A"}, {"A": 1, "(A) one": 1, "a: one": 1, "The answer is A": 1,
                                 "Option A": 1, "B": 0, "one": 0}),
    ("finmmr", RATE, {"1.9": 1, "1.9%": 1, "$1.90 million": 1, "x = 1.9": 1, "1.9037": 1,
                      "3.8/2": 1, "1.91": 0, "-1.9": 0, "190": 0, "1.9 and 2": 0}),
    ("finmmr", {"ground_truth": 30011}, {"30,011": 1, "30011.0": 1, "30070": 1, "30072": 0}),
    ("finmmr", {"ground_truth": 600}, {"六百": 1, "six hundred": 1, "六十": 0}),
    ("finmmr", {"ground_truth": 0.0}, {"0": 1, "zero": 1, "0.00": 1, "0.001": 0}),
    ("finchart", YEARS, {"C": 1, "c": 1, "C. 1Q14": 1, "(C)": 1, "A": 0, "1Q14": 0}),
    ("finchart", {"answer": 140}, {"140": 1, "140.0": 1, "$140M": 1, "141": 0, "139 or 140": 0}),
    ("finchart", {"answer": "True"}, {"true": 1, "True.": 1, "False": 0, "yes": 0}),
    ("finchart", {"answer": "B"}, {"B. Corporate": 1, "C. Corporate": 0}),
    ("finmme", LINES, {"A,C": 1, "A: CITIC, C: GF": 1, "A: CITIC, B: GF": 0,
                       "C, A": 1, "AC": 1, "A and C": 1, "(A), (C)": 1, "A": 0,
                       "A,B,C": 0}),
    ("finmme", {"answer": "B", "question_type": "single_choice"}, {"B": 1, "B: the blue line": 1,
                                                                   "A": 0, "A, B": 0}),
    ("finmme", VALUE, {"12.5": 1, "13": 1, "12.0 %": 1, "13.01": 0, "about": 0}),
]  # fmt: skip


@pytest.mark.parametrize(("form", "details", "answers"), VERDICTS, ids=lambda v: str(v)[:30])
def test_verdicts(form: str, details: dict[str, object], answers: dict[str, int]) -> None:
    assert {text: int(RULES[form](text, details)) for text in answers} == answers
    assert not RULES[form]("", details) and not RULES[form]("   ", details)


@pytest.mark.parametrize("form", RULES)
@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('x')",
        "1/0.0",
        "9**9**9",
        "(" * 5000,
        "1e999",
        "nan",
        "\\frac" * 50,
        "\\text{" * 4000,
        "一" * 20000,
    ],
)
def test_answers_are_text_and_are_never_run(form: str, text: str) -> None:
    details = {**CITY, **FLOAT, "ground_truth": 1, "options": []}
    for kind in ("multi_choice", "free_form", "numerical", "single_choice"):
        assert RULES[form](text, {**details, "question_type": kind}) in (False, True)


def test_finscore_by_hand() -> None:
    """Domains at 1/2 and 1, one of two questions with several right options wrong: 0.75 * 0.5."""
    table = pd.DataFrame({
        "knowledge_domain": ["TMT", "TMT", "Energy", "Energy"],
        "question_type": ["multiple_choice", "numerical", "multiple_choice", "multiple_choice"],
        "answer_gold": ["A,C", "1", "A,B", "A"],
        "correct": [False, True, True, True],
    })  # fmt: skip
    assert finscore(table) == pytest.approx(0.75 * 0.5)


def test_edit_distance_is_symmetric_and_counts_changes() -> None:
    assert edit_distance("flaw", "lawn") == edit_distance("lawn", "flaw") == 2
    assert edit_distance("", "") == 0


OPTIONS = ["6%", "12%", "18%", "24%"]
OF_CHOICES: dict[str, dict[str, Any]] = {
    "mathvista": {"answer": "12%", "choices": OPTIONS, "question_type": "multi_choice"},
    "mathvision": {"answer": "B", "options": OPTIONS},
    "mathverse": {"answer": "B", "question_type": "multi-choice"},
    "mmstar": {"answer": "B"},
    "finchart": {"answer": "B", "choices": dict(zip("ABCD", OPTIONS, strict=True))},
    "finmme": {"answer": "B", "question_type": "single_choice"},
}
SAID = [
    "{L}", "({L})", "{L}.", "{L})", "{L}) {t}", "{L}. {t}", "{L}: {t}", "({L}) {t}", "{L}、{t}",
    "The answer is ({L}).", "The answer is {L}", "Answer: {L}", "Answer: ({L}) {t}", "Option {L}",
    "option ({L})", "Option {L}: {t}", "Choice {L}.", "\\boxed{{{L}}}", "$\\boxed{{{L}}}$",
    "\\boxed{{\\text{{{L}}}}}", "\\boxed{{{L}. {t}}}", "\\(\\boxed{{({L})}}\\)", "\\text{{{L}}}",
    "**{L}**", "`{L}`", "```\n{L}\n```", "```text\n{L}\n```", "**Answer: {L}**", "Answer: **{L}**",
    "The correct option is ({L}) {t}", "The final answer is $\\boxed{{{L}}}$.", "[{L}]", "<{L}>",
    "Therefore, the answer is {L}.", "So the correct choice is {L}, {t}.", "{L} is correct.",
    "答案是{L}", "选{L}", "答案：{L}。", "（{L}）", "{l}", "({l})", "{l}. {t}", '"{L}"',
    "{L} ({t})", "It is {L}.", "{L} - {t}", "Final Answer: {L}", "### {L}", "${L}$", " {L}\n",
    "{L} {t}", "{L}  {t}", "{L}\n{t}", "{L} = {t}", "{L} | {t}", "**{L}** {t}",
    "\\boxed{{{L} {t}}}", "The answer is {L} {t}", "Option {L} {t}", "{l} {t}",
    "{L} $\\frac{{1}}{{8}}$", "{L} 30 cm", "{L} because the slope is {t}", "{t} ({L})",
    "{t}, which is option {L}", "I choose {L} {t}",
]  # fmt: skip
TWO_OR_NONE = [
    "B or C", "B and C", "B, C", "(B) or (C)", "(B), (C)", "Either B or C", "BC", "B/C", "A or B",
    "(C) (B)", "not B", "Not (B)", "The answer is B or C.", "B. 12% or C. 18%", "B C", "b or c",
    "\\boxed{B} or \\boxed{C}", "I think B, but C is possible", "A, B, C, D", "ＢＣ", "B; C",
    "The answer is not B", "B is wrong; C", "because", "Bars", "blue", "Neither A nor B",
    "A bar of B", "C, not B", "B 12% or C 18%", "B 12%, not C", "C 18% > B 12%",
    "18% (C), not (B)", "=",
]  # fmt: skip


def wide(text: str) -> str:
    """In the full-width letters of Chinese type."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@pytest.mark.parametrize("form", OF_CHOICES)
def test_a_letter_counts_whatever_a_model_wraps_around_it(form: str) -> None:
    right, wrong = (
        [said.format(L=letter, l=letter.lower(), t=text) for said in SAID]
        + [wide(letter), wide(f"({letter})"), wide(f"{letter.lower()}.")]
        for letter, text in (("B", "12%"), ("C", "18%"))
    )
    rule, details = RULES[form], OF_CHOICES[form]
    assert [text for text in right if not rule(text, details)] == []
    assert [text for text in wrong + TWO_OR_NONE if rule(text, details)] == []


OF_NUMBERS: dict[str, dict[str, Any]] = {
    "mathvista": {"answer": "12.5", "answer_type": "float", "precision": 1.0},
    "mathvision": {"answer": "12.5", "options": []},
    "mathverse": {"answer": "12.5", "question_type": "free-form"},
    "finmmr": {"ground_truth": 12.5},
    "finchart": {"answer": 12.5},
    "finmme": {"answer": "12.5", "question_type": "numerical", "tolerance": 0.1},
}


@pytest.mark.parametrize("form", OF_NUMBERS)
def test_a_number_counts_whatever_a_model_wraps_around_it(form: str) -> None:
    right = [
        "12.5", "The answer is 12.5.", "Answer: 12.5", "\\boxed{12.5}", "$\\boxed{12.5}$", "`12.5`",
        "$12.5$", "\\(12.5\\)", "**12.5**", "```\n12.5\n```", "Approximately 12.5", "约12.5",
        "12.50", "答案是12.5", "x = 12.5", "+12.5", '"12.5"', "$\\boxed{12.5\\%}$", "12.5%",
        wide("12.5"),
    ]  # fmt: skip
    wrong = [
        "-12.5", "\u221212.5", wide("-12.5"), "minus 12.5", "99", "12.5-99", "12.5, 99", "12.5e3",
        "between 1 and 12.5", "1.12.5", "x = -12.5",
    ]  # fmt: skip
    rule, details = RULES[form], OF_NUMBERS[form]
    assert [text for text in right if not rule(text, details)] == []
    assert [text for text in wrong if rule(text, details)] == []


def test_an_options_own_text_is_not_read_as_letters() -> None:
    two = {"answer": "B", "options": ["A and B", "option value", "it is flat", "Company A"]}
    for place, text in enumerate(two["options"]):
        assert RULES["mathvision"](text, two) == (place == 1), text
    of_text = {"choices": two["options"], "question_type": "multi_choice"}
    for text in two["options"]:
        assert RULES["mathvista"](text, {**of_text, "answer": text}), text


IN_WORDS = [
    "The answer is {L} because the line goes up", "Based on the chart, the answer is {L}.",
    "My answer is {L}", "因此，答案是{L}", "所以选 {L}", "{L}\n{t}", "Answer = {L}",
    "The answer is {L}, since A and D are lower.", "I think it's {L}", "It must be option {L}.",
    "The answer is A. No, wait: the answer is {L}.", "So the correct option is: **{L}**",
    "Sales fell in 2019.\n\nFinal answer: {L}", "{L} is the correct answer, since it is highest.",
    "From 3 to 4 it falls, so \\boxed{{{L}}}.", "We compare bars. Option A is lower.\n#### {L}",
    "Option {L} is correct since the slope is positive.", "{L}, because of the slope",
    "综上所述，正确答案为{L}，因为折线上升。",
    "<b>{L}</b>", "Ans: {L}", "答案：{L}（{t}）",
    "Based on the data shown, option {L} ({t}) is the correct answer.", "- {L}",
    "The final answer: $\\boxed{{{L}}}$ (up)",
]  # fmt: skip
NO_LETTER = [
    "A bar chart is shown, it cannot be told.", "A decline in revenue", "I cannot tell",
    "It is not B", "B is not right", "The answer is B or the answer is C",
    "I think the answer is B. Or C?", "The answer is either B or C",
    "A. 6%\nB. 12%\nC. 18%\nD. 24%",
]  # fmt: skip


@pytest.mark.parametrize("form", OF_CHOICES)
def test_a_letter_counts_where_a_sentence_announces_it(form: str) -> None:
    right, wrong = (
        [said.format(L=letter, t=text) for said in IN_WORDS]
        for letter, text in (("B", "12%"), ("C", "18%"))
    )
    rule, details = RULES[form], OF_CHOICES[form]
    assert [text for text in right if not rule(text, details)] == []
    assert [text for text in wrong + NO_LETTER if rule(text, details)] == []


@pytest.mark.parametrize("form", OF_CHOICES)
def test_an_article_is_no_letter(form: str) -> None:
    details = OF_CHOICES[form] | {"answer": "6%" if form == "mathvista" else "A"}
    for text in ("A bar chart is shown, it cannot be told.", "A decline in revenue", "A rise of B"):
        assert not RULES[form](text, details), text
    assert RULES[form]("The answer is A because it is lowest", details)


def test_a_sentence_is_not_given_to_the_longest_option() -> None:
    options = ["falls", "rises", "peaks", "stays flat in each of the years"]
    details = {"choices": options, "question_type": "multi_choice"}
    said = "The answer is B because the line goes up in each of the years"
    assert [RULES["mathvista"](said, {**details, "answer": text}) for text in options] == [
        False, True, False, False,
    ]  # fmt: skip
    for text, place in {"It rises": 1, "The line rises in 2019.": 1, "it does not rise": -1,
                        "It rises, then falls": -1, "rise": 1, "No idea": -1}.items():  # fmt: skip
        right = [RULES["mathvista"](text, {**details, "answer": one}) for one in options]
        assert right == [k == place for k in range(4)], text


def test_several_letters_are_read_as_models_list_them() -> None:
    said = [
        "A. Revenue rose\nC. Costs fell", "Options A and C", "The answers are A and C", "(A)(C)",
        '["A", "C"]', "['A','C']", "Both A and C are correct.", "- A\n- C", "1. A\n2. C", "{A, C}",
        "A; C", "A + C", "\\boxed{A, C}", "\\boxed{A}, \\boxed{C}", "答案是A和C", "选AC", "A、C",
        "The correct options are **A** and **C**.", "A: Revenue rose; C: Costs fell", "C and A",
        "Therefore, the correct answers are A, C.", "A\nC", "(A), (C) are correct", "A and C only",
    ]  # fmt: skip
    assert [text for text in said if not RULES["finmme"](text, LINES)] == []
    for text in (
        "A or C",
        "A",
        "A, B, C",
        "A, B",
        "A. Revenue rose\nB. It fell",
        "Options A, C, D",
    ):
        assert not RULES["finmme"](text, LINES), text


@pytest.mark.parametrize(
    ("gold", "right", "wrong"),
    [
        ("65°", ["65", "65^\\circ", "\\boxed{65^\\circ}", "65 degrees", "$65^{\\circ}$", "x = 65°"],
         ["66", "65 cm", "56°"]),
        ("12 cm^2", ["12", "12 cm^2", "12 square cm", "12cm²", "$12 \\mathrm{~cm}^{2}$"],
         ["12 cm", "12 m^2", "13"]),
        ("2\\sqrt{3} m", ["2\\sqrt{3}", "$2\\sqrt{3}$ meters", "2\\sqrt{3}\\text{ m}"], ["2"]),
    ],
)  # fmt: skip
def test_a_measure_counts_with_its_unit_or_without(
    gold: str, right: list[str], wrong: list[str]
) -> None:
    details = {"answer": gold, "question_type": "free-form"}
    assert [text for text in right if not RULES["mathverse"](text, details)] == []
    assert [text for text in wrong if RULES["mathverse"](text, details)] == []


def test_amounts_of_finmmr_as_accounts_and_sentences_write_them() -> None:
    said = {
        -12: ["(12)", "($12)", "(12.0)", "-12"], 0.75: ["\\frac{3}{4}", "$\\frac{3}{4}$", "3/4"],
        1234.5: ["$1.2345 \\times 10^3$", "In 2023, revenue was 1,234.5", "1.2345 × 10^{3}",
                 "Revenue in Q4 2023 was $1,234.5 million.", "1000 + 234.5 = 1234.5",
                 "The answer is 1,234.5, up from 1,000.", "It grew by 2.\n\n**Answer: 1234.5**"],
    }  # fmt: skip
    for gold, texts in said.items():
        for text in texts:
            assert RULES["finmmr"](text, {"ground_truth": gold}), text
            assert not RULES["finmmr"](text, {"ground_truth": -gold}), text
    for text in ("from 1,000 to 1,234.5", "In 2023", "1,234.5 and 2023", "1,000. Then 1,234.5"):
        assert not RULES["finmmr"](text, {"ground_truth": 1234.5}), text
