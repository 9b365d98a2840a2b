"""What a reasoning shares with its question: numbers beside an encoder, or marks in the text.

An encoder of sentences knows what a reasoning says, and hardly whether that belongs to what was
asked. These features say it: which words of the question occur, which numbers repeat. They know no
fixed form of any policy. Both the numbers and the marks are our choice.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch

from finlmm_utils.tar.discriminator.encoders import Encoder

OVERLAPS = 11
"""Numbers of :func:`overlap_numbers`."""
LONG = math.log1p(200.0)
"""Scale of the lengths: log of 1 + 200 words, about the paper's optimum of 450 tokens at most."""
HASHED = 2**13
"""Width of hashed features: a few thousand n-grams occur in a run, so that few collide."""
GRAM = 4
"""Words of the longest n-gram; our choice."""
FORM_WORDS = 4
"""Words at the start of a question that stand for its form: "What is the range"."""

_TOKEN = re.compile(
    r"\d[\d.,]*\d|\d"  # a number, without the mark that ends its sentence
    r"|[\u3400-\u9fff]"  # one Chinese character
    r"|[^\W\d_\u3400-\u9fff]+"  # a word
    r"|[^\w\s]"  # a mark
)
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*")


@lru_cache(maxsize=4096)
def asked_for(question: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words of a question that carry its subject, and its numbers.

    Examples:
        >>> words, numbers = asked_for("What is the range of revenue between 2019 and 2022?")
        >>> sorted(words), sorted(numbers)
        (['range', 'revenue'], ['2019', '2022'])
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    tokens = [token.lower() for token in _TOKEN.findall(question)]
    words = {t for t in tokens if t[0].isalpha() and t not in ENGLISH_STOP_WORDS}
    return frozenset(words), frozenset(t for t in tokens if t[0].isdigit())


def overlap_numbers(question: str, reasoning: str) -> list[float]:
    """Eleven numbers, each from 0 to 1, on what a reasoning shares with its question.

    Args:
        question: the user's turn.
        reasoning: what the policy wrote between the think tags.

    Returns:
        Shares of the question's words and of its numbers that the reasoning holds; of the
        reasoning's words, and of its second half's, that are the question's; of its numbers that
        were said before; whether the last number was; the best sentence's share of the question's
        words, and where it stands; and its words, numbers and sentences on a log scale.
    """
    words, numbers = asked_for(question)
    tokens = [token.lower() for token in _TOKEN.findall(reasoning)]
    said = [t for t in tokens if t[0].isalpha()]
    given = [t for t in tokens if t[0].isdigit()]
    again = [number in given[:n] for n, number in enumerate(given)]
    sentences = [one for one in _SENTENCE.split(reasoning) if one]
    in_each = [_share(words, {t.lower() for t in _TOKEN.findall(one)}) for one in sentences]
    best = max(range(len(in_each)), key=in_each.__getitem__, default=0)
    return [
        _share(words, set(said)),
        _share(numbers, set(given)),
        _mean(t in words for t in said),
        _mean(t in words for t in said[len(said) // 2 :]),
        _mean(again),
        float(again[-1]) if again else 0.0,
        in_each[best] if in_each else 0.0,
        best / max(1, len(in_each) - 1),
        *(min(1.0, math.log1p(len(part)) / LONG) for part in (said, given, sentences)),
    ]


def _share(wanted: frozenset[str], there: set[str]) -> float:
    return len(wanted & there) / len(wanted) if wanted else 0.0


def _mean(flags: Any) -> float:
    flags = list(flags)
    return sum(flags) / len(flags) if flags else 0.0


def copy_marked(question: str, reasoning: str) -> list[str]:
    """The words of a reasoning, with marks where it copies.

    Args:
        question: the user's turn.
        reasoning: what the policy wrote between the think tags.

    Examples:
        >>> " ".join(copy_marked("What is revenue in 2021?", "Revenue. 2021: 45. So 45."))
        '<asked> . <year> : <value> . so <again> .'
    """
    words, numbers = asked_for(question)
    seen: set[str] = set()
    marked: list[str] = []
    for token in (token.lower() for token in _TOKEN.findall(reasoning)):
        if token in words:
            if marked[-1:] != ["<asked>"]:
                marked.append("<asked>")
        elif not token[0].isdigit():
            marked.append(token)
        else:
            marked.append(
                "<year>" if token in numbers else "<again>" if token in seen else "<value>"
            )
            seen.add(token)
    return marked


class WithOverlap(Encoder):
    """An encoder's features, each row at unit scale, and the overlap numbers beside them.

    Args:
        encoder: whose features come first.
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.inner = encoder
        self.width = encoder.width + OVERLAPS
        self.frozen, self.looks = encoder.frozen, encoder.looks
        self.name = f"{encoder.name}, overlap"
        self.learning_rate = encoder.learning_rate

    def forward(
        self, questions: Sequence[str], reasoning: Sequence[str], *rows: Sequence[str]
    ) -> torch.Tensor:
        """Reads n pairs: (n, width of the encoder + 11)."""
        read = self.inner(questions, reasoning, *rows)
        self.coverage = self.inner.coverage
        read = torch.nn.functional.layer_norm(read, read.shape[-1:])
        pairs = zip(questions, reasoning, strict=True)
        beside = torch.tensor([overlap_numbers(q, r) for q, r in pairs], device=read.device)
        return torch.cat([read, 4 * beside - 2], dim=-1)  # 0..1 to about the features' scale


class CopyMarked(Encoder):
    """Hashed n-grams of copy-marked text, alone and crossed with the form of the question.

    No weights: with a linear head it is the smallest judge that sees what was copied. Features
    are (n, 8192) float32, of length 1 each.
    """

    width, frozen, name = HASHED, True, "copy-marked"
    head_learning_rate = 0.05

    def forward(self, questions: Sequence[str], reasoning: Sequence[str]) -> torch.Tensor:
        """Reads n pairs."""
        from sklearn.feature_extraction import FeatureHasher
        from sklearn.preprocessing import normalize

        hasher = FeatureHasher(HASHED, input_type="string")
        pairs = zip(questions, reasoning, strict=True)
        counted = hasher.transform([_grams(q, r) for q, r in pairs])
        return torch.from_numpy(normalize(counted).toarray()).float()


def _grams(question: str, reasoning: str) -> list[str]:
    marked = ["<start>", *copy_marked(question, reasoning), "<end>"]
    start = [token.lower() for token in _TOKEN.findall(question)][:FORM_WORDS]
    forms = (" ".join(start[:1]), " ".join(start))
    grams = [
        " ".join(marked[k : k + size])
        for size in range(1, GRAM + 1)
        for k in range(len(marked) - size + 1)
    ]
    return grams + [f"{form} | {gram}" for form in forms for gram in grams]
