"""What a stranger wrote gives no orders to a terminal: in messages, logs and tables of text."""

import subprocess
import sys
from pathlib import Path

import pytest

from finlmm_utils.errors import OneLine, visible
from finlmm_utils.study import cli
from finlmm_utils.study.metrics_table import table
from finlmm_utils.study.runner.time_left import Pace, TimeLeft
from finlmm_utils.study.runner.watch import Progress, watch

pytestmark = pytest.mark.faults
ATTACK = "a\x1b]0;title\x07\x1b[2J\x9b31m\u202eb\u2028c\x85d\x00\x08e\ud800\u200b\x1bc\u2066"


def is_plain(text: str) -> bool:
    return all(letter.isprintable() for letter in text)


@pytest.mark.parametrize("kind", sorted(OneLine.__subclasses__(), key=lambda kind: kind.__name__))
def test_every_error_of_ours_is_one_plain_line(kind: type[Exception]) -> None:
    said = str(kind.__new__(kind, f"row 3:\n {ATTACK}"))  # some are made with more than a message
    assert is_plain(said) and said.startswith("row 3: a")


def test_a_table_of_text_and_a_line_are_plain() -> None:
    assert all(is_plain(line) for line in table(("name", "value"), [(ATTACK, ATTACK)]))
    assert visible("two  blanks \x1b[1;31mstay\x1b[0m") == "two  blanks stay"


def test_what_a_notebook_prints_is_plain_on_the_terminal_and_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ATTACK.encode("utf-8", "surrogatepass")
    code = f"import sys; sys.stdout.buffer.write({said!r} + b'\\n\\r 9%| |\\r10%|#|\\n')"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    left = TimeLeft(measured=0, later=0, pace=Pace(), cells=[])
    watch(child, tmp_path / "log.txt", Progress(left), lambda seconds: None)
    shown = capsys.readouterr().out
    assert all(is_plain(line) for line in shown.split("\n"))
    kept = (tmp_path / "log.txt").read_text("utf-8")
    assert all(is_plain(line) for line in kept.replace("\r", "\n").split("\n"))
    assert "e" in shown and "10%|#|" in shown and " 9%| |" in kept


def test_a_name_that_attacks_is_plain_in_the_commands_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / ATTACK.replace("\x00", "").replace("\ud800", "\udcc4")
    assert cli.main(["status", str(folder)]) == 2
    assert is_plain(capsys.readouterr().err.removesuffix("\n"))
