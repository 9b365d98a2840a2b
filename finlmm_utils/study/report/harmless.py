"""What makes a page harmless: no text of a report, a data set or a model can run in it.

Three layers, each enough alone: what notebooks show is escaped (``finlmm_utils.output``), what HTML
is left in an exported notebook is cleaned here by bleach against a list of what may stay, and the
page forbids its browser to run or load anything (:data:`POLICY`).
"""

from __future__ import annotations

import functools
import re
from typing import Any

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""Content-Security-Policy of every page: no script, no handler, no request; pictures and styles are
in the page itself."""
LINKED_POLICY = POLICY.replace("img-src data:", "img-src 'self' file: data:").replace(
    "style-src 'unsafe-inline'", "style-src 'self' file: 'unsafe-inline'"
)
"""Of a gallery's pages: their pictures and their style sheet lie beside them; still no script and
no request that leaves the disk ('self' is for one that is served)."""
META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'

TAGS = frozenset({
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del",
    "details", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5",
    "h6", "hr", "i", "img", "kbd", "li", "mark", "ol", "p", "pre", "s", "small", "span",
    "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
    "u", "ul",
})  # fmt: skip
ATTRIBUTES = {
    "*": {"class", "id", "style", "title"},
    "a": {"href"},
    "details": {"open"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan", "valign"},
    "th": {"align", "colspan", "rowspan", "scope", "valign"},
}
STYLES = frozenset({
    "color", "background-color", "border", "font-style", "font-weight", "margin", "max-width",
    "padding", "text-align", "vertical-align", "white-space", "width",
})  # fmt: skip
"""CSS that an element may carry; none of it can load anything."""
PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml)[;,]", re.IGNORECASE)
"""A picture that is in the page; as ``<img>`` an SVG runs no script."""
BESIDE = re.compile(r"(?!//)(\.\./|[\w-]+/)*[\w-]+\.(png|svg|jpg)")
"""A picture beside the page; a page outside of a gallery forbids its browser to load it."""
LINK = re.compile(r"(https?:|mailto:|[^:]*$|[^:]*[/#?])", re.IGNORECASE)
"""What a reader may click: the web, mail, and files beside the page."""


def may_stay(tag: str, name: str, value: str) -> bool:
    """Whether an attribute may stay on an element.

    Args:
        tag: of the element.
        name: of the attribute.
        value: its text.
    """
    if name not in ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set()):
        return False
    if name == "src":
        return bool(PICTURE.match(value) or BESIDE.fullmatch(value))
    return name != "href" or LINK.match(value.strip()) is not None


@functools.cache
def _cleaner() -> Any:
    from bleach.css_sanitizer import CSSSanitizer
    from bleach.sanitizer import Cleaner

    return Cleaner(
        tags=TAGS, attributes=may_stay, protocols={"http", "https", "mailto", "data"}, strip=True,
        css_sanitizer=CSSSanitizer(allowed_css_properties=STYLES),
    )  # fmt: skip


def clean_html(markup: str | bytes) -> str:
    """A piece of HTML with what can run or load taken out; takes the place of nbconvert's filter.

    Args:
        markup: HTML of a cell's output, of rendered Markdown or of highlighted code.
    """
    text = markup.decode("utf-8", "replace") if isinstance(markup, bytes) else str(markup)
    text = re.sub(r"<(script|style)\b.*?</\1\s*>", "", text, flags=re.I | re.S)
    return str(_cleaner().clean(text))


def exporter(**options: Any) -> Any:
    """Nbconvert's exporter to HTML, which cleans all that cells hold by :func:`clean_html`.

    Args:
        **options: of ``nbconvert.HTMLExporter``.
    """
    from nbconvert import HTMLExporter

    made = HTMLExporter(sanitize_html=True, **options)
    made.register_filter("clean_html", clean_html)
    return made


def without_network(page: str) -> str:
    """A piece of HTML without scripts, style sheets and frames, whatever a template put there.

    Nothing in a finished page needs a script: figures are images, tables are tables. Links that a
    reader may click stay.

    Args:
        page: HTML.
    """
    page = re.sub(r"<script\b.*?(</script\s*>|\Z)", "", page, flags=re.I | re.S)
    page = re.sub(r"<style\b.*?(</style\s*>|\Z)", "", page, flags=re.I | re.S)
    page = re.sub(r"<(link|base|iframe|object|embed|form|meta)\b[^>]*>", "", page, flags=re.I)
    return re.sub(r"<[a-z][^<>]*>", _without_handlers, page, flags=re.I)


_ATTRIBUTE = re.compile(r"""[\s/"']([a-z-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)


def _without_handlers(tag: re.Match[str]) -> str:
    """A tag without ``on...`` and without pictures from elsewhere."""

    def kept(attribute: re.Match[str]) -> str:
        name, value = attribute[1].lower(), attribute[2].strip("\"' ")
        own = PICTURE.match(value) or (name == "src" and BESIDE.fullmatch(value))
        remote = name in ("src", "srcset", "background") and not own
        return "" if name.startswith("on") or remote else attribute[0]

    return _ATTRIBUTE.sub(kept, tag[0])
