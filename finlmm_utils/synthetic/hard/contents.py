"""What the charts of a hard report show: subjects, series, names and titles, in two languages."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field

from finlmm_utils.finance.terms import PARTS, TERMS, Series
from finlmm_utils.finance.vocabularies.reader import vocabulary

Box = tuple[float, float, float, float]
_NOWHERE: Box = (0.0, 0.0, 0.0, 0.0)
_HAN_TERMS = {
    "亿元": "营业收入 净利润 研发费用 销售费用 经营现金流 合同负债 贷款余额 客户存款 保费收入 "
    "融资余额 成交额 资本开支 存货 商誉 短期借款 管理费用 基金规模 自由现金流",
    "%": "毛利率 净利率 资产负债率 市场份额 换手率 产能利用率 股息率 不良贷款率 净息差 赔付率 "
    "研发费用率 净资产收益率 渗透率 续费率",
    "万台": "出货量 产量 销量",
    "万户": "新增用户数 付费用户数",
    "家": "门店数量 客户数量",
    "天": "库存周转天数",
}
_PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("region", ("Europe", "Asia", "Americas", "Africa", "Oceania")),
    ("segment", ("Retail", "Wholesale", "Online", "Services", "Licensing")),
    ("product", ("Pumps", "Valves", "Filters", "Motors", "Sensors")),
)
if vocabulary():
    _PARTS = tuple(PARTS.items())
_HAN_PARTS = (
    ("地区", ("华东", "华南", "华北", "西南", "海外")),
    ("渠道", ("直营", "经销", "线上", "商超", "电商")),
    ("产品", ("锂电池", "光伏组件", "储能", "逆变器", "充电桩")),
)
_FUNDS = tuple(
    f"{first} {second}"
    for first in ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Hazel")
    for second in ("Growth", "Income", "Value", "Small Cap", "Dividend")
)
_INDICES = tuple(
    "沪深300 中证500 上证50 创业板指 中证1000 科创50 国证2000 中证红利 上证180 深证100 "  # noqa: SIM905
    "中小板指 成长风格 价值风格 低波动 动量因子 质量因子 规模因子 第1组 第2组 第3组 第4组 "
    "第5组 第6组 第7组 第8组 第9组 第10组".split()
)
_OWN, _HAN_OWN = ("Strategy", "Benchmark", "Peer group"), ("策略净值", "基准净值", "超额收益")


def han_date(label: str) -> str:
    """A label of a Chinese axis as a sentence writes it: 2019年, 2016年12月, or as it is."""
    year, _, month = label.partition("-")
    if not (len(year) == 4 and year.isdigit()):
        return label
    return f"{year}年{int(month)}月" if month else f"{year}年"


@dataclass
class Chart:
    """A chart and, once drawn, where it is.

    Attributes:
        form: "bars", "grouped", "stacked", "ranking", "lines", "area", "combo", "pie", "donut",
            "waterfall" or "histogram".
        title: its own words.
        series: what it shows, in the order of the legend.
        names: of the series in the legend.
        keys: words that name each series in a question; all of one key must be there.
        printed: whether it prints its values.
        bitmap: whether it is a picture.
        traps: that it was drawn with.
        said: how much the text says of it: a key of :data:`traps.SAID`.
        number: in its caption, "" for none.
        label: as sentences name it ("Chart B.2"), "" for none.
        page: from 1; 0 until it is drawn.
        core: plot, labels and legend, in points.
        box: the same with its title.
        title_box: of its title's words.
        title_in_pixels: whether these are part of a picture.
        caption: as the page has it.
        whole: with caption and source line.
        panel_of: the caption of the figure that it is a panel of, "" for none.
    """

    form: str
    title: str
    series: tuple[Series, ...]
    names: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    printed: bool = False
    bitmap: bool = False
    traps: list[str] = field(default_factory=list)
    said: str = "nothing"
    number: str = ""
    label: str = ""
    page: int = 0
    core: Box = _NOWHERE
    box: Box = _NOWHERE
    title_box: Box = _NOWHERE
    title_in_pixels: bool = False
    caption: str = ""
    whole: Box = _NOWHERE
    panel_of: str = ""


class Contents:
    """Draws what charts show; no subject comes twice in a report.

    Args:
        rng: the only source of chance.
        chinese: the language; else English.
    """

    def __init__(self, rng: random.Random, chinese: bool) -> None:
        self.rng, self.chinese = rng, chinese
        terms = [(term.name, term.unit) for term in TERMS]
        if chinese:
            terms = [(name, unit) for unit, some in _HAN_TERMS.items() for name in some.split()]
        rng.shuffle(terms)
        self.terms = terms
        self.last = rng.randint(2019, 2025)
        entities = list(_INDICES if chinese else _FUNDS)
        rng.shuffle(entities)
        self.entities = entities

    def term(self, unit: str = "") -> tuple[str, str]:
        """The next subject and its unit, of this unit if there is one left."""
        same = [k for k, (_, u) in enumerate(self.terms) if u == unit] if unit else []
        return self.terms.pop(same[0] if same else 0)

    def years(self, count: int, last: int = 0) -> tuple[str, ...]:
        """So many years, "2019" or 2019年's bare number, in order."""
        last = last or self.last
        return tuple(str(last - k) for k in range(count - 1, -1, -1))

    def values(self, unit: str, count: int) -> tuple[float, ...]:
        """A walk of values as such a unit has them, no two alike.

        Args:
            unit: of the values.
            count: of the values.
        """
        rng = self.rng
        percent = unit in ("%", "x", "$")
        level = rng.uniform(8, 45) if percent else rng.choice((40, 160, 480, 1300)) * 1.0
        drift, out = rng.choice((-0.08, 0.0, 0.07, 0.12)), list[float]()
        while len(out) < count:
            level = max(level * (1 + drift + rng.uniform(-0.16, 0.16)), 2.0)
            value = round(level, 1) if percent or level < 100 else float(round(level))
            if value not in out:
                out.append(value)
        return tuple(out)

    def levels(self, form: str, count: int = 0) -> Chart:
        """One subject over years."""
        name, unit = self.term()
        labels = self.years(count or self.rng.randint(4, 7))
        series = Series(name, unit, labels, self.values(unit, len(labels)))
        return Chart(form, self._title(name, unit), (series,), (name,), ((name,),))

    def two(self, form: str) -> Chart:
        """Two subjects over the same years; of a combo, the second in per cent."""
        first = self.term("亿元" if self.chinese else "$m")
        second = self.term("%" if form == "combo" else first[1])
        labels = self.years(self.rng.randint(3, 6))
        series = tuple(
            Series(n, u, labels, self.values(u, len(labels))) for n, u in (first, second)
        )
        names = (first[0], second[0])
        joined = "与".join(names) if self.chinese else " and ".join(names)
        unit = first[1] if form != "combo" else ""
        return Chart(form, self._title(joined, unit), series, names, tuple((n,) for n in names))

    def parts(self, form: str) -> Chart:
        """One subject by parts: over years, or of one year for a pie, donut or ranking."""
        name, unit = self.term("亿元" if self.chinese else "$m")
        kind, every = self.rng.choice(_HAN_PARTS if self.chinese else _PARTS)
        count = self.rng.randint(3, 5)
        some = every[:count]
        by = f"分{kind}{name}" if self.chinese else f"{name} by {kind}"
        if form in ("pie", "donut", "ranking"):
            shares = form != "ranking"
            unit = "%" if shares else unit
            values = self._shares(count) if shares else self.values(unit, count)
            series = (Series(name, unit, some, values),)
            year = f"{self.last}年" if self.chinese else f", {self.last}"
            title = f"{year}{by}" if self.chinese else f"{by}{year}"
            return Chart(form, self._title(title, unit), series, (name,), ((name,),))
        labels = self.years(self.rng.randint(3, 5))
        some = some[:3]
        in_part = [f"{p}{name}" if self.chinese else f"{name} in {p}" for p in some]
        rows = tuple(Series(t, unit, labels, self.values(unit, len(labels))) for t in in_part)
        return Chart(form, self._title(by, unit), rows, some, tuple((p, name) for p in some))

    def _shares(self, count: int) -> tuple[float, ...]:
        cuts = sorted(self.rng.sample(range(8, 93, 3), count - 1))
        edges = [0, *cuts, 100]
        return tuple(float(b - a) for a, b in itertools.pairwise(edges))

    def indexed(self, entity: str, points: int = 0) -> Chart:
        """Curves that start at 1 or 100, month by month, of one fund or index."""
        rng, chinese = self.rng, self.chinese
        points = points or rng.choice((25, 37, 49))
        start = 1.0 if chinese else 100.0
        first = self.last * 12 - points + 1
        labels = tuple(
            f"{m // 12}-{m % 12 + 1:02d}" for m in range(first + 11, first + 11 + points)
        )
        names = (_HAN_OWN if chinese else _OWN)[: rng.choice((2, 2, 3))]
        rows = []
        for name in names:
            value, walk = start, []
            drift = rng.uniform(-0.004, 0.014)
            for _ in labels:
                walk.append(round(value, 3 if chinese else 1))
                value *= 1 + drift + rng.gauss(0, 0.028)
            subject = f"{entity}{name}" if chinese else f"{name.lower()} of {entity}"
            rows.append(Series(subject, "", labels, tuple(walk)))
        title = f"{entity}策略净值走势" if chinese else f"Growth of $100 in {entity}"
        keys = tuple((entity, name if chinese else name.lower()) for name in names)
        return Chart("lines", title, tuple(rows), names, keys)

    def near_identical(self, count: int) -> list[Chart]:
        """Charts that share all but the name of a fund or an index."""
        points = self.rng.choice((25, 37))
        return [self.indexed(self.entities.pop(), points) for _ in range(count)]

    def histogram(self) -> Chart:
        """A distribution over bins."""
        name, _ = self.term("%")
        bins = tuple(f"{k / 2:g}~{k / 2 + 0.5:g}%" for k in range(-3, 4))
        heights = tuple(float(v) for v in self.rng.sample(range(2, 60), len(bins)))
        unit = "个" if self.chinese else ""
        title = f"{name}变动的分布" if self.chinese else f"Distribution of changes in {name}"
        row = Series(name, unit, bins, heights)
        return Chart("histogram", title, (row,), (name,), ((title,),))

    def waterfall(self) -> Chart:
        """A walk from one year's value to the next through floating bars."""
        name, unit = self.term("亿元" if self.chinese else "$m")
        steps = ("价格", "销量", "成本", "汇率", "其他") if self.chinese else (
            "Price", "Volume", "Cost", "Currency", "Other")  # fmt: skip
        moves = [float(self.rng.choice((-1, 1)) * self.rng.randint(4, 40)) for _ in steps]
        start = float(self.rng.randint(180, 420))
        labels = (str(self.last - 1), *steps, str(self.last))
        title = f"{name}变动分解" if self.chinese else f"Bridge of {name}"
        row = Series(name, unit, labels, (start, *moves, start + sum(moves)))
        return Chart("waterfall", self._title(title, unit), (row,), (name,), ((name,),), True)

    def _title(self, words: str, unit: str) -> str:
        if self.chinese:
            return f"{words}（{unit}）" if unit else words
        return words[0].upper() + words[1:] + (f" ({unit})" if unit else "")
