"""What stands in our Teams at this moment: people, chats, teams, messages. It decides nothing and sends nothing."""

from __future__ import annotations

import base64
import hashlib
import itertools
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

TENANT, OTHER_TENANT = "7e4a0000-0000-4000-8000-0000000000e1", "7e4a0000-0000-4000-8000-0000000000e2"
APP = "a9900000-0000-4000-8000-0000000000b0"
BOT, BOT_NAME = f"28:{APP}", "Handrail"
CARD = "application/vnd.microsoft.card.adaptive"
MESSAGE_PART = ";messageid="

Json = dict[str, Any]
Kind = Literal["personal", "groupChat", "channel"]


def guid(name: str) -> str:
    """A made-up GUID that is always the same for a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.example.org"))


def thread(name: str, *, chat: bool = False) -> str:
    """The id of a channel (or, with `chat`, of a group chat), always the same for a name."""
    return f"19:{hashlib.sha256(name.encode()).hexdigest()[:32]}@thread.{'v2' if chat else 'tacv2'}"


def _opaque(prefix: str, seed: str) -> str:
    """A long id as Teams makes them: letters, digits, `-` and `_`."""
    made = base64.urlsafe_b64encode(hashlib.sha512(seed.encode()).digest())
    return prefix + made.decode().rstrip("=")


@dataclass(slots=True)
class Somebody:
    """A person. `aad` is their GUID in Entra, '' for somebody anonymous; `id` is theirs for this bot ("29:…").

    `groups` are Entra groups they are in; `installed` whether they have the app; `blocked` that the bot may not write.
    """

    aad: str
    name: str
    upn: str = ""
    role: Literal["user", "guest", "anonymous"] = "user"
    tenant: str = TENANT
    installed: bool = True
    blocked: bool = False
    groups: list[str] = field(default_factory=list)
    id: str = ""

    def __post_init__(self) -> None:
        self.id = self.id or _opaque("29:1", self.aad or self.name)
        self.upn = self.upn or f"{self.name.lower().replace(' ', '.')}@school.example.org"

    @property
    def key(self) -> str:
        """What tests call them by: their GUID, or the "29:…" id of somebody anonymous."""
        return self.aad or self.id


@dataclass(slots=True)
class Room:
    """A conversation. `members` are people by key; of a channel they are its team's."""

    id: str
    kind: Kind = "groupChat"
    name: str = ""
    members: list[str] = field(default_factory=list)
    team: str = ""
    bot: bool = True


@dataclass(slots=True)
class Team:
    """A team; its own id is that of its General channel. `channels` are the others by id: name and type."""

    id: str
    name: str = "A team"
    group: str = ""
    visibility: str = "private"
    members: list[str] = field(default_factory=list)
    channels: dict[str, tuple[str, str]] = field(default_factory=dict)
    tenant: str = TENANT
    bot: bool = True

    def __post_init__(self) -> None:
        self.group = self.group or guid(f"group of {self.id}")


@dataclass(slots=True)
class Message:
    """One message as it stands now. `earlier` holds what stood there before, oldest first.

    `activity` is what the bot sent; `root` the first message of its thread in a channel; `replaced` the card that one
    person alone sees in its place, by their key.
    """

    room: str
    id: str
    author: str
    text: str = ""
    activity: Json = field(default_factory=dict)
    root: str = ""
    deleted: bool = False
    replaced: dict[str, Json] = field(default_factory=dict)
    earlier: list[Json] = field(default_factory=list)

    @property
    def card(self) -> Json:
        """The Adaptive Card on it, or nothing."""
        for attachment in self.activity.get("attachments") or ():
            if attachment.get("contentType") == CARD:
                content: Json = attachment["content"]
                return content
        return {}

    def card_for(self, person: str) -> Json:
        return self.replaced.get(person) or self.card

    @property
    def versions(self) -> int:
        """How many times something stood here."""
        return len(self.earlier) + 1

    @property
    def conversation(self) -> str:
        """The conversation as Teams calls it in an activity: of a channel, the thread."""
        return f"{self.room}{MESSAGE_PART}{self.root}" if self.root else self.room


class World:
    """The state. `now` gives the seconds since 1970 that ids and time stamps are made of."""

    def __init__(
        self, people: Iterable[Somebody], places: Iterable[Room | Team], now: Callable[[], float] = time.time
    ) -> None:
        self.now = now
        self.people = {each.key: replace(each, groups=list(each.groups)) for each in people}
        self.rooms: dict[str, Room] = {}
        self.teams: dict[str, Team] = {}
        self.messages: dict[str, dict[str, Message]] = {}
        self._count = itertools.count(1)
        self._last = 0
        for place in places:
            self.add_place(place)

    def add_place(self, place: Room | Team) -> None:
        """A group chat, or a team with all of its channels."""
        if isinstance(place, Room):
            self.rooms[place.id] = replace(place, members=list(place.members))
            return
        team = replace(place, members=list(place.members), channels=dict(place.channels))
        self.teams[team.id] = team
        for id_, name in [(team.id, ""), *((each, named[0]) for each, named in team.channels.items())]:
            self.rooms[id_] = Room(id_, "channel", name, team=team.id)

    def stamp(self) -> str:
        """An id for a message: milliseconds since 1970 that no other message has."""
        self._last = max(self._last + 1, int(self.now() * 1000))
        return str(self._last)

    def fresh(self) -> str:
        """A GUID that nothing else has."""
        return str(uuid.UUID(int=0xE0000000000040008000000000000000 + next(self._count)))

    # --- who and where ---

    def who(self, key: str) -> Somebody:
        """Somebody by GUID, "29:…" id or address. Raises KeyError."""
        found = self.people.get(key.lower()) or self.people.get(key)
        found = found or next((each for each in self.people.values() if key in (each.id, each.upn)), None)
        if found is None:
            raise KeyError(key)
        return found

    def personal(self, person: str) -> Room:
        """The chat of one person with the bot: always the same conversation."""
        who = self.who(person)
        id_ = _opaque("a:1", f"chat {who.id}")
        return self.rooms.setdefault(id_, Room(id_, "personal", members=[who.key]))

    def place(self, place: str) -> Room:
        """A room by conversation id, with or without a thread, or somebody's personal chat. Raises KeyError."""
        room = self.rooms.get(place.partition(MESSAGE_PART)[0])
        return room or self.personal(place)

    def members(self, room: Room) -> list[Somebody]:
        keys = self.teams[room.team].members if room.team else room.members
        return [self.people[key] for key in keys]

    def bot_is_in(self, room: Room) -> bool:
        """Whether the app is there."""
        if room.kind == "personal":
            return self.people[room.members[0]].installed
        return self.teams[room.team].bot if room.team else room.bot

    # --- messages ---

    def add(self, message: Message) -> Message:
        self.messages.setdefault(message.room, {})[message.id] = message
        return message

    def message(self, room: str, id_: str) -> Message | None:
        """What stands there now."""
        found = self.messages.get(room, {}).get(id_)
        return None if found is None or found.deleted else found

    def standing(self, room: str) -> Iterator[Message]:
        """The messages that stand in a room now, oldest first."""
        return (message for message in self.messages.get(room, {}).values() if not message.deleted)
