"""Slack over Socket Mode: Slack is called, so a school needs no open port. The same Bolt app as over HTTP.

An envelope is acknowledged only after its turn is kept: the SDK's `send_async_response` answers nothing to any status
but 200, and Slack then sends an event again. Envelopes are worked on at the same time, so a slow one holds up no other.
What arrives is cut to its projection before it enters the SDK's queue (F2). Nothing of it may enter a log.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from datetime import datetime

import structlog
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.slack.projection import project_envelope
from bot.errors import where_it_broke
from bot.ports import Clock

log = structlog.get_logger()

PING_SECONDS = 5.0
REBUILD_SECONDS = 60.0
"""Not connected for this long, everything is begun anew: the SDK alone goes on calling an address that has expired."""

_LOOK_SECONDS = 1.0
_CLOSE_SECONDS = 5.0


class SocketMode:
    """One connection to Slack, kept up until `close`. `connected_since` is None while there is none."""

    def __init__(self, app: AsyncApp, app_token: str, clock: Clock) -> None:
        self._app, self._token, self._clock = app, app_token, clock
        self._closing = asyncio.Event()
        self.rebuild_seconds, self.ping_seconds = REBUILD_SECONDS, PING_SECONDS
        self.connected_since: datetime | None = None

    @property
    def is_connected(self) -> bool:
        return self.connected_since is not None

    async def run(self) -> None:
        """Serve until `close` or until cancelled. Nothing that Slack or the network does ends it."""
        while not self._closing.is_set():
            try:
                await self._serve()
            except Exception as fault:
                log.error("slack_socket_broke", error=where_it_broke(fault))
                await self._rest()
        self.connected_since = None

    async def close(self) -> None:
        """End `run`, once the turns that are being heard have been answered."""
        self._closing.set()

    async def _serve(self) -> None:
        """One client, for as long as it connects."""
        client = _Client(self._app, self._token, self.ping_seconds)
        connecting = asyncio.create_task(client.connect())  # type: ignore[no-untyped-call]
        try:
            await self._watch(client)
        finally:
            self.connected_since = None
            connecting.cancel()
            await client.finish()

    async def _watch(self, client: _Client) -> None:
        last = time.monotonic()
        while not self._closing.is_set() and time.monotonic() - last < self.rebuild_seconds:
            if await client.is_connected():
                last = time.monotonic()
                self.connected_since = self.connected_since or self._clock.now()
            else:
                self.connected_since = None
            await self._rest()

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), min(_LOOK_SECONDS, self.ping_seconds))


class _Client(SocketModeClient):
    """The SDK's client, with nothing in its queue but projections, and with its turns held until they are answered."""

    def __init__(self, app: AsyncApp, app_token: str, ping_seconds: float) -> None:
        super().__init__(app_token, app.logger, app.client, ping_interval=ping_seconds)
        self._app = app
        self._turns: set[asyncio.Task[None]] = set()
        self.socket_mode_request_listeners.append(self._take)

    async def enqueue_message(self, message: str) -> None:
        await super().enqueue_message(_cut(message))

    async def process_message(self) -> None:
        message = await self.message_queue.get()
        envelope = json.loads(message)
        turn = asyncio.create_task(self.run_message_listeners(envelope, message))
        self._turns.add(turn)
        turn.add_done_callback(self._turns.discard)

    async def _take(self, _: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        began = time.time()
        asked = AsyncBoltRequest(mode="socket_mode", body=request.payload)
        await send_async_response(self, request, await self._app.async_dispatch(asked), began)

    async def finish(self) -> None:
        """Let the turns that are being heard be answered, then close, whatever state the connection is in."""
        self.auto_reconnect_enabled = False
        if self._turns:
            await asyncio.wait(set(self._turns), timeout=_CLOSE_SECONDS)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.close(), _CLOSE_SECONDS)  # type: ignore[no-untyped-call]
        await self.aiohttp_client_session.close()


def _cut(message: str) -> str:
    """The projection of an envelope; of what cannot be read, nothing."""
    try:
        envelope = json.loads(message)
        return json.dumps(project_envelope(envelope) if isinstance(envelope, dict) else {})
    except (ValueError, RecursionError):
        return "{}"
