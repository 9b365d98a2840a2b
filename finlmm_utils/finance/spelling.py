"""One spelling for a text before it is read: plain digits and signs, no TeX around it."""

from __future__ import annotations

import re
import unicodedata

_VULGAR = str.maketrans({c: f" {unicodedata.normalize('NFKC', c).replace(chr(0x2044), '/')}"
                         for c in "¼½¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘"})  # fmt: skip
_SUPER = str.maketrans({c: f"^{unicodedata.normalize('NFKC', c)}" for c in "⁰¹²³⁴⁵⁶⁷⁸⁹"})
_MINUS = str.maketrans(dict.fromkeys("−–—‒―﹣‐‑", "-") | dict.fromkeys("’‘ʼ", "'"))
_GIANT = re.compile(r"(?<=[0-9])\s?([MG])t(?![A-Za-z.])")  # "MT" and "mt" are metric tons
_WRAPPED_MONEY = re.compile(r"^\$([-(]?(?:[a-z]{1,3}|u\.s\.)\s?\$[^$]+)\$$")  # "$US$5m$"


def simplify(text: str) -> str:
    r"""Brings a text to one spelling: NFKC, plain minus signs, no TeX wrapping, lower case.

    Unwrapped are ``$..$``, ``\(..\)``, ``\boxed{..}``, ``\text{..}``, ``\mathrm{..}``; spacing
    commands, ``\%``, ``\$``, ``{,}`` and integer ``\frac`` become plain text.
    """
    text = unicodedata.normalize("NFKC", text.translate(_VULGAR).translate(_SUPER))
    text = _GIANT.sub(lambda m: " megatonnes" if m[1] == "M" else " gigatonnes", text)
    text = " ".join(text.translate(_MINUS).lower().split())
    if "\\" in text or "$" in text or "{" in text:
        text = re.sub(r"\\[!,;: ]|\\[dt]?left|\\right|~", "", text)
        for _ in range(4):
            text = re.sub(r"\\(?:boxed|fbox|text|mathrm|textbf|mathbf)\s?\{([^{}]*)\}", r"\1", text)
        text = _WRAPPED_MONEY.sub(r"\1", text)
        text = re.sub(r"^\\[(\[](.*)\\[)\]]$|^\$\$?([^$]+)\$\$?$", r"\1\2", text)
        text = text.replace("\\%", "%").replace("\\$", "$").replace("{,}", ",")
        text = (
            text.replace("\\times", "×")
            .replace("\\cdot", "×")
            .replace("\\approx", "≈")
            .replace("^\\circ", "")
        )
        frac = r"\\[dt]?frac\s?(?:\{(-?[0-9]+)\}|([0-9]))\s?(?:\{([0-9]+)\}|([0-9]))"
        text = re.sub(rf"([0-9])\s?{frac}", r"\1 \2\3/\4\5", text)
        text = re.sub(frac, r"\1\2/\3\4", text)
        text = re.sub(r"(?<=[0-9]) ,(?=[0-9]{3}(?![0-9]))", ",", text)
        text = " ".join(text.split())
    return text.strip()
