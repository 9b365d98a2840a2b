"""Lets a stage start, stop and go on: what it refuses, what its checkpoints belong to, Ctrl-C."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from finlmm_utils.errors import OneLine
from finlmm_utils.output import FULL
from finlmm_utils.rows import image_counts

STOP = "stop"
"""A file of this name in a stage's folder stops the stage as the first Ctrl-C does."""
ROOM = 2**20
"""Bytes left on a disk under which a failed writing was for want of room: torch does not say it."""
TORCH_CUT = "inline_container"
"""In what torch says where its archive was not written whole, whatever the reason."""
PLACES = ("output_dir", "logging_dir", "run_name", "hub_model_id")
"""Fields of ``GRPOConfig`` that say where and under which name, not what."""

DECIDING = (".safetensors", ".json", ".jinja")
"""Files of a policy that decide what it says: weights, configurations, the chat's template."""


class StageError(OneLine, RuntimeError):
    """A stage that can't start or go on; one line that says why and what to do."""


def check_rows(rows: Any, active: Sequence[str], prompts_per_step: int) -> None:
    """Refuses rows that don't fit a stage.

    Args:
        rows: a ``Dataset`` in the row contract.
        active: names of the rewards.
        prompts_per_step: prompts, over all processes.

    Raises:
        StageError: too few rows, of a kind or in all, two of one id, or no images where a reward
            needs them.
    """
    counts = image_counts(rows)
    seeing = sum(count > 0 for count in counts)
    for number, kind in ((seeing, "with images"), (len(rows) - seeing, "without images")):
        if 0 < number < prompts_per_step or not len(rows):
            raise StageError(
                f"{number} rows {kind} for prompts_per_step {prompts_per_step}; expected at least "
                "as many, for TRL needs batches of one kind"
            )
    repeated = [name for name, count in Counter(rows["id"][:]).items() if count > 1]
    if repeated:
        raise StageError(f"row {repeated[0]!r}: another row has this id; expected ids of their own")
    if "selection" in active and not seeing:
        raise StageError("reward 'selection': the rows have no images; leave the reward out")


def policy_digest(name_or_path: str | Path) -> str:
    """What a policy is: a hash that is the same in another place, and not after more training.

    Of a folder the weights and their configuration count, of an adapter its base's, too; a hub id
    counts by its name. Reading the weights takes about what loading them does.

    Raises:
        PolicyError: as its :func:`~finlmm_utils.processor.resolve` says.
    """
    from finlmm_utils.processor.loading import (  # loads transformers, which takes a while
        base_of,
        resolve,
    )

    folder = Path(resolve(name_or_path))
    if not folder.is_dir():
        return str(name_or_path)
    parts = []
    for path in sorted(folder.iterdir()):
        if path.suffix in DECIDING:
            with path.open("rb") as file:
                parts.append(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}")
    if base := base_of(folder):
        parts.append(policy_digest(base))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def stage_identity(
    policy: str | Path,
    rows: Any,
    course: Mapping[str, Any],
    trl: Mapping[str, Any] | None = None,
    discriminator: Any = None,
) -> str:
    """A hash of everything that decides the course of a stage, places and names left out.

    Args:
        policy: that the stage starts from; its weights count, not its place.
        rows: a ``Dataset`` in the row contract; its images don't count, their rows' ids do.
        course: of :meth:`finlmm_utils.tar.config.StageConfig.course`.
        trl: ``GRPOConfig`` as a mapping: what TRL adds, and how the machine shares out a step.
        discriminator: its settings, or whether there is one.

    Returns:
        16 hexadecimal digits.
    """
    kept = {name: value for name, value in (trl or {}).items() if name not in PLACES}
    columns = [name for name in rows.column_names if name != "images"]
    parts = [
        policy_digest(policy),
        rows.select_columns(columns).to_dict(),
        course,
        kept,
        discriminator,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def prepare_folder(folder: Path, identity: str) -> Path | None:
    """Keeps checkpoints of the same settings; else clears all that another run of the stage left.

    Args:
        folder: of the stage.
        identity: see :func:`stage_identity`.

    Returns:
        The checkpoint to go on from, None to start anew.
    """
    mark = folder / "trainer" / "identity.txt"
    if mark.exists() and mark.read_text() == identity:
        checkpoint = last_checkpoint(folder / "trainer")
        if checkpoint is not None:
            return checkpoint
    for old in ("trainer", "completions", "policy", "best"):
        shutil.rmtree(folder / old, ignore_errors=True)
    for old in ("metrics.jsonl", "completions.parquet", "best.json"):
        (folder / old).unlink(missing_ok=True)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(identity)
    return None


def last_checkpoint(folder: str | Path) -> Path | None:
    """The newest checkpoint that was written to its end.

    ``trainer_state.json`` is written last; a kill in the middle leaves it out or cut.
    """
    found = sorted(Path(folder).glob("checkpoint-*"), key=lambda p: int(p.name.split("-")[1]))
    for checkpoint in reversed(found):
        try:
            state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if state.get("global_step") == int(checkpoint.name.split("-")[1]):
            return checkpoint
    return None


@contextmanager
def room_on_disk(folder: Path) -> Iterator[None]:
    """Says in one line that the disk is full, whatever library was writing.

    Args:
        folder: of the stage.

    Raises:
        StageError: there was no room for what was written inside the block.
    """
    try:
        yield
    except Exception as error:
        said = isinstance(error, OSError) and error.errno in FULL
        words = (TORCH_CUT, *map(os.strerror, FULL))  # by libraries that hide the system's number
        said = said or any(word in str(error) for word in words)
        if not (said or shutil.disk_usage(folder).free < ROOM):
            raise
        raise StageError(
            f"{folder}: no space is left on its disk; free some, then run the same cell (or the "
            "same command with --resume) again and it goes on from the last whole checkpoint"
        ) from error


@contextmanager
def stop_after_step(trainer: Any, stop_file: Path) -> Iterator[list[int]]:
    """Turns the first Ctrl-C into "finish this step, save, stop"; the second one interrupts.

    All processes stop after the same step, whichever of them was asked.

    Args:
        trainer: that trains inside the block.
        stop_file: asks too, once it is there; for who can't send a signal to every process.

    Yields:
        A list that isn't empty once the trainer was stopped.
    """
    import torch
    from transformers import TrainerCallback

    asked: list[int] = []

    class Stop(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """Stops where any process was asked to.

            Args:
                args: of the training; says how many processes there are.
                state: of the training; not used.
                control: is told to save and to stop.
            """
            here = bool(asked) or (args.process_index == 0 and stop_file.exists())
            if args.world_size > 1:
                flag = torch.tensor(float(here), device=args.device)
                here = bool(trainer.accelerator.reduce(flag) > 0)
            if here:
                asked.append(0)
                control.should_save = control.should_training_stop = True

    def ask(signum: int, frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(signum)
        print("finishing the step, then saving; once more to stop at once", flush=True)

    trainer.add_callback(Stop())
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
