"""Evidence: parameters, runs, figures and the pages that a reviewer reads.

Light on purpose: importing it loads neither torch nor pandas.
"""

from finlmm_utils.output import ShownTable
from finlmm_utils.study.errors import MissingArtefact, ParameterError, RunError, StudyError
from finlmm_utils.study.session import Run, show_source
from finlmm_utils.study.start import stage1_policy, start

__all__ = [
    "MissingArtefact",
    "ParameterError",
    "Run",
    "RunError",
    "ShownTable",
    "StudyError",
    "show_source",
    "stage1_policy",
    "start",
]
