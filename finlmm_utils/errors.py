"""What an error needs so that a reader sees one line of it, and no order to his terminal."""

from __future__ import annotations

import re

ORDERS = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?)")
"""Orders to a terminal, as ECMA-48 writes them: colours, moves, titles."""


def visible(text: str) -> str:
    r"""A line for a terminal or a log: colours go, letters that nobody sees are shown as U+FFFD.

    What strangers wrote comes into messages: it shall not move, clear or turn what stands there.

    Examples:
        >>> visible("\x1b[31mred\x1b[0m\tand \x07") == "red and \ufffd"
        True
    """
    plain = ORDERS.sub("", text)
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in plain)


class OneLine:
    """Beside an exception's class: its message is one line, and a notebook shows no traceback."""

    def __str__(self) -> str:
        """The message in one line, :func:`visible`."""
        parts = (visible(part).strip() for part in super().__str__().splitlines())
        return " ".join(filter(None, parts))

    def _render_traceback_(self) -> list[str]:
        """IPython calls this in place of drawing a traceback."""
        return [f"{type(self).__name__}: {self}"]


class FigureError(OneLine, ValueError):
    """A figure that has no data, no pictures, or nothing that draws it."""
