"""Trains a stage in one process or, by ``accelerate launch``, in many: here or from a shell.

The order for a stage (configuration, rows) lies in its folder, so that each process finds the same:

    accelerate launch --config_file papermill_runs/accelerate/ddp.yaml \
        -m finlmm_utils.tar.launch STAGE_FOLDER
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from finlmm_utils.checkout import repository_root
from finlmm_utils.tar.checkpoints import STOP, StageError, stage_identity
from finlmm_utils.tar.config import STRICT, StageConfig
from finlmm_utils.tar.discriminator.kinds import discriminator_for
from finlmm_utils.tar.discriminator.scorer import Scorer
from finlmm_utils.tar.models import load_policy
from finlmm_utils.tar.monitoring.metrics_file import read_metrics
from finlmm_utils.tar.stages import Stage, train_stage

REFUSED = 3
"""Exit code of a process whose stage can't start or go on."""
KILLED = re.compile(rb"Signal \d+ \((SIG(?!TERM)\w+)\) received by PID")
"""What torch's launcher prints of a process that was killed; by SIGTERM it ends the others."""
ORDER = "order.json"
VALIDATION = "validation"


class Order(BaseModel):
    """What a stage's processes are told, beside the rows: a file in the stage's folder.

    Attributes:
        policy: to start from.
        config: of the stage.
        adversary: whether the processes make a discriminator.
        identity: of the stage, written down when it is done.
    """

    model_config = STRICT

    policy: str
    config: StageConfig
    adversary: bool
    identity: str = ""


def train(
    config: StageConfig,
    policy: str | Path,
    rows: Any,
    folder: str | Path,
    *,
    discriminator: Scorer | None = None,
    custom_rewards: Mapping[str, Callable[..., Any]] | None = None,
    validation: Any = None,
) -> Stage:
    """Trains a stage where ``config.launch`` says.

    "none" trains in this process; the name of a file in ``papermill_runs/accelerate`` ("ddp",
    "fsdp", "zero3", "cpu2") starts its processes on this machine; "shell" writes the order and
    stops, for a start by hand or by Slurm.

    Args:
        config: of the stage; ``config.discriminator`` is what the processes make theirs from.
        policy: to start from.
        rows: a ``Dataset`` in the row contract.
        folder: of the stage; on a file system that all machines share.
        discriminator: for the term "adversarial"; it takes over what the processes learned.
        custom_rewards: your own, in TRL's calling form; in this process only (``own_rewards`` of
            the configuration reach the others, too).
        validation: rows for ``config.validate_every``.

    Returns:
        The finished stage.

    Raises:
        StageError: as a stage; "shell" before it was trained; processes that failed; what the
            processes can't be told.
    """
    if config.launch == "none":
        return train_stage(
            config, policy, rows, folder,
            discriminator=discriminator, custom_rewards=custom_rewards, validation=validation,
        )  # fmt: skip
    folder = Path(folder).resolve()
    order = _order(config, policy, discriminator, custom_rewards)
    identity = _write_order(folder, rows, order)
    if not _is_done(folder, identity):
        if config.validate_every and validation is not None:
            validation.save_to_disk(folder / "launch" / VALIDATION)
        code = run_processes(_command(config, folder), folder)
        if not _is_done(folder, identity):
            why = f"exit code {code}, the reason is above" if code else "stopped, all is saved"
            if code < 0:
                why = f"a process of it was killed ({signal.Signals(-code).name}"
                why += "; often memory ran out)" if -code == signal.SIGKILL else ")"
            raise StageError(
                f"launch {config.launch!r}: {why}; run the same cell (or the same command with "
                "--resume) again and it goes on from the last checkpoint"
            )
    config.write(folder)  # the processes had nothing to do, where it was done before
    if discriminator:
        discriminator.load(folder / "policy")
    model, processor = load_policy(folder / "policy")
    return Stage(folder, model, processor, read_metrics(folder / "metrics.jsonl"))


def _order(
    config: StageConfig,
    policy: str | Path,
    discriminator: Scorer | None,
    custom_rewards: Mapping[str, Callable[..., Any]] | None,
) -> Order:
    """What the processes are told; refuses what can't be written down."""
    if custom_rewards:
        raise StageError(
            f"launch {config.launch!r}: rewards of your own ({', '.join(custom_rewards)}) can't be "
            "written as JSON for the processes; expected launch none"
        )
    if discriminator and not config.discriminator:
        raise StageError(
            f"launch {config.launch!r}: the processes make a discriminator of their own; expected "
            "what it reads with in the configuration's 'discriminator'"
        )
    return Order(policy=str(policy), config=config, adversary=discriminator is not None)


def _command(config: StageConfig, folder: Path) -> list[str]:
    """The command that starts the processes.

    Raises:
        StageError: "shell", with the command to type; what :func:`_processes` refuses.
    """
    launch = config.launch
    name = "zero3" if launch == "shell" else launch
    file = repository_root() / "papermill_runs" / "accelerate" / f"{name}.yaml"
    command = ["accelerate", "launch", "--config_file", str(file), *_processes(config), *_port(),
               "-m", "finlmm_utils.tar.launch", str(folder)]  # fmt: skip
    if launch == "shell":
        raise StageError(
            f"the order is written; train it by: {' '.join(command)} (several nodes: sbatch "
            f"{file.parent / 'slurm.sh'} {folder}), then run this cell again"
        )
    return command


def _port() -> list[str]:
    """A port of its own where several jobs share a machine (``finlmm run --gpus``)."""
    port = os.environ.get("MASTER_PORT")
    return ["--main_process_port", port] if port else []


def _processes(config: StageConfig) -> list[str]:
    """One process for each GPU of this machine that is not the vLLM server's.

    Raises:
        StageError: no GPU, ZeRO-3 without DeepSpeed, or GPUs for vLLM that it can't use together.
    """
    launch = config.launch
    if launch in ("cpu2", "shell"):  # what their files say
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
    here, served = torch.cuda.device_count(), config.vllm_gpus
    if here <= served:
        raise StageError(
            f"training.vllm_gpus {served}: this machine has {here} GPUs, and none would be left to "
            "train; expected fewer"
        )
    if served:
        print(f"the vLLM server's GPUs: {_serve(config, here)}", flush=True)
    return ["--num_processes", str(here - served)]


def _serve(config: StageConfig, here: int) -> str:
    """The command of the vLLM server on the last GPUs of this machine.

    They share out the attention heads, of which the families here have 16 or 32: of vLLM's engines
    beside each other (``--data-parallel-size``), TRL reaches those of mixtures of experts alone.
    """
    served = config.vllm_gpus
    if served & (served - 1):
        raise StageError(
            f"training.vllm_gpus {served}: vLLM shares out 16 or 32 attention heads over them; "
            "expected 1, 2, 4 or 8"
        )
    last = ",".join(str(n) for n in range(here - served, here))
    return (f"CUDA_VISIBLE_DEVICES={last} trl vllm-serve --model POLICY --tensor-parallel-size "
            f"{served} --max-model-len {config.vllm_room}")  # fmt: skip


def _write_order(folder: Path, rows: Any, order: Order) -> str:
    """Writes ``launch/order.json`` and ``launch/rows``; returns their identity."""
    identity = stage_identity(
        order.policy, rows, order.config.course(), discriminator=order.adversary
    )
    where = folder / "launch"
    if not _is_done(folder, identity):
        shutil.rmtree(where, ignore_errors=True)
        rows.save_to_disk(where / "rows")
        written = order.model_copy(update={"identity": identity})
        (where / ORDER).write_text(written.model_dump_json(indent=1), encoding="utf-8")
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
        The exit code; minus the number of a signal where that killed one of them.
    """
    killed = None
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
                    killed = killed or KILLED.search(line)
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
    return -signal.Signals[killed[1].decode()] if killed else process.returncode


def main(folder: str) -> int:
    """What each process does: reads the order and trains the stage."""
    from datasets import load_from_disk

    where = Path(folder) / "launch"
    order = Order.model_validate_json((where / ORDER).read_text(encoding="utf-8"))
    config, judge = order.config, None
    if order.adversary and config.discriminator:
        judge = discriminator_for(config.discriminator.model_dump(), config.seed)
    rank = int(os.environ.get("RANK", 0))
    try:
        rows = load_from_disk(where / "rows")
        asked = where / VALIDATION
        validation = load_from_disk(asked) if asked.exists() else None
        train_stage(config, order.policy, rows, folder, discriminator=judge, validation=validation)
    except StageError as error:
        if rank == 0:
            print(error, flush=True)
        return 0 if (Path(folder) / STOP).exists() else REFUSED
    if rank == 0:
        (where / "done.txt").write_text(order.identity, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
