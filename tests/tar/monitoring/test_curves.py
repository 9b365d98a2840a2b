"""What the tables and titles of a training show."""

import matplotlib.pyplot as plt
import pandas as pd

from finlmm_utils.plot_style import COLOURS
from finlmm_utils.tar.grpo_by_hand import group_advantages
from finlmm_utils.tar.monitoring.curves import ends_in_words, plot_terms, rollout_table


def rollouts(*groups: tuple[int, str, list[float]]) -> pd.DataFrame:
    lines = [
        {"step": step, "id": row, "question": f"of {row}", "completion": f"{row} {k}",
         "reward_format": 1.0, "reward_accuracy": reward, "advantage": advantage}
        for step, row, rewards in groups
        for k, (reward, advantage) in enumerate(
            zip(rewards, group_advantages(rewards), strict=True)
        )
    ]  # fmt: skip
    return pd.DataFrame(lines)


def test_the_group_that_is_shown_disagrees() -> None:
    table = rollouts((1, "a", [0, 1]), (2, "b", [1, 1]), (2, "c", [0, 1]), (2, "d", [0.9, 1]))
    styled = rollout_table(table)
    assert set(styled.table["completion"]) == {"c 0", "c 1"}
    assert styled.caption.startswith("Step 2") and styled.caption.endswith("Asked: of c")
    assert "question" not in styled.table, "asked once, not in every line"


def test_an_earlier_step_is_taken_where_the_last_has_no_such_group() -> None:
    styled = rollout_table(rollouts((1, "a", [0, 1]), (2, "a", [1, 1]), (2, "b", [0, 0])))
    assert styled.caption.startswith("Step 1")
    assert list(styled.table["accuracy"]) == [0, 1]


def test_rewards_that_differ_and_weigh_nothing_make_no_group_to_look_at() -> None:
    table = rollouts((1, "a", [0.4, 0.6]), (2, "b", [0.5, 0.5]))
    table.loc[table["id"] == "b", "reward_format"] = [0.0, 1.0]  # of weight 0
    assert set(rollout_table(table).table["completion"]) == {"a 0", "a 1"}


def test_where_all_groups_are_flat_the_caption_says_so() -> None:
    styled = rollout_table(rollouts((1, "a", [1, 1]), (3, "b", [0, 0])))
    assert "every advantage is 0" in styled.caption
    assert set(styled.table["completion"]) == {"b 0", "b 1"}


def test_a_title_says_how_quantities_moved() -> None:
    table = pd.DataFrame({"step": range(8), "flat": [0.1, 0.3, 0, 0, 0, 0, 0.5, 0.7]})
    assert ends_in_words(table, {"flat": "flat groups", "kl": "KL"}) == "flat groups 0.20 to 0.60"
    assert ends_in_words(table.head(0), {"flat": "flat groups"}) == "no steps"


def test_a_curve_has_its_band_its_limits_and_its_marks() -> None:
    table = pd.DataFrame({"step": range(1, 31), "clipped": [0.0, 0.2] * 15, "accuracy": [0.5] * 30})
    figure = plot_terms(table, {"clipped": "clipped", "accuracy": "accuracy"}, "t", "share",
                        limits={"alarm": 0.1}, marks={"fires": [9, 20]})  # fmt: skip
    axis = figure.axes[0]
    band, flat = (collection.get_paths()[0].get_extents() for collection in axis.collections)
    assert band.height > 0.05 and flat.height < 0.05
    assert {"alarm", " fires", "clipped", "accuracy"} <= {text.get_text() for text in axis.texts}
    assert sum(line.get_linestyle() == ":" for line in axis.lines) == 2
    colours = [line.get_color() for line in axis.lines[:4]]
    assert colours[2] == colours[3] == COLOURS["accuracy"] != colours[0]
    plt.close(figure)
