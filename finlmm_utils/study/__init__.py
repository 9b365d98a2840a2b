"""Evidence: parameters, runs, figures and the pages that a reviewer reads.

Light on purpose: importing it loads neither torch nor pandas.
"""

from finlmm_utils.study.errors import MissingArtefact, ParameterError, RunError, StudyError
from finlmm_utils.study.preflight import start
from finlmm_utils.study.run import Run, show_source

__all__ = [
    "MissingArtefact",
    "ParameterError",
    "Run",
    "RunError",
    "StudyError",
    "show_source",
    "start",
]
