"""Caches and checkpoints where the disk has no room: said in one line, and gone on from."""

import random
import resource
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from finlmm_utils.asp.llm.cache import Cache
from finlmm_utils.tar.checkpoints import StageError, last_checkpoint, room_on_disk
from tests.helpers import small_disk
from tests.tar.training import small_stage

pytestmark = [pytest.mark.faults, pytest.mark.heavy]


def test_a_cache_without_room_is_done_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk", 3) as place:
        cache = Cache(place / "answers")
        cache.set("first", "kept")
        for number in range(8):  # a megabyte each that can't be packed to less than a half
            cache.set(f"large {number}", random.Random(number).randbytes(2**19).hex())
        assert cache.get("first") == "kept"
        assert cache.get("large 7") is None
        assert capsys.readouterr().out.count("answers are not kept; the run goes on") == 1
        (place / "other").write_bytes(b"")
    assert Cache(tmp_path / "room").get("first") is None


def test_a_checkpoint_without_room_is_one_line_and_the_stage_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Room for one checkpoint (14 MB of weights, 28 of the optimiser) and not for a second."""
    options = {"checkpoint_every": 2}
    with small_disk(tmp_path / "disk", 60) as place:
        with pytest.raises(StageError, match="no space is left on its disk") as caught:
            small_stage(place / "stage", 6, **options)
        assert "\n" not in str(caught.value)
        kept = last_checkpoint(place / "stage" / "trainer")
        assert kept is not None and kept.name == "checkpoint-2", "the cut one does not count"
        subprocess.run(["mount", "-o", "remount,size=400m", str(place)], check=True)
        stage = small_stage(place / "stage", 6, **options)
        assert "continuing from step 2 of 6" in capsys.readouterr().out
        assert [line["step"] for line in stage.metrics] == [1, 2, 3, 4, 5, 6]


WRITERS = {
    "torch": lambda path: torch.save(torch.zeros(2**19), path),
    "safetensors": lambda path: save_file({"x": torch.zeros(2**19)}, str(path)),
    "text": lambda path: path.write_text("x" * 2**21),
    "rows": lambda path: pd.DataFrame({"x": np.random.rand(2**18)}).to_parquet(path),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_user_who_may_write_no_more_is_one_line(writer: str, tmp_path: Path) -> None:
    """A quota, or a limit on one file: the disk itself has room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, before[1]))
    try:
        with (
            pytest.raises(StageError, match="no space is left on its disk"),
            room_on_disk(tmp_path),
        ):
            WRITERS[writer](tmp_path / "file")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
