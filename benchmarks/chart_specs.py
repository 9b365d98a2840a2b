"""Charts to be drawn by any engine, with the values that a reader should find in them.

Nothing here knows how a chart is drawn: `chart_engines` does, by four engines. A chart is made from
a seed alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

KINDS = (
    "bar", "negative", "grouped", "stacked", "hbar", "grouped_hbar", "line", "lines", "dashes",
    "dense", "area", "stacked_area", "pie", "donut", "two_axes", "log", "direct", "histogram",
)  # fmt: skip
BITMAP_KINDS = ("bar", "negative", "grouped", "stacked", "hbar", "line", "lines", "dense")
LINES = {"line", "lines", "dashes", "dense", "log", "direct"}
NAMES = [
    "Net sales", "Operating income", "Services", "Hardware", "Licences", "Europe", "Asia Pacific",
    "Americas", "Retail", "Wholesale", "Fund", "Benchmark", "Peer group", "策略净值", "沪深300",
    "中证500", "营业收入", "净利润", "S&P 500 Index", "Dividends",
]  # fmt: skip
GROUPS = [
    "Energy", "Materials", "Industrials", "Health Care", "Financials", "Utilities", "Real Estate",
    "IT", "Telecom", "Consumer Staples", "医药", "电子", "银行", "食品饮料", "计算机",
]  # fmt: skip
PALETTES = [
    ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b"],
    ["#4472c4", "#ed7d31", "#a5a5a5", "#ffc000", "#5b9bd5", "#70ad47"],
    ["#c00000", "#002060", "#7f7f7f", "#e6b8b7", "#95b3d7", "#d9d9d9"],
    ["#003f5c", "#58508d", "#bc5090", "#ff6361", "#ffa600", "#2f4b7c"],
    ["#0b3d2e", "#3a7d44", "#9dc08b", "#edf1d6", "#609966", "#40513b"],
]


@dataclass
class Chart:
    """A chart before it is drawn.

    Attributes:
        kind: one of `KINDS`.
        seed: that it was made from.
        labels: categories, or the printed dates of a dense line.
        series: values by name; of a dense line one for each of `steps` equal steps.
        right: names of the series on the right axis.
        axis: least and greatest tick and their distance, of the left axis and of the right one.
        colours: one a series, or one a slice.
        dashes: lengths of a dash pattern a series, () for solid.
        style: what else an engine may draw one way or another.
        at: of a dense line, the step of each label.
    """

    kind: str
    seed: int
    labels: list[str]
    series: dict[str, list[float]]
    right: list[str] = field(default_factory=list)
    axis: list[tuple[float, float, float]] = field(default_factory=list)
    colours: list[str] = field(default_factory=list)
    dashes: list[tuple[int, ...]] = field(default_factory=list)
    style: dict = field(default_factory=dict)
    at: list[int] = field(default_factory=list)

    def range_of(self, name: str) -> float:
        """Extent of the axis that a series is drawn on."""
        if self.kind in ("pie", "donut"):
            return 100.0
        low, high, _ = self.axis[1 if name in self.right else 0]
        return high - low

    def truth(self, name: str, label: str, point: str) -> float | None:
        """The value that a reading should have; None where the chart has no such point."""
        if self.kind in ("pie", "donut"):
            whole = sum(self.series[""])
            shares = dict(zip(self.labels, self.series[""], strict=True))
            return 100 * shares[label] / whole if label in shares else None
        if not name and len(self.series) == 1:
            name = next(iter(self.series))
        if name not in self.series:
            return None
        values = self.series[name]
        ends = {"first": values[0], "last": values[-1], "highest": max(values),
                "lowest": min(values)}  # fmt: skip
        if point in ends:
            return ends[point]
        if label not in self.labels:
            return None
        k = self.labels.index(label)
        return values[self.at[k] if self.at else k]

    def gold(self) -> list[tuple[str, str, str]]:
        """The points that a reader should find: series, label, point."""
        out = []
        for name, values in self.series.items():
            if self.at:  # a curve may be too steep at a label; its ends and extremes never are
                inner = [x for x, k in zip(self.labels, self.at, strict=True) if _calm(values, k)]
                out += [(name, x, "label") for x in inner]
                out += [(name, "", p) for p in ("first", "last", "highest", "lowest")]
            else:
                point = "share" if self.kind in ("pie", "donut") else "label"
                out += [(name, x, point) for x in self.labels]
        return out


def _calm(values: list[float], k: int) -> bool:
    """Whether a curve moves little where it is read."""
    near = values[max(k - 1, 0) : k + 2]
    return max(near) - min(near) < 0.03 * (max(values) - min(values))


def make_chart(kind: str, seed: int) -> Chart:
    """A chart of one kind, from a seed."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    maker = {"pie": _slices, "donut": _slices, "dense": _dense, "histogram": _bins}
    chart = maker.get(kind, _categories)(kind, seed, rng)
    palette = list(PALETTES[rng.integers(len(PALETTES))])
    need = len(chart.labels) if kind in ("pie", "donut") else len(chart.series)
    chart.colours = [palette[k % len(palette)] for k in range(need)]
    chart.dashes = [()] * len(chart.series)
    if kind == "dashes":
        chart.colours = ["#000000"] * len(chart.series)
        chart.dashes = [(), (6, 3), (1, 2), (8, 3, 1, 3)][: len(chart.series)]
    chart.style = {
        "size": int(rng.integers(7, 12)),
        "grid": bool(rng.random() < 0.6),
        "legend": ["top", "right", "bottom"][rng.integers(3)],
        "between": bool(rng.random() < 0.5),
        "title": bool(rng.random() < 0.7),
        "percent": bool(rng.random() < 0.25) and kind != "log",
        "rotate": [0, 0, 45, 90][rng.integers(4)],
        "gap": float(rng.uniform(0.15, 0.6)),
        "width": float(rng.uniform(3.6, 6.5)),
        "height": float(rng.uniform(2.4, 4.2)),
        "frame": bool(rng.random() < 0.4),
        "markers": bool(rng.random() < 0.3),
        "tied": ["name", "colour", "kind"][rng.integers(3)],
    }
    if kind == "two_axes" and chart.style["tied"] == "name":
        _name_sides(chart, rng)
    return chart


def _name_sides(chart: Chart, rng: np.random.Generator) -> None:
    mark = [" (RHS)", "（右轴）", " (right axis)"][rng.integers(3)]
    chart.style["shown"] = {n: n + mark if n in chart.right else n for n in chart.series}


def _labels(rng: np.random.Generator, n: int) -> list[str]:
    form = rng.integers(4)
    start = int(rng.integers(2008, 2018))
    if form == 0:
        return [str(start + k) for k in range(n)]
    if form == 1:
        return [f"Q{k % 4 + 1} {(start + k // 4) % 100:02d}" for k in range(n)]
    if form == 2:
        return [f"FY{start + k}" for k in range(n)]
    return [str(x) for x in rng.choice(GROUPS, n, replace=False)]


def _categories(kind: str, seed: int, rng: np.random.Generator) -> Chart:
    n = int(rng.integers(4, 9))
    count = {"bar": 1, "negative": 1, "line": 1, "area": 1, "hbar": 1, "log": 1}.get(kind)
    if count is None:
        count = 2 if kind == "two_axes" else int(rng.integers(2, 5))
    labels = _labels(rng, n)
    if "hbar" in kind:
        labels = [str(x) for x in rng.choice(GROUPS, n, replace=False)]
    names = [str(x) for x in rng.choice(NAMES, count, replace=False)]
    scale = 10.0 ** rng.integers(0, 4)
    series: dict[str, list[float]] = {}
    for k, name in enumerate(names):
        values = rng.uniform(0.15, 1.0, n) * scale * (1 + (kind == "two_axes") * k * 7)
        if kind == "negative":
            values *= rng.choice([-1, 1], n, p=[0.4, 0.6])
        if kind == "log":
            values = scale * 10 ** rng.uniform(0, 2.6, n)
        if kind in LINES - {"log"}:
            values = np.abs(scale * (0.3 + 0.15 * k + np.cumsum(rng.normal(0, 0.09, n))))
        series[name] = [float(f"{v:.3g}") for v in values]
    chart = Chart(kind, seed, labels, series)
    if kind == "two_axes":
        chart.right = names[1:]
    chart.axis = [_axis(chart, [n for n in names if n not in chart.right])]
    if chart.right:
        chart.axis.append(_axis(chart, chart.right))
    return chart


def _axis(chart: Chart, names: list[str]) -> tuple[float, float, float]:
    """Least and greatest tick, and their distance: round numbers around the values."""
    columns = np.array([chart.series[n] for n in names])
    if chart.kind == "log":
        low = math.floor(math.log10(columns.min()))
        high = math.ceil(math.log10(columns.max()) + 1e-9)
        return 10.0**low, 10.0**high, 10.0
    stacked = chart.kind in ("stacked", "stacked_area")
    top = float(columns.sum(axis=0).max() if stacked else columns.max())
    bottom = float(columns.min())
    based = chart.kind in ("bar", "grouped", "stacked", "hbar", "grouped_hbar", "area", "histogram",
                           "stacked_area", "two_axes", "negative")  # fmt: skip
    low = min(bottom, 0.0) if based else bottom
    step = _nice((max(top, 0.0) - low) / 5)
    return math.floor(low / step) * step, math.ceil(top / step) * step, step


def _nice(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    return next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= raw * 0.999)


def _slices(kind: str, seed: int, rng: np.random.Generator) -> Chart:
    n = int(rng.integers(3, 7))
    labels = [str(x) for x in rng.choice(GROUPS, n, replace=False)]
    return Chart(kind, seed, labels, {"": [float(x) for x in rng.integers(5, 60, n)]})


def _bins(kind: str, seed: int, rng: np.random.Generator) -> Chart:
    n = int(rng.integers(8, 14))
    middle, wide = n / 2 + rng.normal(0, 1), n / 5
    counts = [
        float(round(400 * math.exp(-(((k - middle) / wide) ** 2)) + rng.uniform(5, 60)))
        for k in range(n)
    ]
    labels = [f"{k - n // 2}~{k + 1 - n // 2}" for k in range(n)]
    chart = Chart(kind, seed, labels, {"Count": counts})
    chart.axis = [_axis(chart, ["Count"])]
    return chart


def _dense(kind: str, seed: int, rng: np.random.Generator) -> Chart:
    steps = int(rng.integers(120, 700))
    names = [str(x) for x in rng.choice(NAMES, int(rng.integers(1, 4)), replace=False)]
    series = {}
    for k, name in enumerate(names):
        walk = 100 * np.exp(np.cumsum(rng.normal(0.001 * k, 0.012, steps + 1)))
        series[name] = [float(v) for v in walk / (100 if rng.random() < 0.3 else 1)]
    if len({v[0] > 10 for v in series.values()}) > 1:
        series = {n: [x * (1 if v[0] > 10 else 100) for x in v] for n, v in series.items()}
    at = [int(x) for x in np.linspace(0, steps, int(rng.integers(5, 9))).round()]
    start = date(int(rng.integers(2008, 2020)), 1, 4)
    form = ["%Y-%m-%d", "%b-%y", "%Y/%m"][rng.integers(3)]
    labels = [(start + timedelta(days=7 * k)).strftime(form) for k in at]
    if len(set(labels)) < len(labels):
        labels = [(start + timedelta(days=7 * k)).strftime("%Y-%m-%d") for k in at]
    chart = Chart(kind, seed, labels, series, at=at)
    chart.axis = [_axis(chart, names)]
    return chart
