"""What tests of routing, escalation and delivery share: a trust's file changed for a test, a door that can be made to
fail, and a bot that is thrown away and made again over the same books.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from adapters.seal import Keyring
from adapters.seal import place as where
from adapters.store.audit import verify
from adapters.store.engine import connect_to
from adapters.web import PersonView, Playground
from bot import composition
from bot.bot import Bot
from bot.errors import SendFailed, SendRefused
from bot.message import Card, Destination, Lane, Person, Reach
from bot.ports import Door, Doubt
from tests.school import School, text_of

ACADEMIES = {
    "north": "Example Academy North",
    "south": "Example Academy South",
    "primary": "Example Primary",
    "": "None of these, or I don’t know",
}
STAFF = {
    "none": "No, nothing points to one",
    "other": "Yes, a member of staff or a volunteer",
    "head": "Yes, the headteacher or principal",
    "dsl": "Yes, the designated safeguarding lead (DSL)",
    "deputy": "Yes, a deputy DSL",
    "chair": "Yes, the chair of governors",
    "unknown": "I don’t know",
}
TEACHER_SCREEN = "web:person:teacher"

TWO_ROLES = (
    ('deputies = ["deputy-south"]', 'deputies = ["deputy-south", "head-north"]'),
    ('dsl = "dsl-primary"', 'dsl = "trust-lead"'),
)
"""The head of one academy is a deputy of another, and the trust's lead is an academy's DSL."""

ONLY_HEAD_AND_CHAIR = ('  { to = "trust_lead", minutes = 10, urgent_minutes = 5 },\n]\n\n# ---', "]\n\n# ---")
"""A concern about staff goes to the head and the chair, and then to nobody."""


def trust_file(folder: Path, *changes: tuple[str, str]) -> Path:
    """The example trust with some of its text changed."""
    file = folder / "trust.toml"
    file.write_text(_changed(composition.EXAMPLE.read_text(encoding="utf-8"), changes), encoding="utf-8")
    return file


def rewrite(file: Path, *changes: tuple[str, str]) -> None:
    """Change a trust's file while the bot runs."""
    file.write_text(_changed(file.read_text(encoding="utf-8"), changes) + "\n", encoding="utf-8")


def _changed(text: str, changes: Sequence[tuple[str, str]]) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def restart(here: School, door: Door | None = None) -> None:
    """The process ends and another begins over the same books."""
    here.reopen()
    here.bot = Bot(composition.script(), here.trust, here.store, {"web": door or here.page}, here.clock)


def joins_the_page(here: School, id: str) -> None:
    """One more member of staff who can message the bot."""
    here.page.people[id] = PersonView(id, f"Kim {id}", "Teacher")


async def tells(here: School, staff: Sequence[str] = ("none",), academy: str = "north", who: str = "teacher") -> None:
    """A disclosure with somebody in danger, which is handed off as soon as it is known where it may go."""
    await here.says("a girl in my form has just told me something", who)
    await here.says("yes", who)
    await here.picks(place(staff, academy), who)


def place(staff: Sequence[str], academy: str) -> dict[str, list[str]]:
    return {"Which academy": [ACADEMIES[academy]], "point to an adult": [STAFF[role] for role in staff]}


async def tells_as(here: School, who: str, staff: Sequence[str], academy: str = "north") -> None:
    joins_the_page(here, who)
    await tells(here, staff, academy, who)


async def changes_place(here: School, staff: Sequence[str], academy: str) -> None:
    """Go back to the card that asks where it may go, and answer it anew."""
    for _ in range(30):
        if any("Which academy" in field.ask for field in here.question().fields):
            break
        await here.presses("Back")
    await here.picks(place(staff, academy))


def receipt(here: School, who: str = "teacher") -> str:
    """The receipt as it stands on the reporter's screen, or ''."""
    return "\n".join(text_of(card) for card in here.screen(who) if card.title.startswith("Your report") and _kept(card))


def _kept(card: Card) -> bool:
    return any("Keep this reference" in line for passage in card.passages for line in passage.lines)


def cards(here: School) -> list[tuple[str, Card]]:
    """Every card that stands anywhere, with its place."""
    return [(shown.place, shown.card) for shown in here.page.board.all() if shown.card]


def elsewhere(here: School) -> str:
    """All that can be read anywhere but on the reporter's own screen."""
    return "\n".join(text_of(card) for place, card in cards(here) if place != TEACHER_SCREEN)


def telephones(text: str) -> set[str]:
    return set(re.findall(r"0[0-9]{4} [0-9]{6}", text))


def actions(here: School) -> list[str]:
    """The audit's actions, oldest first."""
    return [str(action) for (action,) in here.rows("select action from audit order by seq")]


def details(here: School, action: str) -> list[str]:
    """The details of the audit's rows with this action, unsealed."""
    rows = here.rows(f"select seq, detail from audit where action = '{action}' order by seq")
    keys = Keyring.from_setting(here.key)
    return [keys.open(str(sealed), where("audit", "detail", int(str(seq)))).decode() for seq, sealed in rows]


def audit_rows(here: School) -> int:
    """How many rows the audit has, once its chain has been walked from end to end."""
    with connect_to(here.file, read_only=True).connect() as connection:
        return verify(connection).count


def rung_timers(here: School) -> int:
    return int(str(here.rows("select count(*) from timers where kind = 'rung'")[0][0]))


def person(id: str) -> Person:
    return Person("web", id)


def at_person(id: str) -> Destination:
    return Destination("web", Reach.PERSON, id)


def at_channel(id: str = "dsl-north-channel") -> Destination:
    return Destination("web", Reach.CHANNEL, id)


Fault = Callable[[str, Destination, Card], Exception | None]


def no_fault(what: str, to: Destination, card: Card) -> Exception | None:
    return None


def refused_channel(what: str, to: Destination, card: Card) -> Exception | None:
    return SendRefused("not_in_channel") if to.reach is Reach.CHANNEL else None


def throttled_channel(what: str, to: Destination, card: Card) -> Exception | None:
    return SendFailed("throttled", 30.0) if to.reach is Reach.CHANNEL else None


@dataclass
class Call:
    """One thing the bot asked of the platform, and whether the platform did it."""

    what: str
    place: str
    card: Card
    at: datetime
    done: bool = False


@dataclass
class FickleDoor:
    """The playground behind a line that fails as it is told to. `ledger` is what the platform saw, in order.

    `fault` is asked before each post; what it raises is raised. `performs` says whether the platform did it all the
    same, as when only its answer was lost. `slow` makes every send take that long.
    """

    page: Playground
    fault: Fault = no_fault
    performs: bool = False
    slow: float = 0.0
    name: str = "web"
    ledger: list[Call] = field(default_factory=list)

    def hold(self, destination: Destination, lane: Lane, *, in_place: bool) -> float:
        return 0.0

    async def find(self, destination: Destination, token: str) -> str | None:
        return await self.page.find(destination, token)

    async def post(self, destination: Destination, card: Card, token: str = "") -> str:
        call = await self._called("post", destination, card)
        failure = self.fault("post", destination, card)
        if failure and not self.performs:
            raise failure
        id = await self.page.post(destination, card)
        call.done = True
        if failure:
            raise failure
        return id

    async def update(self, destination: Destination, message_id: str, card: Card) -> None:
        call = await self._called("update", destination, card)
        failure = self.fault("update", destination, card)
        if failure and not self.performs:
            raise failure
        await self.page.update(destination, message_id, card)
        call.done = True
        if failure:
            raise failure

    async def doubt(self, destination: Destination, readers: frozenset[str]) -> Doubt:
        return await self.page.doubt(destination, readers)

    async def _called(self, what: str, destination: Destination, card: Card) -> Call:
        call = Call(what, destination.key, card, self.page.clock.now())
        self.ledger.append(call)
        if self.slow:
            await asyncio.sleep(self.slow)
        return call

    def titles(self, place: str, what: str = "post") -> list[str]:
        return [call.card.title for call in self.ledger if call.place == place and call.what == what]


def behind(here: School, fault: Fault = no_fault, *, performs: bool = False, slow: float = 0.0) -> FickleDoor:
    """Put a door that can fail between the bot and the page."""
    door = FickleDoor(here.page, fault, performs, slow)
    restart(here, door)
    return door
