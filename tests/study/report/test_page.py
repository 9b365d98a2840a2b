"""An executed notebook as a page: nothing runs in it, nothing is broken, no console error."""

import base64
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from finlmm_utils.study.report.harmless import without_network
from finlmm_utils.study.report.notebooks import export_notebook
from finlmm_utils.study.report.pictures import unload
from finlmm_utils.study.runner.executed import WIDGET
from tests.pages import Page

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
WIDGETS = {"application/vnd.jupyter.widget-state+json": {"state": {}, "version_major": 2}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of two notebooks; the first has all that made console errors before."""
    bar = {WIDGET: {"model_id": "a", "version_major": 2}, "text/plain": "0%"}
    cells = [
        new_markdown_cell("# 04 · Stage 1: <text> & GRPO\n\nSee [next](05_stage2.ipynb)."),
        new_code_cell(
            "x",
            outputs=[
                new_output("display_data", bar),
                new_output("display_data", {"text/html": "<script>$('x')</script><b>t</b>"}),
                new_output("stream", name="stdout", text="<script>1</script>\n"),
            ],
        ),
        new_markdown_cell("[Stage 2](05_stage2.ipynb), [gone](99_none.ipynb), [out](https://a.b)"),
    ]
    for stem, content in {"04_stage1": cells, "05_stage2": [new_markdown_cell("# 05")]}.items():
        (tmp_path / stem).mkdir()
        notebook = new_notebook(cells=content, metadata={"widgets": WIDGETS})
        nbformat.write(notebook, tmp_path / stem / "executed.ipynb")
    return tmp_path


def test_a_page_is_static_and_its_links_lead_somewhere(folder: Path) -> None:
    page = export_notebook(folder / "04_stage1")
    assert page is not None
    text = page.read_text("utf-8")
    assert "<title>04 · Stage 1: &lt;text&gt; &amp; GRPO</title>" in text
    assert not re.search(r"<script|\bsrc=[\"']{2}|from ''|widget-view|widget-state", text)
    assert "&lt;script&gt;1&lt;/script&gt;" in text  # what was printed is shown
    assert "<b>t</b>" in text
    links = re.findall(r'<a href="([^"#]+)"', text)
    assert links == ["../index.html", *["../05_stage2/executed.html"] * 2, "https://a.b"]
    assert "gone" in text


def test_a_picture_is_told_by_the_words_around_it(tmp_path: Path) -> None:
    picture = {"image/png": base64.b64encode(b"a picture").decode()}
    known = {"image/png": {"alt": "Sales rise"}}
    cells = [
        new_markdown_cell("# 03\n\n## The rows\n\n|a|b|\n\nOne *row* of [them](x.ipynb). More."),
        new_code_cell("x", outputs=[
            new_output("display_data", picture),
            new_output("stream", name="stdout", text='What is "x" <b>now</b>?\n12'),
            new_output("display_data", picture, metadata=known),
            new_output("display_data", picture),
        ]),
    ]  # fmt: skip
    for linked in (False, True):  # in the page, and beside it as in the gallery
        folder = tmp_path / str(linked) / "03_distractors"
        folder.mkdir(parents=True)
        nbformat.write(new_notebook(cells=cells), folder / "executed.ipynb")
        if linked:
            unload(folder / "executed.ipynb")
        page = export_notebook(folder)
        assert page is not None
        alt = [words for _, words in Page(page.read_text("utf-8")).images]
        over = "The rows: One row of them."
        assert alt == [f'{over} What is "x" <b>now</b>?', "Sales rise", over]


def test_a_link_comes_when_its_notebook_has_run(folder: Path) -> None:
    later = (folder / "05_stage2").rename(folder / "later")
    (later / "executed.ipynb").rename(later / "not_yet.ipynb")
    page = export_notebook(folder / "04_stage1")
    assert page is not None
    assert "05_stage2/executed.html" not in page.read_text("utf-8")
    (folder / "05_stage2").mkdir()
    shutil.copyfile(later / "not_yet.ipynb", folder / "05_stage2" / "executed.ipynb")
    export_notebook(folder / "04_stage1")
    assert "../05_stage2/executed.html" in page.read_text("utf-8")


def test_a_browser_has_nothing_to_complain_about(folder: Path) -> None:
    if BROWSER is None:
        pytest.skip("no Chromium on this machine: the page is checked as text only")
    page = export_notebook(folder / "04_stage1")
    broken = folder / "broken.html"
    broken.write_text("<script>$('x')</script>")  # shows that an error would be seen
    seen = {}
    for path in (page, broken):
        done = subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
             f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=2000", "--dump-dom",
             str(path)],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        seen[path] = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert seen[page] == []
    assert "$ is not defined" in seen[broken][0]


@pytest.mark.parametrize(
    "tag",
    [
        "<SCRIPT type='module'>import m from '';</SCRIPT>",
        "<script src=''></script >",
        "<script>\nif (a < b) { load('https://x') }\n</script>",
        "<link rel=stylesheet href='https://x/y.css'>",
        "<style>@import url('https://x/y.css');</style>",
    ],
)
def test_what_runs_or_loads_goes(tag: str) -> None:
    left = without_network(f"<p>a</p>{tag}<a href='https://x'>b</a>")
    assert not re.search(r"script|stylesheet|@import", left, re.I)
    assert "<p>a</p>" in left
    assert "<a href='https://x'>b</a>" in left
