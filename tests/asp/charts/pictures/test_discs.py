"""Pies in pictures: angles and printed shares must agree, and each slice needs its name."""

from __future__ import annotations

import pytest

from tests.asp.charts.pictures.canvas import BLUE, GOLD, GREEN, Canvas, told

PARTS = [(0.5, BLUE, "Retail"), (0.3, GOLD, "Office"), (0.2, GREEN, "Land")]
INSIDE = [(220, 170), (125, 215), (115, 125)]  # in the middles of these slices
WANTED = {("", "Retail"): 50, ("", "Office"): 30, ("", "Land"): 20}


def pie(shares: tuple[str, ...]) -> Canvas:
    """A pie of radius 100 around (170, 170) with a legend at its right."""
    canvas = Canvas()
    canvas.disc(170, 170, 100, [(share, colour) for share, colour, _ in PARTS])
    for k, (_, colour, name) in enumerate(PARTS):
        canvas.box(340, 100 + 40 * k, 352, 112 + 40 * k, colour)
        canvas.word(395, 106 + 40 * k, name)
    for (x, y), text in zip(INSIDE, shares, strict=False):
        canvas.word(x, y, text, (255, 255, 255))
    return canvas


def test_a_legend_names_slices_that_bear_out_their_shares() -> None:
    shown = pie(("50%", "30%", "20%")).read()
    assert told(shown) == WANTED
    assert {r.how for r in shown.readings} == {"printed"}


def test_angles_tell_the_shares_where_none_is_printed() -> None:
    shown = pie(()).read()
    assert told(shown) == pytest.approx(WANTED, abs=0.6)
    assert {r.how for r in shown.readings} == {"shape"}


@pytest.mark.parametrize("shares", [("58%", "30%", "20%"), ("50%", "30%", "23%")])
def test_a_share_that_its_angle_does_not_bear_out_is_not_read(shares: tuple[str, ...]) -> None:
    assert not pie(shares).read().readings


def test_names_over_their_shares_beside_the_slices() -> None:
    canvas = Canvas(560)
    canvas.disc(270, 170, 80, [(share, colour) for share, colour, _ in PARTS])
    canvas.disc(270, 170, 50, [(1.0, (255, 255, 255))])
    for x, y, name, share in (
        (400, 165, "Retail", "50%"), (180, 250, "Office", "30%"), (185, 88, "Land", "20%"),
    ):  # fmt: skip
        canvas.word(x, y, name)
        canvas.word(x, y + 18, share)
    assert told(canvas.read()) == WANTED


def test_slices_without_names_and_two_pies_are_not_read() -> None:
    canvas = pie(("50%", "30%", "20%"))
    canvas.image[:, 330:] = 255
    canvas.words = canvas.words[len(PARTS) :]
    assert canvas.read().unread == "slices without names"
    two = Canvas(700)
    for x in (150, 450):
        two.disc(x, 170, 100, [(share, colour) for share, colour, _ in PARTS])
    assert not two.read().readings
