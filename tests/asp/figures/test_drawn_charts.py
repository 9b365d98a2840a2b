"""Charts of forms and styles that the made reports do not have, drawn by matplotlib."""

import io
import random

import matplotlib.pyplot as plt
import numpy as np
import pymupdf
import pytest

from finlmm_utils.asp.extract import extract_report
from finlmm_utils.asp.gold.extraction import score_crops

NAMES = ["Retail", "Corporate", "Treasury", "Wealth", "Asia", "Europe", "Energy"]
YEARS = [str(year) for year in range(2018, 2025)]
STYLES = ["default", "ggplot", "seaborn-v0_8-whitegrid", "fivethirtyeight", "bmh", "grayscale"]
PROSE = "The group sold more in the second half of the year than it had before, in all segments."


def stacked(axes, rng):
    base = np.zeros(7)
    for name in NAMES[:3]:
        values = rng.integers(5, 40, 7)
        axes.bar(YEARS, values, bottom=base, label=name)
        base += values
    axes.legend(fontsize=6)


def lines(axes, rng):
    for name in NAMES[:3]:
        axes.plot(YEARS, rng.normal(20, 4, 7).cumsum(), label=name)
    axes.legend(fontsize=6)


def sideways(axes, rng):
    axes.bar_label(axes.barh(NAMES, rng.integers(-20, 90, 7)), fontsize=6)


def stems(axes, rng):
    values = rng.integers(5, 50, 7)
    axes.hlines(NAMES, 0, values)
    axes.plot(values, NAMES, "o")


def boxes(axes, rng):
    axes.boxplot(list(rng.normal(0, 1, (5, 30))), tick_labels=NAMES[:5])


def points(axes, rng):
    axes.scatter(*rng.normal(0, 1, (2, 60)), s=8)


def bands(axes, rng):
    middle = rng.normal(0, 1, 30).cumsum()
    axes.plot(middle)
    axes.fill_between(range(30), middle - 2, middle + 2, alpha=0.3)


def areas(axes, rng):
    axes.stackplot(range(2018, 2025), rng.integers(5, 30, (3, 7)), labels=NAMES[:3])
    axes.legend(fontsize=6)


def steps(axes, rng):
    axes.step(range(20), rng.choice([0, 0.25, 0.5, 1], 20))


def two_scales(axes, rng):
    axes.bar(YEARS, rng.integers(10, 90, 7), color="lightgray")
    axes.twinx().plot(YEARS, rng.uniform(1, 5, 7), "r-o", markersize=3)


FORMS = [stacked, lines, sideways, stems, boxes, points, bands, areas, steps, two_scales]


def drawn(form, style, rng):
    with (
        plt.style.context(["default", style]),
        plt.rc_context({"font.size": 7, "savefig.facecolor": "white"}),
    ):
        figure, axes = plt.subplots(figsize=(235 / 72, 170 / 72), layout="constrained")
        form(axes, rng)
        axes.tick_params(labelsize=6)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="pdf")
        plt.close(figure)
    return pymupdf.open(stream=buffer.getvalue(), filetype="pdf")


@pytest.mark.parametrize("raster", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_charts_of_ten_forms_and_six_styles_are_found_alone(raster):
    rng = np.random.default_rng(7)
    document, gold = pymupdf.open(), {}
    charts = [(form, style) for form in FORMS for style in STYLES]
    random.Random(7).shuffle(charts)
    for number, pair in enumerate(zip(charts[::2], charts[1::2], strict=True), 1):
        page = document.new_page()
        for k in range(6):
            page.insert_text((60, 80 + 12 * k), PROSE, fontsize=9)
        for left, (form, style), name in zip((60, 305), pair, NAMES[:2], strict=True):
            box = pymupdf.Rect(left, 180, left + 235, 350)
            page.insert_text((left, 176), f"{name} by segment ($m)", fontsize=9, fontname="hebo")
            chart = drawn(form, style, rng)
            if raster:
                page.insert_image(box, pixmap=chart[0].get_pixmap(dpi=100))
            else:
                page.show_pdf_page(box, chart, 0)
            gold.setdefault(("", number), []).append(tuple(box))
    crops = {}
    for figure in extract_report(document.tobytes()).figures:
        crops.setdefault(("", figure.page), []).append(figure.box)
    score = score_crops(crops, gold)
    assert score.recall >= 0.9, score.missed
    assert score.precision >= 0.95, score.junk_places
