"""A Bot Framework that publishes keys and signs, and a login that gives tokens out: both played, both on loopback."""

from __future__ import annotations

import asyncio
import base64
import functools
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm
from requests.adapters import HTTPAdapter

Json = dict[str, Any]

APP, TENANT = "11111111-2222-3333-4444-555555555555", "99999999-8888-7777-6666-555555555555"
ISSUER = "https://api.botframework.com"
SERVICE = "https://smba.trafficmanager.net/uk/"
METADATA, KEYS = "/v1/.well-known/openidconfiguration", "/v1/.well-known/keys"


@dataclass
class StillClock:
    """Stands where it is put. `seconds` is the same time as a thing that only goes forward."""

    at: datetime = field(default_factory=lambda: datetime(2026, 11, 20, 10, 40, tzinfo=UTC))

    def now(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return self.at.timestamp()

    def go_on(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    async def pause(self, seconds: float) -> None:
        self.go_on(seconds)
        await asyncio.sleep(0)


# --- signing ---


@functools.cache
def private_key(kid: str) -> RSAPrivateKey:
    """The private key of this id: the same one for the whole run."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def published_key(kid: str, endorsements: Iterable[str] = ("msteams", "webchat"), **more: Any) -> Json:
    jwk: Json = RSAAlgorithm.to_jwk(private_key(kid).public_key(), as_dict=True)
    return {**jwk, "kid": kid, "use": "sig", "endorsements": list(endorsements), **more}


def token(clock: StillClock, kid: str = "today", **changes: Any) -> str:
    """What Teams shows. `changes` are other claims; None leaves one out."""
    return jwt.encode(claims(clock, **changes), private_key(kid), "RS256", {"kid": kid})


def claims(clock: StillClock, **changes: Any) -> Json:
    now = int(clock.now().timestamp())
    usual = {"iss": ISSUER, "aud": APP, "serviceurl": SERVICE, "nbf": now - 60, "exp": now + 3540}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def unsigned(header: Json, body: Json, signature: bytes = b"") -> str:
    """A token put together by hand: libraries refuse to make these."""
    parts = (json.dumps(header).encode(), json.dumps(body).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@dataclass
class KeyServer:
    """Publishes `keys`, counts what is fetched, waits at `gate`, `leads` from a path to another, and says `raw` with
    `status` in place of all else.
    """

    keys: list[Json] = field(default_factory=lambda: [published_key("today")])
    keys_at: str | None = None
    gate: asyncio.Event | None = None
    raw: bytes | None = None
    status: int = 200
    leads: dict[str, str] = field(default_factory=dict)
    fetched: Counter[str] = field(default_factory=Counter)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    root: str = ""

    @property
    def url(self) -> str:
        return self.root + METADATA

    async def answer(self, request: web.Request) -> web.Response:
        self.fetched[request.path] += 1
        self.begun.set()
        if self.gate:
            await self.gate.wait()
        if request.path in self.leads:
            raise web.HTTPFound(self.leads[request.path])
        if self.raw is not None or self.status != 200:
            return web.Response(status=self.status, body=self.raw or b"")
        metadata = {"issuer": ISSUER, "jwks_uri": self.keys_at or self.root + KEYS}
        return web.json_response(metadata if request.path == METADATA else {"keys": self.keys})


@asynccontextmanager
async def open_key_server() -> AsyncIterator[KeyServer]:
    played, app = KeyServer(), web.Application()
    app.router.add_get("/{path:.*}", played.answer)
    async with TestServer(app) as server:
        played.root = str(server.make_url("")).rstrip("/")
        yield played
        if played.gate:
            played.gate.set()


# --- a login ---


@dataclass
class Login:
    """Gives out numbered tokens for an hour, or says what `refusal` says; `said` are the forms it was sent."""

    secret: str
    refusal: Json | None = None
    tenants: frozenset[str] = frozenset({TENANT})
    said: list[dict[str, str]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    root: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        tenant = request.path.split("/")[1]
        kind = "discovery" if request.method == "GET" else "token"
        self.asked[kind] += 1
        if tenant not in self.tenants:
            return web.json_response({"error": "invalid_tenant"}, status=400)
        if kind == "discovery":
            at = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0"
            ends = {"token_endpoint": f"{at}/token", "authorization_endpoint": f"{at}/authorize", "issuer": at}
            return web.json_response(ends)
        return self._token({name: str(value) for name, value in (await request.post()).items()})

    def _token(self, form: dict[str, str]) -> web.Response:
        self.said.append(form)
        if self.refusal:
            return web.json_response(self.refusal, status=401)
        if form.get("client_secret") != self.secret:
            why = {"error": "invalid_client", "error_description": f"AADSTS7000215: {form.get('client_secret')}"}
            return web.json_response(why, status=401)
        made = {"token_type": "Bearer", "expires_in": 3599, "access_token": f"TOKEN-{len(self.said)}"}
        return web.json_response(made)

    def client(self) -> requests.Session:
        """What MSAL calls with: every https call comes here."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", _Led(self.root))
        return session


class _Led(HTTPAdapter):
    def __init__(self, root: str) -> None:
        super().__init__()
        self._root = root

    def send(self, request: requests.PreparedRequest, *rest: Any, **more: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        request.url = f"{self._root}{parts.path}?{parts.query}"
        return super().send(request, *rest, **more)


@asynccontextmanager
async def open_login(secret: str) -> AsyncIterator[Login]:
    played, app = Login(secret), web.Application()
    app.router.add_route("*", "/{path:.*}", played.answer)
    async with TestServer(app) as server:
        played.root = str(server.make_url("")).rstrip("/")
        yield played


async def calmest(work: Callable[[], Awaitable[None]]) -> float:
    """The longest stall, in seconds, of the best of three runs: another process may have held the processor once."""
    longest = []
    for _ in range(3):
        async with Stalls() as stalls:
            await work()
        longest.append(stalls.longest)
        if stalls.longest < 0.05:
            break
    return min(longest)


class Stalls:
    """How long the loop has at most not come round, in seconds."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def __aenter__(self) -> Stalls:
        self._task = asyncio.create_task(self._watch())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.005)
            self.longest = max(self.longest, loop.time() - before - 0.005)
