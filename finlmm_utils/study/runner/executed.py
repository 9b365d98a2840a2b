"""What an executed notebook keeps: results, not the noise of the way to them.

The log keeps every line. Here go progress lines (:func:`finlmm_utils.output.progress_line`), bars
of tqdm as text or widget, and warnings that address programmers; other warnings stay.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from finlmm_utils.output import write_text

WIDGET = "application/vnd.jupyter.widget-view+json"
BAR = re.compile(r"\d+%\|.*\||\[\d+:\d\d(<.*)?, .*\]$")
"""tqdm's bars, with and without a known total."""
FOR_PROGRAMMERS = re.compile(r": (Pending)?(Deprecation|Future|Import|Resource)Warning: ")
"""Categories of warnings that Python hides from users by default, and FutureWarning."""


NO_NOTEBOOK = (OSError, ValueError, AttributeError, LookupError, TypeError, RecursionError)
"""What nbformat raises of a file that was cut off, or is JSON and no notebook."""


def clean_file(path: Path) -> None:
    """Clean an executed notebook on disk; one that isn't there or was cut off stays as it is."""
    import nbformat  # here, since it takes seconds to load

    try:
        content = nbformat.read(path, as_version=4)
    except NO_NOTEBOOK:
        return
    clean(content)
    write_text(path, nbformat.writes(content) + "\n")


def clean(content: Any) -> None:
    """Take out of a notebook what a reader of results scrolls past.

    Args:
        content: The notebook (nbformat 4); its outputs are changed in place.
    """
    content.metadata.pop("widgets", None)
    for cell in content.cells:
        if cell.cell_type == "code":
            still = [out for out in cell.outputs if WIDGET not in out.get("data", {})]
            cell.outputs = _joined([out for out in _joined(still) if _cleaned(out)])


def _joined(outputs: list[Any]) -> list[Any]:
    """Outputs with neighbouring pieces of one stream put together: each flush is one of its own."""
    found: list[Any] = []
    for out in outputs:
        last = found[-1] if found else None
        if last and out.output_type == last.output_type == "stream" and out.name == last.name:
            last.text += out.text
        else:
            found.append(out)
    return found


def _cleaned(output: Any) -> bool:
    """Clean a stream's text in place; False where nothing is left of it."""
    if output.output_type != "stream":
        return True
    text = kept_text(output.text)
    output.text = text if output.name == "stdout" else _for_readers(text)
    return bool(output.text.strip())


def kept_text(text: str) -> str:
    r"""The text of a stream without progress lines and bars.

    A carriage return says that a line was to be overwritten: as on a terminal, what stands after
    the last one is left, and nothing of a bar.

    Args:
        text: Printed text, with its carriage returns.

    Examples:
        >>> kept_text("a\n\rstep 1/2\r\n\r 50%|#    |\r100%|##|\nb\n")
        'a\nb\n'
    """
    lines = []
    for line in text.split("\n"):
        body = line.removesuffix("\r")
        _, overwritten, last = body.rpartition("\r")
        progress = overwritten and (body != line or not last.strip() or BAR.search(last))
        if not progress:
            lines.append(last)
    return "\n".join(lines)


def _for_readers(text: str) -> str:
    """The text of stderr without warnings for programmers, each with its line of source."""
    lines: list[str] = []
    dropped = False
    for line in text.split("\n"):
        dropped = bool(FOR_PROGRAMMERS.search(line)) or (dropped and line.startswith("  "))
        if not dropped:
            lines.append(line)
    return "\n".join(lines)
