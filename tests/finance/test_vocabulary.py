"""Another field's words take the place of finance's, in a process that is told so."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from finlmm_utils.finance.vocabularies.reader import (
    FOLDER,
    VARIABLE,
    VocabularyError,
    subject,
    vocabulary,
)

DRAW = """
import json, random, sys
from finlmm_utils.finance.terms import TERMS
from finlmm_utils.synthetic.reports import make_report
from finlmm_utils.asp.alignment.blind_check import BLIND
from finlmm_utils.asp.questions.llm import TASKS
_, gold, _ = make_report(1, 0)
shown = [c.spec.series.term for c in gold.charts]
print(json.dumps([[t.name for t in TERMS], shown, BLIND, TASKS["knowledge"]]))
"""


@pytest.fixture(autouse=True)
def forgotten() -> None:
    vocabulary.cache_clear()


@pytest.mark.parametrize("field", sorted(path.stem for path in FOLDER.glob("*.yaml")))
def test_reports_and_prompts_speak_of_the_field(field: str) -> None:
    told = {**os.environ, VARIABLE: field}
    line = [sys.executable, "-c", DRAW]
    done = subprocess.run(line, env=told, capture_output=True, text=True, check=True)
    terms, shown, blind, knowledge = json.loads(done.stdout)
    assert len(terms) == len(set(terms)) >= 40 and set(shown) <= set(terms)
    assert not {"revenue", "net income", "goodwill"} & set(terms)
    assert "finance" not in blind + knowledge and "{" not in blind.replace('{"answer": "..."}', "")


def test_without_the_variable_it_is_finance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert vocabulary() is None and subject() == "finance"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subject: law\n", "groups"),
        ("subject: [", "or a file of a vocabulary"),
        (None, "No such file"),
    ],
)
def test_what_is_no_vocabulary_is_refused_in_one_line(
    text: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(path))
    with pytest.raises(VocabularyError, match=said) as caught:
        vocabulary()
    assert str(caught.value).count("\n") == 0
