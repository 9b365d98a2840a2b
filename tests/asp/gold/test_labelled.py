"""Figures of real reports against charts that a person labelled: the words of the score."""

import json

import pytest

from finlmm_utils.asp.gold.labelled import holds_words, judge_charts, read_labels, score_figures
from finlmm_utils.asp.records import Figure

CORE = [100, 120, 300, 220]
TITLE = [100, 100, 300, 112]


def labels(tmp_path, **more):
    left = {
        "file": "a.pdf", "page": 1, "x0": 100, "y0": 100, "x1": 300, "y1": 230,
        "core": CORE, "title": "Revenue of the group by region", "title_box": TITLE,
    }  # fmt: skip
    right = left | {
        "x0": 320, "x1": 520, "core": [320, 120, 520, 220], "title": "Panel", "title_box": None,
        "panel_of": "Figure 2",
    }  # fmt: skip
    path = tmp_path / "gold.json"
    gold = {"figures": [left, right], "negative_pages": [["a.pdf", 2]], **more}
    path.write_text(json.dumps(gold))
    return read_labels(path)


def figure(box, kind="vector", page=1, **fields):
    return Figure(
        figure_id="f", report_id="r", file="a.pdf", page=page, box=box, kind=kind, png=b"", **fields
    )


@pytest.mark.parametrize(
    ("box", "kind", "found"),
    [
        ((98, 118, 302, 222), "vector", "own"),
        ((98, 95, 302, 240), "raster", "own"),
        ((98, 118, 522, 222), "vector", "merged"),
        ((98, 118, 200, 222), "vector", "cut"),
        ((98, 118, 302, 222), "table", "kind"),
        ((98, 118, 302, 222), "scheme", "kind"),
        ((98, 60, 312, 460), "vector", "cut"),  # over three times its core
        ((20, 400, 90, 500), "vector", "missed"),
    ],
)
def test_what_a_crop_is_to_a_chart(tmp_path, box, kind, found):
    assert judge_charts([figure(box, kind)], labels(tmp_path))[0].found == found


@pytest.mark.parametrize(
    ("top", "fields", "where"),
    [
        (99, {}, "picture"),
        (115, {"title": "Revenue of the group by region", "title_drawn": True}, "picture"),
        (115, {"title": "Revenue of the group by region"}, "record"),
        (115, {"caption": "Revenue of the group by region"}, "record"),
        (115, {"title": "Costs", "title_drawn": True}, "nowhere"),
    ],
)
def test_where_the_title_of_an_own_crop_is(tmp_path, top, fields, where):
    assert judge_charts([figure((98, top, 302, 222), **fields)], labels(tmp_path))[0].title == where


def test_the_words_of_chinese_titles_are_characters():
    assert holds_words("图3 基金重仓个股数 资料来源", "图3：基金重仓个股数")
    assert not holds_words("图4 基金的收益", "图3：基金重仓个股数")


def test_tables_and_schemes_count_apart_unless_they_show_a_chart(tmp_path):
    crops = [
        figure((98, 99, 302, 222)),  # own, with its title
        figure((318, 118, 522, 222), "scheme"),  # a chart of the wrong kind
        figure((100, 500, 300, 600)),  # junk
        figure((100, 650, 300, 700), "table"),
        figure((100, 100, 300, 200), page=2),
        figure((100, 300, 300, 400), "table", page=2),
        figure((100, 300, 300, 400), page=3),
    ]
    score = score_figures(crops, labels(tmp_path))
    assert (score["own"], score["kind"], score["own_share_without_panels"]) == (1, 1, 1.0)
    assert score["junk_per_chart"] == 1.0
    assert (score["tables"], score["schemes"]) == (2, 1)
    assert score["title_in_picture"] == score["titled_own_crops"] == 1
    assert score["crops_a_tempting_page"] == score["tables_and_schemes_a_tempting_page"] == 1.0
    assert score["chart_crops_on_pages_without_charts"] == 1


def test_pages_whose_charts_nobody_labelled_do_not_count(tmp_path):
    left_out = [{"file": "a.pdf", "page": 3}]
    some = labels(tmp_path, unlabelled_pages_with_figures=left_out)
    score = score_figures([figure((100, 300, 300, 400), page=3)], some)
    assert score["chart_crops_on_pages_without_charts"] == 0
