"""A reception with everything behind it played: a bot that writes down what it hears, screens with a ledger.

The Bolt app, the edge and the server are the real ones. Nothing of `tests.slack` is needed here.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import structlog
from aiohttp.test_utils import TestClient, TestServer
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.server import build_app as build_server
from adapters.slack import bolt, edge
from adapters.slack.receive import Reception
from bot.message import Card, Incoming, Passage, Person

Json = dict[str, Any]

TEAM, BOT, BOT_ID, APP = "T0EXAMPLE1", "U0BOT00001", "B0BOT00001", "A0EXAMPLE1"
JADE, DM, CHANNEL = "U0JADE0001", "D0EXAMPLE1", "C0EXAMPLE1"
SECRET, OLD_SECRET = "example-secret-of-today", "example-secret-of-yesterday"
NUMBERS = Card("Numbers to ring", passages=(Passage(("01632 960001",)),))


@dataclass(frozen=True)
class Us:
    team: str = TEAM
    person: str = BOT
    bot: str = BOT_ID


@dataclass
class StillClock:
    """Stands where it is put."""

    at: datetime = field(default_factory=lambda: datetime(2026, 11, 20, 10, 40, tzinfo=UTC))

    def now(self) -> datetime:
        return self.at

    async def pause(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@dataclass
class Ear:
    """A bot that writes down what it hears, answers with `answer`, breaks with `fault` and waits at `gate`."""

    heard: list[Incoming] = field(default_factory=list)
    answer: Card | None = None
    fault: Exception | None = None
    gate: asyncio.Event | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def hear(self, incoming: Incoming) -> Card | None:
        self.begun.set()
        if self.gate:
            await self.gate.wait()
        if self.fault:
            raise self.fault
        self.heard.append(incoming)
        return self.answer

    async def home(self, who: Person) -> Card:
        if self.fault:
            raise self.fault
        return Card("Home", title=f"Home of {who.id}")

    def numbers(self) -> Card:
        return NUMBERS


@dataclass
class Ledger:
    """Screens that write down what is shown; `fault` is raised by the acts that it names."""

    acts: list[tuple[Any, ...]] = field(default_factory=list)
    fault: dict[str, Exception] = field(default_factory=dict)

    async def _act(self, name: str, *what: Any) -> None:
        if name in self.fault:
            raise self.fault[name]
        self.acts.append((name, *what))

    async def open_view(self, trigger_id: str, view: Json) -> str:
        await self._act("open", trigger_id, view)
        return "V0OPENED01"

    async def update_view(self, view_id: str, view: Json) -> None:
        await self._act("update", view_id, view)

    async def publish_home(self, person_id: str, view: Json) -> None:
        await self._act("home", person_id, view)

    async def tell(self, channel_id: str, person_id: str, card: Card) -> None:
        await self._act("tell", channel_id, person_id, card)

    async def replace(self, channel_id: str, ts: str, text: str) -> None:
        await self._act("replace", channel_id, ts, text)

    @property
    def names(self) -> list[str]:
        return [act[0] for act in self.acts]


@dataclass(frozen=True)
class Known:
    name: str
    outside: bool


@dataclass
class Register:
    """People by id; somebody who is not in it is nobody known."""

    people: dict[str, Known] = field(default_factory=lambda: {JADE: Known("Jade Example", outside=False)})

    async def known(self, person_id: str) -> Known:
        return self.people.get(person_id, Known("", outside=False))


@dataclass
class Desk:
    """All of it, and an HTTP client that signs."""

    clock: StillClock = field(default_factory=StillClock)
    bot: Ear = field(default_factory=Ear)
    screens: Ledger = field(default_factory=Ledger)
    people: Register = field(default_factory=Register)
    forgotten: list[str] = field(default_factory=list)
    reception: Reception = field(init=False)
    app: AsyncApp = field(init=False)
    client: TestClient[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.reception = Reception(
            self.bot,
            self.screens,
            self.people,
            Us(),
            lambda key: f"[{key}]",
            self.clock,
            lambda channel: channel == "C0OURS0001",
            self.forgotten.append,
        )
        web_client = AsyncWebClient(token="xoxb-example", base_url="http://127.0.0.1:9/api/", retry_handlers=[])
        self.app = bolt.build_app(self.reception, web_client)

    def part(self, secrets: tuple[str, ...] = (SECRET,)) -> Any:
        return edge.mount(self.app, edge.Signature(secrets, self.clock), edge.Ours(TEAM, APP))

    async def post(self, raw: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        async with self.client.post("/slack/events", data=io.BytesIO(raw), headers=headers) as answer:
            return answer.status, await answer.text()

    async def send(self, body: Json, secret: str = SECRET) -> tuple[int, str]:
        """As Slack sends an event."""
        return await self.post(*self.signed(json.dumps(body).encode(), "application/json", secret))

    async def interact(self, body: Json) -> tuple[int, str]:
        """As Slack sends a press, a form or a shortcut. Waits for what goes on after the answer."""
        raw = urlencode({"payload": json.dumps(body)}).encode()
        answer = await self.post(*self.signed(raw, "application/x-www-form-urlencoded"))
        await self.reception.behind.done()
        return answer

    async def command(self, name: str, text: str = "", **more: str) -> tuple[int, str]:
        parts = {"command": name, "text": text, "user_id": JADE, "channel_id": CHANNEL, "trigger_id": "1.2.three"}
        body = urlencode({**parts, "team_id": TEAM, "api_app_id": APP, "token": "x", **more}).encode()
        return await self.post(*self.signed(body, "application/x-www-form-urlencoded"))

    def signed(self, raw: bytes, kind: str, secret: str = SECRET, age: int = 0) -> tuple[bytes, dict[str, str]]:
        stamp = str(int(self.clock.at.timestamp()) - age)
        signature = sign(raw, stamp, secret)
        return raw, {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}


def sign(raw: bytes, stamp: str, secret: str = SECRET) -> str:
    return "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:".encode() + raw, hashlib.sha256).hexdigest()


@asynccontextmanager
async def open_desk(secrets: tuple[str, ...] = (SECRET,)) -> AsyncIterator[Desk]:
    desk = Desk()

    async def health() -> Mapping[str, object]:
        return {}

    server = TestServer(build_server([desk.part(secrets)], health))
    async with TestClient(server) as desk.client:
        yield desk
        await desk.reception.behind.done()


class Logged(logging.Handler):
    """Everything that is logged anywhere at any level, by whichever library, with the text of every fault."""

    def __init__(self, ours: list[Any]) -> None:
        super().__init__()
        self._ours = ours
        self._theirs: list[str] = []
        self._faults: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = logging.Formatter("%(name)s %(message)s").format(record) + repr(record.args)
        self._theirs.append(text)
        if record.levelno >= logging.ERROR:
            self._faults.append(text)

    @property
    def faults(self) -> list[str]:
        ours = [repr(entry) for entry in self._ours if entry["log_level"] in ("error", "critical")]
        return [*self._faults, *ours]

    @property
    def text(self) -> str:
        return "\n".join([*self._theirs, *map(repr, self._ours)])


@contextmanager
def everything_logged() -> Iterator[Logged]:
    root = logging.getLogger()
    level = root.level
    with structlog.testing.capture_logs() as ours:
        catch = Logged(ours)
        root.addHandler(catch)
        root.setLevel(logging.DEBUG)
        yield catch
        root.removeHandler(catch)
        root.setLevel(level)


# --- what Slack sends ---


def event(inner: Json, **more: Any) -> Json:
    given = [{"team_id": TEAM, "user_id": BOT, "is_bot": True, "enterprise_id": None, "is_enterprise_install": False}]
    outer = {"type": "event_callback", "team_id": TEAM, "api_app_id": APP, "event_id": "Ev0EXAMPLE"}
    return {**outer, "authorizations": given, "event": inner, **more}


def message(text: str = "hello", ts: str = "1790000000.000100", **more: Any) -> Json:
    said = {"type": "message", "user": JADE, "text": text, "ts": ts, "team": TEAM, "channel": DM, "channel_type": "im"}
    return {**said, "event_ts": ts, **more}


def interaction(kind: str, **more: Any) -> Json:
    who = {"id": JADE, "username": "jade", "team_id": TEAM}
    return {"type": kind, "user": who, "team": {"id": TEAM}, "api_app_id": APP, "trigger_id": "1.2.three", **more}


def press(action_id: str, value: str, **more: Any) -> Json:
    """A press on a message in the direct conversation."""
    action = {
        "type": "button",
        "action_id": action_id,
        "block_id": "b",
        "value": value,
        "action_ts": "1790000001.000002",
    }
    container = {"type": "message", "message_ts": "1790000000.000200", "channel_id": DM}
    return interaction("block_actions", actions=[action], container=container, channel={"id": DM}, **more)
