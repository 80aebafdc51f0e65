"""A playground on a real port with the scripted bot behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from adapters.clock import PracticeClock
from adapters.server import build_app
from adapters.web import ChannelView, PersonView, Playground, mount
from tests.web.scripted import CHANNEL, Scripted

NORTH = "Example Academy North"
PEOPLE = (
    PersonView("dsl-north", "Dana Example", "DSL", NORTH),
    PersonView("deputy-north", "Robin Example", "Deputy DSL", NORTH),
    PersonView("head-north", "Kit Example", "Headteacher", NORTH),
    PersonView("chair-north", "Lee Example", "Chair of governors", NORTH),
)
CHANNELS = (ChannelView(CHANNEL, "north-safeguarding", NORTH, ("dsl-north", "deputy-north", "head-north")),)


@dataclass
class Running:
    playground: Playground
    bot: Scripted
    runner: web.AppRunner
    streams: list[web.Request]

    @property
    def port(self) -> int:
        return int(self.runner.addresses[0][1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut_lines(self) -> int:
        """Break every open event stream as a lost network would, and say how many there were."""
        open_lines = [request.transport for request in self.streams if request.transport is not None]
        for transport in open_lines:
            transport.abort()
        self.streams.clear()
        return len(open_lines)


async def _healthy() -> dict[str, object]:
    return {"ok": True}


@asynccontextmanager
async def running(port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[Running]:
    bot, clock = Scripted(), PracticeClock()
    streams: list[web.Request] = []
    playground = Playground(PEOPLE, CHANNELS, clock)
    bot.door = playground
    app = build_app([mount(playground, bot.hear)], _healthy)

    async def note_stream(request: web.Request, _: web.StreamResponse) -> None:
        if request.path == "/playground/events":
            streams.append(request)

    app.on_response_prepare.append(note_stream)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield Running(playground, bot, runner, streams)
    finally:
        await runner.cleanup()
