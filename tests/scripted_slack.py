"""A Slack that answers each call exactly as a test says, with a ledger of the calls. It knows nothing of Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import Api, Home

Answer = Callable[[str, Mapping[str, Any]], Any]
"""What a call is answered with: JSON, a whole response, or something awaited for one."""

HOME = Home("T0EXAMPLE1", "U0BOT00001", "B0BOT00001")


class Seconds:
    """A clock of seconds that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Scripted:
    """The server: `answer` may be changed at any time; `calls` holds every call as (method, arguments)."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.url = ""

    def called(self, method: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.calls if name == method]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = dict(request.query) if request.method == "GET" else await request.json()
        self.calls.append((method, arguments))
        said = self.answer(method, arguments)
        said = await said if isinstance(said, Awaitable) else said
        if said is DROPPED and request.transport:
            request.transport.abort()
        return said if isinstance(said, web.StreamResponse) else web.json_response(said)


DROPPED: dict[str, Any] = {"dropped": True}
"""As an answer: the call was taken, and the connection closed without a word."""


@asynccontextmanager
async def scripted(answer: Answer) -> AsyncIterator[Scripted]:
    slack = Scripted(answer)
    app = web.Application()
    app.router.add_route("*", "/api/{method}", slack._serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    try:
        yield slack
    finally:
        await runner.cleanup()


@asynccontextmanager
async def impatient(url: str, seconds: Seconds) -> AsyncIterator[Api]:
    """An API that waits a fifth of a second for an answer, on a clock that the test turns."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.2)) as session:
        yield Api(AsyncWebClient("xoxb-example", url, session=session, retry_handlers=[]), seconds)


@asynccontextmanager
async def played(answer: Answer, seconds: Seconds | None = None) -> AsyncIterator[tuple[Scripted, Api]]:
    """A Slack with these answers, and an API that calls it."""
    async with scripted(answer) as slack, impatient(slack.url, seconds or Seconds()) as api:
        yield slack, api
