"""Which rows of an evaluation stand in training too: by their words, by their pictures."""

from __future__ import annotations

import functools
import io
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from finlmm_utils.asp.page.pixels import NEAR_HASH, OTHER_GREY, perceptual_hash, thumbnail

NEAR_TEXT = 0.9
"""Cosine of two questions' letters (3 to 5 in a row, weighted by rarity) from which they count as
one (our choice). Of 24 questions of about twenty words from FinMMR and FinChart-Bench, 21 stay
above it when one word becomes another of these sets, 12 when it becomes a made-up one, and 1 when
four made-up words are added."""
PIECES = 2**20
"""Numbers that the pieces of a question are hashed to. At 2**18 the counts above are the same."""
NEAR_RATIO = 0.05
"""Share by which their ratios of width to height may differ (our choice)."""
BLOCK = 512
"""Evaluation rows that are compared with all of training at a time."""
OTHER_FIELDS = 0.05
"""Share of 64 x 64 fields that may differ in grey where two pictures are one. Of 150 charts from
reports none had more than 0.046 after halving, 0 after encoding anew; two charts with near hashes
had 0.32."""
DECODED_SIDE = 256
"""Pixels a side that a JPEG keeps when it is read: twice what is compared."""


def overlaps(train: Any, evaluation: Any) -> pd.DataFrame:
    """Rows of training and of evaluation that share a question or a picture.

    Args:
        train: a ``Dataset`` in the row contract, or :class:`Training` where it is compared with
            several sets.
        evaluation: another ``Dataset``.

    Returns:
        One line a pair: ``evaluation`` and ``train`` (ids), ``text`` ("same", "near" or ""),
        ``cosine`` of the questions, ``pictures`` (how many of the evaluation row's the other has),
        and ``counts``: whether the row has been seen, that is, a picture is shared, or the
        question where neither row has one. A question shared by rows of other pictures is listed
        and does not count: reports are asked the same things.
    """
    train = train if isinstance(train, Training) else Training(train)
    pairs: dict[tuple[int, int], dict[str, Any]] = defaultdict(
        lambda: {"text": "", "cosine": np.nan, "pictures": 0}
    )
    for i, j, cosine, same in train.near_texts(_questions(evaluation)):
        pairs[i, j] |= {"text": "same" if same else "near", "cosine": cosine}
    for i, j in _near_pictures(train.pictures, _Pictures(evaluation)):
        pairs[i, j]["pictures"] += 1
    bare_train, bare = _without_pictures(train.rows), _without_pictures(evaluation)
    names, others = evaluation["id"][:], train.rows["id"][:]
    lines = [
        {"evaluation": names[i], "train": others[j], **found,
         "counts": found["pictures"] > 0 or bool(found["text"] and bare[i] and bare_train[j])}
        for (i, j), found in sorted(pairs.items())
    ]  # fmt: skip
    columns = ["evaluation", "train", "text", "cosine", "pictures", "counts"]
    table = pd.DataFrame(lines, columns=columns)
    return table.sort_values(["counts", "cosine"], ascending=False, ignore_index=True)


def contaminated(table: pd.DataFrame) -> set[str]:
    """Ids of the evaluation rows that have been seen in training."""
    return set(table.loc[table["counts"].astype(bool), "evaluation"])


def normal_question(text: str) -> str:
    """A question's letters and digits, in lower case, single spaces between words."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _questions(rows: Any) -> list[str]:
    return [normal_question(prompt[-1]["content"]) for prompt in rows["prompt"]]


def _without_pictures(rows: Any) -> list[bool]:
    from finlmm_utils.rows import image_counts

    return [count == 0 for count in image_counts(rows)]


class Training:
    """Rows of training, read once and compared with any number of evaluation sets.

    Args:
        rows: a ``Dataset`` in the row contract.
    """

    def __init__(self, rows: Any) -> None:
        from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
        from sklearn.pipeline import make_pipeline

        self.rows = rows
        self._questions = _questions(rows)
        # hashed: a vocabulary of training would drop what only the other question says, and a
        # question with more in it would be the same one
        pieces = HashingVectorizer(
            analyzer="char_wb", ngram_range=(3, 5), n_features=PIECES, alternate_sign=False,
            norm=None, dtype=np.float32,
        )  # fmt: skip
        self._reader = make_pipeline(pieces, TfidfTransformer())
        self._known: Any = None
        if any(self._questions):
            self._known = self._reader.fit_transform(self._questions).T.tocsr()

    @functools.cached_property
    def pictures(self) -> _Pictures:
        """Hashes of all pictures."""
        return _Pictures(self.rows)

    def near_texts(self, questions: Sequence[str]) -> Iterator[tuple[int, int, float, bool]]:
        """Numbers of a question and of a row, their cosine, and whether the words are the same."""
        if self._known is None or not questions:
            return
        asked = self._reader.transform(questions)
        for start in range(0, len(questions), BLOCK):
            found = (asked[start : start + BLOCK] @ self._known).tocoo()
            near = found.data >= NEAR_TEXT
            places = zip(found.row[near] + start, found.col[near], found.data[near], strict=True)
            for i, j, cosine in places:
                yield int(i), int(j), float(cosine), questions[i] == self._questions[j]


class _Pictures:
    """The pictures of a data set's rows: hashes at hand, pixels read again where they decide."""

    def __init__(self, rows: Any) -> None:
        from datasets import Image, List

        self.owners: list[int] = []
        self.ratios: list[float] = []
        self._places: list[tuple[int, int]] = []
        hashes: list[str] = []
        self._raw: Any = []
        if "images" in rows.column_names:
            some = rows.select_columns(["images"])
            self._raw = some.cast_column("images", List(Image(decode=False)))
        for number, row in enumerate(self._raw):
            for k in range(len(row["images"] or ())):
                image = _small(row["images"][k])
                self.owners.append(number)
                self.ratios.append(image.width / image.height)
                self._places.append((number, k))
                hashes.append(perceptual_hash(image))
        self.bits = np.array([int(one, 16) for one in hashes], np.uint64)

    @functools.lru_cache(maxsize=4_096)  # noqa: B019, lives as long as one comparison
    def thumb(self, place: int) -> Any:
        """Grey values of one picture, 64 x 64."""
        number, k = self._places[place]
        fine = thumbnail(_small(self._raw[number]["images"][k]))
        side = len(fine) // 2
        return fine.reshape(side, 2, side, 2).mean((1, 3))


def _small(image: dict[str, Any]) -> Any:
    """A picture in grey; of a JPEG a fraction of its size is decoded."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's on large images
        data = image["path"] if image["bytes"] is None else io.BytesIO(image["bytes"])
        with Image.open(data) as opened:
            opened.draft("L", (DECODED_SIDE, DECODED_SIDE))
            return opened.convert("L")


def _near_pictures(known: _Pictures, asked: _Pictures) -> Iterator[tuple[int, int]]:
    """Evaluation and training row of every pair of pictures that are one picture."""
    ratios = np.array(known.ratios)
    for place, bits in enumerate(asked.bits):
        near = np.bitwise_count(known.bits ^ bits) <= NEAR_HASH
        near &= np.abs(ratios / asked.ratios[place] - 1) <= NEAR_RATIO
        rows: set[int] = set()
        for other in np.flatnonzero(near).tolist():
            unlike = np.abs(asked.thumb(place) - known.thumb(other)) > OTHER_GREY
            if known.owners[other] not in rows and unlike.mean() <= OTHER_FIELDS:
                rows.add(known.owners[other])
        for row in sorted(rows):
            yield asked.owners[place], row
