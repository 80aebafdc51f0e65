"""Teams over HTTP: who sent an activity is proved before the activity is read, and before the SDK sees it (F7, F8).

Whatever comes in, the answer is never a fault of ours: 401 when it is not proved, 403 when it is for another school,
400 when it cannot be read, 413 when it is too large; 503 when the keys to prove it by cannot be had, or when nothing
could be kept. A body or a token must never enter a log.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NoReturn
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from adapters.server import LARGEST_BODY, Part
from adapters.teams.answers import Answer
from adapters.teams.keys import KeysUnreachable
from adapters.teams.projection import project
from adapters.teams.proof import NoProof, NotProved, Proof
from adapters.teams.us import CHANNEL, Json, ServiceUrls, Us
from bot.errors import ConfigError, StoreUnavailable, where_it_broke

log = structlog.get_logger()

PATH = "/api/messages"
READING_SECONDS = 5.0

Take = Callable[[Json], Awaitable[Answer]]
"""What is done with an activity: it is given the projection, and answers after the durable commit."""

_JSON = "application/json"
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_FROM_ELSEWHERE = ("Origin", "Forwarded", "X-Forwarded-For")
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Ours:
    """Whom an activity must be for, and where its answers may be sent."""

    us: Us
    urls: ServiceUrls


class Refused(Exception):
    """A request that is answered with a status alone. `why` is one of our own words."""

    def __init__(self, status: int, why: str) -> None:
        self.status, self.why = status, why
        super().__init__(status, why)


def mount(proof: Proof, ours: Ours, take: Take) -> Part:
    """A part for `adapters.server.build_app`: `POST /api/messages`. Raises ConfigError when nothing would be proved
    anywhere but in local mode, where all addresses are on this computer (T12).
    """
    if (isinstance(proof, NoProof) or ours.us.is_local) and not (
        isinstance(proof, NoProof) and ours.us.is_local and ours.urls.loopback
    ):
        raise ConfigError("environment", "MicrosoftAppId", "is empty", "Copy it from the app's registration")
    answer = _Gate(proof, ours, take).answer

    def part(server: web.Application) -> None:
        server.router.add_post(PATH, answer)

    return part


class _Gate:
    def __init__(self, proof: Proof, ours: Ours, take: Take) -> None:
        self._proof, self._ours, self._take = proof, ours, take

    async def answer(self, request: web.Request) -> web.Response:
        try:
            return await self._taken(await self._activity(request))
        except Refused as refused:
            log.warning("teams_refused", status=refused.status, why=refused.why)
            return web.Response(status=refused.status)

    async def _activity(self, request: web.Request) -> Json:
        """The projection of what was sent. Nothing else of it is kept while it is answered (F2)."""
        if self._ours.us.is_local:
            _require_this_computer(request)
        raw = await _read(request)
        claims = await self._proved(_only(request, "Authorization"))
        body = read_body(raw, request.content_type)
        self._require_ours(body, claims)
        try:
            return project(body)
        except _UNREADABLE:
            raise Refused(400, "unreadable") from None

    async def _proved(self, authorization: str) -> Mapping[str, object]:
        """503 and not 401 when nobody can say: it was not refused, and whoever sent it may come again."""
        try:
            return await self._proof.claims(authorization)
        except NotProved:
            raise Refused(401, "token") from None
        except KeysUnreachable:
            raise Refused(503, "keys") from None

    def _require_ours(self, body: Json, claims: Mapping[str, object]) -> None:
        """Teams, an address that the token itself names and that we may speak to, our own school (T09, T10, T13, T14).
        In local mode there is no token and no tenant.
        """
        us, where = self._ours.us, body.get("serviceUrl")
        if body.get("channelId") != CHANNEL:
            raise Refused(401, "channel")
        if not isinstance(where, str) or not self._ours.urls.allows(where):
            raise Refused(401, "service_url")
        if us.is_local:
            return
        if _place(where) != _place(claims.get("serviceurl")):
            raise Refused(401, "service_url")
        if not us.tenant or _tenants(body) != {us.tenant.lower()}:
            raise Refused(403, "tenant")

    async def _taken(self, activity: Json) -> web.Response:
        try:
            answer = await self._take(activity)
        except StoreUnavailable:
            return web.Response(status=503)
        except Exception as fault:
            log.error("teams_not_taken", error=where_it_broke(fault))
            return web.Response(status=500)
        if answer.body is None:
            return web.Response(status=answer.status)
        return web.json_response(answer.body, status=answer.status)


# --- where it comes from ---


def _require_this_computer(request: web.Request) -> None:
    """Raises Refused (403) for another computer, a name of this one that a web page could have rebound, a web page, and
    whoever passes on what comes from elsewhere.
    """
    near = request.remote and ip_address(request.remote.removeprefix("::ffff:")).is_loopback
    if not near or _name_in(_only(request, "Host")) not in _LOOPBACK_NAMES:
        raise Refused(403, "not_this_computer")
    if any(name in request.headers for name in _FROM_ELSEWHERE):
        raise Refused(403, "not_this_computer")


def _name_in(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _place(url: object) -> str:
    """A service address for comparing: with or without the stroke at its end. What is none is ''."""
    return url.removesuffix("/") if isinstance(url, str) else ""


def _tenants(body: Json) -> set[str]:
    """Whose activity it is, as it says in two places; '' for a place where it does not say."""
    talk, data = body.get("conversation"), body.get("channelData")
    tenant = data.get("tenant") if isinstance(data, dict) else None
    said = (_text(talk, "tenantId"), _text(tenant, "id"))
    return {each.lower() for each in said}


def _text(place: object, name: str) -> str:
    found = place.get(name) if isinstance(place, dict) else None
    return found if isinstance(found, str) else ""


# --- reading ---


async def _read(request: web.Request) -> bytes:
    """The raw bytes, of which aiohttp keeps none: its own `read` would hold a picture until the answer is sent (F2)."""
    if "Content-Encoding" in request.headers:  # aiohttp would unpack them (T70), and Teams packs none
        raise Refused(400, "packed")
    body = bytearray()
    try:
        async with asyncio.timeout(READING_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise Refused(413, "too_large")
    except TimeoutError:
        raise Refused(400, "too_slow") from None
    return bytes(body)


def _only(request: web.Request, name: str) -> str:
    """The one header of this name, or '' when there is none or more than one."""
    found = request.headers.getall(name, [])
    return found[0] if len(found) == 1 else ""


def read_body(raw: bytes, content_type: str) -> Json:
    """The object that stands in a body. Raises Refused (400) when there is none."""
    try:
        read = json.loads(raw.decode("utf-8"), parse_constant=_no_number) if content_type == _JSON else None
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise Refused(400, "unreadable")
    return read


def _no_number(_: str) -> NoReturn:
    raise ValueError("not a number")
