"""The servers that are measured, each a process of its own on a core of its own: `python -m bench.teams_servers KIND`.

`ours`: Handrail as it is served, its pace wide open. `echo`: a bare botbuilder bot that answers every message and press
with one message and stores nothing. `waterfall`: a WaterfallDialog of so many prompts over MemoryStorage, behind the
same adapter. Neither peer has an app id: it then checks no token and asks for none, which is when it is fastest.
It prints its address on one line and serves until it is told to stop.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from aiohttp import web
from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.core.cloud_adapter_base import CloudAdapterBase
from botbuilder.core.invoke_response import InvokeResponse
from botbuilder.schema import Activity
from botframework.connector.auth import BotFrameworkAuthenticationFactory

from adapters.clock import SystemClock
from adapters.pace import Pace
from adapters.seal import Keyring, new_key
from adapters.server import Part, build_app, run
from adapters.store import open_store
from adapters.teams.connector import open_session
from adapters.teams.credentials import AppTokens
from adapters.teams.sdk import hush
from adapters.teams.tenant import Tenant, Way
from adapters.teams.us import Endpoints, ServiceUrls, Us
from adapters.trust_file import TrustFile
from bot import composition
from bot.platforms import Books, of_tenant, school_of
from bot.practice import Practised
from tests.teams.world import APP, TENANT

KINDS = ("ours", "echo", "waterfall")
TABLE = "[staff.teams]\n"
RULE = f'{TABLE}domains = ["school.example.org"]\n'


# --- ours ---


async def ours(address: str, folder: Path) -> None:
    """Handrail over a fresh database, put together as `bot.composition.serve` does it: tokens proved by the keys that
    are published at `address`, and its own had once in an hour."""
    file = folder / "trust.toml"
    file.write_text(composition.EXAMPLE.read_text(encoding="utf-8").replace(TABLE, RULE), encoding="utf-8")
    store = open_store(f"sqlite:///{folder / 'handrail.db'}", Keyring.from_setting(new_key()), create=True)
    async with AsyncExitStack() as stack:
        stack.callback(store.close)
        books = Books(store, Practised(TrustFile(file)), composition.script().phrases.say, SystemClock())
        session = await stack.enter_async_context(open_session())
        tenant = Tenant(session, _way(address), school_of(books), Pace.open())
        await composition._serve_on("127.0.0.1", 0, books, [of_tenant(tenant, books)], _say)


def _way(address: str) -> Way:
    hush()
    openid, graph = f"{address}/v1/.well-known/openidconfiguration", f"{address}/graph/v1.0"
    tokens = AppTokens(_token)
    return Way(Us(APP, TENANT), ServiceUrls(loopback=True), tokens, Endpoints(openid=openid, graph=graph))


def _token(_: str) -> Mapping[str, object]:
    return {"access_token": f"example.{'x' * 1200}", "expires_in": 3599}


# --- the peers ---


class Adapter(CloudAdapterBase):
    """The SDK's adapter under aiohttp, without an app id."""

    def __init__(self) -> None:
        super().__init__(BotFrameworkAuthenticationFactory.create())

    def part(self, on_turn: Callable[[TurnContext], Any]) -> Part:
        async def answer(request: web.Request) -> web.Response:
            activity = Activity().deserialize(await request.json())
            said = await self.process_activity(request.headers.get("Authorization", ""), activity, on_turn)
            return web.json_response(said.body, status=said.status) if said else web.Response()

        return lambda server: server.router.add_post("/api/messages", answer)


class Echo(ActivityHandler):
    """Answers with one message."""

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await turn_context.send_activity(f"You said {turn_context.activity.text}")

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        await turn_context.send_activity("You pressed a button")
        return InvokeResponse(200, {"statusCode": 200, "type": "application/vnd.microsoft.activity.message"})


async def peer(bot: ActivityHandler) -> None:
    """A bot of the SDK's, served."""
    hush()
    await run(build_app([Adapter().part(bot.on_turn)], _healthy), "127.0.0.1", 0, _say)


async def _healthy() -> dict[str, object]:
    return {}


# --- run ---


def _say(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


async def _serve(kind: str, chosen: argparse.Namespace) -> None:
    if kind == "ours":
        await ours(chosen.address, chosen.folder)
    elif kind == "echo":
        await peer(Echo())
    else:
        from bench.teams_waterfall import Waterfall  # noqa: PLC0415

        await peer(Waterfall(chosen.prompts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("address", help="of the played Microsoft")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--prompts", type=int, default=1)
    parser.add_argument("--core", type=int, default=-1)
    chosen = parser.parse_args()
    if chosen.core >= 0:
        os.sched_setaffinity(0, {chosen.core})
    asyncio.run(_serve(chosen.kind, chosen))


if __name__ == "__main__":
    main()
