"""A reception with everything behind it played: a bot that writes down what it hears, a door with a ledger.

The projection, the SDK and the presses are the real ones. Nothing of `tests.teams` is needed here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from adapters.teams.addresses import Address
from adapters.teams.answers import Answer
from adapters.teams.presses import press_data
from adapters.teams.projection import project
from adapters.teams.receive import Reception
from adapters.teams.us import Json, Us
from bot.message import Button, Card, Destination, Lane, Passage, Reach
from tests.slack_reception import NUMBERS, StillClock
from tests.slack_reception import Ear as AnyEar

__all__ = ["NUMBERS", "Desk", "Ear", "StillClock"]

TENANT, APP = "7e9c1a52-0000-4000-8000-00000000aaaa", "b07a0000-0000-4000-8000-00000000bbbb"
BOT, BOT_NAME = f"28:{APP}", "Handrail"
JADE, JADE_HERE, JADE_NAME = "1ade0000-0000-4000-8000-000000000001", "29:jade-here", "Jade Example"
CHAT, CHANNEL, TEAM, GROUP = "a:1-jade", "19:open@thread.tacv2", "19:team@thread.tacv2", "19:chat@thread.v2"
OURS, ENTRA_GROUP = "19:ours@thread.tacv2", "6a0a0000-0000-4000-8000-000000000009"
SERVICE = "https://smba.trafficmanager.net/uk/"
US = Us(APP, TENANT)
TO_JADE = Destination("teams", Reach.PERSON, JADE)


WELCOME = Card("A first page", passages=(Passage(("Welcome",)),))


class Ear(AnyEar):
    """A bot that writes down what it hears, with a first page."""

    def welcome(self) -> Card:
        return WELCOME


@dataclass
class Told:
    """A door that writes down what is told to whom. Of `holds` and `faults` one is taken at each try."""

    acts: list[tuple[Destination, Card]] = field(default_factory=list)
    fault: Exception | None = None
    faults: list[Exception] = field(default_factory=list)
    holds: list[float] = field(default_factory=list)
    held: list[tuple[Destination, Lane, bool]] = field(default_factory=list)
    tries: int = 0

    def hold(self, destination: Destination, lane: Lane, *, in_place: bool) -> float:
        self.held.append((destination, lane, in_place))
        return self.holds.pop(0) if self.holds else 0.0

    async def tell(self, destination: Destination, card: Card) -> None:
        self.tries += 1
        if fault := self.faults.pop(0) if self.faults else self.fault:
            raise fault
        self.acts.append((destination, card))


@dataclass(frozen=True)
class Known:
    name: str = JADE_NAME
    outside: bool = False
    unverified: bool = False


@dataclass
class Register:
    """People by id; somebody who is not in it is nobody known."""

    people: dict[str, Known] = field(default_factory=lambda: {JADE: Known()})
    asked: list[tuple[str, Address, str]] = field(default_factory=list)
    fault: Exception | None = None

    async def known(self, person_id: str, address: Address, name: str) -> Known:
        self.asked.append((person_id, address, name))
        if self.fault:
            raise self.fault
        return self.people.get(person_id, Known("", unverified=True))


@dataclass
class Kept:
    """Addresses, by where they lead."""

    at: dict[Destination, Address] = field(default_factory=dict)
    pressed: list[str] = field(default_factory=list)
    anew: list[Destination] = field(default_factory=list)
    fault: Exception | None = None

    async def keep(self, destination: Destination, address: Address, *, anew: bool = False) -> None:
        if self.fault:
            raise self.fault
        self.at[destination] = address
        self.anew += [destination] * anew

    async def forget(self, destination: Destination, address: Address) -> None:
        if self.fault:
            raise self.fault
        self.at.pop(destination, None)

    async def checked(self, nonce: str) -> None:
        if self.fault:
            raise self.fault
        self.pressed.append(nonce)


@dataclass
class Desk:
    """All of it."""

    seconds: float = 4.5
    clock: StillClock = field(default_factory=StillClock)
    bot: Ear = field(default_factory=Ear)
    door: Told = field(default_factory=Told)
    people: Register = field(default_factory=Register)
    kept: Kept = field(default_factory=Kept)
    forgotten: list[str] = field(default_factory=list)
    reception: Reception = field(init=False)

    def __post_init__(self) -> None:
        self.reception = Reception(
            self.bot,
            self.door,
            self.people,
            self.kept,
            US,
            lambda key: f"[{key}]",
            self.clock,
            lambda channel: channel == OURS,
            self.forgotten.append,
            seconds=self.seconds,
        )

    async def take(self, body: Json) -> Answer:
        """As the gate hands it over. Waits for what goes on after the answer."""
        try:
            return await self.reception.take(project(body))
        finally:
            await self.reception.behind.done()

    @property
    def told(self) -> list[tuple[Destination, str]]:
        """To whom, and all the words of it."""
        return [(place, words(card)) for place, card in self.door.acts]


def words(card: Card) -> str:
    lines = [line for passage in card.passages for line in (passage.heading, *passage.lines)]
    return "\n".join(filter(None, [card.title, *lines]))


# --- what Teams sends ---


def activity(kind: str = "message", **more: Any) -> Json:
    """Something that Jade did in her own chat with the bot."""
    return {
        "type": kind,
        "id": "1790000000100",
        "timestamp": "2026-11-20T10:40:00.1234567Z",
        "serviceUrl": SERVICE,
        "channelId": "msteams",
        "from": {"id": JADE_HERE, "aadObjectId": JADE.upper(), "name": JADE_NAME},
        "recipient": {"id": BOT, "name": BOT_NAME},
        "conversation": {"id": CHAT, "conversationType": "personal", "tenantId": TENANT},
        "channelData": {"tenant": {"id": TENANT}},
        "entities": [{"type": "clientInfo", "locale": "en-GB"}],
        **more,
    }


def said(text: str = "hello", **more: Any) -> Json:
    html = {"contentType": "text/html", "content": f"<p>{text}</p>"}
    return activity(**{"text": text, "textFormat": "plain", "attachments": [html], **more})


def in_channel(channel: str = CHANNEL, team: str = TEAM) -> Json:
    """What is otherwise in an activity of a team's channel."""
    place = {"id": f"{channel};messageid=1789", "conversationType": "channel", "isGroup": True, "tenantId": TENANT}
    data = {"tenant": {"id": TENANT}, "team": {"id": team, "aadGroupId": ENTRA_GROUP}, "channel": {"id": channel}}
    return {"conversation": place, "channelData": data}


def in_group() -> Json:
    place = {"id": GROUP, "conversationType": "groupChat", "isGroup": True, "tenantId": TENANT}
    return {"conversation": place, "channelData": {"tenant": {"id": TENANT}}}


def event(body: Json, kind: str) -> Json:
    return {**body, "channelData": {**body["channelData"], "eventType": kind}}


def executed(data: Json, **more: Any) -> Json:
    """A press of Action.Execute."""
    value = {"action": {"type": "Action.Execute", "verb": "press", "data": data}, "trigger": "manual"}
    return activity("invoke", name="adaptiveCard/action", value=value, **more)


def fetched(data: Json, **more: Any) -> Json:
    data = {**data, "msteams": {"type": "task/fetch"}}
    return activity("invoke", name="task/fetch", value={"data": data, "context": {"theme": "dark"}}, **more)


def sent(data: Json, **more: Any) -> Json:
    """A press inside a dialog."""
    return activity("invoke", name="task/submit", value={"data": data, "context": {"theme": "dark"}}, **more)


def submitted(data: Json, **more: Any) -> Json:
    """A press of Action.Submit by an app that knows no other way."""
    return activity(**{"text": None, "value": data, **more})


def data_of(button: Button, page: int = 0, **more: str) -> Json:
    return {**press_data(button, page), **more}
