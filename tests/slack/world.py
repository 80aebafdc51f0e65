"""What stands in our Slack at this moment: people, channels, messages, views. It decides nothing and sends nothing."""

from __future__ import annotations

import itertools
import random
import string
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

TEAM, OTHER_TEAM = "T0EXAMPLE1", "T0STRANGE1"
BOT, BOT_ID, APP = "U0BOT00001", "B0BOT00001", "A0EXAMPLE1"

Json = dict[str, Any]


@dataclass(slots=True)
class Somebody:
    """A person or a bot of the workspace. `stranger` belongs to another organisation."""

    id: str
    name: str
    guest: bool = False
    single_channel: bool = False
    bot: bool = False
    deleted: bool = False
    stranger: bool = False

    @property
    def team(self) -> str:
        return OTHER_TEAM if self.stranger else TEAM


@dataclass(slots=True)
class Room:
    """A channel, or the direct messages of one person with the bot (`person` is then their id)."""

    id: str
    name: str = ""
    members: list[str] = field(default_factory=list)
    person: str = ""
    private: bool = True
    archived: bool = False
    ext_shared: bool = False
    org_shared: bool = False
    pending_ext_shared: bool = False
    pending_shared: list[str] = field(default_factory=list)
    pending_connected_team_ids: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """As Slack's `channel_type` says it."""
        return "im" if self.person else "group" if self.private else "channel"


@dataclass(slots=True)
class Message:
    """One message as it stands now. `earlier` holds what stood there before, oldest first."""

    channel: str
    ts: str
    author: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    subtype: str = ""
    edited: str = ""
    deleted: bool = False
    ephemeral_to: str = ""
    metadata: Json | None = None
    arguments: Json = field(default_factory=dict)
    earlier: list[Json] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"{self.channel}/{self.ts}"


@dataclass(slots=True)
class View:
    """A modal, or somebody's App Home. `earlier` holds what it showed before, oldest first."""

    id: str
    person: str
    hash: str
    view: Json
    root: str = ""
    previous: str = ""
    closed: bool = False
    errors: Json = field(default_factory=dict)
    earlier: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class Trigger:
    """A `trigger_id`: good once, for three seconds."""

    person: str
    born: float
    spent: bool = False
    view: str = ""


class World:
    """The state. `now` gives the seconds since 1970 that time stamps are made of; triggers age in real seconds."""

    def __init__(self, people: Iterable[Somebody], rooms: Iterable[Room], now: Callable[[], float] = time.time) -> None:
        self.now = now
        self.chance = random.Random(20261120)
        self.people = {each.id: replace(each) for each in people}
        self.people.setdefault(BOT, Somebody(BOT, "Handrail", bot=True))
        self.rooms = {each.id: replace(each, members=list(each.members)) for each in rooms}
        self.messages: dict[str, dict[str, Message]] = {}
        self.ephemerals: list[Message] = []
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.trigger_life = 3.0
        self._count = itertools.count(1)
        self._last = 0

    def stamp(self) -> str:
        """A `ts` of now that no other message has."""
        self._last = max(self._last + 1, int(self.now() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06}"

    def fresh(self, letter: str) -> str:
        """An id that nothing else has."""
        return f"{letter}0EX{next(self._count):07}"

    def short(self) -> str:
        return "".join(self.chance.choices(string.ascii_letters + string.digits, k=5))

    def direct(self, person: str) -> Room:
        """The direct messages of a person with the bot, opened if they were not yet."""
        for room in self.rooms.values():
            if room.person == person:
                return room
        id_ = f"D{person[1:]}" if f"D{person[1:]}" not in self.rooms else self.fresh("D")
        self.rooms[id_] = Room(id_, members=[person, BOT], person=person)
        return self.rooms[id_]

    def add(self, message: Message) -> Message:
        self.messages.setdefault(message.channel, {})[message.ts] = message
        return message

    def message(self, channel: str, ts: str) -> Message | None:
        """What stands there now; an ephemeral message too."""
        found = self.messages.get(channel, {}).get(ts)
        if found:
            return None if found.deleted else found
        return next((each for each in self.ephemerals if (each.channel, each.ts) == (channel, ts)), None)

    def standing(self, channel: str) -> list[Message]:
        """The messages that stand in a channel now, oldest first."""
        return [each for _, each in sorted(self.messages.get(channel, {}).items()) if not each.deleted]

    def trigger(self, person: str, view: str = "") -> str:
        """A new trigger id, born now."""
        id_ = f"{next(self._count)}.{self.chance.randrange(10**12)}.{self.chance.randbytes(16).hex()}"
        self.triggers[id_] = Trigger(person, time.monotonic(), view=view)
        return id_

    def dress(self, blocks: list[Json]) -> list[Json]:
        """Blocks as Slack keeps them: every block and every element has an id."""
        return [self._dressed(block) for block in blocks]

    def _dressed(self, block: Json) -> Json:
        kept = {**block, "block_id": block.get("block_id") or self.short()}
        for part in ("element", "accessory"):
            if part in kept:
                kept[part] = self._named(kept[part])
        if kept["type"] == "actions":
            kept["elements"] = [self._named(element) for element in kept["elements"]]
        return kept

    def _named(self, element: Json) -> Json:
        return {**element, "action_id": element.get("action_id") or self.short()}

    def direct_rooms(self) -> Iterator[Room]:
        return (room for room in self.rooms.values() if room.person)
