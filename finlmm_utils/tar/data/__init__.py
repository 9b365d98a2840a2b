"""Rows of real and made data sets in the one row contract."""

from finlmm_utils.tar.data.report import DataError as DataError
from finlmm_utils.tar.data.report import DataReport as DataReport
from finlmm_utils.tar.data.sources import load_rows as load_rows
