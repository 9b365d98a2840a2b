"""Pages that hold what strangers wrote: no handler runs, no request leaves, seen in a browser."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from finlmm_utils.output import ShownTable
from finlmm_utils.study.report import harmless
from finlmm_utils.study.report.notebooks import export_notebook
from finlmm_utils.study.report.page import write_report
from finlmm_utils.study.runner.manifest import Manifest
from tests.study.report.browser import BROWSER, RAN, listening, looked_at

pytestmark = pytest.mark.faults
STEM = "04_stage1_text_grpo"


def executed(folder: Path, attacks: list[str]) -> Path:
    """A run whose notebook shows the attacks in every kind of output that may hold text."""
    table = pd.DataFrame({"question": attacks, "gold": attacks})
    outputs = [
        new_output("stream", name="stdout", text="\n".join(attacks)),
        new_output("stream", name="stderr", text="\n".join(attacks)),
        new_output("error", ename=attacks[0], evalue=attacks[0], traceback=attacks),
        new_output("display_data", {"text/html": ShownTable(table)._repr_html_()}),
        *(
            new_output("display_data", {kind: text})
            for text in attacks
            for kind in ("text/html", "text/plain", "text/markdown", "text/latex", "image/svg+xml",
                         "application/javascript", "application/json")
        ),
        new_output("display_data", {"image/png": "AAAA"}, metadata={
            "image/png": {"width": attacks[0], "alt": attacks[0]},
            "filenames": {"image/png": "http://127.0.0.1/x.png"}}),
    ]  # fmt: skip
    cells = [new_markdown_cell(f"# 04\n\n{text}") for text in attacks]
    cells.append(new_code_cell("\n".join(attacks), outputs=outputs))
    (folder / STEM).mkdir()
    nbformat.write(new_notebook(cells=cells), folder / STEM / "executed.ipynb")
    return folder / STEM


def test_nothing_runs_in_an_executed_notebook(tmp_path: Path) -> None:
    with listening() as listener:
        folder = executed(tmp_path, listener.attacks())
        page = export_notebook(folder)
        assert page is not None
        shown, said = looked_at(page, tmp_path / "profile")
        seen = list(listener.seen)
    assert f"<title>{RAN}" not in shown
    assert RAN not in said
    assert seen == []


def test_the_policy_alone_would_hold(tmp_path: Path) -> None:
    """Without escaping and cleaning, the browser is told to run and load nothing."""
    with listening() as listener:
        body = "".join(listener.attacks())
        held, open_page = tmp_path / "held.html", tmp_path / "open.html"
        held.write_text(f"<html><head>{harmless.META}<title>t</title></head><body>{body}")
        open_page.write_text(f"<html><head><title>t</title></head><body>{body}")
        shown, said = looked_at(held, tmp_path / "profile")
        calm = [path for path in listener.seen if path != "/meta"]  # a reload is no part of it
        listener.seen.clear()
        shown_open, said_open = looked_at(open_page, tmp_path / "profile")
        assert len(listener.seen) > 3, "the attacks work where nothing holds them"
    assert calm == []
    assert f'{RAN}"' not in said
    assert f"<title>{RAN}" not in shown
    assert RAN in said_open + shown_open


@pytest.mark.parametrize("number", range(18))
def test_what_is_left_of_each_attack(number: int) -> None:
    with listening() as listener:
        attack = listener.attacks()[number]
        assert len(listener.attacks()) == 18
    left = harmless.clean_html(f"<table><tr><td>{attack}</td></tr></table><p>after</p>")
    tags = re.findall(r"<[a-z][^>]*>", left)
    assert not re.search(
        r"\son\w+=|http:|javascript:|<(script|style|iframe|svg|base)", "".join(tags)
    )
    assert "after" in left
    page = harmless.without_network(f"<html><head></head><body>{attack}</body></html>")
    assert not re.search(r"<[a-z][^>]*[\s/\"']on[a-z]+=", page)
    assert "<script" not in page


@pytest.mark.parametrize(
    "markup",
    [
        '<table class="dataframe"><tbody><tr style="width: 1em;"><th>a</th></tr></tbody></table>',
        '<a href="https://arxiv.org/abs/2506.13066">paper</a>',
        '<a href="../05_stage2/executed.html#part">next</a>',
        '<img alt="a chart" src="data:image/png;base64,AAAA">',
        "<details open><summary>more</summary><pre><code>x = 1</code></pre></details>",
    ],
)
def test_what_a_reader_needs_stays(markup: str) -> None:
    same = harmless.clean_html(markup).replace('open=""', "open")
    assert sorted(re.findall(r"[\w./:#-]+", same)) == sorted(re.findall(r"[\w./:#-]+", markup))


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_nothing_runs_on_the_page_for_reviewers(tmp_path: Path) -> None:
    with listening() as listener:
        attacks = listener.attacks()
        folder = executed(tmp_path, attacks)
        (folder / "metrics.json").write_text(
            json.dumps({"headline": dict.fromkeys(attacks, 1), "more": attacks})
        )
        manifest = Manifest(
            id=attacks[0], notebook=attacks[0], profile=attacks[0], started="",
            parameters={text: text for text in attacks}, parts={}, pid=1, pid_started=0.0,
            status="failed", error="\n".join(attacks),
            machine={"system": attacks[0], "cores": 2, "memory_gb": 8},
        )  # fmt: skip
        manifest.write(folder)
        shutil.rmtree(tmp_path / "profile", ignore_errors=True)
        shown, said = looked_at(write_report(tmp_path), tmp_path / "profile")
        assert listener.seen == []
    assert f"<title>{RAN}" not in shown
    assert RAN not in said
