"""Markup in every text that samples, the run's page and the comparison show: text it stays."""

import html
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from datasets import Dataset, DatasetDict

from finlmm_utils.rows import features, make_row
from finlmm_utils.study.report import page as page_module
from finlmm_utils.study.report.compare import compare_page
from finlmm_utils.study.report.page import write_report
from tests.pages import runs
from tests.study.report.browser import RAN, listening, looked_at
from tests.study.report.test_reviewers_page import STEMS, notebook_folder
from tests.tar.data.making import struct

pytestmark = pytest.mark.faults
OTHERS = ["<a href=\"javascript:document.title='a handler ran'\">x</a>", "{{7*7}}", "{% raw %}",
          "\x1b[2J\x07", "\u202e", "]]>", "</td></tr></table>"]  # fmt: skip


def planted_run(folder: Path, attacks: list[str]) -> Path:
    """A run whose rows, answers, completions, ledger and name are the attacks."""
    run = folder / "run <img src=x onerror=alert(1)>"
    for number in STEMS:
        notebook_folder(run, number)
    rows = [
        make_row(f"r{k}", f"What? {text}", text, "text", text, images=[struct(1), struct(2)],
                 target_image=1)
        for k, text in enumerate(attacks)
    ]  # fmt: skip
    table = Dataset.from_list(rows, features=features(True))
    DatasetDict({"test": table}).save_to_disk(run / "03_distractors" / "rows")
    answers = [
        {"id": f"r{k}", "kind": "image", "mode": "greedy", "policy": policy, "question": text,
         "gold": text, "task": text, "thinking": text, "completion": text + policy, "answer": text,
         "image_selection": 1.0, "well_formed": True, "right": False, "image_right": None,
         "tokens": 9, "lucky": None}
        for policy in (attacks[0], attacks[3])
        for k, text in enumerate(attacks)
    ]  # fmt: skip
    pd.DataFrame(answers).to_parquet(run / STEMS["06"] / "samples.parquet")
    group = [
        {"step": 1, "id": "r0", "question": text, "completion": text, "reward_format": float(k % 2),
         "advantage": 0.5}
        for k, text in enumerate(attacks)
    ]  # fmt: skip
    pd.DataFrame(group).to_parquet(run / STEMS["05"] / "completions.parquet")
    return run


def with_planted_ledger(run: Path, attacks: list[str]) -> None:
    path = run / "ledger.json"
    ledger: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    for row, text in zip(ledger, attacks * len(ledger), strict=False):
        row.update({name: text for name in row if isinstance(row[name], str)})
    path.write_text(json.dumps(ledger), "utf-8")


def test_what_rows_and_answers_hold_is_shown_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "read_studies", list)
    with listening() as listener:
        attacks = [*listener.attacks(), *OTHERS]
        run = planted_run(tmp_path, attacks)
        pages = [write_report(run), run / "samples.html"]
        with_planted_ledger(run, attacks)
        pages.append(compare_page(run, run, run / "compare.html"))
        for page in pages:
            text = page.read_text("utf-8")
            assert runs(text.replace("<meta", "<x-meta")) == [], page.name
            if page.name != "index.html":
                shown = html.unescape(text)
                assert any(attack in shown for attack in attacks), "they are there, as text"
        for page in pages:
            shown, said = looked_at(page, tmp_path / "profile")
            assert f"<title>{RAN}" not in shown
            assert RAN not in said
        assert listener.seen == []
