"""The data of a run: from reports to rows, as a table and as a figure beside other reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from finlmm_utils.checkout import repository_root
from finlmm_utils.evaluation.plots.draw import draw
from finlmm_utils.plot_style import save_figure, use_style

NAME = "reports_to_rows"
PAPER = {"reports": 23_397, "kept": 89_378}
"""Reports and pairs of the paper (its summary)."""
HARD = Path("papermill_runs/gallery/hard/after.json")
REAL = Path("papermill_runs/gallery/capacity.json")
"""What was committed of made reports of the level hard, and of real ones."""
STEPS = {"pages": "01", "figures": "01", "written": "02", "kept": "02", "rows": ""}
"""Of the funnel, after the reports, with the notebook whose metrics count each; rows are a sum."""


def data_table(metrics: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """The data of a run: from reports to rows, beside the paper's two numbers.

    Args:
        metrics: As :func:`metrics_by_number` gives them.

    Returns:
        What, and how much of it.
    """
    read, asked, rows = (metrics.get(number, {}) for number in ("01", "02", "03"))
    lines: list[tuple[str, str]] = []
    if read:
        pages = f"{read.get('files_ok', 0)} of {read.get('files', 0)}, {read.get('pages', 0)} pages"
        lines.append(("reports read", pages))
        found = f"{read.get('figures', 0)}"
        if read.get("figure_recall") is not None:
            found += (
                f" (of {read.get('made_charts')} made charts {read['figure_recall']:.1%} found)"
            )
        lines.append(("figures cut out", found))
    if asked:
        kept, reports = asked.get("kept", 0), max(1, asked.get("reports", 1))
        lines.append(("questions written, and kept", f"{asked.get('written', 0)}, {kept}"))
        lines.append(("pairs a report", f"{kept / reports:.1f} (paper: 89,378 of 23,397, 3.8)"))
        by_task = ", ".join(f"{name} {n}" for name, n in asked.get("kept_by_task", {}).items())
        lines.append(("pairs by task", by_task))
        lines.append(("pairs judged by people", f"{asked.get('judged_by_people', 0)} (paper: 100)"))
    for side in ("train", "validation", "test"):
        if f"{side}_rows" in rows:
            reports = rows.get(f"{side}_reports", 0)
            lines.append((f"rows to {side}", f"{rows[f'{side}_rows']} of {reports} reports"))
    return lines


def funnel_table(metrics: Mapping[str, dict[str, Any]]) -> pd.DataFrame:
    """How much of each step comes from how many reports: of the run, of others, of the paper.

    Args:
        metrics: As of a run's notebooks, by number.

    Returns:
        ``reports``, ``n`` (how many), ``step``, ``count`` and ``a_report``; empty where the run
        has no row yet.
    """
    read, asked, split = (metrics.get(number, {}) for number in ("01", "02", "03"))
    rows = [split[f"{side}_rows"] for side in ("train", "validation", "test")
            if f"{side}_rows" in split]  # fmt: skip
    if not (read.get("files_ok") and asked.get("reports") and rows):
        return pd.DataFrame()
    own: dict[str, Any] = {name: metrics[n].get(name) for name, n in STEPS.items() if n}
    own["rows"] = sum(rows)
    found: list[tuple[str, int, dict[str, Any]]]
    found = [("this run", read["files_ok"], own), *_others()]
    found.append(("the paper", PAPER["reports"], {"kept": PAPER["kept"]}))
    lines = [
        {"reports": name, "n": n, "step": step, "count": counts[step], "a_report": counts[step] / n}
        for name, n, counts in found
        for step in STEPS
        if counts.get(step) is not None
    ]
    return pd.DataFrame(lines)


def _others() -> list[tuple[str, int, dict[str, Any]]]:
    """Committed counts of other reports; none where the checkout holds no gallery."""
    found: list[tuple[str, int, dict[str, Any]]] = []
    hard, real = (_read(repository_root() / path) for path in (HARD, REAL))
    if hard:
        seeds = hard["seeds"]
        counts = {"figures": sum(s["figures"]["own"] for s in seeds),
                  "written": sum(s["pairs"]["written"] for s in seeds),
                  "kept": sum(s["pairs"]["kept"] for s in seeds)}  # fmt: skip
        found.append(("made, level hard", sum(s["reports"] for s in seeds), counts))
    if real:
        counts = {name: real[name] for name in ("pages", "figures", "kept")}
        found.append(("real reports", real["reports"], counts))
    return found


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found


def draw_funnel(run_dir: Path, metrics: Mapping[str, dict[str, Any]]) -> Path | None:
    """Draw the funnel of a run into its folder ``figures``, where its numbers are new.

    Args:
        run_dir: The run's folder.
        metrics: Of its notebooks, by number.

    Returns:
        The PNG; None where the run has no row yet.
    """
    table = funnel_table(metrics)
    if table.empty:
        return None
    import matplotlib.pyplot as plt

    folder = run_dir / "figures"
    csv = folder / f"{NAME}.csv"
    if csv.is_file() and csv.read_text("utf-8") == table.to_csv(index=False):
        return csv.with_suffix(".png")
    use_style()
    own = table[table["reports"] == "this run"].set_index("step")
    share = own["count"]["kept"] / max(1, own["count"]["written"])
    title = (
        f"{own['n'].iloc[0]} reports give {own['count']['kept']} pairs, "
        f"{own['a_report']['kept']:.1f} a report; {share:.0%} of what was written is kept"
    )
    others = "; ".join(
        f"{row.reports} {row.a_report:.1f} a report (n = {row.n:,})"
        for row in table[(table["step"] == "kept") & (table["reports"] != "this run")].itertuples()
    )
    figure = draw(f"page/{NAME}", table, {"title": title})
    save_figure(
        figure, folder, NAME, table, run_dir.name, f"{title}. Pairs kept elsewhere: {others}."
    )
    plt.close(figure)
    return csv.with_suffix(".png")
