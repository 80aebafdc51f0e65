"""A small Bolt app that says back what it hears, over HTTP or Socket Mode: to prove the fake against, not the bot."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.client import RemoteSlack
from tests.slack.fake import FakeSlack
from tests.slack.signing import SECRET
from tests.slack.wire import APP_TOKEN, BOT_TOKEN
from tests.slack.world import BOT, BOT_ID, TEAM

Heard = list[dict[str, Any]]
FORM: dict[str, Any] = {
    "type": "modal",
    "callback_id": "writing",
    "title": {"type": "plain_text", "text": "Write"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "words",
            "label": {"type": "plain_text", "text": "In their words"},
            "element": {"type": "plain_text_input", "action_id": "words", "multiline": True},
        }
    ],
}


def button(label: str, value: str = "v") -> dict[str, Any]:
    """One button in a block of its own."""
    text = {"type": "plain_text", "text": label}
    return {"type": "actions", "elements": [{"type": "button", "text": text, "action_id": "go", "value": value}]}


def client_of(slack: FakeSlack | RemoteSlack) -> AsyncWebClient:
    """The real client, which tries nothing twice."""
    return AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, retry_handlers=[], timeout=5)


def echo_app(slack: FakeSlack | RemoteSlack, heard: Heard, *, acknowledge_first: bool = False) -> AsyncApp:
    """Says back every message; opens a form at a press; answers `/oncall` and the form. Keeps every body in `heard`.

    A message that says "break" is not taken. `acknowledge_first` is Bolt's default, which answers 200 all the same.
    """

    async def authorize(**_: object) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_token=BOT_TOKEN, bot_id=BOT_ID, bot_user_id=BOT)

    app = AsyncApp(
        signing_secret=SECRET,
        client=client_of(slack),
        authorize=authorize,
        process_before_response=not acknowledge_first,
    )
    logging.getLogger("slack_bolt.AsyncApp").setLevel(logging.CRITICAL)

    async def on_message(body: dict[str, Any], say: Callable[..., Any]) -> None:
        heard.append(body)
        if body["event"].get("text") == "break":
            raise RuntimeError
        if body["event"].get("subtype") in (None, "file_share"):
            await say(text=f"You said {body['event'].get('text')}", blocks=[button("Go")])

    async def on_press(ack: Callable[..., Any], body: dict[str, Any], client: AsyncWebClient) -> None:
        heard.append(body)
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)
        await ack()

    async def on_writing(ack: Callable[..., Any], body: dict[str, Any]) -> None:
        heard.append(body)
        words = body["view"]["state"]["values"]["words"]["words"]["value"]
        await (ack(response_action="errors", errors={"words": "Not saved"}) if words == "refuse" else ack())

    async def on_command(ack: Callable[..., Any], body: dict[str, Any]) -> None:
        heard.append(body)
        await ack(text="Ring now")

    app.event("message")(on_message)
    app.action("go")(on_press)
    app.view("writing")(on_writing)
    app.command("/oncall")(on_command)
    return app


@asynccontextmanager
async def over_http(slack: FakeSlack, app: AsyncApp) -> AsyncIterator[str]:
    """Serve the app and have the fake deliver to it; gives its address."""

    async def answer(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    served = web.Application()
    served.router.add_post("/slack/events", answer)
    runner = web.AppRunner(served, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    try:
        yield slack.office.url
    finally:
        await runner.cleanup()


@asynccontextmanager
async def over_sockets(slack: FakeSlack, app: AsyncApp, ping: float = 10) -> AsyncIterator[AsyncSocketModeHandler]:
    """Connect the app by Socket Mode."""
    handler = AsyncSocketModeHandler(app, APP_TOKEN, ping_interval=ping)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        await slack.socket_opened(slack.sockets.greeted or 1)
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
