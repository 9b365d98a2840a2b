"""The human check: a sample of triplets, a panel or a CSV form, agreement and accepted share.

The paper has a person check the pairs; its audit takes 100 triplets, legends and multi-part tables
first. Verdicts live in one CSV file, written at each decision, so that a panel that is closed goes
on where it stopped and a form filled in elsewhere is read the same way.
"""

from __future__ import annotations

import csv
import random
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from finlmm_utils.asp.records import IQA, Figure
from finlmm_utils.intervals import wilson
from finlmm_utils.output import formula_again, write_csv

VERDICTS = ("keep", "fix", "drop")
COLUMNS = (
    "qa_id", "report_id", "figure_id", "page", "task", "question", "answer", "unit", "evidence",
    "verdict", "reason",
)  # fmt: skip

LEGEND_WORDS = 8  # of three letters and more, on a figure with a legend (our choice)
LEGEND_NUMBERS = 12  # on a figure with several series (our choice)


def is_hard(figure: Figure) -> bool:
    """Whether a figure has a legend or is a table of several parts: many words, many numbers."""
    words = re.findall(r"[^\W\d_]{3,}", figure.inner_text)
    numbers = re.findall(r"\d[\d,.]*", figure.inner_text)
    return figure.kind == "table" or (len(words) >= LEGEND_WORDS and len(numbers) >= LEGEND_NUMBERS)


def draw_sample(
    triplets: Sequence[IQA], figures: Mapping[str, Figure], n: int = 100, seed: int = 1
) -> list[IQA]:
    """Draws a sample for a person: the task kinds in equal parts, hard figures first.

    Args:
        triplets: kept ones.
        figures: by id.
        n: size of the sample.
        seed: of the draw among equals.

    Returns:
        At most ``n`` triplets, kinds in turn.
    """
    rng = random.Random(f"review {seed}")
    strata: dict[str, list[IQA]] = defaultdict(list)
    for triplet in sorted(triplets, key=lambda t: t.qa_id):
        strata[triplet.task].append(triplet)
    for task in sorted(strata):
        rng.shuffle(strata[task])
        strata[task].sort(key=lambda t: not is_hard(figures[t.figure_id]))
    sample: list[IQA] = []
    while len(sample) < n and any(strata.values()):
        for task in sorted(strata):
            if strata[task] and len(sample) < n:
                sample.append(strata[task].pop(0))
    return sample


def read_form(path: Path) -> dict[str, dict[str, Any]]:
    """Reads a form that a person filled in, with any spreadsheet.

    Args:
        path: CSV, UTF-8, in the columns of :data:`COLUMNS`; further columns are kept out.

    Returns:
        Rows by triplet.

    Raises:
        ValueError: a column is missing, a verdict is no verdict or a triplet stands twice; names
            file, line and what is expected.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(
                f"{path.name}, line 1: no column {', '.join(missing)}; expected "
                + ", ".join(COLUMNS)
            )
        rows: dict[str, dict[str, Any]] = {}
        for number, written in enumerate(reader, start=2):
            row = {k: formula_again(v) if isinstance(v, str) else v for k, v in written.items()}
            row["verdict"] = (row["verdict"] or "").strip().lower()
            if row["verdict"] not in ("", *VERDICTS):
                raise ValueError(
                    f"{path.name}, line {number}: verdict {row['verdict']!r}; expected one of "
                    f"{', '.join(VERDICTS)}, or nothing"
                )
            if row["qa_id"] in rows:
                raise ValueError(
                    f"{path.name}, line {number}: {row['qa_id']} stands twice; expected it once"
                )
            rows[row["qa_id"]] = row
    return rows


class Form:
    """Verdicts of one reviewer in a CSV file: opened again, it goes on where it stopped.

    Args:
        path: of the file; made with empty verdicts if missing.
        sample: what is to be judged; rows of the file for other triplets are kept as they are.

    Raises:
        ValueError: as :func:`read_form` says.
    """

    def __init__(self, path: str | Path, sample: Sequence[IQA]) -> None:
        self.path = Path(path)
        self.rows = read_form(self.path) if self.path.is_file() else {}
        for triplet in sample:
            fresh = triplet.model_dump(include=set(COLUMNS)) | {"verdict": "", "reason": ""}
            if self.rows.get(triplet.qa_id, {}).get("figure_id") != triplet.figure_id:
                self.rows[triplet.qa_id] = fresh
        self.order = [triplet.qa_id for triplet in sample]
        self.history: list[tuple[str, str, str]] = []
        self.save()

    def save(self) -> None:
        """Writes the file so that a crash leaves the old one or the new one."""
        write_csv(self.path, COLUMNS, self.rows.values(), encoding="utf-8-sig")

    def next_open(self) -> str | None:
        """The first triplet without a verdict, or None."""
        return next((qa_id for qa_id in self.order if not self.rows[qa_id]["verdict"]), None)

    def decide(self, qa_id: str, verdict: str, reason: str = "") -> None:
        """Takes a verdict down and saves at once.

        Args:
            qa_id: of the triplet.
            verdict: one of :data:`VERDICTS`.
            reason: in the reviewer's words, or "".

        Raises:
            ValueError: the verdict is none.
        """
        if verdict not in VERDICTS:
            raise ValueError(f"verdict {verdict!r}; expected one of {', '.join(VERDICTS)}")
        row = self.rows[qa_id]
        self.history.append((qa_id, row["verdict"], row["reason"]))
        row["verdict"], row["reason"] = verdict, reason
        self.save()

    def undo(self) -> str | None:
        """Takes the last verdict back and saves; gives its triplet, or None."""
        if not self.history:
            return None
        qa_id, verdict, reason = self.history.pop()
        self.rows[qa_id] |= {"verdict": verdict, "reason": reason}
        self.save()
        return qa_id

    def verdicts(self) -> dict[str, str]:
        """Verdicts by triplet, where there is one."""
        return verdicts_of(self.rows)


def verdicts_of(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Verdicts by triplet, where there is one."""
    return {k: str(row["verdict"]) for k, row in rows.items() if row["verdict"]}


def note_verdicts(triplets: Sequence[IQA], rows: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Writes a form's verdicts into their triplets, in place; gives the rows that are on these.

    A form may be older than the triplets: a verdict on another figure is none.
    """
    found = {t.qa_id: rows[t.qa_id] for t in triplets
             if rows.get(t.qa_id, {}).get("figure_id") == t.figure_id}  # fmt: skip
    for triplet in triplets:
        triplet.human = found.get(triplet.qa_id, {}).get("verdict", "")
    return list(found.values())


def agreement(one: Path, two: Path) -> tuple[int, float | None]:
    """How far two reviewers agree, from their two forms.

    Args:
        one: form of one reviewer.
        two: form of the other, over the same sample.

    Returns:
        Number of triplets that both judged, and Cohen's kappa over these; None where there is none.

    Raises:
        ValueError: as :func:`read_form` says.
    """
    first, second = verdicts_of(read_form(one)), verdicts_of(read_form(two))
    return len(set(first) & set(second)), kappa(first, second)


def kappa(one: Mapping[str, str], two: Mapping[str, str]) -> float | None:
    """Cohen's kappa (1960) of two reviewers over what both judged, by scikit-learn.

    None where they share nothing. Where both say one and the same verdict throughout, kappa is 0/0;
    they agree, so it counts as 1 (our choice).

    Examples:
        >>> kappa({"a": "keep", "b": "drop"}, {"a": "keep", "b": "drop"})
        1.0
    """
    both = sorted(set(one) & set(two))
    first, second = [one[k] for k in both], [two[k] for k in both]
    if len({*first, *second}) < 2:
        return 1.0 if both else None
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(first, second))


def accepted(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, int, float, float, float]]:
    """Share of "keep" by task kind with Wilson's 95 % interval (1927).

    Returns:
        (kept, judged, share, low, high) by task kind, and under "all".
    """
    groups: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        for group in (str(row["task"]), "all") if row["verdict"] else ():
            groups[group].append(row["verdict"] == "keep")
    counts = {group: (sum(kept), len(kept)) for group, kept in sorted(groups.items())}
    return {group: (k, n, k / n, *wilson(k, n)) for group, (k, n) in counts.items()}


def panel(
    form: Form,
    figures: Mapping[str, Figure],
    page_image: Callable[[str, int, str], bytes] | None = None,
) -> Any:
    """An ipywidgets panel over a form; without a person at it, it waits for nothing.

    Keys, typed into the box: k keep, f fix, d drop, u undo. Every verdict is saved at once.

    Args:
        form: what is to be judged.
        figures: by id.
        page_image: gives the PNG of a page (report id, page, evidence), or None; see
            :class:`finlmm_utils.asp.page_images.PageImages`.

    Returns:
        A widget to display.
    """
    import html

    import ipywidgets as widgets

    picture, page = widgets.Image(width=420), widgets.Image(width=420)
    text, progress = widgets.HTML(), widgets.IntProgress(max=len(form.order))
    reason = widgets.Text(placeholder="reason (optional)")
    keys = widgets.Text(placeholder="k f d u", layout=widgets.Layout(width="6em"))
    buttons = [widgets.Button(description=name) for name in (*VERDICTS, "undo")]
    shown: dict[str, str | None] = {"id": None}

    def show(qa_id: str | None) -> None:
        shown["id"] = qa_id
        progress.value = sum(bool(form.rows[k]["verdict"]) for k in form.order)
        if qa_id is None:
            text.value = f"<b>All {len(form.order)} judged</b>, saved in {form.path.name}"
            return
        row = form.rows[qa_id]
        picture.value = figures[row["figure_id"]].png
        if page_image is not None:
            page.value = page_image(row["report_id"], int(row["page"]), row["evidence"])
        lines = [("question", row["question"]), ("answer", f"{row['answer']} {row['unit']}"),
                 (f"evidence, page {row['page']}", row["evidence"])]  # fmt: skip
        text.value = "<br>".join(f"<b>{k}</b> {html.escape(str(v))}" for k, v in lines)
        reason.value = ""

    def act(name: str) -> None:
        if name == "undo":
            show(form.undo() or shown["id"])
        elif shown["id"] is not None:
            form.decide(shown["id"], name, reason.value)
            show(form.next_open())

    def typed(change: dict[str, Any]) -> None:
        names = {name[0]: name for name in (*VERDICTS, "undo")}
        if change["new"]:
            keys.value = ""
            if change["new"][-1] in names:
                act(names[change["new"][-1]])

    keys.observe(typed, names="value")
    for button in buttons:
        button.on_click(lambda pressed: act(pressed.description))
    show(form.next_open())
    pictures = widgets.HBox([picture, page] if page_image else [picture])
    return widgets.VBox([progress, text, pictures, widgets.HBox([keys, reason, *buttons])])
