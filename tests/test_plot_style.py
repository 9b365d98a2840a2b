"""The style of figures: text that no installed font can draw does not warn."""

import json
import warnings
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pandas as pd

from finlmm_utils import plot_style
from finlmm_utils.plot_style import (
    COLOURS,
    OKABE_ITO,
    READABLE,
    colour_of,
    contrast,
    save_figure,
    use_style,
)


def test_letters_without_a_font_become_boxes_and_no_warning(tmp_path):
    use_style()
    figure, ax = plt.subplots(figsize=(2, 1))
    ax.set_title("Café €5 \U00012000\nline 2")  # a cuneiform sign: in no font of the list
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_figure(figure, tmp_path, "x", pd.DataFrame({"a": [1]}), "run")
    assert ax.get_title(loc="left") == "Café €5 \u25a1\nline 2"
    plt.close(figure)


def test_chinese_letters_are_drawn_also_where_the_machine_has_no_font(tmp_path, monkeypatch):
    monkeypatch.setattr(plot_style, "CHINESE_FONTS", ())  # as on a bare machine
    monkeypatch.setattr("matplotlib.get_cachedir", lambda: str(tmp_path))
    use_style()
    figure, ax = plt.subplots(figsize=(2, 1))
    ax.set_title("图3 营业收入")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_figure(figure, tmp_path, "x", pd.DataFrame({"a": [1]}), "run")
    assert ax.get_title(loc="left") == "图3 营业收入"
    plt.close(figure)


def test_a_cut_font_of_the_cache_is_written_anew(tmp_path, monkeypatch):
    monkeypatch.setattr("matplotlib.get_cachedir", lambda: str(tmp_path))
    names = plot_style._bundled_font()
    file = next(tmp_path.glob("*.ttf"))
    whole = file.read_bytes()
    file.write_bytes(whole[:1000])
    assert plot_style._bundled_font() == names != []
    assert file.read_bytes() == whole


def test_a_figure_is_saved_with_what_it_says_and_readable_text(tmp_path):
    figure, ax = plt.subplots(figsize=(2, 1))
    ax.set_title("Half of them\nare right", loc="left", color=OKABE_ITO["orange"])
    ax.text(0, 0, "on a dark bar", color="white")
    save_figure(figure, tmp_path, "x", pd.DataFrame({"a": [1]}), "an id")
    said = json.loads((tmp_path / "x.json").read_text())
    assert said == {"title": "Half of them are right", "takeaway": "Half of them are right",
                    "run": "an id"}  # fmt: skip
    assert contrast(ax._left_title.get_color()) >= READABLE
    assert ax.texts[0].get_color() == "white"
    save_figure(figure, tmp_path, "x", pd.DataFrame({"a": [1]}), "an id", "One of two: 1 < 2.")
    drawing = ElementTree.parse(tmp_path / "x.svg").getroot()
    told = {part.tag.rpartition("}")[2]: part.text for part in list(drawing)[:2]}
    assert told == {"title": "Half of them are right", "desc": "One of two: 1 < 2."}
    assert json.loads((tmp_path / "x.json").read_text())["takeaway"] == "One of two: 1 < 2."
    plt.close(figure)


def test_a_meaning_has_one_colour_and_measures_differ():
    assert colour_of("reward_accuracy") == colour_of("accuracy, image questions")
    assert colour_of("no adversarial") == COLOURS["adversarial"]
    assert colour_of("of no meaning", "grey") == "grey"
    measures = ("accuracy", "selection", "format", "length", "adversarial")
    assert len({COLOURS[name] for name in measures}) == len(measures)
