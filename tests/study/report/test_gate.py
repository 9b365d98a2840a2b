"""The gate of every kind of page: run, seeds, sweep, comparison, gallery; and of the committed."""

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from finlmm_utils.study.report import gallery as gallery_module
from finlmm_utils.study.report import page as page_module
from finlmm_utils.study.report.compare import compare_page
from finlmm_utils.study.report.gallery import make_gallery
from finlmm_utils.study.report.page import write_report
from tests.helpers import ROOT
from tests.pages import faults
from tests.study.report.browser import BROWSER, listening, looked_at
from tests.study.report.test_reviewers_page import STEMS, notebook_folder

pytestmark = pytest.mark.heavy
PHONE = 390
"""Width of a window, pixels."""
SHOWN = 0.0006
"""Difference that two roundings to three digits make."""
BROWSERS_OWN = "//clients2.google.com/"
"""What Chromium asks for its clock and its updates, whatever page is open."""
COMMITTED = ROOT / "papermill_runs" / "gallery"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of each kind, made once, of runs whose numbers are made up."""
    folder = tmp_path_factory.mktemp("pages")
    for run in ("one", "two"):
        for number in STEMS:
            notebook_folder(folder / run, number)
    for place in ("seeds/seed_1", "seeds/seed_2", "sweep/n=2/seed_1", "sweep/n=5/seed_1"):
        for number in ("05", "06"):
            made = notebook_folder(folder / place, number)
            (made / "figures").mkdir(exist_ok=True)
            steps = pd.DataFrame({"step": range(1, 6), "reward_accuracy": [0.1] * 5})
            steps.to_csv(made / "figures" / "rewards.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        for module in (page_module, gallery_module):
            patch.setattr(module, "read_studies", list)
        found = {name: write_report(folder / name) for name in ("one", "two", "seeds", "sweep")}
        both = folder / "both.html"
        found["comparison"] = compare_page(folder / "one", folder / "two", both)
        found["gallery"] = make_gallery(folder / "one", folder / "gallery" / "one")
    found["notebook"] = folder / "one" / STEMS["06"] / "executed.html"
    return found


def test_nothing_is_broken_on_any_kind_of_page(pages: dict[str, Path]) -> None:
    assert {name: found for name, path in pages.items() if (found := faults(path))} == {}


def test_nothing_is_broken_on_the_committed_pages() -> None:
    found = sorted(COMMITTED.glob("*.html")) + sorted(COMMITTED.glob("*/**/*.html"))
    assert len(found) > 10
    assert {path.name: said for path in found if (said := faults(path))} == {}


def test_a_browser_complains_of_nothing_asks_for_nothing_and_scrolls_down_only(
    pages: dict[str, Path], tmp_path: Path
) -> None:
    """All pages in one window, each in a frame of a phone's width; every request is caught.

    A page that errs, asks the net and scrolls sideways stands among them: it is seen.
    """
    if BROWSER is None:
        pytest.skip("no Chromium on this machine: the pages are checked as text only")
    committed = [*COMMITTED.glob("*.html"), *COMMITTED.glob("cpu/*.html"),
                 *COMMITTED.glob("cpu/*/executed.html")]  # fmt: skip
    bad = tmp_path / "bad.html"
    with listening() as net:
        bad.write_text(f"<pre style='width:700px'>x</pre><script>$('x')</script>"
                       f"<img src='{net.url}/asked'>")  # fmt: skip
        shown = [*pages.values(), *committed, bad]
        frames = "".join(
            f"<iframe src='{path.resolve().as_uri()}' width={PHONE} height=800></iframe>"
            for path in shown
        )
        window = tmp_path / "window.html"
        window.write_text(
            f"<style>iframe {{ border: 0 }}</style>{frames}<p id=said></p><script>"
            "onload = () => { said.textContent = JSON.stringify([...document.querySelectorAll("
            "'iframe')].map(f => f.contentDocument.documentElement.scrollWidth)) }</script>"
        )
        done = subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--disable-features=NetworkTimeServiceQuerying",
             "--allow-file-access-from-files", "--enable-logging=stderr",
             f"--proxy-server={net.url}", "--proxy-bypass-list=<-loopback>",
             f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=20000",
             "--dump-dom", window.resolve().as_uri()],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        asked = [url for url in net.seen if BROWSERS_OWN not in url]
    widths = json.loads(done.stdout.partition('<p id="said">')[2].partition("</p>")[0])
    wide = {path.name: width for path, width in zip(shown, widths, strict=True) if width > PHONE}
    assert list(wide) == ["bad.html"] and wide["bad.html"] >= 700
    said = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert said and all("$ is not defined" in line for line in said), said
    assert asked and all(path.endswith("/asked") for path in asked), asked


def part(page: str, anchor: str) -> str:
    """A row of a table, or a cell of a notebook, by its anchor."""
    there = page.partition(f'id="{anchor}"')[2]
    return there.partition('id="cell-id=' if anchor.startswith("cell-id=") else "</tr>")[0]


def test_each_verdict_leads_to_a_place_that_holds_its_number() -> None:
    """ "How do you know?", asked of every row of the committed page that has a number."""
    page = COMMITTED / "cpu" / "index.html"
    text, seen = page.read_text("utf-8"), 0
    for row in re.findall(r'<tr id="claim-.*?</tr>', text, re.S):
        number = re.search(r'data-label="ours"><b>(-?[\d.]+)</b>', row)
        if number is None:
            continue
        link = re.search(r'<a class="verdict [^"]*" href="([^"#]*)#([^"]+)"', row)
        assert link is not None, row[:200]
        there = text if not link[1] else (page.parent / link[1]).read_text("utf-8")
        found = [float(one) for one in re.findall(r"-?\d+\.\d+", part(there, link[2]))]
        assert any(abs(one - float(number[1])) <= SHOWN for one in found), (link[0], number[1])
        seen += 1
    assert seen > 30


class Folds(HTMLParser):
    """Whether all folds around each part of a page are open; None where it is in none."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[bool] = []
        self.open: dict[str, bool | None] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "details":
            self.stack.append("open" in told)
        if name := told.get("id"):
            self.open[name] = all(self.stack) if self.stack else None

    def handle_endtag(self, tag: str) -> None:
        if tag == "details":
            self.stack.pop()


def test_a_fold_opens_where_a_link_leads_into_it(tmp_path: Path) -> None:
    """Links from the table of claims to more measures, to a notebook's figures, to a study's."""
    page = COMMITTED / "cpu" / "index.html"
    closed = Folds(page.read_text("utf-8")).open
    figures = [name for name in closed if name.startswith("figure-")]
    own = next(name for name in figures if "06_evaluation" in name)
    study = next(name for name in figures if "studies" in name)
    for anchor in ("more", "06_evaluation", own, study):
        assert closed[anchor] is False, f"{anchor}: in no fold"
        shown, _ = looked_at(page, tmp_path / "profile", anchor)
        assert Folds(shown).open[anchor] is True, anchor
