"""How torch's threads should wait for one another: the same work under each setting, in one run.

    python benchmarks/threads.py

A step of stage 2 (as benchmarks/step.py builds it, with shorter completions) and small products of
matrices, alone and beside two processes that are busy. Each setting has a process of its own, since
OpenMP reads the environment once, when torch is loaded; they take turns, round by round, so that
whatever else the machine does hits all alike. Only the ratios of one run tell something. The
shortest of each setting's rounds counts. It takes under four minutes on two quiet cores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from typing import Any

import finlmm_utils

SETTINGS: dict[str, dict[str, str]] = {
    "passive": {"OMP_WAIT_POLICY": "PASSIVE"},
    "spin 1,000": {"GOMP_SPINCOUNT": "1000"},
    "spin 10,000": {"GOMP_SPINCOUNT": "10000"},
    "one thread": {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1"},
    "default": {},
}
"""What the process finds in its environment; "default" spins 300,000 times (libgomp, env.c)."""
OURS = "passive"
"""The setting that the package makes on import."""
BUSY = 2
BUSY_CODE = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: sum(range(10_000))"
"""What a busy process does; it ends with this one."""
MOST_ALONE = 1.3
"""Goal: a step of ours takes at most this many times as long as under the best setting, alone."""
MOST_BESIDE = 1.6
"""Goal: and beside busy processes at most this many times as long as alone. On two cores, two
threads beside two busy processes have a fair share of 2.0: less is for who leaves a core idle.
"""
SIZE = 128
"""Rows and columns of the small matrices."""
SPELL = 1.0
"""Seconds for which a round multiplies them."""
UNIT = {"step": "s", "products": "ms"}


def work(tokens: int, rounds: int) -> None:
    """Does a step or products for each line on standard input; says seconds, or ms a product.

    Args:
        tokens: Of a completion, at most.
        rounds: How often at most a step will be asked for.
    """
    import torch
    from step import image_rows, make_trainer
    from transformers import TrainerCallback

    class TakesTurns(TrainerCallback):
        """Waits for the next order between two steps."""

        def on_step_end(self, *_: Any, **__: Any) -> None:
            """Comes after the trainer's own callbacks, the discriminator's update included."""
            say(time.perf_counter() - self.began)
            self.began = orders()

        def on_train_begin(self, *_: Any, **__: Any) -> None:
            """The first step is asked for like the others."""
            self.began = orders()

    def say(took: float) -> None:
        print(json.dumps({"took": took}), flush=True)

    def orders() -> float:
        """Multiplies matrices until a step is asked for; when it was."""
        for line in sys.stdin:
            began = time.perf_counter()
            if line.strip() == "step":
                return began
            count = 0
            while time.perf_counter() - began < SPELL:
                torch.mm(left, right)
                count += 1
            say(1000 * (time.perf_counter() - began) / count)
        sys.exit()  # nothing more is asked for

    options = argparse.Namespace(steps=rounds, tokens=tokens, interval=1)
    with tempfile.TemporaryDirectory() as folder:
        trainer, _ = make_trainer("published", image_rows(8 * (rounds + 1), 3), folder, options)
        trainer.add_callback(TakesTurns())
        left, right = torch.randn(SIZE, SIZE), torch.randn(SIZE, SIZE)
        trainer.train()


class Worker:
    """A process under one setting."""

    def __init__(self, setting: str, tokens: int, rounds: int) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_"))}
        more = ["--setting", setting, "--tokens", str(tokens), "--rounds", str(rounds)]
        self.process = subprocess.Popen(
            [sys.executable, __file__, *more],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env=clean,
        )  # fmt: skip

    def took(self, kind: str) -> float:
        """Has a piece of work done, ``step`` or ``products``: seconds, or ms a product.

        Raises:
            RuntimeError: The process has ended.
        """
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{kind}\n")
        self.process.stdin.flush()
        others = []
        for line in self.process.stdout:
            if line.startswith('{"took"'):
                return json.loads(line)["took"]
            others.append(line)
        code, said = self.process.wait(), "".join(others[-20:])
        raise RuntimeError(f"a process ended before its time, code {code}: {said}")

    def end(self) -> None:
        """Kills it: its work is no longer wanted."""
        self.process.kill()
        self.process.wait()


def measure(tokens: int, alone: int, beside: int) -> dict[tuple[str, str, bool], float]:
    """Lets the settings take turns.

    Args:
        tokens: Of a completion, at most.
        alone: Rounds with nothing else.
        beside: Rounds beside busy processes.

    Returns:
        Shortest time by setting, kind of work and whether it was beside busy processes.
    """
    workers, busy = {}, []
    found: dict[tuple[str, str, bool], list[float]] = defaultdict(list)
    try:
        for name in SETTINGS:
            workers[name] = Worker(name, tokens, alone + beside + 1)
        for worker in workers.values():
            worker.took("step")  # the first is slower, and not counted
        for crowded in [False] * alone + [True] * beside:
            if crowded and not busy:
                busy = [subprocess.Popen([sys.executable, "-c", BUSY_CODE])
                        for _ in range(BUSY)]  # fmt: skip
            for name, worker in workers.items():
                for kind in ("step", "products"):
                    found[name, kind, crowded].append(worker.took(kind))
    finally:
        for worker in workers.values():
            worker.end()
        for process in busy:
            process.kill()
            process.wait()
    return {key: min(times) for key, times in found.items()}


def table(found: dict[tuple[str, str, bool], float]) -> list[str]:
    """Lines of the table: times, that of the best setting alone as 1, and beside over alone."""
    lines = []
    for kind in ("step", "products"):
        best = min(found[name, kind, False] for name in SETTINGS)
        lines += [f"{kind:<9}{UNIT[kind]:>3}     alone   of best    beside   of best  beside/alone"]
        for name in SETTINGS:
            alone, beside = found[name, kind, False], found[name, kind, True]
            lines += [f"{name:<12}{alone:>10.3f}{alone / best:>10.2f}{beside:>10.2f}"
                      f"{beside / best:>10.2f}{beside / alone:>14.2f}"]  # fmt: skip
    best = min(found[name, "step", False] for name in SETTINGS)
    alone, beside = (found[OURS, "step", crowded] for crowded in (False, True))
    return [*lines, f"a step under {OURS!r}: {alone / best:.2f} of the best alone (goal "
            f"{MOST_ALONE}), beside {BUSY} busy processes {beside / alone:.2f} times that (goal "
            f"{MOST_BESIDE})"]  # fmt: skip


def main() -> None:
    """Prints the table, or does the work of one setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alone", type=int, default=3, help="rounds with nothing else")
    parser.add_argument("--beside", type=int, default=2, help="rounds beside busy processes")
    parser.add_argument("--tokens", type=int, default=24, help="of a completion, at most")
    parser.add_argument("--setting", choices=SETTINGS, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.setting:
        del os.environ["OMP_WAIT_POLICY"]  # what the import of the package set
        os.environ.update(SETTINGS[options.setting])
        work(options.tokens, options.rounds)
        return
    print("\n".join(table(measure(options.tokens, options.alone, options.beside))))


if __name__ == "__main__":
    assert finlmm_utils.__version__  # imported first on purpose: see above
    main()
