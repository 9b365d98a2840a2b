"""A served policy answers rows as one in this process does: same table, same decoding."""

import base64
import io
import json
from typing import Any

import pytest
from PIL import Image

from finlmm_utils.asp.llm import client
from finlmm_utils.evaluation import endpoint
from finlmm_utils.evaluation.endpoint import EndpointError, served
from finlmm_utils.evaluation.evaluate import summarize
from finlmm_utils.rows import make_row, told_to
from finlmm_utils.tar.models import load_policy
from finlmm_utils.tar.rollouts.answering import generate
from tests.model_server import HEAD, KEY, Server, completion, raw

SAID = "<think>57 - 45</think> <answer>12</answer> <image_selection>2</image_selection>"


def rows() -> list[dict]:
    images = [Image.new("RGB", (60, 40), (shade, 0, 0)) for shade in (10, 200)]
    return [make_row(f"r{i}", f"What is {i}?", "12", "number", "", images=images, target_image=2)
            for i in range(5)]  # fmt: skip


def test_the_table_is_that_of_generate(server: Server) -> None:
    server.reply = lambda prompt, number: completion(SAID)
    found = served(server.url, "folder/policy", rows(), 64)
    assert list(found["id"]) == ["r0", "r1", "r2", "r3", "r4"] and found["right"].all()
    assert found["image_right"].all() and not found["clipped"].any()
    assert summarize(found)["accuracy"] == 1.0
    own = generate(*load_policy("finlmm-tiny"), rows()[:1], 2)
    assert list(found.columns) == [*own.columns, "failed"] and not found["failed"].any()


def test_the_server_is_told_how_to_decode(server: Server) -> None:
    two = completion(SAID)
    two["choices"] = [{**two["choices"][0], "index": n, "finish_reason": "length"} for n in (0, 1)]
    server.reply = lambda prompt, number: two
    row = told_to(rows()[0], "Be brief.")
    found = served(server.url, "policy", [row], 64, samples=2, temperature=0.7, top_p=0.9, seed=4)
    asked = server.seen[0]
    assert (asked["n"], asked["temperature"], asked["top_p"], asked["seed"]) == (2, 0.7, 0.9, 4)
    assert (asked["repetition_penalty"], asked["top_k"], asked["max_tokens"]) == (1.0, 0, 64)
    assert asked["model"] == "policy" and asked["messages"][0]["content"] == "Be brief."
    parts = asked["messages"][1]["content"]
    assert [part["type"] for part in parts] == ["image_url", "image_url", "text"]
    data = base64.b64decode(parts[1]["image_url"]["url"].split(",")[1])
    assert Image.open(io.BytesIO(data)).getpixel((0, 0)) == (200, 0, 0)
    assert list(found["sample"]) == [0, 1] and found["clipped"].all()
    served(server.url, "policy", [row], 64)
    assert server.seen[1]["temperature"] == 0.0


def test_an_endpoint_that_refuses_is_one_line(server: Server) -> None:
    server.reply = lambda prompt, number: (404, {"error": {"message": "no such model"}}, {})
    with pytest.raises(EndpointError, match=r"model 'policy': .*404.*vllm serve POLICY") as caught:
        served(server.url, "policy", rows(), 64)
    assert "\n" not in str(caught.value)


def shaped(**choice: Any) -> dict:
    """A completion whose only choice differs."""
    said = completion(SAID)
    said["choices"][0] |= choice
    return said


HALF = json.dumps(completion(SAID))
BAD = {
    "400": ((400, {"error": {"message": "flagged"}}, {}), "http_400"),
    "no choice": (completion(SAID) | {"choices": []}, "empty"),
    "choices that are null": (completion(SAID) | {"choices": None}, "no_completion"),
    "a message that is null": (shaped(message=None), "empty"),
    "content that is null": (shaped(message={"content": None}), "empty"),
    "content that is a list": (shaped(message={"content": [1]}), "empty"),
    "a filter": (shaped(finish_reason="content_filter"), "refused"),
    "a page": ("<html>Welcome</html>", "no_completion"),
    "half a JSON": (HALF[: len(HALF) // 2], "no_completion"),
    "500 for ever": ((500, "boom", {}), "http_500"),
    "a body that drips": (raw(HEAD, b"Content-Length: 99\r\n\r\n", *[b" "] * 30, pause=0.1),
                          "timeout"),
}  # fmt: skip


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_PAUSE", 0.001)


@pytest.mark.faults
@pytest.mark.parametrize("name", BAD)
def test_a_bad_reply_costs_its_row_and_is_counted(
    server: Server, quick: None, monkeypatch: pytest.MonkeyPatch, capsys: Any, name: str
) -> None:
    said, reason = BAD[name]
    if reason == "timeout":
        monkeypatch.setattr(endpoint, "SECONDS", 0.3)
        monkeypatch.setattr(endpoint, "PER_TOKEN", 0.0)
    server.reply = lambda prompt, number: said if "r is 2?" in prompt else completion(SAID)
    asked = [make_row(f"r{i}", f"What for r is {i}?", "12", "number", "") for i in range(5)]
    found = served(server.url, "policy", asked, 64).set_index("id")
    assert found["failed"].to_dict() == dict.fromkeys(found.index, "") | {"r2": reason}
    assert found["right"].drop("r2").all() and found.loc["r2", "right"] == False  # noqa: E712
    shown = capsys.readouterr().out
    assert shown.count("\n") == 1 and f"1 of 5 rows have no answer, 1 of them: {reason}" in shown


@pytest.mark.faults
def test_what_a_server_says_reaches_the_table_as_text(server: Server, capsys: Any) -> None:
    """Halves of letters can't be written to a file, and usage may hold anything."""
    server.reply = lambda prompt, number: completion("\ud800 4") | {"usage": "many"}
    found = served(server.url, "policy", rows()[:1], 64)
    found["completion"][0].encode()
    assert found["tokens"].tolist() == [1]
    assert "tokens of 1 of 1 rows are estimates" in capsys.readouterr().out
    server.reply = lambda prompt, number: completion("")
    silent = served(server.url, "policy", rows()[:1], 64)
    assert silent["failed"].tolist() == [""], "to say nothing is an answer"


@pytest.mark.faults
def test_a_sample_that_is_missing_is_an_empty_one(server: Server) -> None:
    server.reply = lambda prompt, number: completion(SAID)
    asked = rows()
    found = served(server.url, "policy", asked[:1], 64, samples=1)
    assert found["failed"].tolist() == [""]
    with pytest.raises(EndpointError, match="1 of 1 rows have no answer"):
        served(server.url, "policy", asked[:1], 64, samples=2)


@pytest.mark.faults
def test_second_tries_pass_where_the_server_was_busy(server: Server, quick: None) -> None:
    busy = (503, "loading", {})
    server.reply = lambda prompt, number: busy if number <= 5 else completion(SAID)
    assert served(server.url, "policy", rows(), 64)["right"].all()


@pytest.mark.faults
@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "key"), (402, "balance"), (404, "answers_url"), (429, "busy"), (500, "later")],
)
def test_many_failures_end_the_evaluation_with_a_remedy_and_no_key(
    server: Server, quick: None, status: int, words: str
) -> None:
    said = {"error": {"message": f"Incorrect API key provided: {KEY}"}}
    server.reply = lambda prompt, number: (status, said, {})
    asked = [make_row(f"r{i}", f"What is {i}?", "12", "number", "") for i in range(200)]
    with pytest.raises(EndpointError, match=f"http_{status}.*<key>.*{words}") as caught:
        served(server.url, "policy", asked, 64)
    assert "\n" not in str(caught.value) and KEY not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    assert len({one["messages"][-1]["content"] for one in server.seen}) < 40, "it stopped early"
