"""Errors that a reader of a notebook sees as one line."""

from __future__ import annotations

from finlmm_utils.errors import OneLine


class StudyError(OneLine, Exception):
    """An error whose message is one line: what is wrong, what was expected, what to do."""


class ParameterError(StudyError):
    """A parameter is unknown, has the wrong type or lies out of range."""


class MissingArtefact(StudyError):
    """A file of an earlier notebook is not there yet."""


class RunError(StudyError):
    """A run cannot start or be read (folder in use, unknown notebook, damaged manifest)."""
