"""Rows of real and made data sets in the one row contract."""

from finlmm_utils.tar.data.sources import DataError as DataError
from finlmm_utils.tar.data.sources import DataReport as DataReport
from finlmm_utils.tar.data.sources import load_rows as load_rows
