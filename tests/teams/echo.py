"""A bot of a few lines, to prove the fake with: it remembers what it heard and does what a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import quote

import aiohttp
from aiohttp import web

from tests.teams.fake import FakeTeams
from tests.teams.ledger import Json
from tests.teams.login import CONNECTOR
from tests.teams.world import CARD

Does = Callable[[Json], Awaitable[Json | None]]


def card(*elements: Json, actions: list[Json] | None = None) -> Json:
    """An Adaptive Card."""
    return {"type": "AdaptiveCard", "version": "1.5", "body": [*elements], "actions": actions or []}


def message(content: Json) -> Json:
    """A message with a card on it."""
    return {"type": "message", "summary": "n", "attachments": [attached(content)]}


def attached(content: Json) -> Json:
    return {"contentType": CARD, "content": content}


def text(words: str) -> Json:
    return {"type": "TextBlock", "text": words}


def execute(title: str, **data: object) -> Json:
    """A button as the bot makes them: with a fallback for old clients."""
    fallback = {"type": "Action.Submit", "title": title, "data": data}
    return {"type": "Action.Execute", "title": title, "verb": "press", "data": data, "fallback": fallback}


def opens(title: str, **data: object) -> Json:
    return {"type": "Action.Submit", "title": title, "data": {**data, "msteams": {"type": "task/fetch"}}}


class Echo:
    """`heard` is every activity, `tokens` what came with it. `does` may answer; by default it says nothing."""

    def __init__(self, teams: FakeTeams) -> None:
        self.teams = teams
        self.heard: list[Json] = []
        self.tokens: list[str] = []
        self.does: Does = _nothing
        self.token = teams.login.issue(CONNECTOR)
        self.session: aiohttp.ClientSession | None = None

    async def take(self, request: web.Request) -> web.Response:
        activity: Json = await request.json()
        self.heard.append(activity)
        self.tokens.append(request.headers.get("Authorization", "").removeprefix("Bearer "))
        answer = await self.does(activity)
        return web.Response(status=200) if answer is None else web.json_response(answer)

    async def call(self, verb: str, path: str, body: Json | None = None, **given: str) -> tuple[int, Json]:
        """A call to the connector: its status and answer."""
        assert self.session is not None
        url = given.get("base", self.teams.service_url) + "v3/" + path
        headers = {"Authorization": f"Bearer {given.get('token', self.token)}"}
        async with self.session.request(verb, url, json=body, headers=headers, allow_redirects=False) as answer:
            return answer.status, await answer.json() if answer.content_type == "application/json" else {}

    async def post(self, conversation: str, content: Json) -> tuple[int, Json]:
        """A card into a conversation."""
        return await self.call("POST", f"conversations/{quote(conversation, safe='')}/activities", message(content))


async def _nothing(activity: Json) -> None:
    return None


async def never(activity: Json) -> None:
    """A bot that hangs, until the test is over."""
    await asyncio.Event().wait()


@asynccontextmanager
async def echoing(teams: FakeTeams) -> AsyncIterator[Echo]:
    """The bot on a port of its own, known to the fake."""
    bot, app = Echo(teams), web.Application()
    app.router.add_post("/api/messages", bot.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    teams.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}")
    async with aiohttp.ClientSession() as bot.session:
        yield bot
    await runner.cleanup()
