"""What ASP costs for as many reports as the paper read, from the rates of a smaller run."""

from __future__ import annotations

PAPER_REPORTS = 23_397
"""Reports of the paper (its summary)."""
LETTERS_PER_TOKEN = 4.0
"""Of English text, a usual estimate."""


def paper_cost(
    core_seconds: float,
    letters: float,
    *,
    ocr_seconds: float = 0.0,
    letters_written: float = 0.0,
    tokens_seen: float = 0.0,
    tokens_per_second: float = 0.0,
    pages_per_report: int = 100,
) -> dict[str, float]:
    """Scales the rates of a run, all of them for one page, to the paper's number of reports.

    Args:
        core_seconds: of one core, for extraction.
        letters: that a language model reads to write questions.
        ocr_seconds: of one core, for the words that are pixels.
        letters_written: of questions, answers and evidence.
        tokens_seen: by the multimodal model that aligns, figures and questions together.
        tokens_per_second: of the GPU that runs the models; 0 where none was measured.
        pages_per_report: an assumption.

    Returns:
        Hours and millions of tokens by name; GPU hours only where their rate is known.
    """
    pages = PAPER_REPORTS * pages_per_report
    tokens = {
        "tokens_read_millions": letters / LETTERS_PER_TOKEN,
        "tokens_written_millions": letters_written / LETTERS_PER_TOKEN,
        "tokens_seen_millions": tokens_seen,
    }
    cost = {
        "reports": float(PAPER_REPORTS),
        "pages_per_report_assumed": float(pages_per_report),
        "cpu_hours_extraction": round(pages * core_seconds / 3600, 1),
        "cpu_hours_ocr": round(pages * ocr_seconds / 3600, 1),
    }
    cost |= {name: round(pages * each / 1e6, 1) for name, each in tokens.items()}
    if tokens_per_second:
        hours = pages * sum(tokens.values()) / tokens_per_second / 3600
        cost["gpu_hours"] = round(hours, 1)
    return cost
