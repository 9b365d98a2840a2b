"""The pages that a reviewer reads: one run, or two compared."""

from finlmm_utils.study.report.page import write_report as write_report
