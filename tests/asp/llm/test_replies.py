"""What models answer, read with care: one index or none, and what was known without the image."""

import io
import json
import logging

import pytest
from PIL import Image

from finlmm_utils.asp.alignment.blind_check import guessed
from finlmm_utils.asp.alignment.llm import LMMAligner
from finlmm_utils.asp.llm.budget import ModelError
from finlmm_utils.asp.llm.client import Endpoint
from finlmm_utils.asp.llm.local import LocalModel
from finlmm_utils.asp.llm.replies import chosen
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.records import Figure, Report
from finlmm_utils.processor import TINY
from tests.model_server import completion

BOX = (0.0, 0.0, 1.0, 1.0)
FACT = "Revenue was $45m in 2021 and $57m in 2022."


def asked(question, answer, kind="number", task="arithmetic"):
    return make_qa(
        "r1", 1, FACT, "t", question=question, answer=answer, answer_kind=kind, task=task
    )


@pytest.mark.parametrize(
    ("answer", "index"),
    [
        ('{"image": 2, "confidence": 0.9}', 2),
        ('Sure! ```json\n{"image": 2}\n```', 2),
        ('{"image": "2"}', 2),
        ("Figure 2", 2),
        ("2.", 2),
        ('<think>{"image": 1}?</think>{"image": 2}', 2),
        ("<think>Image 1?</think> Image 2", 2),
        ('<think>{"image": 1}?', 0),
        ('{"image": 0}', 0),
        ('{"image": 4}', 0),
        ('{"image": -1}', 0),
        ('{"image": 1.5}', 0),
        ('{"image": true}', 0),
        ('{"image": null}', 0),
        ('{"image": [1, 2]}', 0),
        ('{"image": {"image": 1}}', 0),
        ('{"image": 1} {"image": 2}', 0),
        ('{"image": ' + "9" * 5000 + "}", 0),
        ('{"image": "../../etc/passwd"}', 0),
        ('{"image": "__import__(1)"}', 0),
        ("Figure 1 or figure 2", 0),
        ("None of the 3 figures", 0),
        ("{" * 50_000, 0),
        ("", 0),
    ],
)
def test_an_aligner_answers_with_one_index_or_none(answer, index):
    assert chosen(answer, 3)[0] == index


@pytest.mark.parametrize("sure", ["NaN", "-3", "1e9", '"high"', "true", "null", "[1]"])
def test_a_confidence_that_is_none_is_a_half(sure):
    assert chosen(f'{{"image": 1, "confidence": {sure}}}', 2) == (1, 0.5)


def report_of_two(picture=b"png"):
    figures = [
        Figure(figure_id=f"f{k}", report_id="r1", file="r1.pdf", page=1, box=BOX, kind="vector",
               caption=caption, inner_text="1 2 3 4", png=picture)
        for k, caption in enumerate(["营业收入", "净利润"])
    ]  # fmt: skip
    return Report(report_id="r1", file="r1.pdf", sha256="0", status="ok", figures=figures)


def test_the_aligner_sends_pictures_and_takes_one_or_none(server, tmp_path):
    made = report_of_two()
    pair = asked("营业收入如何变化？", "12")
    server.reply = lambda prompt, number: completion('{"image": 1, "confidence": 0.7}')
    (found,) = LMMAligner(Endpoint("m", server.url, tmp_path), "openai").align(made, [pair])
    assert (found.figure_id, found.score) == ("f0", 0.7)
    shown = server.seen[0]["messages"][1]["content"]
    assert [part["type"] for part in shown] == ["image_url", "image_url", "text"]
    server.reply = lambda prompt, number: completion('{"image": 7, "confidence": 1}')
    (none,) = LMMAligner(Endpoint("n", server.url, tmp_path), "openai").align(made, [pair])
    assert (none.figure_id, none.reason) == ("", "no_figure")


def test_a_local_model_sees_the_figures(tmp_path, monkeypatch):
    """finlmm-tiny knows no such prompt: its words are no index, and so no figure is chosen."""
    white = io.BytesIO()
    Image.new("RGB", (112, 112), "white").save(white, "PNG")
    warned = []
    for name in ("generation.utils", "pipelines.base", "pipelines.image_text_to_text"):
        logger = logging.getLogger(f"transformers.{name}")
        monkeypatch.setattr(logger, "warning", lambda text, *_: warned.append(text))
    model = LocalModel(str(TINY), tmp_path, new_tokens=8)
    pair = asked("营业收入如何变化？", "12")
    (none,) = LMMAligner(model, "transformers").align(report_of_two(white.getvalue()), [pair])
    assert (none.figure_id, none.reason) == ("", "no_answer")
    said = model.ask("s", "What is the churn rate in 2017?", [white.getvalue()])
    assert said.strip()
    assert model.meter.requests == 2
    assert not [text for text in warned if "max_length" in text], "at every prompt"
    again = LocalModel(str(TINY), tmp_path, new_tokens=8)
    assert again.ask("s", "What is the churn rate in 2017?", [white.getvalue()]) == said
    assert (again.meter.requests, again.meter.cached) == (0, 1)


def test_a_local_model_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(ModelError, match="can't be loaded") as caught:
        LocalModel(str(tmp_path / "none"), tmp_path).ask("s", "u")
    assert "\n" not in str(caught.value)


def test_what_a_model_answers_blind_is_found(server, tmp_path):
    right = [
        (asked("How many cents are in 3 dollars?", "300"), '{"answer": 300.0}'),
        (asked("Growth of 1,000 by a quarter?", "1,250"), "The answer is 1250."),
        (asked("Did prices rise or fall?", "rise", "choice"), '{"answer": "Rise."}'),
        (asked("What drove costs?", "higher energy prices", "text"),
         '{"answer": "most likely higher energy prices"}'),
    ]  # fmt: skip
    kept = [
        (asked("What is the change?", "12"), '{"answer": "unknown"}'),
        (asked("What is the growth?", "12"), '{"answer": "11 or 12"}'),
        (asked("Did sales rise or fall?", "fall", "choice"), '{"answer": "rise or fall"}'),
        (asked("What drove sales?", "weaker demand abroad", "text"), '{"answer": {"a": []}}'),
        (asked("What does it mean?", "12", task="knowledge"), '{"answer": 12}'),
    ]
    said = {f"Question: {pair.question}": text for pair, text in right + kept}
    server.reply = lambda prompt, number: completion(said[prompt])
    pairs = [pair for pair, _ in kept + right]
    found = list(guessed(Endpoint("m", server.url, tmp_path), pairs))
    assert found == [""] * len(kept) + [pair.qa_id for pair, _ in right]
    assert all(FACT not in json.dumps(body) for body in server.seen), "the text was shown"
    assert len(server.seen) == len(pairs) - 1, "a term's meaning is not asked"
