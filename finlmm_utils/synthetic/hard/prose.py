"""What the text of a hard report says of its charts, and of what no chart shows."""

from __future__ import annotations

import random
from dataclasses import dataclass

from finlmm_utils.finance.terms import Series, plain
from finlmm_utils.synthetic.hard.contents import Chart, Contents, han_date
from finlmm_utils.synthetic.hard.traps import SHARES
from finlmm_utils.synthetic.vocabulary import amount

_LEVELS = (
    "{Term} rose or fell from {first} in {y0} to {last} in {y1}.",
    "In {y1}, {term} was {last}, compared with {first} in {y0}.",
    "{Term} stood at {all_in}.",
    "{Term} came to {last} in {y1} ({y0}: {first}).",
)
_HAN_LEVELS = (
    "{y1}{term}为{last}，{y0}为{first}。",
    "{y0}至{y1}，{term}由{first}{moved}至{last}。",
    "{y1}实现{term}{last}，较{y0}的{first}有所{moved}。",
)
_CAUSES = ("stronger demand from large customers", "the sale of an older plant", "a better mix",
           "currency effects overseas", "lower prices of energy")  # fmt: skip
_HAN_CAUSES = ("下游需求回暖", "原材料价格下降", "产能逐步释放", "汇率波动", "产品结构优化")
_BASES = ("adjusted {}", "domestic {}", "{} at constant exchange rates", "{} of the parent company",
          "{} excluding acquisitions")  # fmt: skip
_HAN_BASES = ("调整后{}", "境内{}", "剔除汇率影响后的{}", "母公司{}", "可比口径{}")
"""What one thing is also counted as, which a chart of it does not show."""
NEAR = 0.012
"""Share by which a value of another basis differs at most: an axis tells no less (our choice)."""
_HAN_DIGITS = {"1": "一", "2": "二", "3": "三", "4": "四", "5": "五"}
_HAN_FILL = (
    "公司持续推进精细化管理，组织效率稳步提升。", "行业竞争格局保持稳定，龙头企业优势明显。",
    "我们认为未来政策环境有望延续，建议关注结构性机会。", "管理层对中长期发展保持信心。",
    "从海外经验看，行业整合仍将是长期主线。", "本文从基本面与资金面两个角度展开讨论。",
    "投资者应当结合自身情况审慎决策。", "公司高度重视研发团队建设与人才培养。",
    "渠道下沉有助于提高品牌的认知度。", "短期扰动不改变长期趋势。",
    "模型的参数由样本内数据确定，样本外不再调整。", "组合每月末调仓，交易费用按双边计算。",
)  # fmt: skip


@dataclass
class Said:
    """One sentence or table row and what it states.

    Attributes:
        words: as written; ``^1`` is a raised mark.
        says: "values", "rate", "message", "cause" or "filler".
        chart: that shows what is said, None where no chart does.
        page: where it stands, from 1; 0 where there was no room for it.
        row: whether it is a row of a table, its cells joined by tabs.
        series: whose values a row has.
    """

    words: str
    says: str
    chart: Chart | None = None
    page: int = 0
    row: bool = False
    series: Series | None = None


class Prose:
    """Writes the sentences of a report.

    Args:
        rng: the only source of chance.
        contents: gives subjects that no chart shows.
    """

    def __init__(self, rng: random.Random, contents: Contents) -> None:
        self.rng, self.contents, self.chinese = rng, contents, contents.chinese

    def of_chart(self, chart: Chart) -> list[Said]:
        """What the text says of a chart, as its ``said`` wants it, and what it says beside."""
        out = []
        if chart.said == "values":
            row = self._dated(chart) and self.rng.random() < SHARES["in_table"].weight
            for series in chart.series[:2]:
                if row:
                    out.append(Said("", "values", chart, row=True, series=series))
                else:
                    out.append(Said(self._named(self._values(series), chart), "values", chart))
        elif chart.said == "rate":
            out.append(Said(self._named(self._rate(chart.series[0]), chart), "rate", chart))
        elif chart.said == "message":
            out.append(Said(self._named(self._message(chart), chart), "message", chart))
        if self._dated(chart) and self.rng.random() < SHARES["cause"].weight:
            out.append(Said(self._cause(chart.series[0]), "cause"))
        if self._dated(chart) and self.rng.random() < SHARES["other_periods"].weight:
            series = chart.series[0]
            years = self.contents.years(2, int(series.labels[0]) - 3)
            older = Series(series.term, series.unit, years, self.contents.values(series.unit, 2))
            out.append(Said(self._values(older), "values"))
        if self._dated(chart) and self.rng.random() < SHARES["other_basis"].weight:
            out.append(Said(self._values(self._on_other_basis(chart.series[0])), "values"))
        return out

    def _on_other_basis(self, series: Series) -> Series:
        """The same thing, counted otherwise: nearly its values, which the chart does not show."""
        term = self.rng.choice(_HAN_BASES if self.chinese else _BASES).format(series.term)
        sides = [
            1 + self.rng.choice((-1, 1)) * self.rng.uniform(NEAR / 3, NEAR) for _ in series.values
        ]
        values = (round(v * side, 1) for v, side in zip(series.values, sides, strict=True))
        return Series(term, series.unit, series.labels, tuple(values))

    def elsewhere(self) -> Said:
        """A fact that no figure shows, in a sentence or in a row of a table."""
        name, unit = self.contents.term()
        labels = self.contents.years(self.rng.randint(2, 4))
        series = Series(name, unit, labels, self.contents.values(unit, len(labels)))
        if self.rng.random() < 0.35:
            return Said("", "values", row=True, series=series)
        return Said(self._values(series), "values", series=series)

    def filler(self) -> str:
        """A Chinese sentence without facts."""
        return self.rng.choice(_HAN_FILL)

    @staticmethod
    def _dated(chart: Chart) -> bool:
        return all(len(one) == 4 and one.isdigit() for one in chart.series[0].labels)

    def _amount(self, value: float, unit: str) -> str:
        words = plain(value) + unit if self.chinese else amount(value, unit)
        if not self.chinese and unit == "$m" and self.rng.random() < 0.5:
            words = f"${plain(value)} million"
        if self.rng.random() < 0.15 * (SHARES["footnotes"].weight / 0.3):
            digits = words.find(" million")
            cut = digits if digits > 0 else len(words)
            return words[:cut] + f"^{self.rng.randint(1, 4)}" + words[cut:]
        return words

    def _values(self, series: Series) -> str:
        rng, term = self.rng, series.term
        dated = series.labels[0][:4].isdigit()
        first, last = series.values[0], series.values[-1]
        if not dated:  # parts of a whole: two of them
            a, b = (self._amount(v, series.unit) for v in series.values[:2])
            one, two = series.labels[:2]
            if self.chinese:
                return f"{term}中，{one}为{a}，{two}为{b}。"
            return f"{one} accounted for {a} and {two} for {b} of {term}."
        all_in = [
            f"{self._amount(v, series.unit)} in {y}"
            for v, y in zip(series.values, series.labels, strict=True)
        ]
        when = (series.labels[0], series.labels[-1])
        if self.chinese:
            when = (han_date(when[0]), han_date(when[1]))
        form = rng.choice(_HAN_LEVELS if self.chinese else _LEVELS)
        if len(all_in) > 5 and "all_in" in form:
            form = _LEVELS[1]
        verb = "rose" if last > first else "fell"
        return form.replace("rose or fell", verb).format(
            Term=term[0].upper() + term[1:], term=term, y0=when[0], y1=when[1],
            first=self._amount(first, series.unit), last=self._amount(last, series.unit),
            all_in=", ".join(all_in[:-1]) + " and " + all_in[-1],
            moved="上升" if last > first else "下降",
        )  # fmt: skip

    def _rate(self, series: Series) -> str:
        if not series.labels[0][:4].isdigit():
            return self._values(series)
        before, last = series.values[-2:]
        rate, up = abs(last / before - 1) * 100, last > before
        if len(series.values) > 12:  # a curve: from its start to its end
            rate, up = abs(last / series.values[0] - 1) * 100, last > series.values[0]
            span = f"{series.labels[0]} to {series.labels[-1]}"
            if self.chinese:
                word = "上涨" if up else "下跌"
                return (
                    f"{series.labels[0]}至{series.labels[-1]}，{series.term}累计{word}{rate:.1f}%。"
                )
            return f"The {series.term} {'gained' if up else 'lost'} {rate:.1f}% from {span}."
        term = series.term
        if self.chinese:
            return f"{han_date(series.labels[-1])}{term}同比{'增长' if up else '下降'}{rate:.1f}%。"
        verb = "increased" if up else "decreased"
        return f"{term[0].upper()}{term[1:]} {verb} by {rate:.1f}% in {series.labels[-1]}."

    def _message(self, chart: Chart) -> str:
        series = chart.series[0]
        term, first, last = series.term, series.values[0], series.values[-1]
        if len(chart.series) > 1 and len({s.unit for s in chart.series}) == 1:
            other = chart.series[1]
            ahead = series if last > other.values[-1] else other
            behind = other if ahead is series else series
            if self.chinese:
                return f"截至{han_date(series.labels[-1])}，{ahead.term}高于{behind.term}。"
            when = series.labels[-1]
            return f"In {when}, {ahead.term} was higher than {behind.term}."
        if not series.labels[0][:4].isdigit():
            most = max(zip(series.values, series.labels, strict=True))[1]
            if self.chinese:
                return f"{term}中，{most}最高。"
            return f"{most} was the largest part of {term}."
        if self.chinese:
            word = "上升" if last > first else "下降"
            span = f"{han_date(series.labels[0])}至{han_date(series.labels[-1])}"
            return f"{span}，{term}整体呈{word}趋势。"
        word = "higher" if last > first else "lower"
        name = term[0].upper() + term[1:]
        return f"{name} was {word} in {series.labels[-1]} than in {series.labels[0]}."

    def _cause(self, series: Series) -> str:
        up = series.values[-1] > series.values[-2]
        if self.chinese:
            cause = self.rng.choice(_HAN_CAUSES)
            word = "增长" if up else "下滑"
            return f"{series.labels[-1]}年{series.term}{word}主要由于{cause}。"
        verb = "increased" if up else "decreased"
        term = series.term[0].upper() + series.term[1:]
        when = series.labels[-1]
        return f"{term} {verb} in {when}, mainly because of {self.rng.choice(_CAUSES)}."

    def _named(self, words: str, chart: Chart) -> str:
        """The sentence, which names its figure in some of the charts that have a number."""
        rng, label = self.rng, chart.label
        if not label or rng.random() >= SHARES["named"].weight:
            return words
        if self.chinese:
            if chart.number in _HAN_DIGITS and rng.random() < 0.2:
                label = f"图{_HAN_DIGITS[chart.number]}"
            way = rng.randrange(3)
            if way < 2:
                return (f"如{label}所示，", f"由{label}可知，")[way] + words
            return words[:-1] + f"（见{label}）。"
        way = rng.randrange(3)
        if way == 0:
            return f"{words[:-1]} ({label})."
        if way == 1:
            return f"{words[:-1]}, as {label} shows."
        opens = words.startswith(("In ", "The ")) or words.lower().startswith(chart.series[0].term)
        return f"As shown in {label}, {words[0].lower() if opens else words[0]}{words[1:]}"
