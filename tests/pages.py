"""What is wrong with an HTML page of ours, read without a browser."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from finlmm_utils.study.report.harmless import BESIDE, LINKED_POLICY, POLICY

NO_WORDS = ("", "Notebook", "No description has been provided for this image")
REMOTE = re.compile(r"(https?:)?//", re.IGNORECASE)
LOADS = {"script", "iframe", "object", "embed", "link", "base", "form", "meta", "svg", "video",
         "input", "math", "noscript", "audio", "source"}  # fmt: skip
SELF_CLOSING = {"img", "br", "hr", "meta", "link", "input", "col", "wbr"}


class Page(HTMLParser):
    """Collects what a page links, shows and calls itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.styles: list[str] = []
        self.images: list[tuple[str, str]] = []
        self.scripts = 0
        self.title = ""
        self.language = self.policy = ""
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids |= {found["id"]} if "id" in found else set()
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag == "link":
            self.styles.append(found.get("href", ""))
        if tag == "img":
            self.images.append((found.get("src", ""), found.get("alt", "")))
        if tag in ("script", "iframe", "object", "embed", "form"):
            self.scripts += 1
        if tag == "html":
            self.language = found.get("lang", "")
        if tag == "meta" and found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found.get("content", "")
        if tag not in SELF_CLOSING:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "title":
            self.title += data


class _Tags(HTMLParser):
    """Collects the tags that would run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: (value or "").strip() for name, value in attrs}
        remote = tag == "img" and not told.get("src", "").startswith("data:image/")
        handler = any(name.startswith("on") for name in told)
        link = re.match(r"(javascript|data|vbscript):", told.get("href", ""), re.IGNORECASE)
        if tag in LOADS or remote or handler or link:
            self.found.append(self.get_starttag_text() or tag)


def runs(markup: str) -> list[str]:
    """Tags of a piece of HTML that would run or load something, without a browser."""
    tags = _Tags()
    tags.feed(markup)
    return tags.found


def faults(path: Path) -> list[str]:
    """What is wrong with a page; nothing where a reader finds all that it promises.

    Args:
        path: Of the page; what it links lies beside it.
    """
    page = Page(path.read_text("utf-8"))
    found = [] if page.language else ["no language"]
    found += [] if page.title.strip() not in NO_WORDS else [f"title {page.title!r}"]
    found += [] if page.policy in (POLICY, LINKED_POLICY) else ["no policy, or another"]
    found += ["a script or a frame"] if page.scripts else []
    for source, words in page.images:
        beside = page.policy == LINKED_POLICY and BESIDE.fullmatch(source)
        there = beside and (path.parent / source).is_file()
        inside = source.startswith("data:image/")
        found += [] if inside or there else [f"an image from {source[:60]!r}"]
        found += [f"an image without words in {path.name}"] if words.strip() in NO_WORDS else []
    for style in page.styles:
        there = page.policy == LINKED_POLICY and (path.parent / style).is_file()
        found += [] if there else [f"a style sheet from {style!r}"]
    for link in page.links:
        found += _faults_of_link(link, path, page)
    return found


def _faults_of_link(link: str, path: Path, page: Page) -> list[str]:
    if REMOTE.match(link) or link.startswith("mailto:"):
        return []
    target, _, anchor = link.partition("#")
    file = path.parent / unquote(target) if target else path
    if not file.is_file():
        return [f"{link} leads nowhere"]
    if anchor and file.suffix == ".html":
        ids = page.ids if file == path else Page(file.read_text("utf-8")).ids
        return [] if {anchor, unquote(anchor)} & ids else [f"{link}: no such part"]
    if file.suffix == ".json":
        json.loads(file.read_text("utf-8"))
    return []
