"""A gate on a real server, with Microsoft's keys played and a taker that writes down what it is given."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.server import build_app
from adapters.teams import gate
from adapters.teams.answers import Answer
from adapters.teams.gate import Ours
from adapters.teams.keys import SigningKeys
from adapters.teams.proof import NoProof, Proof, TokenProof
from adapters.teams.us import ServiceUrls, Us
from tests.slack_reception import Logged
from tests.teams_keys import (
    APP,
    ISSUER,
    SERVICE,
    TENANT,
    KeyServer,
    StillClock,
    open_key_server,
    token,
)

Json = dict[str, Any]

CANARY = "CANARY-7c1e"
OURS, LOCAL = Ours(Us(APP, TENANT), ServiceUrls()), Ours(Us("", ""), ServiceUrls(loopback=True))
LOCAL_SERVICE = "http://127.0.0.1:56150/_connector"


def activity(**changes: Any) -> Json:
    """A message as Teams sends it; a change to None leaves a part out."""
    usual: Json = {
        "type": "message",
        "id": "1790000000001",
        "timestamp": "2026-11-20T10:40:00.000Z",
        "channelId": "msteams",
        "serviceUrl": SERVICE,
        "from": {"id": "29:jade", "aadObjectId": "aaaaaaaa-0000-0000-0000-000000000001", "name": "Jade Example"},
        "recipient": {"id": f"28:{APP}", "name": "Handrail"},
        "conversation": {"conversationType": "personal", "id": "a:jade", "tenantId": TENANT},
        "channelData": {"tenant": {"id": TENANT}},
        "text": f"hello {CANARY}",
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


@dataclass
class Desk:
    """A gate on a real server, with a taker that writes down what it is given."""

    server: KeyServer
    clock: StillClock
    client: TestClient[web.Request, web.Application] = field(init=False)
    taken: list[Json] = field(default_factory=list)
    answer: Answer = field(default_factory=Answer)
    fault: Exception | None = None
    gate: asyncio.Event | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, projected: Json) -> Answer:
        self.begun.set()
        if self.gate:
            await self.gate.wait()
        if self.fault:
            raise self.fault
        self.taken.append(projected)
        return self.answer

    async def send(self, body: object = None, authorization: str | None = None, **headers: str) -> int:
        raw = body if isinstance(body, bytes) else json.dumps(activity() if body is None else body).encode()
        shown = f"Bearer {token(self.clock)}" if authorization is None else authorization
        return (await self.post(raw, {"Authorization": shown, "Content-Type": "application/json", **headers}))[0]

    async def post(self, raw: bytes | io.BytesIO, headers: Any) -> tuple[int, str]:
        async with self.client.post(gate.PATH, data=raw, headers=headers) as answer:
            return answer.status, await answer.text()


@asynccontextmanager
async def open_desk(ours: Ours = OURS) -> AsyncIterator[Desk]:
    async with open_key_server() as server, aiohttp.ClientSession() as session:
        clock = StillClock()
        keys = SigningKeys(session, server.url, clock.seconds)
        proof: Proof = NoProof() if ours.us.is_local else TokenProof(keys, APP, ISSUER, clock)
        desk = Desk(server, clock)
        app = build_app([gate.mount(proof, ours, desk.take)], _well)
        async with TestClient(TestServer(app)) as desk.client:
            yield desk


async def _well() -> Json:
    return {}


def quiet(logged: Logged) -> bool:
    return CANARY not in logged.text and not logged.faults
