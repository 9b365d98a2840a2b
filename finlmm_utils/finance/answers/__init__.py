"""Comparing an answer with the gold: the forms that it may have, and how numbers are rounded."""

from finlmm_utils.finance.answers.compare import can_parse as can_parse
from finlmm_utils.finance.answers.compare import match as match
from finlmm_utils.finance.answers.compare import options_of as options_of
