"""A door: the generator of made reports lives in :mod:`finlmm_utils.synthetic.reports`."""

from finlmm_utils.synthetic.reports import write_reports as write_reports
