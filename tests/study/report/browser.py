"""Headless Chromium and a listener: what a page runs or asks for is seen."""

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
RAN = "a handler ran"


class Listener(ThreadingHTTPServer):
    """Notes every request; nothing that a page holds should ever make one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def attacks(self) -> list[str]:
        """Texts that run or load something where they are not escaped."""
        run = f"document.title='{RAN}';console.log('{RAN}')"
        return [
            f"<img src={self.url}/img onerror=\"{run}\">",
            f"<img/src={self.url}/slash/onerror={run}>",
            f"<svg onload=\"{run}\"><image href='{self.url}/svg'/></svg>",
            f"<script>{run};fetch('{self.url}/fetch')</script>",
            f"<script src='{self.url}/script.js'></script>",
            f"<style>@import url({self.url}/import.css);p{{background:url({self.url}/c)}}</style>",
            f"<link rel=stylesheet href={self.url}/link.css>",
            f"<iframe srcdoc=\"<script>parent.document.title='{RAN}'</script>\"></iframe>",
            f"<iframe src='javascript:{run}'></iframe>",
            f"<object data='{self.url}/object'></object><embed src='{self.url}/embed'>",
            f"<video poster='{self.url}/poster' autoplay><source src='{self.url}/v' onerror={run}>",
            f"<input autofocus onfocus=\"{run}\"><details open ontoggle=\"{run}\">x</details>",
            f"<meta http-equiv=refresh content='0;url={self.url}/meta'>",
            f"<form action='{self.url}/form'></form><base href='{self.url}/base/'>",
            f"<td style='background-image:url({self.url}/style)' onmouseover=\"{run}\">x</td>",
            f"</td></table></pre><img src={self.url}/broken onerror={run}>",
            f"<math><mtext><table><mglyph><style><img src={self.url}/mxss onerror={run}>",
            f"<noscript><p title=\"</noscript><img src={self.url}/nos onerror={run}>\">",
        ]  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keeps the tests' output clean."""


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    """A listener on this machine while the block runs."""
    with Listener() as one:
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield one
        finally:
            one.shutdown()
            thread.join()


def looked_at(page: Path, profile: Path, anchor: str = "") -> tuple[str, str]:
    """A page as Chromium has it after two seconds of its time, and what it said on its console.

    Args:
        page: The file.
        profile: Folder for the browser's own files.
        anchor: Of the page, where a link leads; "" for its top.
    """
    if BROWSER is None:
        pytest.skip("no Chromium on this machine: the page is checked as text only")
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--enable-logging=stderr", f"--user-data-dir={profile}", "--virtual-time-budget=2000",
         "--dump-dom", page.resolve().as_uri() + (f"#{anchor}" if anchor else "")],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    lines = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, "\n".join(lines)
