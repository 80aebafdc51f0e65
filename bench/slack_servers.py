"""The servers that are measured, each a process of its own on a core of its own: `python -m bench.slack_servers KIND`.

`ours`: Handrail as it is served, its pace wide open. `paced`: the same with Slack's limits on. `echo`: a bare Bolt app
that answers every message, press and form with one message and stores nothing. `row`: the same with one committed row
for each, in the journal mode of our books. It prints its address on one line and serves until it is told to stop.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from adapters.clock import SystemClock
from adapters.pace import Pace
from adapters.seal import Keyring, new_key
from adapters.server import Part, build_app, run
from adapters.slack.bolt import hush
from adapters.slack.send import slack_pace
from adapters.slack.workspace import Way, open_workspace
from adapters.store import open_store
from adapters.store.engine import arm, settings
from adapters.trust_file import TrustFile
from bot import composition
from bot.platforms import Books, of_workspace
from tests.slack.echo import FORM
from tests.slack.signing import SECRET
from tests.slack.world import BOT, BOT_ID, TEAM
from tests.slack_school import slack_trust

TOKEN = "xoxb-example"  # noqa: S105
KINDS = ("ours", "paced", "echo", "row")

Keep = Callable[[dict[str, Any]], Awaitable[object]]


# --- ours ---


async def ours(api_url: str, folder: Path, pace: Pace) -> None:
    """Handrail over a fresh database, put together as `bot.composition.serve` does it."""
    trust = TrustFile(slack_trust(folder))
    store = open_store(f"sqlite:///{folder / 'handrail.db'}", Keyring.from_setting(new_key()), create=True)
    async with AsyncExitStack() as stack:
        stack.callback(store.close)
        slack = await stack.enter_async_context(open_workspace(TOKEN, Way(secrets=(SECRET,)), api_url))
        slack.door._pace = pace
        books = Books(store, trust, composition.script().phrases.say, SystemClock())
        await composition._serve_on("127.0.0.1", 0, books, [of_workspace(slack, books)], _say)


# --- the echoes ---


async def echo(api_url: str, keep: Keep) -> None:
    """A Bolt app as its pages show it, but for one session shared by all of its calls."""
    hush()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:
        client = AsyncWebClient(TOKEN, api_url, session=session, retry_handlers=[])
        client.proxy = None
        await run(build_app([_mounted(_echo_app(client, keep))], _healthy), "127.0.0.1", 0, _say)


def _echo_app(client: AsyncWebClient, keep: Keep) -> AsyncApp:
    async def authorize(**_: object) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_token=client.token, bot_id=BOT_ID, bot_user_id=BOT)

    app = AsyncApp(signing_secret=SECRET, client=client, authorize=authorize, process_before_response=True)

    async def on_message(body: dict[str, Any], client: AsyncWebClient) -> None:
        await keep(body)
        await client.chat_postMessage(channel=body["event"]["user"], text=f"You said {body['event']['text']}")

    async def on_press(ack: Callable[..., Any], body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        if body["actions"][0]["action_id"].startswith("write:"):
            await client.views_open(trigger_id=body["trigger_id"], view=FORM)
            return
        await keep(body)
        await client.chat_postMessage(channel=body["user"]["id"], text="You pressed a button")

    async def on_form(ack: Callable[..., Any], body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await keep(body)
        await client.chat_postMessage(channel=body["user"]["id"], text="You wrote something")

    app.event("message")(on_message)
    app.action(re.compile(""))(on_press)
    app.view(re.compile(""))(on_form)
    return app


def _mounted(app: AsyncApp) -> Part:
    async def answer(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    def part(server: web.Application) -> None:
        server.router.add_post("/slack/events", answer)

    return part


async def _healthy() -> dict[str, object]:
    return {}


async def _keep_nothing(_: dict[str, Any]) -> None:
    return None


@asynccontextmanager
async def rows(folder: Path) -> AsyncIterator[Keep]:
    """One row, one commit for each thing heard: raw sqlite3 on one thread of its own, so that the loop never waits."""
    with ThreadPoolExecutor(1) as thread:
        loop = asyncio.get_running_loop()
        connection = await loop.run_in_executor(thread, _opened, folder / "rows.db")

        async def keep(body: dict[str, Any]) -> None:
            who = body["event"]["user"] if "event" in body else body["user"]["id"]
            await loop.run_in_executor(thread, _insert, connection, who, body.get("event_id") or body["trigger_id"])

        yield keep


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    arm(connection, settings())
    connection.execute("CREATE TABLE IF NOT EXISTS heard (id INTEGER PRIMARY KEY, who TEXT, what TEXT)")
    return connection


def _insert(connection: sqlite3.Connection, who: str, what: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO heard (who, what) VALUES (?, ?)", (who, what))
    connection.execute("COMMIT")


# --- run ---


def _say(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


async def _serve(kind: str, api_url: str, folder: Path) -> None:
    if kind == "echo":
        await echo(api_url, _keep_nothing)
    elif kind == "row":
        async with rows(folder) as keep:
            await echo(api_url, keep)
    else:
        await ours(api_url, folder, slack_pace() if kind == "paced" else Pace.open())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("api_url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--core", type=int, default=-1)
    chosen = parser.parse_args()
    if chosen.core >= 0:
        os.sched_setaffinity(0, {chosen.core})
    asyncio.run(_serve(chosen.kind, chosen.api_url, chosen.folder))


if __name__ == "__main__":
    main()
