"""The playground's threshold: it answers this computer and no other, and says plainly why it refuses."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable

from aiohttp import web

from adapters.web.render import Json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Refused(Exception):
    """A request that is answered with a sentence and changes nothing."""

    def __init__(self, wrong: str, status: int = 400) -> None:
        self.wrong, self.status = wrong, status
        super().__init__(wrong)


def answer_json(body: Json, status: int = 200) -> web.Response:
    return web.json_response(body, status=status, headers={"Cache-Control": "no-store"})


def guarded(handler: Handler) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            _require_this_computer(request)
            response = await handler(request)
        except Refused as refused:
            response = answer_json({"wrong": refused.wrong}, refused.status)
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    return answer


def _require_this_computer(request: web.Request) -> None:
    """Refuse other computers, other names of this one (a rebound name lets a web page reach in) and other pages."""
    transport = request.transport
    if transport is None or not _loopback(transport.get_extra_info("peername")):
        raise Refused("The playground answers this computer only.", 403)
    port = transport.get_extra_info("sockname")[1]
    ours = {f"{name}:{port}" for name in ("localhost", "127.0.0.1", "[::1]")}
    if request.host.lower() not in ours:
        raise Refused(f"Open the playground as http://localhost:{port}/.", 403)
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin is not None and origin.removeprefix("http://").lower() not in ours:
        raise Refused("Another page may not act here.", 403)


def _loopback(peer: object) -> bool:
    if not isinstance(peer, tuple):
        return False
    return ipaddress.ip_address(str(peer[0]).removeprefix("::ffff:")).is_loopback
