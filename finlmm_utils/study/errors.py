"""Errors that a reader of a notebook sees as one line."""

from __future__ import annotations


class StudyError(Exception):
    """An error whose message is one line: what is wrong, what was expected, what to do."""

    def __str__(self) -> str:
        """The message without line breaks."""
        return " ".join(super().__str__().split())

    def _render_traceback_(self) -> list[str]:
        """IPython calls this in place of drawing a traceback."""
        return [f"{type(self).__name__}: {self}"]


class ParameterError(StudyError):
    """A parameter is unknown, has the wrong type or lies out of range."""


class MissingArtefact(StudyError):
    """A file of an earlier notebook is not there yet."""


class RunError(StudyError):
    """A run cannot start or be read (folder in use, unknown notebook, damaged manifest)."""
