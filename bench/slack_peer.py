"""A Slack that takes everything and keeps nothing, so that it costs the bench little: answers in Slack's shapes.

What is posted to somebody is told to whoever plays them. Limits and refusals are not played (tests/slack does that).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from bench.wire import serve
from tests.slack.answers import message_json, person_json, room_json
from tests.slack.world import APP, BOT, BOT_ID, TEAM, Json, Message, Room, Somebody


class Watcher(Protocol):
    """Whoever plays a person: what appears on their screen is told to them."""

    def posted(self, message: Message) -> None: ...
    def opened(self, id: str, view: Json) -> None: ...


class Peer:
    """One workspace. `calls` counts what the bot asked for, by method."""

    def __init__(self, people: Iterable[Somebody], rooms: Iterable[Room]) -> None:
        self.calls: Counter[str] = Counter()
        self.watchers: dict[str, Watcher] = {}
        self.triggers: dict[str, Watcher] = {}
        self._people = {each.id: each for each in people}
        self._rooms = {each.id: each for each in rooms}
        self._count = itertools.count(1)
        self._last = 0
        self._server: asyncio.Server | None = None
        self._does: dict[str, Callable[[Json], Json]] = {
            "auth.test": lambda _: {"team_id": TEAM, "user_id": BOT, "bot_id": BOT_ID},
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.info": lambda asked: {"channel": room_json(self._rooms[asked["channel"]])},
            "conversations.list": lambda _: {"channels": []},
            "conversations.members": lambda asked: {"members": self._rooms[asked["channel"]].members},
            "bots.info": lambda asked: {"bot": {"id": BOT_ID, "app_id": APP}},
            "users.info": lambda asked: {"user": person_json(self.somebody(asked["user"]))},
            "views.open": self._open,
            "views.update": lambda asked: {"view": {"id": asked["view_id"]}},
        }

    async def open(self) -> str:
        """Serve; returns the address that a bot is to call (SLACK_API_URL)."""
        self._server, address = await serve(self._answer)
        return f"{address}/api/"

    async def close(self) -> None:
        if self._server:
            self._server.close()

    def somebody(self, id: str) -> Somebody:
        return self._people.get(id) or Somebody(id, f"Example {id}")

    def stamp(self) -> str:
        """A `ts` of now that no other message has."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06}"

    def fresh(self, letter: str) -> str:
        return f"{letter}0EX{next(self._count):07}"

    # --- the Web API ---

    def _answer(self, _: str, path: str, body: bytes) -> tuple[int, bytes]:
        at = urlsplit(path)
        method = at.path.rpartition("/")[2]
        self.calls[method] += 1
        asked = json.loads(body) if body else dict(parse_qsl(at.query))
        return 200, json.dumps({"ok": True, **self._does[method](asked)}).encode()

    def _post(self, asked: Json) -> Json:
        message = self._message(asked, direct_of(asked["channel"]), self.stamp())
        if watcher := self.watchers.get(asked["channel"]):
            watcher.posted(message)
        return {"channel": message.channel, "ts": message.ts, "message": message_json(message)}

    def _update(self, asked: Json) -> Json:
        message = self._message(asked, asked["channel"], asked["ts"])
        return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": message_json(message)}

    def _message(self, asked: Json, channel: str, ts: str) -> Message:
        return Message(channel, ts, BOT, asked.get("text", ""), dressed(asked.get("blocks") or []))

    def _open(self, asked: Json) -> Json:
        id = self.fresh("V")
        self.triggers.pop(asked["trigger_id"]).opened(id, asked["view"])
        return {"view": {"id": id}}


def direct_of(channel: str) -> str:
    """The direct messages of a person, where a person is named."""
    return f"D{channel[1:]}" if channel.startswith("U") else channel


def dressed(blocks: list[Json]) -> list[Json]:
    """Blocks as Slack keeps them: each has an id."""
    return [
        block if "block_id" in block else {**block, "block_id": f"b{number}"} for number, block in enumerate(blocks)
    ]
