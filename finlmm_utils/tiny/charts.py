"""Made charts for ``finlmm-tiny`` to learn from, with what stands in which part of each."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from finlmm_utils.finance.terms import plain
from finlmm_utils.processor.loading import ink_box
from finlmm_utils.synthetic.charts import ChartSpec, DrawnChart, drawn_chart, random_spec
from finlmm_utils.synthetic.random_series import random_series
from finlmm_utils.tiny.model import IMAGE_SIZE

CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789$%-"
"""What the auxiliary head of the vision tower tells apart, without regard to case."""
PATCH = 14
SLOTS = 4
"""Values of a series, at most."""


@dataclass
class ChartPool:
    """Made charts, drawn once.

    Attributes:
        images: uint8, (charts, height, width, 3), as the processor frames them.
        specs: what each chart shows.
        characters: bool, (charts, 192, 39): which characters have their centre in which half of
            which patch, the patches in the image processor's order, left half first.
        titles: int, (charts, 48): the number of the series whose title has a part in the upper or
            lower half of an image token; -1 where there is none, or a part of both.
        places: int, (charts, 2, 4, 2): the half of an image token, counted 0 to 47, in which the
            label of each value of each series and the value itself have their centres; -1 where
            there is no such value.
    """

    images: np.ndarray
    specs: list[ChartSpec]
    characters: np.ndarray
    titles: np.ndarray
    places: np.ndarray

    @classmethod
    def draw(cls, count: int, seed: int, frame: Callable[[Any], Any]) -> ChartPool:
        """Draws a pool of random charts.

        Args:
            count: how many.
            seed: of series, styles and the lines around each chart.
            frame: brings a PIL image to ``IMAGE_SIZE``, as the processor does.
        """
        rng = random.Random(seed)
        width, height = IMAGE_SIZE
        halves = 2 * (width // PATCH) * (height // PATCH)
        pool = cls(
            np.empty((count, height, width, 3), np.uint8),
            [random_spec(rng, random_series(rng)) for _ in range(count)],
            np.zeros((count, halves, len(CHARACTERS)), bool),
            np.full((count, halves // 4), -1),
            np.full((count, 2, SLOTS, 2), -1),
        )
        for k, spec in enumerate(pool.specs):
            above, below = _lines_around(spec, rng)
            drawn = drawn_chart(spec, rng.getrandbits(32), margin=4, above=above, below=below)
            pool.images[k] = np.asarray(frame(drawn.image))
            pool._note(k, drawn)
        return pool

    def _note(self, k: int, drawn: DrawnChart) -> None:
        """Writes down what stands in which part of chart ``k``."""
        box = ink_box(drawn.image)
        shown = self.specs[k].shown
        lines: dict[int, set[int]] = {}
        for letter, x, y in drawn.characters:
            place = _half_patch_of(x, y, box)
            if place is None:
                continue
            start, end = drawn.title
            if start <= y < end:
                line = int((y - start) / (end - start) * len(shown))
                lines.setdefault(_half_token(place), set()).add(line)
            if letter.lower() in CHARACTERS:
                self.characters[k, place, CHARACTERS.index(letter.lower())] = True
        for half, there in lines.items():
            self.titles[k, half] = there.pop() if len(there) == 1 else -1
        for n, series in enumerate(shown):
            slots = {label: (slot, 0) for slot, label in enumerate(series.labels)}
            slots |= {plain(value): (slot, 1) for slot, value in enumerate(series.values)}
            for word, x, y in drawn.words:
                place = _half_patch_of(x, y, box)
                if word in slots and place is not None:
                    self.places[k, n, *slots[word]] = _half_token(place)


def _half_token(place: int) -> int:
    """The upper or lower half of an image token, for a half of a patch."""
    return 2 * (place // 8) + place // 4 % 2


def _lines_around(spec: ChartSpec, rng: random.Random) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lines above and below a chart, which a crop out of a report may have taken in.

    Caption or source in three of five; a heading, which belongs to the text, in one of twelve.
    """
    name = rng.choice(("Figure", "Chart", "Exhibit"))
    caption = f"{name} {rng.randint(1, 9)}: {spec.name.capitalize()}"
    source = "Source: company accounts"
    heading = rng.choice(("Outlook", "Capital allocation", "Market review", "Risk management"))
    above = (heading,) if rng.random() < 1 / 12 else ()
    return rng.choices(
        (
            (above, ()),
            (above, (source,)),
            (above, (caption, source)),
            ((*above, caption), ()),
            ((*above, caption), (source,)),
        ),
        weights=(8, 3, 4, 2, 3),
    )[0]


def _half_patch_of(x: float, y: float, box: tuple[int, int, int, int]) -> int | None:
    """The half patch that a pixel falls into once the image is trimmed to ``box`` and framed."""
    width, height = IMAGE_SIZE
    size = (box[2] - box[0], box[3] - box[1])
    scale = min(width / size[0], height / size[1])
    half = int(((x - box[0]) * scale + (width - size[0] * scale) / 2) // (PATCH / 2))
    column = half // 2
    row = int(((y - box[1]) * scale + (height - size[1] * scale) / 2) // PATCH)
    columns, rows = width // PATCH, height // PATCH
    if not (0 <= column < columns and 0 <= row < rows):
        return None
    patch = ((row // 2 * (columns // 2) + column // 2) * 2 + row % 2) * 2 + column % 2
    return 2 * patch + half % 2
