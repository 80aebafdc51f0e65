"""Socket Mode: the sockets that bots have open with our Slack, and what goes to and fro on them."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from typing import Any

from aiohttp import WSMsgType, web

from tests.slack.trouble import refused
from tests.slack.world import APP, Json

MOST = 10


class Socket:
    """One connected bot. `silent`: it takes everything and answers nothing, not even a ping."""

    def __init__(self, ws: web.WebSocketResponse) -> None:
        self.ws = ws
        self.silent = False

    async def tell(self, what: Json) -> bool:
        """Send it; False when the socket is gone."""
        try:
            await self.ws.send_str(json.dumps(what))
        except (ConnectionError, RuntimeError):
            return False
        return True


class Sockets:
    """`GET /link`: every socket, and the acknowledgements that are awaited on them."""

    def __init__(self, chance: random.Random) -> None:
        self.open: list[Socket] = []
        self.refusing = False
        self.greets = True
        self.greeted = 0
        self._greetings = asyncio.Condition()
        self.address = ""
        self._chance = chance
        self._acks: dict[str, asyncio.Future[Any]] = {}
        self._keys: set[str] = set()
        self._number = itertools.count(1)

    def mount(self, app: web.Application) -> None:
        app.router.add_get("/link", self.serve)

    def invite(self) -> Json:
        """The answer to `apps.connections.open`."""
        if self.refusing:
            return refused("internal_error")
        key = f"example-{next(self._number)}"
        self._keys.add(key)
        return {"ok": True, "url": f"{self.address}/link?ticket={key}&app_id={APP}"}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One socket from hello to goodbye. The address of each is good once."""
        key = request.query.get("ticket", "")
        if self.refusing or key not in self._keys:
            return web.Response(status=403)
        self._keys.discard(key)
        socket = Socket(web.WebSocketResponse(autoping=False))
        await socket.ws.prepare(request)
        if len(self.open) >= MOST:
            await socket.tell({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.ws.close()
            return socket.ws
        await self._live(socket)
        return socket.ws

    async def _live(self, socket: Socket) -> None:
        self.open.append(socket)
        try:
            await self._hello(socket)
            await self._listen(socket)
        finally:
            self.open.remove(socket)

    async def _hello(self, socket: Socket) -> None:
        if self.greets:
            about = {"host": "applink-example", "build_number": 1, "approximate_connection_time": 18060}
            info: Json = {"num_connections": len(self.open), "debug_info": about, "connection_info": {"app_id": APP}}
            await socket.tell({"type": "hello", **info})
        async with self._greetings:
            self.greeted += 1
            self._greetings.notify_all()

    async def opened(self, number: int) -> None:
        """Wait until so many sockets have been greeted since the start, and one is open."""
        async with self._greetings:
            await self._greetings.wait_for(lambda: self.greeted >= number and bool(self.open))

    async def _listen(self, socket: Socket) -> None:
        async for message in socket.ws:
            if socket.silent:
                continue
            if message.type is WSMsgType.PING:
                await socket.ws.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._acknowledged(json.loads(message.data))

    def _acknowledged(self, answer: Json) -> None:
        waiting = self._acks.get(str(answer.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.get("payload"))

    async def send(self, envelope: Json, patience: float) -> tuple[bool, Any]:
        """Send to one socket, chosen at random; whether it was acknowledged in time, and with what."""
        if not self.open:
            return False, None
        waiting = self._acks[envelope["envelope_id"]] = asyncio.get_running_loop().create_future()
        try:
            if not await self._chance.choice(self.open).tell(envelope):
                return False, None
            return True, await asyncio.wait_for(waiting, patience)
        except TimeoutError:
            return False, None
        finally:
            self._acks.pop(envelope["envelope_id"], None)

    async def close_all(self, code: int = 1000) -> None:
        """Slack closes every socket."""
        for socket in list(self.open):
            await socket.ws.close(code=code)

    def cut_all(self) -> None:
        """The network drops every socket, without a word."""
        for socket in list(self.open):
            request = socket.ws._req
            if request is not None and request.transport is not None:
                request.transport.abort()

    async def ask_to_refresh(self) -> None:
        """Slack says that each socket is about to be closed, as it does every few hours."""
        for socket in list(self.open):
            await socket.tell({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})

    def go_silent(self) -> None:
        """Every socket that is open now takes everything and answers nothing: stale."""
        for socket in self.open:
            socket.silent = True
