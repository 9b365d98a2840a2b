"""Chinese sentences with the figures of a strategy, or the weights of two parts of a whole."""

from __future__ import annotations

import re

from finlmm_utils.asp.questions.rules.chinese.shapes import Asked
from finlmm_utils.asp.questions.rules.question_item import number_item
from finlmm_utils.finance.terms import plain
from finlmm_utils.finance.units import DECIMAL

_HOLDER = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]{1,10}?(?:策略|组合|基金)")
_METRIC = re.compile(
    r"(?P<metric>年化收益率?|年化波动率|最大回撤|(?:Sharpe|夏普)比率?|胜率|累计净值|相关系数|超额收益率?|信息比率)"
    rf"(?:约?为|达到?|是|仅为|只有)?(?P<value>-?{DECIMAL})(?P<unit>%)?(?=[，。；、]|$)"
)
_WEIGHTS = re.compile(rf"(?P<name>[\u4e00-\u9fff]{{2,6}})（(?P<value>{DECIMAL})%）")
_WHOLE = re.compile(
    r"(?P<whole>[\u4e00-\u9fffA-Za-z0-9]{2,12}?)(?:当前)?(?:成分股|行业|业务|收入|资产)?中，"
)


def metrics_in_chinese(text: str) -> list[Asked]:
    """Reads 多空策略可以获得年化87.43%的收益 and 银行（29%）、非银金融（28%）.

    Args:
        text: one sentence without spaces and without references.

    Returns:
        Subject and question of each.
    """
    items: list[Asked] = []
    holder = _HOLDER.search(text)
    text = re.sub(rf"年化({DECIMAL}%)的收益", r"年化收益率\1", text)
    for m in _METRIC.finditer(text) if holder else ():
        asked = "百分之多少" if m["unit"] else "多少"
        question, value = (
            f"{holder[0]}的{m['metric']}是{asked}？" if holder else "",
            float(m["value"]),
        )
        item = number_item(question, value, plain(value), m["unit"] or "", "statistics")
        items.append((holder[0] if holder else "", item))
    parts, whole = list(_WEIGHTS.finditer(text)), _WHOLE.search(text)
    if len(parts) > 1 and whole and "权重" in text:
        (a, b), name = parts[:2], whole["whole"].rpartition("当前")[2]
        x, y = float(a["value"]), float(b["value"])
        question = f"在{name}中，{a['name']}和{b['name']}的权重合计是百分之多少？"
        way = f"{plain(x)} + {plain(y)}"
        items.append((name, number_item(question, x + y, way, "%", "arithmetic")))
    return items
