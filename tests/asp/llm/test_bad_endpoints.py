"""An endpoint that answers badly in thirty ways: each costs one prompt, which says why."""

import gzip
import json
import time

import pytest

from finlmm_utils.asp.llm import client
from finlmm_utils.asp.llm.asking import TRIES, ask_all
from finlmm_utils.asp.llm.budget import BudgetSpent, Meter, TooManyFailures
from finlmm_utils.asp.llm.client import Endpoint
from finlmm_utils.asp.questions.llm import LLMGenerator
from finlmm_utils.asp.records import Block, Report
from tests.asp.llm.test_client import FACT, GOOD
from tests.model_server import HEAD, completion, raw

pytestmark = pytest.mark.faults
DEADLINE, PATIENT = 0.6, 20.0
"""Seconds for one request: where nothing shall come, and where something does, however busy the
machine is; an answer of the healthy server takes some milliseconds."""


def pairs(prompt, number):
    return completion(json.dumps({"pairs": [GOOD]}))


def with_(choice=None, **more):
    """A completion with some of its fields changed."""
    said = completion("{}") | more
    if choice:
        said["choices"][0] |= choice
    return said


ALL = json.dumps(completion(json.dumps({"pairs": [GOOD]}))).encode()
BOMB = gzip.compress(b'{"choices": "' + b"x" * 30_000_000 + b'"}')
FULL = f"Content-Length: {len(ALL)}\r\n\r\n".encode()

BEHAVIOURS = {
    "a refusal": (with_({"message": {"role": "assistant", "content": None, "refusal": "no"}}),
                  "refused"),
    "a content filter": (with_({"finish_reason": "content_filter"}), "refused"),
    "words": (completion("I'm sorry, I can't do that."), "not_json"),
    "half a JSON": (completion('{"pairs": [{"question": "Wh'), "not_json"),
    "JSON too deep": (completion("{" * 100_000), "not_json"),
    "another schema": (completion('{"questions": []}'), "wrong_schema"),
    "pairs that are none": (completion('{"pairs": [{"q": 1}, 2, null]}'), "wrong_schema"),
    "pairs that are a text": (completion('{"pairs": "none"}'), "wrong_schema"),
    "an answer that was cut": (with_({"finish_reason": "length"}), "cut"),
    "10 MB": (completion("9" * 10_000_000), "too_long"),
    "a bomb": (raw(HEAD, b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB), BOMB),
               "too_long"),
    "no choice": (with_(choices=[]), "empty"),
    "choices that are null": (with_(choices=None), "no_completion"),
    "a choice that is a number": (with_(choices=[7]), "empty"),
    "content that is null": (with_({"message": {"content": None}}), "empty"),
    "content that is a list": (with_({"message": {"content": [1]}}), "empty"),
    "thinking without an end": (completion('<think>{"pairs": []} or'), "not_json"),
    "a call in place of words": (with_({"finish_reason": "tool_calls", "message": {
        "content": None, "tool_calls": [{"id": "1"}]}}), "empty"),
    "a stream": (raw(HEAD, b"Content-Length: %d\r\n\r\n" % (len(ALL) + 8), b"data: ", ALL,
                     b"\n\n"), "no_completion"),
    "an error with 200": ({"error": {"message": "quota"}}, "no_completion"),
    "a length below nothing": (raw(HEAD, b"Content-Length: -5\r\n\r\n{}"), "unreachable"),
    "a page": ("<html>Welcome</html>", "no_completion"),
    "letters that are no UTF-8": (raw(HEAD, b"Content-Length: 2\r\n\r\n\xff\xfe"), "no_completion"),
    "400": ((400, {"error": {"message": "flagged"}}, {}), "http_400"),
    "401": ((401, {"error": {"message": "bad key"}}, {}), "http_401"),
    "404": ((404, {"error": {"message": "no such model"}}, {}), "http_404"),
    "413": ((413, "too large", {}), "http_413"),
    "429 for ever": ((429, {"error": "slow down"}, {"retry-after-ms": 1}), "http_429"),
    "429 for a year": ((429, {"error": "slow down"}, {"retry-after": 3e7}), "http_429"),
    "429 for nonsense": ((429, "no", {"retry-after": "-inf"}), "http_429"),
    "500": ((500, "boom", {}), "http_500"),
    "a redirect to itself": ((307, "there", {"Location": "completions"}), "http_307"),
    "nothing at all": (raw(b"", pause=1.5), "timeout"),
    "a closed connection": (raw(), "unreachable"),
    "less than was promised": (raw(HEAD, b"Content-Length: 999\r\n\r\n{}"), "unreachable"),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "unreachable"),
    "a body that drips": (raw(HEAD + FULL, *[b"%c" % b for b in ALL[:30]], pause=0.1), "timeout"),
    "a head that drips": (raw(HEAD, *[b"X: %d\r\n" % k for k in range(30)], pause=0.1), "timeout"),
}  # fmt: skip


USABLE = {
    "parts": with_({"message": {"content": [{"type": "text", "text": json.dumps(
        {"pairs": [GOOD]})}]}}),
    "an empty refusal": with_({"message": {"content": json.dumps({"pairs": [GOOD]}),
                                           "refusal": ""}}),
    "thinking": completion('<think>{"pairs": []}? No: </think>\n' + json.dumps({"pairs": [GOOD]})),
}  # fmt: skip
"""Odd and good: some servers write so."""


@pytest.mark.parametrize("name", USABLE)
def test_a_good_answer_in_an_odd_form_is_used(server, tmp_path, name):
    server.reply = lambda prompt, number: USABLE[name]
    found, reasons, _ = written(server, tmp_path, report(FACT))
    assert reasons == [""] and len(found) == 1


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(client, "FIRST_PAUSE", 0.01)


def report(*texts):
    blocks = [
        Block(page=page, index=page, kind="text", text=text, box=(0.0, 0.0, 1.0, 1.0))
        for page, text in enumerate(texts, 1)
    ]
    return Report(report_id="r1", file="r1.pdf", sha256="0", status="ok", blocks=blocks)


def written(server, folder, made, timeout=PATIENT):
    meter = Meter()
    model = Endpoint("m", server.url, folder, meter, retries=1, timeout=timeout)
    writer = LLMGenerator(model, "openai", characters=60)
    count, ends = writer.prefetch([made], 9)
    assert len(list(ends)) == count
    found = writer.questions(made, 9)
    return found, [end["reason"] for end in writer.ended], meter


TELLING = ("a refusal", "words", "another schema", "an answer that was cut", "10 MB", "no choice",
           "400", "429 for ever", "a closed connection", "a body that drips")  # fmt: skip
"""The behaviours of ``make test``; the others are in ``pytest -m faults``."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] * (n not in TELLING)) for n in BEHAVIOURS],
)
def test_a_bad_answer_costs_its_prompt_and_says_why(server, tmp_path, name):
    said, reason = BEHAVIOURS[name]
    server.reply = lambda prompt, number: said if "BAD" in prompt else pairs(prompt, number)
    made = report(FACT, "BAD page of the report, with words.", FACT + " Costs fell.")
    timeout = DEADLINE if reason == "timeout" else PATIENT
    found, reasons, meter = written(server, tmp_path, made, timeout)
    assert reasons == ["", reason, ""]
    assert len(found) == 2, "the other prompts have their pairs"
    assert meter.failures == {reason: 1}
    before = len(server.seen)
    server.reply = pairs
    found, reasons, meter = written(server, tmp_path, made)
    assert reasons == ["", "", ""], "asked again where the endpoint is well"
    assert len(server.seen) == before + 1, "the good answers are kept"
    assert meter.cached >= 2


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": -10**9, "completion_tokens": -1}, {"prompt_tokens": "many"}, [], "none",
        {"prompt_tokens": 0, "completion_tokens": 0}, {"prompt_tokens": None}, 7, True,
        {"prompt_tokens": 1.5, "completion_tokens": 2}, {"prompt_tokens": True}, None,
        {"prompt_tokens": 101, "completion_tokens": 0},
        {"prompt_tokens": 101, "completion_tokens": 1},
        {"prompt_tokens": 101, "completion_tokens": 10**30},
        {"prompt_tokens": 1, "completion_tokens": 99},
    ],
)  # fmt: skip
def test_nonsense_in_usage_is_an_estimate_and_is_said(server, tmp_path, usage):
    server.reply = lambda prompt, number: completion("x" * 400) | {"usage": usage}
    meter = Meter()
    Endpoint("m", server.url, tmp_path, meter).ask("s" * 200, "u" * 200)
    assert (meter.tokens_in, meter.tokens_out) == (101, 101)
    assert "cost of 1 estimated" in meter.line()


def test_usage_that_is_not_a_number_of_json_is_an_estimate(server, tmp_path):
    body = json.dumps(completion("yes")).replace('"prompt_tokens": 60', '"prompt_tokens": NaN')
    server.reply = lambda prompt, number: body
    meter = Meter()
    assert Endpoint("m", server.url, tmp_path, meter).ask("s", "u") == "yes"
    assert meter.estimated == 1


def test_a_lying_endpoint_passes_the_budget_by_one_request(server, tmp_path):
    """It bills 30,000 tokens a request, where 100 were allowed; eight threads ask."""
    server.reply = lambda prompt, number: completion("x", 20_000, 10_000)
    model = Endpoint("m", server.url, tmp_path, Meter(tokens=5_000))
    with pytest.raises(BudgetSpent):
        list(ask_all(model, [("s", f"{k}", ()) for k in range(20)], 8))
    assert len(server.seen) == 1


def test_an_endpoint_that_counts_nothing_is_held_to_the_budget(server, tmp_path):
    """It bills a token for every answer of 4,000 letters, as some servers do to all."""
    server.reply = lambda prompt, number: completion("x" * 4_000, 1, 1)
    meter = Meter(tokens=10_000)
    model = Endpoint("m", server.url, tmp_path, meter)
    with pytest.raises(BudgetSpent):
        list(ask_all(model, [("s", f"{k}", ()) for k in range(20)], 1))
    assert len(server.seen) == 6 and meter.tokens > 6_000
    assert "cost of 6 estimated" in meter.line()


def test_second_tries_are_paced_counted_and_paid(server, tmp_path):
    server.reply = lambda prompt, number: (500, "boom", {})
    meter = Meter(requests_per_minute=600)
    model = Endpoint("m", server.url, tmp_path, meter, retries=3)
    began = time.monotonic()
    assert [end.reason for end in ask_all(model, [("s", "u", ())], 1)] == ["http_500"]
    assert time.monotonic() - began >= 0.3, "four requests are three pauses of 0.1 s apart"
    assert (meter.requests, meter.retries) == (4, 3)
    poor = Endpoint("m", server.url, tmp_path, Meter(tokens=4_000), retries=3)
    with pytest.raises(BudgetSpent):
        list(ask_all(poor, [("s", "u", ())], 1))
    assert len(server.seen) == 4


@pytest.mark.parametrize(
    ("status", "words"),
    [(429, "slower"), (401, "key"), (402, "balance"), (404, "model"), (503, "later"),
     (409, "later"), (400, "refuses")],
)  # fmt: skip
def test_a_share_of_failures_stops_the_run_with_its_remedy(server, tmp_path, status, words):
    server.reply = lambda prompt, number: (status, {"error": "no"}, {"retry-after-ms": 1})
    model = Endpoint("m", server.url, tmp_path, Meter(failed_share=0.2), retries=0)
    with pytest.raises(TooManyFailures, match=words) as caught:
        list(ask_all(model, [("s", f"{k}", ()) for k in range(100)], 1))
    assert len(server.seen) == 3, "more than a fifth of ten"
    assert f"http_{status}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_few_failures_among_many_do_not(server, tmp_path):
    bad = (400, {"error": "flagged"}, {})
    server.reply = lambda prompt, number: bad if prompt == "7" else completion("fine")
    model = Endpoint("m", server.url, tmp_path, Meter(failed_share=0.2))
    ends = list(ask_all(model, [("s", f"{k}", ()) for k in range(20)], 4))
    assert [end.reason for end in ends].count("http_400") == 1


def test_all_of_a_few_prompts_stop_the_run_at_its_end(server, tmp_path):
    server.reply = lambda prompt, number: (401, {"error": "no"}, {})
    model = Endpoint("m", server.url, tmp_path, Meter(failed_share=0.2))
    with pytest.raises(TooManyFailures, match="2 of 2"):
        list(ask_all(model, [("s", f"{k}", ()) for k in range(2)], 1))


def test_a_prompt_that_stays_bad_is_asked_so_often_and_no_more(server, tmp_path):
    server.reply = lambda prompt, number: completion("no JSON")
    made = report(FACT)
    for _ in range(TRIES):
        assert written(server, tmp_path, made)[1] == ["not_json"]
    assert len(server.seen) == TRIES
    assert written(server, tmp_path, made)[1] == ["given_up"]
    assert len(server.seen) == TRIES


def test_the_key_of_an_answer_holds_endpoint_model_parameters_and_prompt(server, tmp_path):
    server.reply = lambda prompt, number: completion(f"{number}")
    first = Endpoint("m", server.url, tmp_path)
    assert first.ask("s", "u") == first.ask("s", "u") == "1"
    assert Endpoint("m", server.url + "/", tmp_path).ask("s", "u") == "2", "another endpoint"
    assert Endpoint("n", server.url, tmp_path).ask("s", "u") == "3", "another model"
    first.answer_tokens = 7
    assert first.ask("s", "u") == "4", "other parameters"
    assert first.ask("s", "v") == "5"
    assert first.ask("su", "") == "6", "the parts of a prompt are kept apart"


def test_halves_of_letters_reach_no_file(server, tmp_path):
    broken = json.dumps({"pairs": [GOOD | {"question": "What is the \ud800 change in revenue?"}]})
    server.reply = lambda prompt, number: completion(broken)
    found, reasons, _ = written(server, tmp_path, report(FACT))
    assert reasons == [""]
    found[0].question.encode()
