"""Amounts in every shape against each other: equal ones are right, all others are wrong."""

import random
from itertools import permutations, product

from finlmm_utils.finance.answers import match
from tests.finance.amounts import pair, same

CURRENCIES = ["US$", "HK$", "A$", "S$", "NT$", "$", "RMB", "¥", "€", "£", "Rs ", "USD ", ""]
SHAPES = [  # texts with more than one number, of which no part may decide alone
    "{c}{n}bn (2021)", "{c}{n}/bbl", "{c}{n}-{m} million", "{c}{n} per share", "{c}{n} + tax",
    "{c}{n} ({p}%)", "{c}{n}m vs {c}{m}m", "{c}{n} to {c}{m}", "{c}{n} and {c}{m}",
    "{n}% of {c}{m}", "{c}{n}bn in 2021", "between {c}{n} and {c}{m}", "{c}{n}, of which {c}{m}",
    "{c}{n}bn/{c}{m}bn", "\\text{{{c}}}{n} ({m})", "{c}{n} \\text{{ million}}", "{c}{n} ± {m}",
    "{c}{n} (see Figure 2)", "{c}{n} + {c}{m} = {c}{s}", "{c}{n}\\times {c}{m}", "{c}{n} [{m}]",
    "${c}{n}$ and ${c}{m}$", "$ {c}{n} $ + $ {c}{m} $", "{c}{n} {m}", "\\frac{{{c}{n}}}{{{m}}}",
    "{c}{n}^{m}", "{n} km by {m}", "-{c}{n} to {c}{m}", "{c}{n} million to {c}{m} billion",
    "answer: ${c}{n}$ {m}", "\\boxed{{{c}{n}}} {m}", "{c}{n} (in millions)", "{c}{n} m²",
]  # fmt: skip


def test_amounts_with_the_same_decimals_are_equal_or_wrong():
    rng, wrong = random.Random(1), []
    for _ in range(10_000):
        a, b = pair(rng)
        said = match(a.text, b.text, "number"), match(b.text, a.text, "number")
        if said != (same(a, b),) * 2 or match(a.text, a.text, "number") is not True:
            wrong.append((a.text, b.text, said))
    assert wrong == []


def test_no_part_of_an_answer_decides_alone():
    paid = []
    numbers = [(7, 45, 3), (9, 45, 3), (7, 46, 4), (12, 5, 3), (70, 45, 3)]
    for currency in CURRENCIES:
        for shape in SHAPES:
            texts = [shape.format(c=currency, n=n, m=m, p=p, s=n + m) for n, m, p in numbers]
            pairs = [(a, b) for a, b in permutations(texts, 2) if a != b]
            paid += [(a, b) for a, b in pairs if match(a, b, "number")]
            assert all(match(text, text, "number") is not False for text in texts)
    assert paid == []


BEHIND = ["%", " bps", " years", "x", "亿元", " kg", " US dollars"]
BEFORE = ["US$", "€"]


def lists():
    """Lists of two amounts, with a unit for each or one for both, and the amounts in full."""
    for a, b in ((5, 7), (7, 5), (5, 9)):
        spelt = [(f"{a}{u}", (a, u)) for u in BEHIND], [(f"{b}{u}", (b, u)) for u in BEHIND]
        spelt[0].extend((f"{u}{a}", (a, u)) for u in BEFORE)
        spelt[1].extend((f"{u}{b}", (b, u)) for u in BEFORE)
        yield from ((f"{x} and {y}", {one, other}) for (x, one), (y, other) in product(*spelt))
        yield from ((f"{a} and {b}{u}", {(a, u), (b, u)}) for u in BEHIND)
        yield from ((f"{u}{a} and {b}", {(a, u), (b, u)}) for u in BEFORE)


def test_a_unit_that_a_list_names_once_is_that_of_all_its_items():
    def plain(items):
        return {(n, "US$" if u == " US dollars" else u) for n, u in items}

    found = [(text, plain(items)) for text, items in lists()]
    wrong = [
        (a, b) for (a, one), (b, other) in product(found, random.Random(2).sample(found, 60))
        if not match(a, b, "number") == match(b, a, "number") == (one == other)
    ]  # fmt: skip
    assert wrong == []
