"""A door: the comparator of answers lives in :mod:`finlmm_utils.finance.answers`."""

from finlmm_utils.finance.answers import can_parse as can_parse
from finlmm_utils.finance.answers import match as match
