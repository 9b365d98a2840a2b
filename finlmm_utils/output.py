"""What is written for people and to disk: tables, times, progress, files that are never half there.

Whatever a table holds may come from a stranger: a report, a data set, a model. So a page gets it
escaped (:class:`ShownTable`), and a spreadsheet gets no formula (:func:`write_csv`).
"""

from __future__ import annotations

import csv
import errno
import functools
import html
import io
import logging
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def write_text(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Write a file so that a reader sees the old one or the new one, never half of it.

    Args:
        path: Of the file.
        text: Its line ends are written as they are.
        encoding: "utf-8-sig" for files that a spreadsheet opens.
    """
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(text, encoding=encoding, newline="")
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


FORMULA = re.compile("[\\s\\x00-\\x20\\u200b\\ufeff'\"]*[=+@＝＋－＠-]")
"""How a cell begins that a spreadsheet takes for a formula (OWASP, CSV injection): it may skip
blanks, control characters and quotes."""
PIECE = re.compile("[^;؛\t\r\n]+")
"""What may come to be a cell of its own: where a comma is the decimal sign, Excel splits at another
sign, looks for no quotes in the middle of a cell, and so ends a line wherever one ends."""
PLAIN_NUMBER = re.compile(r"[+-]?[\d.,]+(e[+-]?\d+)?\s?%?", re.IGNORECASE)
"""A cell that is a number and no formula, whatever its sign."""
MOST_ROWS = 60
"""Rows of a table that are shown, as pandas has it; of a longer one, half from either end."""
_BOLD, _END = "\ue000", "\ue001"  # stand for tags until all is escaped; not taken from data


NO_NUMBER = "–"
"""Stands where a table has no number: "none" would read as nought."""
SURELY_A_COUNT = 10
"""A whole float from here on is a count, whatever stands beside it: no share or difference of them
is as large (our choice)."""


@dataclass
class ShownTable:
    """A table as a notebook shows it: nothing that its cells, names or caption hold can run.

    Attributes:
        table: A pandas DataFrame.
        number: How a float is written.
        index: Whether the names of its rows are shown.
        caption: One line above it.
        bold: One for each row: whether it is bold; empty for none.
        width: Most letters of a cell; None for all.
    """

    table: Any
    number: str = "{:.3f}"
    index: bool = True
    caption: str = ""
    bold: Sequence[bool] = ()
    width: int | None = None

    def _repr_html_(self) -> str:
        """Every text is escaped by pandas; the tags for bold come after that."""
        import pandas as pd

        if self.table.empty:
            return f"<p>{html.escape(self.caption)} No rows.</p>"
        text = _as_text(self.table, self.number, self.width)
        for place, bold in enumerate(self.bold):
            if bold:
                text.iloc[place] = [f"{_BOLD}{cell}{_END}" for cell in text.iloc[place]]
        with pd.option_context("display.max_colwidth", None):
            page = text.to_html(
                escape=True, index=self.index, border=0, justify="left", max_rows=MOST_ROWS,
                index_names=self.index, show_dimensions=len(text) > MOST_ROWS,
            )  # fmt: skip
        page = page.replace(_BOLD, "<b>").replace(_END, "</b>")
        head = f">\n  <caption>{html.escape(self.caption)}</caption>"
        return str(page.replace(">", head, 1)) if self.caption else str(page)

    def __repr__(self) -> str:
        """The table as plain text, for logs and terminals."""
        text = _as_text(self.table, self.number, self.width)
        lines = text.to_string(index=self.index, max_rows=MOST_ROWS)
        return f"{self.caption}\n{lines}" if self.caption else str(lines)


def _as_text(table: Any, number: str, width: int | None) -> Any:
    """A table whose cells are all texts, as they are shown.

    A count that pandas made a float, since another line lacks it, is a whole number again.
    """

    def written(value: float, whole: bool = False) -> str:
        if value != value:
            return NO_NUMBER
        count = float(value).is_integer() and (whole or abs(value) >= SURELY_A_COUNT)
        return f"{value:.0f}" if count else number.format(value)

    def shown(value: Any, whole: bool = False) -> str:
        if isinstance(value, float):
            return written(value, whole)
        if isinstance(value, (tuple, list)) and any(isinstance(part, float) for part in value):
            value = f"[{', '.join(shown(part) for part in value)}]"
        text = NO_NUMBER if value is None else str(value)
        text = text.replace(_BOLD, "").replace(_END, "")
        return text if width is None or len(text) <= width else text[: width - 3] + "..."

    text = table.astype(object)
    columns = [text.iloc[:, place] for place in range(text.shape[1])]
    counts = [_counts(column) for column in columns]
    for place, (column, whole) in enumerate(zip(columns, counts, strict=True)):
        text.isetitem(place, column.map(lambda value, whole=whole: shown(value, whole)))
    return text


def _counts(column: Any) -> bool:
    """Whether the floats of a column are whole numbers, some of them more than a share can be."""
    floats = [one for one in column if isinstance(one, float) and one == one]
    return all(one.is_integer() for one in floats) and any(abs(one) > 1 for one in floats)


def show_tables_escaped(shell: Any) -> None:
    """Let a notebook show every table of pandas as a :class:`ShownTable`, however it is displayed.

    A pandas Styler does not escape by itself: it is shown as the plain table that it is made of.

    Args:
        shell: IPython's, or None where there is none.
    """
    if shell is None:
        return

    def page(table: Any) -> str:
        import pandas as pd

        return ShownTable(table, width=pd.get_option("display.max_colwidth"))._repr_html_()

    formatter = shell.display_formatter.formatters["text/html"]
    for module in ("pandas", "pandas.core.frame"):  # from pandas 3 on, and before
        formatter.for_type_by_name(module, "DataFrame", page)
    formatter.for_type_by_name(
        "pandas.io.formats.style", "Styler", lambda styled: page(styled.data)
    )


def no_formula(value: Any) -> Any:
    r"""A cell of a CSV file that no spreadsheet computes: an apostrophe stands before a formula.

    Examples:
        >>> no_formula('=HYPERLINK("http://x")'), no_formula("-3.5"), no_formula("a;=1")
        ('\'=HYPERLINK("http://x")', '-3.5', "a;'=1")
    """
    return PIECE.sub(lambda it: _guarded(it[0]), value) if isinstance(value, str) else value


def _guarded(piece: str) -> str:
    risky = FORMULA.match(piece) and not PLAIN_NUMBER.fullmatch(piece)
    return "'" + piece if risky else piece


def formula_again(text: str) -> str:
    """The text that :func:`no_formula` was given."""

    def bare(piece: str) -> str:
        inner = piece.removeprefix("'")
        return inner if _guarded(inner) == piece else piece

    return PIECE.sub(lambda it: bare(it[0]), text)


def write_csv(
    path: Path, names: Sequence[str], rows: Iterable[Mapping[str, Any]], encoding: str = "utf-8"
) -> None:
    """Write rows as CSV, without formulas and never half of it.

    Args:
        path: Of the file.
        names: Its columns; what else a row holds is left out.
        rows: Column to value.
        encoding: "utf-8-sig" where Excel shall read it.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([no_formula(name) for name in names])
    writer.writerows([no_formula(row.get(name, "")) for name in names] for row in rows)
    write_text(path, text.getvalue(), encoding)


ODD_BYTE = re.compile(r"[\ud800-\udfff]")
"""As Python shows a byte of a file's name that is no UTF-8."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where a disk has no room, its user no more of it, or no file may be so
large."""


@functools.cache
def _new_folder() -> str:
    """Of this process; no other user can have put anything in it."""
    return tempfile.mkdtemp(prefix="finlmm-")


def cache_folder(name: str) -> Path:
    """Where one kind of thing is kept between runs: below ``XDG_CACHE_HOME``, else ``~/.cache``.

    As its specification says, ``XDG_CACHE_HOME`` counts where it is absolute. For a user without a
    home, as in a container, things are kept as long as the process.
    """
    told = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        home = told if told.is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        home = Path(_new_folder())
    return home / "finlmm" / name
