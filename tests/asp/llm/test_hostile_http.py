"""An endpoint that attacks by HTTP itself: floods, bombs, false addresses; a key that is none."""

import contextlib
import gzip
import itertools
import json
import threading
import tracemalloc

import pytest

from finlmm_utils.asp.llm import client
from finlmm_utils.asp.llm.asking import BadAnswer, ask_all
from finlmm_utils.asp.llm.bodies import Broken, unpacked
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
