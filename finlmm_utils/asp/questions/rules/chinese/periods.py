"""When a Chinese sentence holds, where it doesn't say so itself.

"11月销量" in a report of December 2023 is of November 2023; what follows "2023Q4仓位下降。" in the
same paragraph is of that quarter as well; "报告期末" is the end of the report's year.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from finlmm_utils.asp.language import is_chinese
from finlmm_utils.asp.questions.rules.report_date import latest_date
from finlmm_utils.asp.records import Block
from finlmm_utils.finance.periods import CHINESE_TIME, YEAR

CJK_SPACES = re.compile(r"(?<=[\u3000-\u9fff])\s+|\s+(?=[\u3000-\u9fff])")
"""Blanks beside a Chinese character: they play no part."""
_OPENS = re.compile(rf"^(?:截[至止]|公司|在)*(?P<when>{CHINESE_TIME})(?![至到以之相开起\-—~])")
_REPORTED = re.compile(r"(?:本)?报告期(?P<end>末|内)?")
_YEAR_END = re.compile(r"[，,](?:较|比)(?:上年末|上年底|年初|上年度末)")
_STATED = re.compile(r"\d(?:%|[万亿]?[元户人吨])")
"""A value, which in an annual report is of its year where the sentence names no time."""
_DATE = re.compile(
    rf"(?P<year>{YEAR})\s*[-./年]\s*(?P<month>1[0-2]|0?[1-9])\s*(?:月|[-./]\s*\d{{1,2}}(?!\d))"
)
"""A day or a month with its year, as a cover or a running line names it."""
_NO_YEAR = r"(?<![\d年/.\-—–~、第前近每过去后满超])(?<![月年度][至到])"
_MONTH = re.compile(
    rf"{_NO_YEAR}(?P<month>1[0-2]|[1-9])月(?P<rest>(?:\d{{1,2}}日)?(?:末|底|初)?)份?"
    r"(?![期度线内后均移动至到\-—~、])"
)
_QUARTER = re.compile(rf"{_NO_YEAR}(?P<quarter>第?[一二三四]季度)(?P<end>末)?(?![至到\-—~、])")
_THIS_YEAR = re.compile(r"今年|(?<![\d年明前去])年初(?!以来累计)")
_YEAR_BEFORE = re.compile(r"(?<![比较与从自于])(?P<back>[去前])年(?![同末底初以来])")
"""Last year and the year before it, which nothing is only compared with."""
_OTHER_TIME = re.compile(
    rf"{YEAR}(?:[年QH/.-]|$)|\d月|季|[上下本去今明次]年|年[初末底]|近[一二三四五六十\d]|以来|历史|过去|目前|当前|预计|未来|此前|"
    r"长期|平均|中枢|每|一般|通常|往往|上[月周]|本[月周]|期间[，,的内]|阶段|[图表]\d|[上下][图表]|模型|样本|回测"
)
"""What says that a sentence is of another time than the one before it, or of none."""
_EARLY = 3
"""Months of a year in which "the beginning of the year" may be that of the year before."""


def report_date(blocks: Sequence[Block]) -> tuple[int, int] | None:
    """Year and month that a Chinese report is of, see `latest_date`.

    Args:
        blocks: of the report, in reading order.
    """

    def found(text: str) -> list[tuple[int, int]]:
        dates = _DATE.finditer(text) if is_chinese(text) else ()
        return [(int(m["year"]), int(m["month"])) for m in dates]

    return latest_date(blocks, found)


def with_year(text: str, date: tuple[int, int] | None) -> str:
    """A Chinese sentence whose months and quarters have their years.

    Args:
        text: one sentence without spaces.
        date: year and month of the report, None if they are not known.

    Examples:
        >>> with_year("11月销量为44.9万辆，12月为45.2万辆。", (2024, 1))
        '2023年11月销量为44.9万辆，2023年12月为45.2万辆。'
        >>> with_year("2023年7月出口下降，8月持平。", None)
        '2023年7月出口下降，2023年8月持平。'
    """

    def year_before(place: int, month: int) -> str:
        named = re.findall(YEAR, text[:place])
        if named:
            return named[-1]
        return str(date[0] - (month > date[1])) if date else ""

    def month(m: re.Match[str]) -> str:
        year = year_before(m.start(), int(m["month"]))
        return f"{year}年{m['month']}月{m['rest']}" if year else m[0]

    def quarter(m: re.Match[str]) -> str:
        last = 3 * ("一二三四".index(m["quarter"].strip("第季度")) + 1)
        year = year_before(m.start(), last - 1)
        return f"{year}年{m['quarter']}{m['end'] or ''}" if year else m[0]

    text = _QUARTER.sub(quarter, _MONTH.sub(month, text))
    if date:
        text = _YEAR_BEFORE.sub(lambda m: f"{date[0] - 1 - (m['back'] == '前')}年", text)
    if date and date[1] > _EARLY and not re.search(rf"{YEAR}年初", text):
        text = _THIS_YEAR.sub(lambda m: f"{date[0]}年" + "初" * (m[0] == "年初"), text)
    return text


def with_period(text: str, year: str) -> str:
    """A sentence with the year of its report where it speaks of the report's own span.

    Args:
        text: one Chinese sentence without spaces.
        year: that the report is of, "" if it is not known.

    Examples:
        >>> with_period("截至报告期末，不良贷款率1.08%", "2023")
        '截至2023年末，不良贷款率1.08%'
        >>> with_period("资本开支252亿元，同比减少4.5%。", "2023")
        '2023年资本开支252亿元，同比减少4.5%。'
        >>> with_period("贷款总额2893亿元，较上年末增加351亿元。", "2023")
        '2023年末贷款总额2893亿元，较上年末增加351亿元。'
    """
    if not year.isdigit() or re.search(YEAR, text):
        return text
    text, found = _REPORTED.subn(lambda m: f"{year}年{'末' * (m['end'] == '末')}", text)
    if found:
        return text
    stated = _STATED.search(text) and not re.search(rf"^其中|{_OTHER_TIME.pattern}", text)
    return f"{year}年末{text}" if _YEAR_END.search(text) else f"{year}年" * bool(stated) + text


def clauses_with_periods(
    parts: Sequence[str], date: tuple[int, int] | None = None
) -> list[tuple[str, str]]:
    """The sentences of a paragraph, each with what is read of it.

    A part after "；", or a sentence that names no time, is of the period that the one before it
    opens with: both are its evidence.

    Args:
        parts: sentences in the order of the text.
        date: year and month of the report, for a month without a year.

    Returns:
        Evidence and text of each.
    """
    found: list[tuple[str, str]] = []
    for part in parts:
        if not is_chinese(part):
            found.append((part, part))
            continue
        text = with_year(CJK_SPACES.sub("", part), date)
        before, said = found[-1] if found else ("", "")
        opened = _OPENS.match(said)
        joins = before.endswith("；") and not re.search(CHINESE_TIME, text)
        follows = before.endswith("。") and not _OTHER_TIME.search(text)
        one = len(set(re.findall(CHINESE_TIME, said))) == 1 and not re.search("[图表]", before)
        if opened and (joins or (follows and one)):
            found.append((before + part, f"{opened['when']}{text.removeprefix('其中')}"))
        else:
            found.append((part, text))
    return found
