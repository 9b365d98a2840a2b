"""Trains a stage in one process or, by ``accelerate launch``, in many: here or from a shell.

The order for a stage (settings and rows) lies in its folder, so that each process finds the same:

    accelerate launch --config_file papermill_runs/accelerate/ddp.yaml \
        -m finlmm_utils.tar.launch STAGE_FOLDER
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from finlmm_utils.checkout import repository_root
from finlmm_utils.tar.checkpoints import STOP, StageError, stage_identity
from finlmm_utils.tar.discriminator.discriminator import Discriminator
from finlmm_utils.tar.discriminator.encoders import encoder_for
from finlmm_utils.tar.models import load_policy
from finlmm_utils.tar.monitoring.step_log import read_metrics
from finlmm_utils.tar.stages import Stage, train_stage

REFUSED = 3
"""Exit code of a process whose stage can't start or go on."""


def train(
    policy: str | Path,
    rows: Any,
    folder: str | Path,
    *,
    launch: str = "none",
    profile: str = "cpu",
    seed: int = 1,
    discriminator: Discriminator | None = None,
    **settings: Any,
) -> Stage:
    """Trains a stage; see :func:`finlmm_utils.tar.stages.train_stage` for the settings.

    Args:
        policy: to start from.
        rows: a ``Dataset`` in the row contract.
        folder: of the stage; on a file system that all machines share.
        launch: "none" trains in this process; the name of a file in ``papermill_runs/accelerate``
            ("ddp", "fsdp", "zero3", "cpu2") starts its processes on this machine; "shell" writes
            the order and stops, for a start by hand or by Slurm.
        profile: its encoder is the discriminator's in the processes.
        seed: of order and sampling, and of the discriminator in the processes.
        discriminator: as the profile makes it; it takes over what the processes learned.
        **settings: JSON values only, where there are processes.

    Raises:
        StageError: as a stage; "shell" before it was trained; processes that failed.
    """
    if launch == "none":
        return train_stage(policy, rows, folder, seed=seed, discriminator=discriminator, **settings)
    folder = Path(folder).resolve()
    order = {"policy": str(policy), "seed": seed, **settings,
             "discriminator": profile if discriminator else None}  # fmt: skip
    identity = _write_order(folder, rows, order)
    if not _is_done(folder, identity):
        name = "zero3" if launch == "shell" else launch
        config = repository_root() / "papermill_runs" / "accelerate" / f"{name}.yaml"
        command = ["accelerate", "launch", "--config_file", str(config), *_processes(launch),
                   "-m", "finlmm_utils.tar.launch", str(folder)]  # fmt: skip
        if launch == "shell":
            raise StageError(
                f"the order is written; train it by: {' '.join(command)} (several nodes: sbatch "
                f"{config.parent / 'slurm.sh'} {folder}), then run this cell again"
            )
        code = run_processes(command, folder)
        if not _is_done(folder, identity):
            why = f"exit code {code}, the reason is above" if code else "stopped, all is saved"
            raise StageError(
                f"launch {launch!r}: {why}; run the same cell (or the same command with --resume) "
                "again and it goes on from the last checkpoint"
            )
    if discriminator:
        discriminator.load(folder / "policy")
    model, processor = load_policy(folder / "policy")
    return Stage(folder, model, processor, read_metrics(folder / "metrics.jsonl"))


def _processes(launch: str) -> list[str]:
    """One process for each GPU of this machine; what the file says for "cpu2" and "shell".

    Raises:
        StageError: no GPU, or ZeRO-3 without DeepSpeed.
    """
    if launch in ("cpu2", "shell"):
        return []
    import torch

    if not torch.cuda.device_count():
        raise StageError(
            f"launch {launch!r}: this machine has no GPU; expected none, cpu2, or shell for others"
        )
    if launch == "zero3" and importlib.util.find_spec("deepspeed") is None:
        raise StageError(
            "launch 'zero3': DeepSpeed is not installed; expected pip install deepspeed, or fsdp"
        )
    return ["--num_processes", str(torch.cuda.device_count())]


def _write_order(folder: Path, rows: Any, order: dict[str, Any]) -> str:
    """Writes ``launch/order.json`` and ``launch/rows``; returns their identity."""
    identity = stage_identity(order["policy"], rows, config={}, order=order)
    where = folder / "launch"
    try:
        text = json.dumps({**order, "identity": identity}, sort_keys=True)
    except TypeError as error:
        raise StageError(
            f"launch: {error}; expected settings that can be written as JSON, or launch none"
        ) from error
    if not _is_done(folder, identity):
        shutil.rmtree(where, ignore_errors=True)
        rows.save_to_disk(where / "rows")
        (where / "order.json").write_text(text, encoding="utf-8")
    return identity


def _is_done(folder: Path, identity: str) -> bool:
    mark = folder / "launch" / "done.txt"
    return mark.exists() and mark.read_text(encoding="utf-8") == identity


def run_processes(command: list[str], folder: Path) -> int:
    """Runs the processes, prints what they say; Ctrl-C lets them finish the step and save.

    Args:
        command: ``accelerate launch ...``; this Python's accelerate is taken.
        folder: of the stage.

    Returns:
        The exit code.
    """
    stop = folder / STOP
    stop.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "accelerate.commands.launch", *command[2:]],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,  # a Ctrl-C is ours to pass on
    )  # fmt: skip
    try:
        while process.poll() is None:
            try:
                for line in process.stdout or ():  # bytes: carriage returns mark progress
                    print(line.decode("utf-8", "replace"), end="", flush=True)
                process.wait()
            except KeyboardInterrupt:
                if stop.exists():
                    raise
                stop.touch()
                print("finishing the step, then saving; once more to stop at once", flush=True)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        stop.unlink(missing_ok=True)
    return process.returncode


def main(folder: str) -> int:
    """What each process does: reads the order and trains the stage."""
    from datasets import load_from_disk

    where = Path(folder) / "launch"
    order = json.loads((where / "order.json").read_text(encoding="utf-8"))
    identity, profile = order.pop("identity"), order.pop("discriminator")
    judge = Discriminator(encoder_for(profile), seed=order["seed"]) if profile else None
    rank = int(os.environ.get("RANK", 0))
    try:
        rows = load_from_disk(where / "rows")
        train_stage(order.pop("policy"), rows, folder, discriminator=judge, **order)
    except StageError as error:
        if rank == 0:
            print(error, flush=True)
        return 0 if (Path(folder) / STOP).exists() else REFUSED
    if rank == 0:
        (where / "done.txt").write_text(identity, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
