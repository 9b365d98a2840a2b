"""Every set that the project names loads from a copy in the hub's layout, by folder and by name."""

from pathlib import Path
from typing import Any

import pytest

from finlmm_utils.rows import SYSTEM_PROMPT, SYSTEM_PROMPT_TEXT, features
from finlmm_utils.tar.data.sources import load_rows
from tests.tar.data.copies import COPIES
from tests.tar.data.making import Expected, into_hub_cache

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
