"""How reports name figures, tables and sources: one grammar."""

from __future__ import annotations

import re

CAPTION = re.compile(
    r"^\s*((figure|fig\.?|chart|graph|exhibit)\s*[A-Z]?\d+([.\-]\d+)*|"
    r"图\s*表?\s*[\d一二三四五六七八九十]+)",
    re.I,
)


SOURCE = re.compile(r"^\s*((data )?sources?\b|资料来源|数据来源|来源)", re.I)
