"""The records that flow through ASP: reports, blocks, figures, questions, aligned triplets.

Boxes are ``(x0, y0, x1, y1)`` in PDF points from the top left corner of the page as a reader sees
it (page rotation applied); pages count from 1.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Box = tuple[float, float, float, float]
BlockKind = Literal["heading", "text", "table", "caption", "furniture", "boilerplate"]
FigureKind = Literal["raster", "vector", "table", "scheme"]
Point = Literal["label", "first", "last", "highest", "lowest", "share"]
AnswerKind = Literal["number", "choice", "text"]
TaskKind = Literal["arithmetic", "statistics", "explanation", "knowledge"]
Status = Literal[
    "ok",
    "encrypted",
    "no_pages",
    "not_pdf",
    "unreadable",
    "no_text",
    "exception",
    "timeout",
    "crash",
]


class Record(BaseModel):
    """Base of every record: unknown fields are errors, so that a misspelt name is found at once."""

    model_config = ConfigDict(extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")


class Block(Record):
    """One piece of text of a report, in reading order.

    Attributes:
        page: page number, from 1.
        index: position in the reading order of the whole report, from 0.
        kind: what the block is; ``furniture`` repeats over pages, ``boilerplate`` carries no facts.
        text: clean text; the cells of a table are separated by tabs, its rows by newlines.
        box: where it stands on the page, points.
        ocr: whether the text was read off a scan, so that it may hold wrong letters.
    """

    page: int = Field(ge=1)
    index: int = Field(ge=0)
    kind: BlockKind
    text: str
    box: Box
    ocr: bool = False


class Reading(Record):
    """One value that a chart shows, as :mod:`finlmm_utils.asp.charts` reads it.

    Attributes:
        series: the name by the legend or beside the line; "" for the only series of a chart.
        label: category or date as printed; "" at an end or extreme where none is printed.
        point: which point of the series it is.
        value: in the unit of the axis: 12 on a % axis is 12.
        unit: from tick words, the axis' title or a unit line; "" where none is known.
        how: ``printed`` beside the mark, measured on the ``axis``, or by the ``shape`` (a slice's
            angle).
        tolerance: how far off the value may be, in its unit; 0 for printed ones.
        span: extent of the axis, in the value's unit; 0 where there is none.
    """

    series: str
    label: str
    point: Point = "label"
    value: float
    unit: str = ""
    how: Literal["printed", "axis", "shape"]
    tolerance: float = 0.0
    span: float = 0.0


class Figure(Record):
    """One figure of a report, rendered as it stands on the page.

    Attributes:
        figure_id: ``<report_id>-p<page>-<n>``, stable for the same file.
        report_id: id of the report it belongs to.
        file: file name of the report.
        page: page number, from 1.
        box: where it stands on the page, points.
        kind: ``raster`` or ``vector`` for a chart; ``table`` for a table drawn or captioned as a
            figure, ``scheme`` for boxes and arrows without data: neither shows values of a chart.
        title: its own title as the report words it, "" if none was found: the caption's line, or
            the words over it that no other chart and no section share.
        title_drawn: whether the title was drawn over the crop's top edge, since on the page it
            stands where the crop can't reach without other things.
        caption: the report's caption of it, "" if none was found.
        near_text: nearest heading and neighbouring text, for alignment.
        inner_text: words of the PDF inside the box (labels, legend), "" for a picture without any.
        png: the crop, PNG bytes.
        phash: perceptual hash of the crop, 16 hexadecimal digits.
        shows: the values that it shows, where marks or labels allow them to be read.
        unread: why no value was read, "" where some were.
    """

    figure_id: str
    report_id: str
    file: str
    page: int = Field(ge=1)
    box: Box
    kind: FigureKind
    title: str = ""
    title_drawn: bool = False
    caption: str = ""
    near_text: str = ""
    inner_text: str = ""
    png: bytes
    phash: str = ""
    shows: list[Reading] = []
    unread: str = ""


class Report(Record):
    """What extraction found in one file; ``status`` other than ``ok`` says why there is nothing.

    Attributes:
        report_id: first 12 hexadecimal digits of the file's SHA-256.
        file: file name.
        sha256: digest of the file's bytes.
        status: ``ok`` or what is wrong.
        reason: one line on what is wrong, "" for ``ok``.
        stage: step that was running when it went wrong (``open``, ``text``, ``figures``, ...).
        pages: number of pages.
        blocks: text in reading order.
        figures: figures in page order.
        ocr_pages: number of pages that were read by OCR.
        drops: number of dropped figure candidates by reason.
    """

    report_id: str
    file: str
    sha256: str
    status: Status
    reason: str = ""
    stage: str = ""
    pages: int = Field(default=0, ge=0)
    blocks: list[Block] = []
    figures: list[Figure] = []
    ocr_pages: int = Field(default=0, ge=0)
    drops: dict[str, int] = {}


class QA(Record):
    """A question and its answer, made from the text of one report.

    Attributes:
        qa_id: stable id, unique in the run.
        report_id: id of the report.
        question: the question, self-contained.
        answer: gold answer as a string.
        answer_kind: how the answer is compared.
        unit: unit of a numeric answer ("%", "USD million", ...), "" if none.
        task: one of the paper's four task kinds.
        evidence: the span of the report that supports the answer, verbatim.
        page: page of the evidence, from 1.
        expression: arithmetic over numbers of the evidence that gives the answer, "" if none.
        generator: name of the backend that wrote it.
        prompt_hash: hash of the prompt (of the rules, for the offline backend).
    """

    qa_id: str
    report_id: str
    question: str
    answer: str
    answer_kind: AnswerKind
    unit: str = ""
    task: TaskKind
    evidence: str
    page: int = Field(ge=1)
    expression: str = ""
    generator: str
    prompt_hash: str = ""


class IQA(QA):
    """A question tied to at most one figure, with the verdicts on it.

    Attributes:
        figure_id: the figure that answers it, "" when the aligner chose none.
        aligner: name of the aligner.
        score: the aligner's score of the chosen figure.
        runner_up: score of the second-best figure of the report.
        margin: ``score - runner_up``.
        kept: whether the row goes on to the data set.
        reason: why it was dropped, "" if kept.
        human: verdict of a reviewer: "", "keep", "fix" or "drop".
    """

    figure_id: str = ""
    aligner: str = ""
    score: float = 0.0
    runner_up: float = 0.0
    margin: float = 0.0
    kept: bool = True
    reason: str = ""
    human: Literal["", "keep", "fix", "drop"] = ""
