"""What an error needs so that a reader of a notebook sees one line of it."""

from __future__ import annotations


class OneLine:
    """Beside an exception's class: a notebook shows its message and no traceback."""

    def _render_traceback_(self) -> list[str]:
        """IPython calls this in place of drawing a traceback."""
        return [f"{type(self).__name__}: {self}"]


class FigureError(OneLine, ValueError):
    """A figure that has no data, no pictures, or nothing that draws it."""
