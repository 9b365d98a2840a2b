"""The style of figures: text that no installed font can draw does not warn."""

import warnings

import matplotlib.pyplot as plt
import pandas as pd

from finlmm_utils import plot_style
from finlmm_utils.plot_style import save_figure, use_style


def test_letters_without_a_font_become_boxes_and_no_warning(tmp_path):
    use_style()
    figure, ax = plt.subplots(figsize=(2, 1))
    ax.set_title("Café €5 \U00012000")  # a cuneiform sign: in no font of the list
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_figure(figure, tmp_path, "x", pd.DataFrame({"a": [1]}), "run")
    assert ax.get_title(loc="left") == "Café €5 \u25a1"
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
