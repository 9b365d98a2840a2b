"""Every set that the project names loads from a copy in the hub's layout, by folder and by name."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from datasets import Dataset, DatasetDict

from finlmm_utils.processor import load_processor
from finlmm_utils.rows import SYSTEM_PROMPT, SYSTEM_PROMPT_TEXT, features, make_row
from finlmm_utils.tar.data.checks import check_lengths
from finlmm_utils.tar.data.mixtures import load_mixture
from finlmm_utils.tar.data.report import source_of
from finlmm_utils.tar.data.sources import load_rows
from tests.helpers import ROOT
from tests.tar.data.copies import COPIES
from tests.tar.data.making import Expected, into_hub_cache, struct

every_set = pytest.mark.parametrize("name", COPIES)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache, empty, and no network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def test_stage_two_of_the_large_profiles_mixes_by_name(hub_cache: Path, tmp_path: Path) -> None:
    """VerMulti beside rows of notebook 03, in the shares of the profile ``gpu``."""
    into_hub_cache(hub_cache, COPIES["VerMulti"])
    made = [
        make_row(f"a{k}", "Which?", "1", "number", "", images=[struct(k), struct(k + 1)],
                 target_image=1 + k % 2)
        for k in range(4)
    ]  # fmt: skip
    rows = Dataset.from_list(made, features=features(True))
    DatasetDict({"train": rows, "test": rows}).save_to_disk(tmp_path / "asp")
    profile = yaml.safe_load((ROOT / "papermill_runs/profiles/gpu.yaml").read_text("utf-8"))
    mixed, reports = load_mixture(profile["stage2_data"], tmp_path / "asp", seed=1)
    assert [report.source for report in reports] == ["asp", "VLM-Reasoner/VerMulti"]
    assert [report.kept for report in reports] == [2, 3] and len(mixed) == 5
    contrastive = sum(target is not None for target in mixed["target_image"])
    assert contrastive / len(mixed) >= 1 / 3
    assert source_of(reports).keys() == set(mixed["id"])
    by_source = check_lengths(mixed, load_processor("finlmm-tiny"), 10_000, source_of(reports))
    assert {name: one["rows"] for name, one in by_source["by_source"].items()} == {
        "asp": 2, "VLM-Reasoner/VerMulti": 3
    }  # fmt: skip


def check(rows: Any, report: Any, expected: Expected) -> None:
    assert not report.unparseable
    assert {words.partition(":")[0] for words in report.refused.values()} <= {"stands twice"}
    assert rows["answer"][:] == expected.answers
    assert rows["answer_kind"][:] == expected.kinds
    assert rows["target_image"][:] == expected.targets
    found = [len(images) for images in rows["images"]] if "images" in rows.column_names else None
    assert found == (expected.images if any(expected.images) else None)
    for prompt, words, target in zip(rows["prompt"], expected.said, expected.targets, strict=True):
        assert words in prompt[1]["content"] and "<image>" not in prompt[1]["content"]
        assert prompt[0]["content"] == (SYSTEM_PROMPT if target else SYSTEM_PROMPT_TEXT)
    assert rows.features == features(any(expected.images))


@every_set
def test_a_set_loads_from_its_folder(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    expected = COPIES[name](folder)
    rows, report = load_rows(folder, split=expected.split)
    check(rows, report, expected)


@every_set
def test_a_set_loads_by_its_hub_name_without_a_network(name: str, hub_cache: Path) -> None:
    expected = into_hub_cache(hub_cache, COPIES[name])
    at = f"@{expected.split}" if expected.split else ""
    rows, report = load_rows(f"{expected.hub}{at}")
    check(rows, report, expected)
