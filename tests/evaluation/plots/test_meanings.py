"""What a reader takes from a figure beside its numbers: colours, intervals, readable letters."""

from dataclasses import asdict
from io import BytesIO
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib import text
from matplotlib.colors import to_hex
from PIL import Image

from finlmm_utils.evaluation.plots.draw import draw
from finlmm_utils.plot_style import COLOURS, colour_of, use_style
from tests.evaluation.test_ledger import METRICS, rows_of

STEPS = 12
NOTEBOOK_PIXELS, LEAST_PIXELS = 940, 12
"""Width of a notebook's page, which shrinks what is wider; and height of letters that are read."""


@pytest.fixture(autouse=True)
def _style() -> Any:
    use_style()
    yield
    plt.close("all")


def stage(**more: float) -> pd.DataFrame:
    """The steps of a stage 2; without ``reward_selection`` those of a stage 1."""
    columns = ("reward", "reward_accuracy", "flat_groups", "flat_accuracy", "clipped", "repetition",
               "disc_auroc", "disc_within_auroc", "share_adversarial",
               "flat_advantage")  # fmt: skip
    values = {name: 0.05 * place for place, name in enumerate(columns)} | more
    return pd.DataFrame([{"step": step, **values} for step in range(1, STEPS + 1)])


def labelled(key: str, table: pd.DataFrame) -> dict[str, str]:
    """The label of each line and its colour."""
    drawn = draw(key, table, {"title": "x"})
    lines = {line.get_color() for axis in drawn.axes for line in axis.lines}
    texts = [one for axis in drawn.axes for one in axis.texts]
    ends = [one for one in texts if one.get_color() in lines - {"grey", "black"}]
    return {one.get_text(): one.get_color() for one in ends}


def test_one_thing_has_one_colour_in_all_figures_of_training() -> None:
    second = stage(reward_selection=0.3, reward_adversarial=0.4)
    found = {
        "05/rewards": labelled("05/rewards", second),
        "05/discriminator": labelled("05/discriminator", second),
        "05/trouble": labelled("05/trouble", second),
        "04/trouble": labelled("04/trouble", stage()),
    }
    adversary = found["05/rewards"]["adversarial"]
    assert adversary == found["05/discriminator"]["adversary"] == colour_of("adversary")
    assert adversary == found["05/discriminator"]["within groups"] == colour_of("discriminator")
    assert adversary != found["05/rewards"]["accuracy"] == COLOURS["accuracy"]
    flat = found["05/discriminator"]["flat groups"]
    assert flat == found["04/trouble"]["flat groups"] == found["05/trouble"]["flat in accuracy"]
    for name in ("05/rewards", "05/trouble", "04/trouble"):  # beside each other they differ
        assert len(set(found[name].values())) == len(found[name]) > 2, name


def test_a_rule_of_distractors_has_one_colour() -> None:
    rules = ("highest", "lowest_quartile", "lowest")
    places = [(rule, row, False, 0.1 * row) for rule in (*rules, "random") for row in range(4)]
    places += [("random", row, True, 0.8) for row in range(4)]
    table = pd.DataFrame(places, columns=["rule", "row", "target", "similarity"])
    patches = draw("03/similarity_by_rule", table, {"title": "x"}).axes[0].patches[:3]
    found = [to_hex(patch.get_edgecolor()) for patch in patches]
    assert found == [colour_of(rule).lower() for rule in rules]
    used = pd.DataFrame([(r, n, n / 3) for r in rules for n in (1, 2, 3)],
                        columns=["rule", "images", "share"])  # fmt: skip
    axis = draw("03/concentration", used, {"title": "x", "pool": 3}).axes[0]
    assert [line.get_color() for line in axis.lines[:3]] == [colour_of(rule) for rule in rules]
    assert len({colour_of(rule) for rule in rules}) == 3
    assert "no interval" in axis.get_xlabel()


def test_means_of_similarity_and_of_lengths_have_their_intervals() -> None:
    places = [("lowest", row, False, 0.1 + 0.02 * row) for row in range(5)]
    places += [("random", row, place, 0.8) for row in range(5) for place in (True, False)]
    table = pd.DataFrame(places, columns=["rule", "row", "target", "similarity"])
    figure = draw("03/similarity_by_rule", table, {"title": "x"})
    (label,) = [t.get_text() for t in figure.legends[0].texts if "lowest" in t.get_text()]
    assert label.startswith("lowest: 0.14 [0.1") and label.endswith("n = 5")
    lines = [(0, True, 3, 3.0, 2.0, 4.0), (5, True, 1, 3.0, 2.0, 4.0),
             (0, False, 2, 5.0, 4.0, 6.0), (5, False, 2, 5.0, 4.0, 6.0)]  # fmt: skip
    lengths = pd.DataFrame(lines, columns=["tokens", "right", "count", "mean", "low", "high"])
    upper = draw("08/lengths", lengths, {"title": "x"}).axes[0]
    assert [one.get_text().strip() for one in upper.texts] == ["3.0 [2.0, 4.0]", "5.0 [4.0, 6.0]"]
    assert [one.get_text() for one in upper.get_yticklabels()] == ["right, n = 4", "wrong, n = 4"]
    older = draw("08/lengths", lengths.drop(columns=["mean", "low", "high"]), {"title": "x"})
    assert not older.axes[0].texts


def test_letters_of_wide_figures_can_be_read_on_a_page() -> None:
    rows = pd.DataFrame([asdict(row) for row in rows_of(METRICS).values()])
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    crops = pd.DataFrame({"page": [1], "caption": ["Sales rose in " + "all regions " * 9]})
    for figure in (draw("09/claims", rows, {"title": "x"}),
                   draw("01/crops", crops, {"title": "x"}, [picture.getvalue()])):  # fmt: skip
        shrunk = min(1.0, NOTEBOOK_PIXELS / (100 * figure.get_figwidth()))
        sizes = [one.get_fontsize() for one in figure.findobj(text.Text) if one.get_text().strip()]
        assert min(sizes) * 100 / 72 * shrunk >= LEAST_PIXELS
