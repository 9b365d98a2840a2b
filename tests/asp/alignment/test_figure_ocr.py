"""Words inside pictures: which are read, how, and that nothing is read twice."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from finlmm_utils.asp.alignment import figure_ocr as reading
from finlmm_utils.asp.alignment.figure_text import needs_reading
from finlmm_utils.asp.alignment.offline import OfflineAligner
from finlmm_utils.asp.page import ocr
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.records import Figure, Report


def picture(text, size, **fields):
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((10, 10), text, fill="black", font_size=28)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return Figure(
        **{"figure_id": "f", "report_id": "r", "file": "r.pdf", "page": 1, "kind": "raster",
           "box": (0.0, 0.0, 1.0, 1.0), "png": buffer.getvalue(), **fields}
    )  # fmt: skip


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    reading._cache.cache_clear()
    yield
    reading._cache.cache_clear()


def test_a_picture_is_read_once_for_all_runs(monkeypatch):
    strip = picture("Revenue 4518", (900, 60))
    assert "4518" in reading.read_figure(strip)
    reading._cache.cache_clear()  # as another process would find it
    monkeypatch.setattr(reading.ocr, "read_picture", None)
    assert "4518" in reading.read_figure(strip)
    with pytest.raises(TypeError):
        reading.read_figure(picture("another", (900, 60)))


def test_strips_get_a_border_and_other_pictures_stay():
    strip, square = picture("Revenue", (700, 100)), picture("Revenue", (300, 200))
    assert reading._bordered(square.png) == square.png
    with Image.open(io.BytesIO(reading._bordered(strip.png))) as wide:
        assert wide.size == (700, 400)
        pixels = np.asarray(wide)
    assert (pixels[:100] < 128).any()
    assert (pixels[100:] == 255).all()


def test_only_likely_pictures_are_read():
    figures = [
        picture("", (9, 9), figure_id=f"f{k}", page=10 + k, caption=f"Chart of item {k}")
        for k in range(5)
    ]
    figures.append(figures[2].model_copy(update={"figure_id": "own", "inner_text": "1 2 3 words"}))
    report = Report(report_id="r", file="r.pdf", sha256="0", status="ok", figures=figures)
    pair = make_qa(
        "r", 13, "Item 2 was 7 in 2020.", "t", question="What is the highest value of item 2?",
        answer="1", answer_kind="number", task="statistics",
    )  # fmt: skip
    read = OfflineAligner(candidates=2).to_read(report, [pair])
    assert [f.figure_id for f in read] == ["f2", "f3"]  # by its words, and on the same page
    assert OfflineAligner().to_read(report, []) == []


def test_a_drawing_with_words_of_its_own_is_not_read():
    scheme = {"kind": "vector", "inner_text": "Board of directors Audit committee"}
    assert not needs_reading(picture("", (9, 9), **scheme))
    assert needs_reading(picture("", (9, 9), **scheme | {"kind": "raster"}))


def test_words_that_the_recogniser_joins_are_parted_where_the_picture_is_blank():
    image = np.full((30, 200, 3), 255, np.uint8)
    for x in (10, 18, 40, 48):  # two words of two letters, 16 pixels apart
        image[8:24, x : x + 6] = 0
    letters = [(c, 1.0, [[x, 8], [x + 6, 8], [x + 6, 24], [x, 24]])
               for c, x in zip("ofus", (10, 18, 40, 48), strict=True)]  # fmt: skip
    box = (8.0, 6.0, 58.0, 26.0)
    assert ocr._spaced(image, box, "ofus", letters) == "of us"
    assert ocr._spaced(image, box, "of us", letters) == "of us", "its own spaces stay"
    assert ocr._spaced(image, box, "office", letters) == "office", "letters of another text"
