"""A served policy answers rows as one in this process does: same table, same decoding."""

import base64
import io

import pytest
from PIL import Image

from finlmm_utils.evaluation.endpoint import EndpointError, served
from finlmm_utils.evaluation.evaluate import summarize
from finlmm_utils.rows import make_row, told_to
from finlmm_utils.tar.models import load_policy
from finlmm_utils.tar.rollouts.answering import generate
from tests.model_server import Server, completion

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
    assert list(found.columns) == list(own.columns)


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
