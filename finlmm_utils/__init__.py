"""FinLMM-R1 reproduced: reports to rows (asp), rows to a policy (tar), evidence (study)."""

from finlmm_utils.output import silence_meaningless

__version__ = "0.1.0"

silence_meaningless()
