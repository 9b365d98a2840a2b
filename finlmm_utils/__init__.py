"""FinLMM-R1 reproduced: reports to rows (asp), rows to a policy (tar), evidence (study)."""

import os
import sys

from finlmm_utils.output import silence_meaningless
from finlmm_utils.torchvision_fit import hide_misfit

__version__ = "0.1.0"

# torch's OpenMP threads wait for one another after every small product of matrices. By default they
# spin meanwhile, and beside other busy processes they spin away the turns of those they wait for:
# benchmarks/threads.py. OpenMP reads this once, when torch is loaded. A value of the user's stays.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# PyMuPDF loads networks that guess a page's layout wherever it is imported: half a second and 55 MB
# in every process, and nothing here asks them. For it they are not installed, as it is made for.
sys.modules.setdefault("pymupdf.layout", None)  # type: ignore[arg-type]
silence_meaningless()
hide_misfit()
