"""A school in Teams: the real bot, its real door and server over a real SQLite file, and a Microsoft that is played.

What happened is read from that tenant's ledger and screens, and from the raw database. Nothing asks the bot.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from adapters.clock import PracticeClock
from adapters.pace import Pace
from adapters.seal import Keyring, new_key
from adapters.server import build_app
from adapters.store import SqlStore, open_store
from adapters.teams.connector import open_session
from adapters.teams.credentials import AppTokens, Identity, msal_acquire
from adapters.teams.tenant import Tenant, Way
from adapters.teams.us import Endpoints, ServiceUrls, Us
from adapters.trust_file import TrustFile
from bot import composition
from bot.bot import Bot
from bot.platforms import Books, of_tenant, school_of
from tests.school import FRIDAY_MORNING
from tests.teams.fake import APP, TENANT, FakeTeams, Message, Pressed, Room, Somebody, Team, guid, text_of, thread
from tests.teams.ledger import Call
from tests.teams.login import SECRET
from tests.teams.reading import labels_of

TEACHER, OTHER_TEACHER = guid("sam"), guid("kim")
GUEST, PUPIL, NOBODY_KNOWS = guid("guest"), guid("pupil"), guid("new")
NORTH, SOUTH, PRIMARY = thread("north"), thread("south"), thread("primary", chat=True)
STAFFROOM = thread("staffroom")
_CHANNELS = {"dsl-north-channel": NORTH, "dsl-south-channel": SOUTH, "dsl-primary-channel": PRIMARY}
Picks = Mapping[str, Sequence[str]]
_ACADEMIES = ("north", "south", "primary")

RULE = """
domains = ["staff.example.org"]
pupil_domains = ["pupils.example.org"]
"""


def entra_id(roster_id: str) -> str:
    """The made-up object id of somebody on the example trust's roster."""
    return guid(roster_id)


def teams_trust(folder: Path, rule: str = RULE) -> Path:
    """The example trust, with an id in Teams for everybody and every academy's channel, and a rule for staff."""
    text = composition.EXAMPLE.read_text(encoding="utf-8")
    text = re.sub(r'ids = \{ web = "([^"]+)" \}', lambda m: f'ids = {{ teams = "{entra_id(m[1])}" }}', text)
    for web_id, channel in _CHANNELS.items():
        text = text.replace(f'channel = {{ web = "{web_id}" }}', f'channel = {{ teams = "{channel}" }}')
    text = text.replace('channel = { web = "trust-safeguarding-channel" }\n', "")
    file = folder / "trust.toml"
    file.write_text(text.replace("[staff.teams]\n", f"[staff.teams]\n{rule}"), encoding="utf-8")
    return file


def _leads(academy: str) -> list[str]:
    return [entra_id(f"dsl-{academy}"), entra_id(f"deputy-{academy}")]


def town(trust: Path) -> tuple[list[Somebody], list[Room | Team]]:
    """The people, teams and chats of that trust's tenant, and a few who are on no roster.

    North and South have a private team each, whose General channel is the DSLs'; Primary has a group chat.
    """
    roster = TrustFile(trust).current().people
    people = [Somebody(person.ids["teams"], person.name, upn=f"{person.id}@staff.example.org") for person in roster]
    people += [_staff(TEACHER, "Sam Example"), _staff(OTHER_TEACHER, "Kim Example")]
    people += [Somebody(GUEST, "Guest Example", role="guest"), Somebody(PUPIL, "Pip", upn="pip@pupils.example.org")]
    people.append(Somebody(NOBODY_KNOWS, "Nico Example", upn="nico@elsewhere.example"))
    places: list[Room | Team] = [Team(NORTH, "Safeguarding North", members=_leads("north"))]
    places.append(Team(SOUTH, "Safeguarding South", members=_leads("south")))
    places.append(Room(PRIMARY, name="Safeguarding Primary", members=_leads("primary")))
    places.append(Team(STAFFROOM, "Staffroom", members=[TEACHER, OTHER_TEACHER, entra_id("dsl-north")]))
    return people, places


def _staff(aad: str, name: str) -> Somebody:
    return Somebody(aad, name, upn=f"{name.split(maxsplit=1)[0].lower()}@staff.example.org")


@dataclass
class TeamsSchool:
    """Everybody's Teams, and one way to do what a person does there."""

    teams: FakeTeams
    bot: Bot
    store: SqlStore
    tenant: Tenant
    clock: PracticeClock
    file: Path
    key: str

    # --- what people do ---

    async def says(self, text: str, who: str = TEACHER) -> None:
        await self.teams.say(who, text)
        await self.settles()

    async def presses(
        self, label: str, who: str = TEACHER, picks: Mapping[str, Sequence[str]] | None = None
    ) -> Pressed:
        """Press the newest button of this label in somebody's own chat."""
        return await self.presses_on(who, label, who, picks)

    async def presses_on(
        self, place: str, label: str, who: str, picks: Picks | None = None, words: str = ""
    ) -> Pressed:
        """Press the newest button of this label that stands in a place."""
        pressed = await self.teams.press(who, self.teams.with_label(place, label), label, picks or {}, words)
        await self.settles()
        return pressed

    async def writes(self, words: str, button: str, who: str = TEACHER) -> Pressed:
        """Write into the card's own field, and press the button below it."""
        return await self.presses_on(who, button, who, words=words)

    async def presses_in_dialog(self, label: str, who: str, words: str = "") -> Pressed:
        pressed = await self.teams.dialogs_of(who)[-1].press(label, words=words)
        await self.settles()
        return pressed

    async def passes(self, **delta: float) -> None:
        self.clock.advance(timedelta(**delta))
        await self.settles()

    async def settles(self) -> None:
        """Until nothing is due, nothing waits to leave and nothing goes on behind."""
        while await self.bot.watch() or await self.bot.deliver():
            pass
        await self.tenant.settled()

    async def tells_the_essentials(self, staff: str = "No, nothing points to one", danger: str = "no") -> None:
        """From the first message to the handoff, as a teacher would."""
        await self.says("A girl in my form has just told me a picture of her is going round")
        await self.says(danger)
        await self.submits_place(staff)
        await self.says("Jade Example, year 9")
        await self.presses("The child in the picture told me")
        await self.says("He said he would show everyone")
        await self.presses("13, 14 or 15")
        await self.presses("No, only under-18s")
        await self.presses("No, nothing like that was said")

    async def submits_place(self, staff: str = "No, nothing points to one", who: str = TEACHER) -> None:
        picks = {"academy": ["Example Academy North"], "staff_concerned": [staff]}
        await self.presses("Continue", who, {f"field:{step}": picked for step, picked in picks.items()})

    # --- what stands on the screens ---

    def reads(self, who: str) -> str:
        """All that stands in somebody's own chat with the bot."""
        return "\n".join(text_of(message, who) for message in self.teams.from_bot(who))

    def channel_reads(self, channel: str = NORTH) -> str:
        return "\n".join(text_of(message) for message in self.teams.from_bot(channel))

    def dialog(self, who: str) -> str:
        """What stands in somebody's newest dialog."""
        it = self.teams.dialogs_of(who)[-1]
        return text_of(it.card) if it.card else it.said

    def question(self, who: str = TEACHER) -> Message:
        """The newest message of the bot in somebody's chat that has a way out on it."""
        return next(m for m in reversed(self.teams.from_bot(who)) if "Stop" in labels_of(m))

    def written(self, place: str = "") -> list[Call]:
        """Every call that wrote, or tried to write, a message: in all places, or in this one."""
        return self.teams.calls("activities.*", place=place) + self.teams.calls("conversations.create", place=place)

    # --- the raw database ---

    @property
    def ref(self) -> str:
        """The reference of the newest case."""
        return str(self.rows("select ref from cases order by n desc limit 1")[0][0])

    def audited(self) -> list[str]:
        """The audit's actions, oldest first."""
        return [str(action) for (action,) in self.rows("select action from audit order by seq")]

    def raw(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.file.parent.glob("handrail.db*")))

    def count(self, table: str) -> int:
        return int(str(self.rows(f"select count(*) from {table}")[0][0]))

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        import sqlite3

        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as connection:
            return list(connection.execute(sql))


@asynccontextmanager
async def teams_school(
    folder: Path, at: datetime = FRIDAY_MORNING, pace: Pace | None = None, rule: str = RULE, *, met: bool = True
) -> AsyncIterator[TeamsSchool]:
    """A school whose Teams reaches the bot. Nothing runs by itself but what is asked to.

    `met`: everybody has the app, and it stands in the DSLs' teams and chat: the bot has heard from each of them once.
    """
    trust, clock, key = teams_trust(folder, rule), PracticeClock(), new_key()
    clock.set(at)
    people, places = town(trust)
    async with AsyncExitStack() as stack:
        teams = await stack.enter_async_context(FakeTeams(people, places, now=lambda: clock.now().timestamp()))
        file = folder / "handrail.db"
        store = open_store(f"sqlite:///{file}", Keyring.from_setting(key), create=True)
        stack.callback(store.close)
        books = Books(store, TrustFile(trust), composition.script().phrases.say, clock)
        session = await stack.enter_async_context(open_session())
        tenant = Tenant(session, way_to(teams), school_of(books), pace or Pace.open())
        bot = Bot(composition.script(), books.trust, store, {"teams": tenant.door}, clock)
        parts = of_tenant(tenant, books).open(bot)
        teams.deliver_to(await stack.enter_async_context(served(build_app(parts, bot.health))))
        here = by_practice_clock(TeamsSchool(teams, bot, store, tenant, clock, file, key))
        if met:
            await meets(here)
        yield here
        await tenant.settled()
        await teams.settled()
        assert teams.complaints == []


def way_to(teams: FakeTeams) -> Way:
    """How the bot and this Microsoft know each other."""
    identity = Identity(APP, SECRET, TENANT, "SingleTenant")
    tokens = AppTokens(msal_acquire(identity, teams.endpoints["login"], http_client=teams.http_client()))
    return Way(Us(APP, TENANT), ServiceUrls(loopback=True), tokens, Endpoints(**teams.endpoints))


async def meets(here: TeamsSchool) -> None:
    """The app is installed for everybody and added to the DSLs' places; what was said about it is forgotten."""
    for academy, place in zip(_ACADEMIES, _CHANNELS.values(), strict=True):
        await here.teams.install(entra_id(f"dsl-{academy}"), place)
    for who in (*here.teams.world.people.values(),):
        await here.teams.install(who.key)
    await here.settles()


def by_practice_clock(here: TeamsSchool) -> TeamsSchool:
    """Everything of the tenant that waits, remembers or counts seconds does so by the clock of the school."""

    def seconds() -> float:
        return here.clock.now().timestamp()

    tenant: Any = here.tenant
    timed = (tenant.connector._calls.breaker, tenant.graph._calls.breaker, tenant.places, tenant.way.tokens)
    named = [*((it, "_seconds") for it in timed), (tenant.door, "seconds"), (tenant.people, "seconds")]
    for counting, name in named:
        assert hasattr(counting, name), counting
        setattr(counting, name, seconds)
    return here


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
