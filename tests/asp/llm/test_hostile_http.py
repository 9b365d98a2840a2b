"""An endpoint that attacks by HTTP itself: floods, bombs, false addresses; a key that is none."""

import contextlib
import gzip
import itertools
import json
import threading
import time
import tracemalloc
from email.utils import formatdate

import pytest

from finlmm_utils.asp.llm import client
from finlmm_utils.asp.llm.asking import BadAnswer, ask_all
from finlmm_utils.asp.llm.bodies import Broken, asked_wait, unpacked
from finlmm_utils.asp.llm.budget import Meter, ModelError, TooManyFailures
from finlmm_utils.asp.llm.client import MOST_BYTES, Endpoint
from tests.model_server import HEAD, KEY, Server, completion, raw

pytestmark = pytest.mark.faults
FLOOD = b"x" * 100_000
MOST_SENT = 300
"""Blocks of a flood that fit into the buffers of both sides before a client that has gone is seen:
30 MB; a client that reads on takes all it is given."""


def asked(server, folder, **more):
    return Endpoint("m", server.url, folder, retries=0, timeout=20, **more).ask("s", "u")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nothing_is_sent_to_an_address_that_nobody_named(server, tmp_path, status):
    """A redirect would hand text and pictures of a report to another server."""
    with Server() as other:
        thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server.reply = lambda prompt, number: (status, "there", {"Location": other.url})
        with pytest.raises(BadAnswer, match=f"http_{status}: leads to {other.url}"):
            asked(server, tmp_path)
        other.shutdown()
        thread.join()
    assert other.seen == []
    meter = Meter(failed_share=0)
    with pytest.raises(TooManyFailures, match=r"moved.*base_url"):
        list(ask_all(Endpoint("m", server.url, tmp_path, meter), [("s", "v", ())], 1))


@pytest.mark.parametrize("line", ["400 Bad Request", "500 Error"])
def test_an_error_that_floods_is_read_no_further_than_its_first_lines(server, tmp_path, line):
    sent = []

    def flood(handler):
        handler.close_connection = True
        start = f"HTTP/1.1 {line}\r\nConnection: close\r\n\r\nout of order "
        with contextlib.suppress(OSError):  # the client has gone, as it should
            handler.wfile.write(start.encode())
            while len(sent) < 20 * MOST_SENT:
                handler.wfile.write(FLOOD)
                sent.append(len(FLOOD))

    server.reply = lambda prompt, number: flood
    with pytest.raises(BadAnswer, match=f"http_{line[:3]}: out of order"):
        asked(server, tmp_path)
    assert len(sent) < MOST_SENT


def packed(text, times):
    for _ in range(times):
        text = gzip.compress(text)
    return text


@pytest.mark.parametrize("packing", ["gzip, gzip, gzip", "br", "zstd", "deflate", "x" * 9000])
def test_a_packing_that_was_not_asked_for_is_not_undone(server, tmp_path, packing):
    body = packed(b"0" * 1_000_000, 3)
    head = f"Content-Encoding: {packing}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    server.reply = lambda prompt, number: raw(HEAD, head, body)
    with pytest.raises(BadAnswer, match="unreachable: Broken: the reply is packed as") as caught:
        asked(server, tmp_path)
    assert len(str(caught.value)) < 300
    assert server.seen, "and what was asked for is gzip"


def test_a_bomb_takes_no_more_than_the_longest_reply():
    bomb = packed(b"0" * 200_000_000, 1)
    tracemalloc.start()
    assert unpacked(bomb, {"content-encoding": "gzip"}, MOST_BYTES) is None
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5 * MOST_BYTES
    with pytest.raises(Broken, match="no gzip"):
        unpacked(b"\x1f\x8b no", {"content-encoding": "gzip"}, MOST_BYTES)


def test_a_packed_answer_and_one_with_a_byte_order_mark_are_read(server, tmp_path):
    text = "﻿" + json.dumps(completion("well"))
    body = packed(text.encode(), 1)
    head = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    server.reply = lambda prompt, number: raw(HEAD, head, body)
    assert asked(server, tmp_path) == "well"


@pytest.mark.parametrize(
    "parts",
    [
        ((HEAD, b"X: " + b"h" * 1_000_000, b"\r\n\r\n{}"), "unreachable"),
        ((HEAD, *[b"X-%d: 1\r\n" % k for k in range(100_000)], b"\r\n{}"), "unreachable"),
        ((HEAD, b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}"), "unreachable"),
        (
            (HEAD, b"Transfer-Encoding: chunked\r\n\r\n2;" + b"e" * 500_000, b"\r\n{}"),
            "unreachable",
        ),
    ],
    ids=["a header of a megabyte", "100,000 headers", "a chunk without end", "its extension"],
)
def test_headers_without_end_are_a_broken_reply(server, tmp_path, parts):
    server.reply = lambda prompt, number: raw(HEAD, *parts)
    with pytest.raises(BadAnswer, match="unreachable"):
        asked(server, tmp_path)


def test_to_be_continued_for_ever_ends_at_the_deadline(server, tmp_path):
    """As fast as the line is, with no pause in which a limit of time could be looked at."""
    endless = itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
    server.reply = lambda prompt, number: raw(*itertools.islice(endless, 30_000))
    with pytest.raises(BadAnswer, match="timeout"):
        Endpoint("m", server.url, tmp_path, retries=0, timeout=0.6).ask("s", "u")


@pytest.mark.parametrize("key", ["“sk-0123456789-abcdef”", "sk-0123456789\nX-Other: 1", "sk-\x7f"])
def test_a_key_that_no_header_can_hold_is_one_line_without_it(
    server, tmp_path, monkeypatch, key
):  # fmt: skip
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ModelError, match="OPENAI_API_KEY holds letters that no key has") as caught:
        asked(server, tmp_path)
    assert key not in str(caught.value) and "\n" not in str(caught.value)
    assert server.seen == []


def test_blanks_around_a_key_are_not_sent(server, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\r\n")
    server.reply = lambda prompt, number: completion(f"key {KEY}")
    assert asked(server, tmp_path) == "key <key>"


@pytest.mark.parametrize("url", ["http://[::1", "http://a:b"])
def test_an_address_of_the_environment_that_is_none_is_one_line(
    server, tmp_path, monkeypatch, url
):  # fmt: skip
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    with pytest.raises(ModelError, match="expected an address such as") as caught:
        Endpoint("m", "", tmp_path, retries=0).ask("s", "u")
    assert url in str(caught.value) and "\n" not in str(caught.value)


def test_a_run_that_has_ended_tries_nothing_again(server, tmp_path, monkeypatch):
    """Three prompts of a busy server would be tried 40 times each after the fourth has ended it."""
    monkeypatch.setattr(client, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(client, "LONGEST_PAUSE", 0.02)
    began = threading.Barrier(4)

    def reply(prompt, number):
        if number <= 4:
            began.wait(timeout=20)
        return (401, "no", {}) if prompt == "0" else (500, "busy", {})

    server.reply = reply
    model = Endpoint("m", server.url, tmp_path, Meter(failed_share=0), retries=40)
    with pytest.raises(TooManyFailures, match=r"1 of 1 prompts .* http_401"):
        list(ask_all(model, [("s", f"{k}", ()) for k in range(4)], 4))
    assert len(server.seen) < 60, "each of three is under way once or twice more"


def test_an_endpoint_asks_to_wait_by_a_number_or_a_date():
    def wait(**said):
        return asked_wait({name.replace("_", "-"): value for name, value in said.items()})

    now = time.time()
    assert 25 < wait(retry_after=formatdate(now + 30, usegmt=True)) <= 30
    assert wait(retry_after=formatdate(now - 30, usegmt=True)) == 0
    assert wait(retry_after="7", retry_after_ms="x") == 7
    for said in ("Mon, 99 Foo 99999 99:99:99 GMT", "Mon, 01 Jan 0001 00:00:00 -2359", "-5", "nan",
                 "1e400", "", "soon", "Fri, 31 Dec 9999 23:59:59 -9999"):  # fmt: skip
        assert 0 <= wait(retry_after=said) < float("inf")


def test_a_count_of_5000_digits_costs_no_answer_and_an_error_gives_no_order(server, tmp_path):
    told = f'"prompt_tokens": {"9" * 5000}'
    body = json.dumps(completion("well")).replace('"prompt_tokens": 60', told)
    server.reply = lambda prompt, number: body
    meter = Meter()
    assert asked(server, tmp_path, meter=meter) == "well" and meter.estimated == 1
    server.reply = lambda prompt, number: (400, "\x1b[2J\x1b]0;title\x07\u202eno", {})
    with pytest.raises(BadAnswer) as caught:
        asked(server, tmp_path / "other")
    assert caught.value.detail.isprintable() and "no" in caught.value.detail
