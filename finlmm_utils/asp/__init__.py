"""ASP: from a folder of financial reports to image-question-answer rows."""

from finlmm_utils.asp.engines import run as run
