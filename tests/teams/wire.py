"""The network side of our Microsoft cloud: takes the request, lets faults strike, writes the ledger, answers."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.teams.ledger import Call, Ledger
from tests.teams.trouble import CODES, Fault, Troubles, error
from tests.teams.world import Json

_PAGE = "<!DOCTYPE html><html><title>Sign in</title><p>This page is not JSON.</p></html>"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered. Below 400 it took effect."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """Microsoft's cloud does not do what was asked: an HTTP status and the body that says why."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        self.reply = Reply(status, error(code, message))
        super().__init__(code)


Perform = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One call that can be made. `method` is its short name; `perform` raises Refused."""

    verb: str
    path: str
    method: str
    perform: Perform


class Wire:
    """Serves routes, each through the faults and into the ledger. `elsewhere` is the port of a stranger's server that
    is served here too, so that whatever reaches it is seen."""

    def __init__(self, ledger: Ledger, troubles: Troubles) -> None:
        self.ledger, self.troubles = ledger, troubles
        self.elsewhere = 0
        self.closing = asyncio.Event()

    def mount(self, app: web.Application, routes: Iterable[Route]) -> None:
        for route in routes:
            app.router.add_route(route.verb, route.path, self._served(route))
        app.router.add_route("*", "/{rest:.*}", self._served(Route("*", "", "nowhere", _nowhere)))

    def _served(self, route: Route) -> Callable[[web.Request], Any]:
        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(request, route)

        return serve

    async def _serve(self, request: web.Request, route: Route) -> web.StreamResponse:
        """One call, from request to ledger."""
        call = await self._noted(request, route)
        try:
            if call.method == "elsewhere":
                return self._answered(call, Reply(200, {}))
            fault = self.troubles.strike(call.method, call.place)
            if fault is None:
                return self._answered(call, self._perform(call, route))
            return await self._struck(request, call, route, fault)
        finally:
            self.ledger.ring()

    async def _noted(self, request: web.Request, route: Route) -> Call:
        there = request.transport.get_extra_info("sockname")[1] if request.transport else 0
        method = "elsewhere" if there == self.elsewhere else route.method
        call = Call(
            self.ledger.number(),
            time.time(),
            method,
            route.path.rpartition("/v3/")[2],
            dict(request.match_info),
            dict(request.query),
            await _body(request),
            request.headers.get("Authorization", "").removeprefix("Bearer "),
            request.host,
        )
        self.ledger.calls.append(call)
        return call

    def _perform(self, call: Call, route: Route) -> Reply:
        """Do it, and answer as Microsoft's cloud does."""
        try:
            reply = route.perform(call)
        except Refused as refusal:
            reply = refusal.reply
        call.performed = reply.status < 400
        return reply

    def _answered(self, call: Call, reply: Reply) -> web.Response:
        """What was answered is written down."""
        call.status, call.answer = reply.status, reply.body
        if reply.body is None:
            return web.Response(status=reply.status, headers=reply.headers)
        return web.json_response(reply.body, status=reply.status, headers=reply.headers)

    # --- faults ---

    async def _struck(self, request: web.Request, call: Call, route: Route, fault: Fault) -> web.StreamResponse:
        """The call meets a fault."""
        if fault.kind in ("drop_before", "hang") or fault.kind in _INSTEAD:
            if fault.performed:
                self._perform(call, route)
            return await self._instead(request, call, fault)
        reply = self._perform(call, route)
        if fault.kind in ("drop_after_accept", "reset"):
            return _hang_up(request, reset=fault.kind == "reset")
        if fault.kind == "slow":
            await self._pause(fault.seconds)
        if fault.kind == "missing" and isinstance(reply.body, dict):
            reply = Reply(reply.status, _without(reply.body, fault.field), reply.headers)
        answer = self._answered(call, reply)
        return _half(answer) if fault.kind == "truncated" else answer

    async def _instead(self, request: web.Request, call: Call, fault: Fault) -> web.StreamResponse:
        """Something else than the answer."""
        if fault.kind == "hang":
            await self._pause(fault.seconds or 600.0)
        if fault.kind in ("hang", "drop_before"):
            return _hang_up(request)
        if fault.kind == "redirect":
            return self._answered(call, Reply(307, None, {"Location": fault.location}))
        if fault.kind == "garbage":
            call.status = fault.status or 200
            return web.Response(text=_PAGE, content_type="text/html", status=call.status)
        headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
        status = fault.status or 503
        return self._answered(call, Reply(status, error(fault.code or CODES.get(status, "ServiceError")), headers))

    async def _pause(self, seconds: float) -> None:
        """So long, or until everything closes."""
        try:
            await asyncio.wait_for(self.closing.wait(), seconds)
        except TimeoutError:
            return


_INSTEAD = ("status", "garbage", "redirect")


def _nowhere(call: Call) -> Reply:
    raise Refused(404, "NotFound", "There is nothing here.")


def _without(body: Json, name: str) -> Json:
    """A field left out, wherever in the answer it stands."""
    return {key: _pruned(value, name) for key, value in body.items() if key != name}


def _pruned(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return _without(value, name)
    return [_pruned(each, name) for each in value] if isinstance(value, list) else value


def _half(answer: web.Response) -> web.Response:
    text = answer.text or ""
    return web.Response(text=text[: len(text) // 2], content_type="application/json", status=answer.status)


def _hang_up(request: web.Request, *, reset: bool = False) -> web.Response:
    """Close the connection; what is returned is never sent."""
    if request.transport is not None:
        if reset:
            line = request.transport.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()


async def _body(request: web.Request) -> Json:
    """What was sent: a form, or a JSON object; anything else is nothing."""
    if request.content_type == "application/x-www-form-urlencoded":
        return {name: str(value) for name, value in (await request.post()).items()}
    try:
        given = json.loads(await request.text() or "{}")
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}
