"""Charts drawn mark by mark on a page, as no plotting library would: each trap on its own."""

from __future__ import annotations

import pymupdf

from finlmm_utils.asp.charts.drawn.cells import page_cells
from finlmm_utils.asp.charts.drawn.strokes import page_shapes
from finlmm_utils.asp.charts.read import Shown, read_chart

LEFT, RIGHT, TOP, BOTTOM = 60.0, 340.0, 40.0, 200.0
BLUE, RED, BLACK = (0.1, 0.3, 0.7), (0.8, 0.1, 0.1), (0.0, 0.0, 0.0)


class Drawing:
    """A page with a plot from (60, 40) to (340, 200) and an axis from 0 to `top`."""

    def __init__(self, top: float = 100.0, ticks: int = 5) -> None:
        self.page = pymupdf.open().new_page(width=420, height=300)
        self.top = top
        for k in range(ticks + 1 if ticks else 0):
            value = top * k / ticks
            self.line([(LEFT - 4, self.y(value)), (LEFT, self.y(value))], BLACK)
            self.text(f"{value:g}", LEFT - 6, self.y(value) + 2.9, right=True)

    def y(self, value: float) -> float:
        """Where a value stands."""
        return BOTTOM - value / self.top * (BOTTOM - TOP)

    def text(self, words: str, x: float, baseline: float, *, right: bool = False,
             middle: bool = False) -> None:  # fmt: skip
        """Writes words from x, up to x, or around x."""
        wide = pymupdf.get_text_length(words, fontsize=8)
        x -= wide if right else wide / 2 if middle else 0.0
        self.page.insert_text((x, baseline), words, fontsize=8)

    def line(self, points: list, colour: tuple, dashes: str | None = None) -> None:
        """Draws a polyline."""
        self.page.draw_polyline(points, color=colour, width=0.8, dashes=dashes)

    def bar(self, x: float, value: float, colour: tuple, wide: float = 20.0,
            base: float = 0.0) -> None:  # fmt: skip
        """Draws an upright bar around x."""
        box = (x - wide / 2, self.y(base + value), x + wide / 2, self.y(base))
        self.page.draw_rect(pymupdf.Rect(box).normalize(), color=None, fill=colour)

    def entry(self, x: float, name: str, colour: tuple, dashes: str | None = None,
              block: bool = False) -> None:  # fmt: skip
        """Draws an entry of a legend under the plot."""
        if block:
            self.page.draw_rect((x, 232, x + 7, 239), color=None, fill=colour)
        else:
            self.line([(x - 14, 236), (x + 7, 236)], colour, dashes)
        self.text(name, x + 11, 239)

    def labels(self, names: list[str], places: list[float]) -> None:
        """Writes labels under the plot."""
        for name, x in zip(names, places, strict=True):
            self.text(name, x, BOTTOM + 14, middle=True)

    def read(self) -> Shown:
        """What the reader makes of it, the page having been written and opened again."""
        data = self.page.parent.tobytes()
        page = pymupdf.open(stream=data, filetype="pdf")[0]
        return read_chart(page_shapes(page), page_cells(page), tuple(page.rect))


def values(shown: Shown) -> dict[tuple[str, str], float]:
    """The readings at labels, by series and label."""
    return {(r.series, r.label): r.value for r in shown.readings if r.point in ("label", "share")}
