"""What is written for people and to disk: times, progress, files that are never half there."""

from __future__ import annotations

import logging
import os
from pathlib import Path

MEANINGLESS = {
    # 4-bit weights on a CPU use torch's own kernel then; nothing is missing.
    "bitsandbytes.backends.cpu.ops": "Failed to load CPU gemm_4bit_forward",
    # The trainer takes the tokenizer's ids, which is what a policy was made with.
    "transformers.trainer_utils": "The tokenizer has new PAD/BOS/EOS tokens",
}
"""Warnings of libraries that no reader needs: the logger, and how the message begins."""


def silence_meaningless() -> None:
    """Keep the warnings of :data:`MEANINGLESS` off the screen; all others of these loggers stay."""
    for name, start in MEANINGLESS.items():
        logger = logging.getLogger(name)
        if not any(isinstance(known, _Without) for known in logger.filters):
            logger.addFilter(_Without(start))


class _Without(logging.Filter):
    """Lets all records pass but those that begin with some words."""

    def __init__(self, start: str) -> None:
        super().__init__()
        self.start = start

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(self.start)


def write_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of it."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def progress_line(text: str) -> None:
    """Print a line that is for now only: in the log and on the screen, not in the results.

    The carriage returns around it change nothing on a screen. They are the mark by which the
    runner leaves the line out of the executed notebook, as it does with bars.

    Args:
        text: One line.
    """
    print(f"\r{text}\r", flush=True)


def clock(seconds: float) -> str:
    """Seconds as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
