"""Draws series of values for the made world."""

from __future__ import annotations

import random

from finlmm_utils.finance.terms import PARTS, TERMS, Series, Term, even_growth


def random_series(
    rng: random.Random,
    term: Term | None = None,
    length: int | None = None,
    parts: bool | None = None,
) -> Series:
    """Draws a made series of 3 or 4 whole values from 10 to 99, all different.

    Two in three series have a clear direction, so that the three answers of the trend question are
    about equally frequent; two in five have a growth that needs no calculator.

    Args:
        rng: the only source of chance.
        term: what is measured; drawn if None.
        length: number of values; drawn if None.
        parts: over regions or segments instead of consecutive years from 2015 to 2026; if None, in
            one of five. Only amounts have parts: of a ratio there are none.
    """
    term = term or rng.choice(TERMS)
    length = length or rng.choice((3, 4))
    over_parts = rng.random() < 0.2 if parts is None else parts
    if over_parts and can_have_parts(term):
        labels = tuple(rng.choice(list(PARTS.values()))[:length])
    else:
        start = rng.randint(2015, 2027 - length)
        labels = tuple(str(start + k) for k in range(length))
    values = rng.sample(range(10, 100), length)
    if rng.random() < 0.4:
        even = [v for v in range(10, 100) if even_growth(values[0], v) and v not in values]
        values[1] = rng.choice(even) if even else values[1]
    shape = rng.choice(("rise", "fall", "any"))
    if shape != "any":
        values.sort(reverse=shape == "fall")
    return Series(term.name, term.unit, labels, tuple(values))


def can_have_parts(term: Term) -> bool:
    """Whether regions and segments add up to it."""
    return term.unit in ("$m", "k", "")
