"""HTTP as thin as it can be, for the load and the played platforms of the bench: what is measured is the other side.

Keep-alive, whole bodies with a length, nothing else: both ends of it are known here. Nothing of it may serve a bot.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\nContent-Length: *([0-9]+)", re.IGNORECASE)

Answer = Callable[[str, str, bytes], tuple[int, bytes]]
"""From the method of a call, its path and its body to the status and the JSON that answer it."""


class _Whole(asyncio.Protocol):
    """Gathers bytes into whole messages: the head, and a body of the length it names."""

    def __init__(self) -> None:
        self._held = b""
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(self._held, 0, end + 2)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._held) < whole:
                return
            head, body, self._held = self._held[:end], self._held[end + 4 : whole], self._held[whole:]
            self.taken(head, body)

    def taken(self, head: bytes, body: bytes) -> None:
        raise NotImplementedError


class _Served(_Whole):
    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer

    def taken(self, head: bytes, body: bytes) -> None:
        method, path, _ = head.split(b" ", 2)
        status, answer = self._answer(method.decode(), path.decode(), body)
        lines = b"HTTP/1.1 %d OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
        if self.transport:
            self.transport.write(lines % (status, len(answer)) + answer)


async def serve(answer: Answer) -> tuple[asyncio.Server, str]:
    """Answer calls on a free port of loopback. Returns the server, to be closed, and its address."""
    server = await asyncio.get_running_loop().create_server(lambda: _Served(answer), "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


class Line(_Whole):
    """One connection on which one request at a time is sent."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None

    async def post(self, head: bytes, body: bytes) -> tuple[int, bytes]:
        """The status and body of the answer. `head` ends before its Content-Length. Raises ConnectionError."""
        if self.transport is None or self.transport.is_closing():
            raise ConnectionError("the server hung up")
        self._waiting = asyncio.get_running_loop().create_future()
        self.transport.write(b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body))
        return await self._waiting

    def taken(self, head: bytes, body: bytes) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server hung up"))

    def close(self) -> None:
        if self.transport:
            self.transport.close()


async def dial(url: str) -> Line:
    """A line to the server at this address."""
    at = urlsplit(url)
    _, line = await asyncio.get_running_loop().create_connection(Line, at.hostname or "", at.port or 0)
    return line
