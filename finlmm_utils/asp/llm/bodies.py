"""What comes back over HTTP: read no further than a limit, unpacked no further, errors too."""

from __future__ import annotations

import contextlib
import time
import zlib
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

ERROR_BYTES = 10_000
"""As much of an error's own text is read; a line of it is shown."""
GZIP = 16 + zlib.MAX_WBITS
"""The one packing that is asked for, as zlib names it."""


async def no_answer(response: Any) -> None:
    """Ends a request that has no answer here, before openai reads all of an error's text."""
    if response.is_success:
        return
    said = f"leads to {place}" if (place := response.headers.get("location")) else ""
    with contextlib.suppress(Broken):  # its status says enough
        packed = await bytes_of(response, ERROR_BYTES, cut=True) or b""
        text = unpacked(packed, response.headers, ERROR_BYTES, cut=True) or b""
        said = said or text.decode("utf-8", "replace")
    raise StatusError(response.status_code, response.headers, said)


async def bytes_of(response: Any, most: int, cut: bool = False) -> bytes | None:
    """The body of a reply as it was sent.

    Args:
        response: of the HTTP library.
        most: bytes.
        cut: whether of a longer one the start is given, and not None.

    Raises:
        Broken: the connection ended.
    """
    body = b""
    try:
        async for part in response.aiter_raw():
            body += part
            if len(body) > most:
                return body[:most] if cut else None
    except Exception as error:  # of the HTTP library beneath openai, which wraps only what it sends
        raise Broken(f"{type(error).__name__}: {error}") from None
    return body


def unpacked(
    body: bytes, headers: Mapping[str, str], most: int, cut: bool = False
) -> bytes | None:  # fmt: skip
    """A body whose packing is undone, no further than a limit: a bomb never goes off.

    Args:
        body: as it was sent.
        headers: of the reply.
        most: bytes.
        cut: as for :func:`bytes_of`.

    Raises:
        Broken: it is not packed as it was asked for.
    """
    packing = headers.get("content-encoding", "").strip().lower()
    if packing in ("", "identity"):
        return body
    if packing not in ("gzip", "x-gzip"):
        raise Broken(f"the reply is packed as {packing[:40]!r}, which nobody asked for")
    try:
        whole = zlib.decompressobj(GZIP).decompress(body, most + 1)
    except zlib.error as error:
        raise Broken(f"the reply is no gzip: {error}") from None
    return whole if len(whole) <= most else whole[:most] if cut else None


class Broken(Exception):
    """A connection ended within a reply, or the reply can't be read."""


class StatusError(Exception):
    """A reply whose status is no success.

    Args:
        status: of HTTP.
        headers: of the reply.
        said: start of its text, or where it leads.
    """

    def __init__(self, status: int, headers: Any, said: str) -> None:
        super().__init__(said)
        self.status, self.headers = status, headers


def asked_wait(headers: Any) -> float:
    """Seconds that an endpoint asks to wait for, by a number or until a date (RFC 9110).

    Args:
        headers: of the reply.

    Returns:
        0 where it says none, or nothing sound.
    """
    for name, part in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        said = headers.get(name, "")
        try:
            seconds = float(said) / part
        except ValueError:
            with contextlib.suppress(ValueError, TypeError, ArithmeticError):
                return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    return 0.0
