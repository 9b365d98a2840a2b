"""Multi-image rows: the right figure among distractors, chosen by how like the question they are.

The paper chooses the candidates of LOWEST textual similarity. Taken to the letter, a few odd images
fill most places and can be learnt by heart, so that rule is an option here and the default draws
from the lowest quartile with a cap for each image (our choice).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.alignment.similarity import least_similar, lowest
from finlmm_utils.asp.language import tokens
from finlmm_utils.asp.records import IQA, Figure
from finlmm_utils.finance.reference_clauses import without_label

Rule = Literal["lowest", "lowest_quartile", "banded", "random", "highest"]
Source = Literal["anywhere", "same_report", "other_reports"]
FIRST_RANKED = 64
"""Candidates that are ranked first; nearly always enough, so that a large pool is not sorted."""
NEAR_BITS = 6
"""Two images whose 64-bit perceptual hashes differ in at most so many bits count as one."""
LABEL_LETTERS = 80
"""Characters of a figure's own words in which a second title may stand."""
QUARTER = 4
"""``lowest_quartile`` draws from one candidate in so many."""


@dataclass(frozen=True)
class Choice:
    """The images of one row.

    Attributes:
        images: indices into the pool, in the order of the row.
        target: position of the right one, from 1.
    """

    images: tuple[int, ...]
    target: int


def split_reports(
    report_ids: Sequence[str], test_share: float, seed: int, validation_share: float = 0.0
) -> dict[str, str]:
    """Puts whole reports into train, validation or test, so that no report is in two of them.

    The test reports are drawn first: which they are does not depend on ``validation_share``.

    Args:
        report_ids: in any order, with repeats.
        test_share: share of the reports, at least one each where there are two.
        seed: of the draw.
        validation_share: share of the reports on which parameters are chosen: at least one where
            there are three, and one is always left for training; 0 for none.

    Returns:
        "train", "validation" or "test" for each report.
    """
    ids = sorted(set(report_ids))
    random.Random(f"split {seed}").shuffle(ids)
    n = len(ids)
    test = min(max(round(n * test_share), 1), n - 1) if n > 1 else 0
    validation = max(round(n * validation_share), 1) if validation_share > 0 else 0
    validation = max(min(validation, n - test - 1), 0)
    sides = ["test"] * test + ["validation"] * validation + ["train"] * (n - test - validation)
    return dict(zip(ids, sides, strict=True))


def hash_distance(a: str, b: str) -> int:
    """Number of differing bits of two perceptual hashes; 64 where one is missing."""
    return (int(a, 16) ^ int(b, 16)).bit_count() if a and b else 64


def title_words(text: str) -> set[str]:
    """Words of a title that name what is shown: no "Figure 3:", no years, no units."""
    return {t for t in tokens(without_label(text)) if not t[0].isdigit() and len(t) > 1}


def also_answers(target: Figure, other: Figure) -> bool:
    """Whether another figure may answer the same question: it shows the same or a nearer term.

    True where all words of its title stand in the other title or in its first labels: a
    chart of another company's revenue is no distractor for a question about revenue.
    """
    wanted = title_words(target.caption)
    there = title_words(other.caption) | title_words(other.inner_text[:LABEL_LETTERS])
    return bool(wanted) and wanted <= there


class Chooser:
    """Chooses distractors for questions over one pool of figures.

    Args:
        figures: the pool: all figures of one split.
        rule: ``lowest`` (the paper's, to the letter), ``lowest_quartile`` (default), ``banded``
            (between two quantiles: hard, but not nearly right), ``random`` or ``highest``.
        least: fewest distractors of a row.
        most: most of them.
        image_cap: largest share of all distractor places that one image may take; not applied to
            ``lowest``.
        rows: number of rows that will be built, for the cap.
        seed: of all draws.
        source: ``anywhere`` in the pool, ``same_report`` as the right figure first and the others
            after, or ``other_reports`` only. The rule ranks each of these groups on its own.
        band: the two quantiles of ``banded``, shares of the candidates from the least similar up.
    """

    def __init__(
        self, figures: Sequence[Figure], rule: Rule = "lowest_quartile", least: int = 2,
        most: int = 2, image_cap: float = 0.1, rows: int = 0, seed: int = 1,
        source: Source = "anywhere", band: Sequence[float] = (0.5, 0.9),
    ) -> None:  # fmt: skip
        if most < least:
            raise ValueError(f"max_distractors {most} is below min_distractors {least}; raise it")
        self.figures = list(figures)
        self.reports = np.unique([f.report_id for f in self.figures], return_inverse=True)[1]
        self.rule, self.least, self.most = rule, least, most
        self.source, self.band = source, band
        self.cap = max(1, int(np.ceil(image_cap * rows * most)))
        self.rng = random.Random(f"distractors {seed}")
        self.uses: Counter[int] = Counter()

    def choose(self, target: int, similarity: NDArray[np.floating]) -> Choice | None:
        """Chooses the images of one row.

        Args:
            target: index of the right figure.
            similarity: of the question to every figure of the pool, shape (figures,).

        Returns:
            The images in row order, the right one at a place drawn uniformly from as many as the
            row has; or None where the pool has too few that differ.
        """
        wanted = self.rng.randint(self.least, self.most)
        chosen = [target]
        for index in self._ranked(target, similarity):
            if len(chosen) > wanted:
                break
            if self._fits(index, chosen, similarity[target] - similarity[index]):
                chosen.append(index)
        position = self.rng.randint(1, wanted + 1)
        if len(chosen) <= self.least:
            return None
        if len(chosen) <= wanted:  # drawn anew, or the last place would be the likeliest
            position = self.rng.randint(1, len(chosen))
        others = chosen[1:]
        self.uses.update(others)
        self.rng.shuffle(others)
        images = (*others[: position - 1], target, *others[position - 1 :])
        return Choice(images, position)

    def _ranked(self, target: int, similarity: NDArray[np.floating]) -> Iterator[int]:
        """Candidates in the order in which source and rule want them."""
        others = np.arange(len(self.figures)) != target
        same = self.reports == self.reports[target]
        groups = {"anywhere": [others], "same_report": [others & same, ~same]}
        for group in groups.get(self.source, [~same]):
            members = np.flatnonzero(group)
            for k in self._by_rule(similarity[members]):
                yield int(members[k])

    def _by_rule(self, similarity: NDArray[np.floating]) -> Iterator[int]:
        """Places of one group in the order in which the rule wants them."""
        n = len(similarity)
        if self.rule == "highest":
            mirrored = -similarity[::-1]
            yield from (n - 1 - k for k in least_similar(mirrored, FIRST_RANKED))
            yield from (n - 1 - k for k in least_similar(mirrored, n)[FIRST_RANKED:])
            return
        last = FIRST_RANKED
        if self.rule == "lowest":
            yield from least_similar(similarity, last).tolist()
        elif self.rule == "banded":  # what lies outside the band is no candidate
            under, upper = (lowest(similarity, int(share * n)) for share in self.band)
            yield from self._drawn(np.setdiff1d(upper, under, assume_unique=True))
            return
        else:
            last = n if self.rule == "random" else max(n // QUARTER, self.most)
            yield from self._drawn(lowest(similarity, last))
        yield from least_similar(similarity, n)[last:].tolist()

    def _drawn(self, members: NDArray[np.intp]) -> Iterator[int]:
        """A random order of the members, drawn only as far as it is asked for (Fisher-Yates)."""
        moved: dict[int, int] = {}
        for k in range(len(members)):
            j = self.rng.randrange(k, len(members))
            yield int(members[moved.get(j, j)])
            moved[j] = moved.get(k, k)

    def _fits(self, index: int, chosen: list[int], lead: float) -> bool:
        """Whether a candidate is another image, does not answer too and is not used up."""
        figure, target = self.figures[index], self.figures[chosen[0]]
        if self.rule != "lowest" and self.uses[index] >= self.cap:
            return False
        if lead <= 0 or also_answers(target, figure):
            return False
        return all(
            figure.png != self.figures[k].png
            and hash_distance(figure.phash, self.figures[k].phash) > NEAR_BITS
            for k in chosen
        )


def concentration(uses: Counter[int], images: int = 5) -> float:
    """Share of all distractor places that the most used images take."""
    total = sum(uses.values())
    return sum(n for _, n in uses.most_common(images)) / total if total else 0.0


def build_rows(
    triplets: Sequence[IQA],
    chooser: Chooser,
    similarity: Iterable[NDArray[np.floating]],
    split: str,
) -> list[dict[str, object]]:
    """Builds the rows of one split in the row contract.

    Args:
        triplets: kept ones, each with a figure of the chooser's pool.
        chooser: with its pool.
        similarity: one row of shape (figures,) for each triplet: a matrix, or, where that would
            not fit, :func:`finlmm_utils.asp.alignment.similarity.similarity_rows`.
        split: "train", "validation" or "test".

    Returns:
        Rows; a triplet without enough distractors is left out.
    """
    from finlmm_utils.rows import make_row

    place = {figure.figure_id: k for k, figure in enumerate(chooser.figures)}
    rows = []
    for triplet, row in zip(triplets, similarity, strict=True):
        choice = chooser.choose(place[triplet.figure_id], row)
        if choice is None:
            continue
        images = [{"bytes": chooser.figures[k].png, "path": None} for k in choice.images]
        rows.append(
            make_row(
                triplet.qa_id, triplet.question, triplet.answer, triplet.answer_kind, triplet.task,
                unit=triplet.unit, split=split, images=images, target_image=choice.target,
            )
        )  # fmt: skip
    return rows
