"""A Microsoft cloud that answers each call exactly as a test says, with a ledger. It knows nothing of Teams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import aiohttp
from aiohttp import web

from adapters.teams.addresses import Address, Addresses
from adapters.teams.connector import Connector, open_session
from adapters.teams.graph import Graph
from adapters.teams.us import ServiceUrls, Us
from bot.errors import StoreUnavailable

APP, TENANT = "11111111-2222-4333-8444-555555555555", "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
ELSEWHERE = "99999999-bbbb-4ccc-8ddd-eeeeeeeeeeee"
US = Us(APP, TENANT)
BOT = f"28:{APP}"
JADE, SAM = "0000000a-1111-4111-8111-111111111111", "0000000b-1111-4111-8111-111111111111"
TEAM, CHANNEL, GROUP = "19:team@thread.tacv2", "19:leads@thread.tacv2", "0000000f-1111-4111-8111-111111111111"
CHAT, DIRECT = "19:group@thread.v2", "a:jade-and-the-bot"

DROPPED: dict[str, Any] = {"dropped": True}
"""As an answer: the call was taken, and the connection closed without a word."""


@dataclass(frozen=True)
class Called:
    """One call as it came: `path` below the server's own, still encoded, with its query; and with what token."""

    method: str
    path: str
    body: Any
    token: str

    @property
    def plain(self) -> str:
        return unquote(self.path)


Answer = Callable[[Called], Any]
"""What a call is answered with: JSON, a whole response, or something awaited for one."""


class Seconds:
    """A clock of seconds that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Badges:
    """Tokens that are told apart: a new one each time the last was forgotten."""

    trouble = ""

    def __init__(self) -> None:
        self.number = 1
        self.asked: list[str] = []

    async def token(self, scope: str) -> str:
        self.asked.append(scope)
        return f"badge-{self.number}"

    def forget(self, scope: str) -> None:
        self.number += 1


class MemoryShelf:
    """A shelf that counts what is written, and can be broken."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.written: list[str] = []
        self.broken = False

    async def read(self, key: str) -> str | None:
        if self.broken:
            raise StoreUnavailable("broken")
        return self.kept.get(key)

    async def write(self, key: str, text: str) -> None:
        if self.broken:
            raise StoreUnavailable("broken")
        self.kept[key] = text
        self.written.append(key)


class Scripted:
    """The server: `answer` may be changed at any time; `calls` holds every call."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.calls: list[Called] = []
        self.url = ""

    def called(self, method: str, ending: str = "") -> list[Called]:
        return [call for call in self.calls if call.method == method and call.plain.endswith(ending)]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        call = Called(request.method, request.raw_path, body, request.headers.get("Authorization", ""))
        self.calls.append(call)
        said = self.answer(call)
        said = await said if isinstance(said, Awaitable) else said
        if said is DROPPED and request.transport:
            request.transport.abort()
        return said if isinstance(said, web.StreamResponse) else web.json_response(said)


@asynccontextmanager
async def scripted(answer: Answer) -> AsyncIterator[Scripted]:
    cloud = Scripted(answer)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", cloud._serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    cloud.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield cloud
    finally:
        await runner.cleanup()


class Place:
    """A scripted cloud with a connector, a graph and addresses that know it."""

    def __init__(self, cloud: Scripted, session: aiohttp.ClientSession) -> None:
        self.cloud, self.seconds, self.badges, self.shelf = cloud, Seconds(), Badges(), MemoryShelf()
        self.urls = ServiceUrls(loopback=True)
        self.connector = Connector(session, self.badges, self.urls, self.seconds)
        self.graph = Graph(session, self.badges, f"{cloud.url}graph/v1.0", self.seconds)
        self.addresses = Addresses(self.shelf, US, self.urls)

    def address(self, conversation: str, **more: str) -> Address:
        return Address(more.pop("service_url", self.cloud.url), conversation, TENANT, BOT, **more)

    @property
    def channel(self) -> Address:
        return self.address(CHANNEL, team=TEAM, group=GROUP)

    @property
    def direct(self) -> Address:
        return self.address(DIRECT, person="29:jade")


@asynccontextmanager
async def played(answer: Answer, patience: float = 0.0) -> AsyncIterator[Place]:
    """A cloud with these answers. With `patience`, a call waits so many seconds for its answer."""
    async with scripted(answer) as cloud, open_session() as session:
        if patience:
            session._timeout = aiohttp.ClientTimeout(total=patience)
        yield Place(cloud, session)
