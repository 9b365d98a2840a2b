"""Markup in every text that notebooks 01 to 09 read: it is shown as text, nothing of it runs.

Each notebook runs under ``smoke``, and what it wrote is planted before the next one reads it.
"""

import html
import json
import shutil
import threading
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from datasets import DatasetDict, load_from_disk

from finlmm_utils.study.artefacts import output_digests
from finlmm_utils.study.parameters.notebooks import NOTEBOOKS
from finlmm_utils.study.report.compare import compare_page
from finlmm_utils.synthetic.reports import write_reports
from tests.helpers import finlmm
from tests.model_server import Server, completion
from tests.pages import faults, runs
from tests.study.report.browser import BROWSER, RAN, listening, looked_at

pytestmark = [pytest.mark.faults, pytest.mark.slow]
NUMBERS = [f"{number:02d}" for number in range(1, 10)]
OTHERS = [
    "<a href=\"javascript:document.title='a handler ran'\">x</a>", "</td></tr></table><b>",
    "{{7*7}}", "{% raw %}", "=cmd|' /C calc'!A0", "@SUM(A1:A9)", "\x1b[2J\x07", "\u202egnp.exe",
    "$\\frac{<u>}$", "<!-- -->", "]]>", "<|im_end|>",
]  # fmt: skip
NAMES = ["<img src=x onerror=alert(1)>", "=cmd|'C'!A0", "{{7*7}}", "javascript:alert(1)"]
"""Of reports and of the run; a file's name holds no slash."""
SMALL = {
    "01": ["hard_reports=0"],
    "04": ["stage1_rows=8", "stage1_steps=1", "max_completion_tokens=24"],
    "05": ["stage2_steps=2"],
    "06": ["eval_samples=1", "eval_rows=8"],
    "07": ["ablation_steps=1", "prompts_per_step=2", "group_size=2", "max_completion_tokens=24"],
    "08": ["judge_stage.max_completion_tokens=24"],
}
"""What a notebook needs no more of. One sample: the server here gives one completion for a request;
reports and rows stay, since tables show the first of them, and so does the length of what stage 2
writes, which notebook 08 reads."""
TEXTS = {
    "question", "answer", "text", "caption", "title", "near_text", "inner_text", "file", "evidence",
    "reason", "unit", "completion", "thinking", "gold", "heading", "stage", "sentence", "note",
}  # fmt: skip
"""Columns that hold what strangers wrote; the others hold our own words and ids."""


def plant(folder: Path, attack: Iterator[str]) -> None:
    """Adds an attack to every second text of every table that a notebook wrote.

    It comes first: a table shows the beginning of a long text. The other half stays, so that there
    is something to align, to train on and to evaluate.
    """

    def planted(values: Any) -> list[Any]:
        return [
            f"{next(attack)} {value}" if place % 2 and isinstance(value, str) else value
            for place, value in enumerate(values)
        ]

    for path in sorted(folder.glob("*.parquet")):
        table = pd.read_parquet(path)
        for name in TEXTS & set(table):
            table[name] = pd.Series(planted(table[name]), table.index, dtype=object)
        table.to_parquet(path, index=False)
    for path in sorted(folder.glob("*.jsonl")):
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for name in TEXTS:
            for line, value in zip(lines, planted([one.get(name) for one in lines]), strict=True):
                line.update({name: value} if name in line else {})
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    if (folder / "rows").is_dir():
        _plant_rows(folder / "rows", attack)
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    told["outputs"] = output_digests(folder)
    (folder / "manifest.json").write_text(json.dumps(told), "utf-8")


def _plant_rows(folder: Path, attack: Iterator[str]) -> None:
    """Questions of rows, as if no filter had ever dropped or defused one."""

    def asked(row: dict[str, Any], place: int) -> dict[str, Any]:
        if place % 2:
            row["prompt"][-1]["content"] = f"{next(attack)} {row['prompt'][-1]['content']}"
        return row

    rows = load_from_disk(str(folder))
    assert isinstance(rows, DatasetDict)
    changed = folder.with_name("changed")
    rows.map(asked, with_indices=True, load_from_cache_file=False).save_to_disk(str(changed))
    shutil.rmtree(folder)
    changed.rename(folder)


def reports(folder: Path) -> Path:
    """Made reports under planted names, with planted text, captions and titles."""
    import pymupdf

    made = write_reports(folder / "made", len(NAMES), 7)
    (folder / "planted").mkdir()
    for path, name in zip(made, NAMES, strict=True):
        with pymupdf.open(path) as document:
            document.set_metadata({"title": NAMES[0], "author": NAMES[1]})
            for page in document:
                for place in page.search_for("Figure"):
                    page.insert_text((place.x0, place.y0 - 1), NAMES[0], fontsize=5)
                page.insert_text((40, 20), f"Revenue of {NAMES[0]} was $45m in 2021.", fontsize=7)
            document.save(folder / "planted" / f"{name}.pdf")
    return folder / "planted"


def run_all(out: Path, pdfs: Path, url: str, attack: Iterator[str]) -> None:
    """One notebook after the other, and what each wrote planted before the next reads it."""
    for number in NUMBERS:
        more = list(SMALL.get(number, []))
        more += [f"reports_dir={pdfs}"] if number == "01" else []
        more += [f"answers_url={url}"] if number == "06" else []
        done = finlmm(
            "run", number, "--profile", "smoke", "--out", out,
            *(word for one in more for word in ("--set", one)),
            timeout=3000, OPENAI_API_KEY="none", NO_PROXY="127.0.0.1",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        plant(out / NOTEBOOKS[number].stem, attack)


@pytest.fixture(scope="module")
def planted_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any]]:
    """A run of 01 to 09 with all of this, under a planted name; and who listens."""
    folder = tmp_path_factory.mktemp("planted")
    out = folder / NAMES[0]
    with listening() as listener:
        texts = [*listener.attacks(), *OTHERS]
        attack = cycle(texts)
        told = f"<think>{texts[0]}</think><answer>{texts[3]}</answer>" + texts[15]
        with Server() as server:
            server.reply = staticmethod(lambda prompt, number: completion(told))
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                run_all(out, reports(folder), server.url, attack)
            finally:  # else its thread keeps pytest from ending
                server.shutdown()
                thread.join()
        done = finlmm("report", out)
        assert done.returncode == 0, done.stderr
        yield out, listener


def outputs_of(path: Path) -> Iterator[tuple[str, str]]:
    """Kind and text of every output of an executed notebook."""
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            for kind, text in output.get("data", {}).items():
                yield kind, text if isinstance(text, str) else json.dumps(text)


def test_what_a_notebook_shows_is_text(planted_run: tuple[Path, Any]) -> None:
    """In JupyterLab, where no page cleans or forbids anything after it."""
    out, listener = planted_run
    seen = set()
    for path in sorted(out.glob("*/executed.ipynb")):
        for kind, text in outputs_of(path):
            assert kind in ("text/plain", "text/html", "image/png", "text/latex"), path.parent.name
            if kind == "text/latex":  # our own source code, highlighted
                assert listener.url not in text, path.parent.name
            if kind == "text/html":
                assert runs(text) == [], path.parent.name
                seen |= {path.parent.name[:2]} if listener.url in html.unescape(text) else set()
    # 05 prints them. Half of the texts stay as they were: which tables begin with others varies.
    assert seen >= {"06", "07"} and seen & {"02", "03"}, "the attacks are there, as text"


def test_no_page_of_the_run_holds_what_runs(planted_run: tuple[Path, Any]) -> None:
    out, _ = planted_run
    other = out.with_name("other")
    shutil.copytree(out, other, dirs_exist_ok=True)
    compare_page(out, other, out / "compare.html")
    pages = [*out.glob("*.html"), *out.glob("*/executed.html")]
    assert {page.name for page in pages} >= {"index.html", "samples.html", "compare.html"}
    for page in pages:
        text = page.read_text("utf-8")
        assert runs(text.replace("<meta", "<x-meta")) == [], page
        assert faults(page) == [], page


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine: see the test above")
def test_nothing_of_the_run_runs_in_a_browser(planted_run: tuple[Path, Any]) -> None:
    out, listener = planted_run
    for page in [*out.glob("*.html"), *out.glob("*/executed.html")]:
        shown, said = looked_at(page, out.with_name("profile"))
        assert f"<title>{RAN}" not in shown, page
        assert RAN not in said, page
        assert listener.seen == [], page
