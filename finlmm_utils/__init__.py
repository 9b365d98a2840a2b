"""FinLMM-R1 reproduced: reports to rows (asp), rows to a policy (tar), evidence (study)."""

__version__ = "0.1.0"
