"""Slack over HTTP: who sent a request is proved on its raw bytes before anything else is done with it.

Whatever comes in, the answer is never a fault of ours: 401 when it is not proved, 400 when it cannot be read, 403 when
it is for another app, 413 when it is too large. A body must never enter a log.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_internals import build_async_context
from slack_bolt.request.async_request import AsyncBoltRequest

from adapters.server import LARGEST_BODY, Part
from adapters.slack.projection import Json, project
from bot.errors import ConfigError
from bot.ports import Clock

log = structlog.get_logger()

PATH = "/slack/events"
OLDEST_SECONDS, NEWEST_SECONDS = 300, 60
"""How far a stamp may lie behind our clock, and ahead of it."""
READING_SECONDS = 3.0
"""Slack itself gives up after three."""

_STAMP = re.compile(r"[0-9]{1,12}")
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_MOST_PARTS = 50


@dataclass(frozen=True, slots=True)
class Signature:
    """Proves that Slack sent a request (v0: HMAC-SHA256 over the stamp and the raw bytes). Two secrets hold while one
    is being replaced (T06).
    """

    secrets: tuple[str, ...] = field(repr=False)
    clock: Clock

    def __post_init__(self) -> None:
        if not self.secrets or not all(secret.strip() for secret in self.secrets):
            wrong, write = "is empty", "Copy it from Slack: your app, Basic Information, Signing Secret"
            raise ConfigError("environment", "SLACK_SIGNING_SECRET", wrong, write)

    def proves(self, stamp: str, signature: str, body: bytes) -> bool:
        """Whether one of the secrets made this signature over this body, and not too long ago (T01, T02)."""
        if not _STAMP.fullmatch(stamp):
            return False
        age = int(self.clock.now().timestamp()) - int(stamp)
        if not -NEWEST_SECONDS <= age <= OLDEST_SECONDS:
            return False
        given = signature.encode("utf-8", "replace")
        return any(hmac.compare_digest(made, given) for made in self._made(stamp, body))

    def _made(self, stamp: str, body: bytes) -> list[bytes]:
        signed = b"v0:%b:%b" % (stamp.encode("ascii"), body)
        return [b"v0=" + hmac.new(s.encode(), signed, "sha256").hexdigest().encode() for s in self.secrets]


@dataclass(frozen=True, slots=True)
class Ours:
    """Whom a request must be for. `app` is '' when it could not be learnt, and then only the workspace is looked at."""

    team: str
    app: str = ""


class Refused(Exception):
    """A request that is answered with a status alone."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(status)


def mount(app: AsyncApp, signature: Signature, ours: Ours) -> Part:
    """A part for `adapters.server.build_app`: `POST /slack/events`."""
    answer = _Edge(app, signature, ours).answer

    def part(server: web.Application) -> None:
        server.router.add_post(PATH, answer)

    return part


class _Edge:
    def __init__(self, app: AsyncApp, signature: Signature, ours: Ours) -> None:
        self._app, self._signature, self._ours = app, signature, ours

    async def answer(self, request: web.Request) -> web.Response:
        try:
            body = read_body(await self._proved(request), request.content_type)
            return self._greeting(body) or await self._dispatched(body)
        except Refused as refused:
            log.warning("slack_refused", status=refused.status)
            return web.Response(status=refused.status)

    async def _proved(self, request: web.Request) -> bytes:
        """The raw bytes, once it is proved that Slack sent them."""
        if "Content-Encoding" in request.headers:  # aiohttp would unpack them, and Slack packs none
            raise Refused(400)
        try:
            async with asyncio.timeout(READING_SECONDS):
                raw = await _read(request)
        except TimeoutError:
            raise Refused(400) from None
        stamp, signature = (_only(request, name) for name in ("X-Slack-Request-Timestamp", "X-Slack-Signature"))
        if not self._signature.proves(stamp, signature, raw):
            raise Refused(401)
        return raw

    def _greeting(self, body: Json) -> web.Response | None:
        """The answer to Slack's two trials of the address. Both were signed (T05)."""
        if body.get("type") == "url_verification":
            return web.json_response({"challenge": body.get("challenge", "")})
        if "ssl_check" in body:
            return web.Response()
        if not self._is_for_us(body):
            raise Refused(403)
        return None

    def _is_for_us(self, body: Json) -> bool:
        """Whether the request is for this app in this workspace (T08). Of an event, Slack says to whom it is given."""
        given = next(iter(body.get("authorizations", ())), body)
        team = given.get("team_id") or body.get("team", {}).get("id")
        return team == self._ours.team and self._ours.app in ("", body.get("api_app_id"))

    async def _dispatched(self, body: Json) -> web.Response:
        """Bolt's answer. It gets the projection as already read, so that nothing else of the request is kept (F2)."""
        request = AsyncBoltRequest(body="", mode="http")
        request.body, request.context = body, build_async_context(AsyncBoltContext({}), body)
        answer = await self._app.async_dispatch(request)
        kind = answer.first_headers()["content-type"]
        return web.Response(status=answer.status, body=answer.body.encode(), headers={"Content-Type": kind})


async def _read(request: web.Request) -> bytes:
    """The raw bytes, of which aiohttp keeps none: its own `read` would hold a picture until the answer is sent (F2)."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Refused(413)
    return bytes(body)


def _only(request: web.Request, name: str) -> str:
    """The one header of this name, or '' when there is none or more than one."""
    found = request.headers.getall(name, [])
    return found[0] if len(found) == 1 else ""


# --- reading ---


def read_body(raw: bytes, content_type: str) -> Json:
    """The projection of a body. Raises Refused (400) when it is not what Slack sends."""
    try:
        read = _READERS[content_type](raw.decode("utf-8"))
        if not read or not isinstance(read, dict):
            raise Refused(400)
        return project(read)
    except (ValueError, KeyError, RecursionError):
        raise Refused(400) from None


def _read_json(text: str) -> Any:
    return json.loads(text, parse_constant=_no_number)


def _read_form(text: str) -> Any:
    """A form holds either JSON as its `payload`, or a command's parts."""
    pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_MOST_PARTS)
    parts = dict(pairs)
    if len(parts) != len(pairs):
        raise ValueError("a part stands there twice")
    return _read_json(parts["payload"]) if "payload" in parts else parts


_READERS: dict[str, Callable[[str], Any]] = {_JSON: _read_json, _FORM: _read_form}


def _no_number(_: str) -> NoReturn:
    raise ValueError("not a number")
