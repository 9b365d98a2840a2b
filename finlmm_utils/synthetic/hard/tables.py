"""Tables that state series: rows of text under the heads that reports use."""

from __future__ import annotations

from finlmm_utils.finance.terms import Series, plain
from finlmm_utils.synthetic.hard.drawing.canvas import Canvas
from finlmm_utils.synthetic.hard.drawing.house import plain_words, write_line
from finlmm_utils.synthetic.hard.drawing.ink import GREY, Ink, width_of
from finlmm_utils.synthetic.hard.prose import Said
from finlmm_utils.synthetic.hard.traps import SHARES

_STEP, _HIGH = 58.0, 15.0


def draw_rows(canvas: Canvas, rows: list[Said]) -> None:
    """Draws a table of the last two or three years of each row's series, and notes the rows.

    Args:
        canvas: the page.
        rows: each gets its words, as extraction would have them, and its page.
    """
    rng, house = canvas.rng, canvas.house
    rows = [row for row in rows if row.series is not None]
    if not rows:
        return
    count = min(3, *(len(row.series.labels) for row in rows if row.series))
    series = [row.series for row in rows if row.series]
    years = list(series[0].labels[-count:])[::-1]
    odd = not house.chinese and rng.random() < SHARES["odd_head"].weight
    way = rng.choice(("change", "versus")) if odd else "plain"
    y = _head(canvas, years, way)
    for row, one in zip(rows, series, strict=True):
        y += _HIGH
        cells = _cells(one, count, way, row is rows[0])
        name = _name(canvas, one)
        write_line(canvas.page, (canvas.span[0] + 4, y - 4), name, house, house.size)
        ink = Ink(canvas.page, house.font)
        for x, cell in zip(_places(canvas, len(cells)), cells, strict=True):
            ink.text((x, y - 4), cell, house.size, align=1.0)
        ink.done()
        row.words = "\t".join([plain_words(name), *cells[:count]])
        row.page = canvas.number
    canvas.rule(canvas.span, y + 2)
    canvas.y = y + 16


def _places(canvas: Canvas, count: int) -> list[float]:
    right = canvas.span[1] - 6
    return [right - (count - 1 - k) * _STEP for k in range(count)]


def _name(canvas: Canvas, series: Series) -> str:
    term = series.term
    unit = series.unit if series.unit and series.unit != "$m" else ""
    if canvas.house.chinese:
        return f"{term}（{unit}）" if unit else term
    name = term[0].upper() + term[1:] + (f" ({unit})" if unit and unit != "%" else "")
    marked = canvas.rng.random() < 0.5 * SHARES["footnotes"].weight
    return name + f"^{canvas.rng.randint(1, 3)}" if marked else name


def _cells(series: Series, count: int, way: str, first: bool) -> list[str]:
    sign = "$" if series.unit == "$m" and first else ""
    share = "%" if series.unit == "%" else ""
    values = series.values[-count:][::-1]
    cells = [f"{sign}{value:,.10g}{share}" for value in values]
    if way == "plain":
        return cells
    before, last = values[1], values[0]
    rate = f"{(last / before - 1) * 100:.0f}%"
    moved = plain(round(last - before, 1)) + share
    return [*cells, moved, rate] if way == "change" else [*cells, rate]


def _head(canvas: Canvas, years: list[str], way: str) -> float:
    house, size = canvas.house, canvas.house.size
    ink, y = Ink(canvas.page, house.font), canvas.y + size
    note = "单位：亿元（另有注明除外）" if house.chinese else "(in millions, except where noted)"
    ink.text((canvas.span[0], y), note, size - 1)
    heads = [f"{year}年" if house.chinese else year for year in years]
    heads += {"plain": [], "change": ["Change", "%"], "versus": [f"{years[0]} vs. {years[1]}"]}[way]
    places = _places(canvas, len(heads))
    if way == "change":
        y += 1.3 * size
        middle = (places[0] + places[len(years) - 1]) / 2 - 10
        ink.text((middle, y), "Year ended December 31,", size - 1, align=0.5, bold=True)
    y += 1.4 * size
    for x, head in zip(places, heads, strict=True):
        small = min(size, size * 54 / max(width_of(head, house.font, size), 1))
        ink.text((x, y), head, small, bold=True, align=1.0)
    ink.rule((canvas.span[0], y + 4), (canvas.span[1], y + 4), GREY, 0.7)
    ink.done()
    return y + 4
