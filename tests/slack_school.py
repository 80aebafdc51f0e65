"""A school in Slack: the real bot, its real door and server over a real SQLite file, and a Slack that is played.

What happened is read from that Slack's ledger and screens, and from the raw database. Nothing asks the bot.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web

from adapters.clock import PracticeClock
from adapters.pace import Pace
from adapters.seal import Keyring, new_key
from adapters.server import build_app
from adapters.slack.api import Home, open_api
from adapters.slack.workspace import Way, Workspace
from adapters.store import SqlStore, open_store
from adapters.trust_file import TrustFile
from bot import composition
from bot.bot import Bot
from bot.platforms import Books, of_workspace
from tests.school import FRIDAY_MORNING
from tests.slack.fake import FakeSlack, Message, Room, Somebody, text_of
from tests.slack.ledger import Call
from tests.slack.reading import labels_of
from tests.slack.signing import SECRET
from tests.slack.wire import APP_TOKEN, BOT_TOKEN
from tests.slack.world import APP, BOT, BOT_ID, TEAM

TEACHER, OTHER_TEACHER, GUEST = "U0TEACHER1", "U0TEACHER2", "U0GUEST001"
NORTH, SOUTH, PRIMARY, STAFFROOM = "C0DSLNORTH", "C0DSLSOUTH", "C0DSLPRIMA", "C0STAFFROO"
_CHANNELS = {"dsl-north-channel": NORTH, "dsl-south-channel": SOUTH, "dsl-primary-channel": PRIMARY}

WAYS = ("http", "socket")


def slack_id(roster_id: str) -> str:
    """The made-up Slack id of somebody on the example trust's roster."""
    return "U0" + roster_id.upper().replace("-", "0")


def slack_trust(folder: Path) -> Path:
    """The example trust, with an id in Slack for everybody and every academy's channel."""
    text = composition.EXAMPLE.read_text(encoding="utf-8")
    text = re.sub(r'ids = \{ web = "([^"]+)" \}', lambda m: f'ids = {{ slack = "{slack_id(m[1])}" }}', text)
    for web_id, channel in _CHANNELS.items():
        text = text.replace(f'channel = {{ web = "{web_id}" }}', f'channel = {{ slack = "{channel}" }}')
    text = text.replace('channel = { web = "trust-safeguarding-channel" }\n', "")
    file = folder / "trust.toml"
    file.write_text(text, encoding="utf-8")
    return file


def town(trust: Path) -> tuple[list[Somebody], list[Room]]:
    """The people and channels of that trust's workspace, and a few who are on no roster."""
    roster = TrustFile(trust).current().people
    people = [Somebody(person.ids["slack"], person.name) for person in roster]
    people += [Somebody(TEACHER, "Sam Example"), Somebody(OTHER_TEACHER, "Kim Example")]
    people.append(Somebody(GUEST, "Guest Example", guest=True))
    rooms = [Room(id, id.lower(), members=[BOT, *_leads(academy)]) for academy, id in _ACADEMIES.items()]
    return people, [*rooms, Room(STAFFROOM, "staffroom", members=[BOT, TEACHER, slack_id("dsl-north")])]


_ACADEMIES = {"north": NORTH, "south": SOUTH, "primary": PRIMARY}


def _leads(academy: str) -> list[str]:
    return [slack_id(f"dsl-{academy}"), slack_id(f"deputy-{academy}")]


@dataclass
class SlackSchool:
    """Everybody's Slack, and one way to do what a person does there."""

    slack: FakeSlack
    bot: Bot
    store: SqlStore
    workspace: Workspace
    clock: PracticeClock
    file: Path
    key: str

    # --- what people do ---

    async def says(self, text: str, who: str = TEACHER, files: int = 0) -> None:
        await self.slack.says(who, text, files)
        await self.settles()

    async def presses(self, label: str, who: str = TEACHER, picks: Mapping[str, str | list[str]] | None = None) -> None:
        """Press the newest button (or pick the newest option) of this label that this person can see."""
        await self.slack.presses(who, self.slack.with_label(who, label), label, picks)
        await self.settles()

    async def presses_in_view(self, label: str, who: str) -> None:
        await self.slack.presses(who, self.slack.views_of(who)[-1], label)
        await self.settles()

    async def presses_in_channel(self, label: str, who: str, channel: str = NORTH) -> None:
        """Press a button of the newest message in the channel that has it."""
        message = next(m for m in reversed(self.slack.channel(channel)) if label in labels_of(m))
        await self.slack.presses(who, message, label)
        await self.settles()

    async def writes(self, words: str, who: str = TEACHER) -> None:
        """Send the form that stands open, with these words in it."""
        view = self.slack.views_of(who)[-1]
        await self.slack.submits(who, view, {self.slack.fields(view)[0]: words})
        await self.settles()

    async def passes(self, **delta: float) -> None:
        self.clock.advance(timedelta(**delta))
        await self.settles()

    async def settles(self) -> None:
        """Until nothing is due, nothing waits to leave and nothing goes on behind."""
        await self.slack.settled()
        while await self.bot.watch() or await self.bot.deliver():
            pass
        await self.workspace.settled()

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
        card = self.slack.with_label(who, "Continue")
        where, concerned = self.slack.fields(card)
        await self.presses("Continue", who, {where: "Example Academy North", concerned: [staff]})

    # --- what stands on the screens ---

    def reads(self, who: str) -> str:
        """All that stands in somebody's messages with the bot."""
        return "\n".join(text_of(message) for message in self.slack.from_bot(who))

    def channel_reads(self, channel: str = NORTH) -> str:
        return "\n".join(text_of(message) for message in self.slack.channel(channel))

    def view(self, who: str) -> str:
        return text_of(self.slack.views_of(who)[-1])

    def last(self, who: str = TEACHER) -> Message:
        return self.slack.from_bot(who)[-1]

    def everywhere(self) -> list[Message]:
        """Every message that stands anywhere, whoever can see it."""
        return [message for id in self.slack.world.rooms for message in self.slack.channel(id)]

    def written(self, channel: str = "") -> list[Call]:
        """Every call that wrote, or tried to write, a message: in all places, or in this one."""
        calls = [call for call in self.slack.calls() if call.method.startswith("chat.")]
        return [call for call in calls if channel in ("", call.arguments["channel"])]

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
async def slack_school(
    folder: Path, way: str = "http", at: datetime = FRIDAY_MORNING, pace: Pace | None = None
) -> AsyncIterator[SlackSchool]:
    """A school whose Slack reaches the bot over HTTP or over a socket. Nothing runs by itself but what is asked to."""
    trust = slack_trust(folder)
    clock, key = PracticeClock(), new_key()
    clock.set(at)
    people, rooms = town(trust)
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(FakeSlack(people, rooms, now=lambda: clock.now().timestamp()))
        api = await stack.enter_async_context(open_api(BOT_TOKEN, slack.api_url))
        secrets = (SECRET,) if way == "http" else ()
        token = APP_TOKEN if way == "socket" else ""
        workspace = Workspace(api, Home(TEAM, BOT, BOT_ID, APP), Way(token, secrets), pace or Pace.open())
        _by_one_clock(workspace, clock)
        file = folder / "handrail.db"
        store = open_store(f"sqlite:///{file}", Keyring.from_setting(key), create=True)
        stack.callback(store.close)
        files = TrustFile(trust)
        bot = Bot(composition.script(), files, store, {"slack": workspace.door}, clock)
        books = Books(store, files, composition.script().phrases.say, clock)
        parts = of_workspace(workspace, books).open(bot)
        if way == "http":
            slack.deliver_to(await stack.enter_async_context(_served(build_app(parts, bot.health))))
        else:
            await stack.enter_async_context(workspace.connected())
            await slack.socket_opened()
        yield SlackSchool(slack, bot, store, workspace, clock, file, key)
        await workspace.settled()
        assert slack.complaints == []


def _by_one_clock(workspace: Workspace, clock: PracticeClock) -> None:
    """Rates, waits and what is remembered of a place pass as the practice clock does."""
    for timed in (workspace.api.breaker, workspace.places, workspace.door, workspace._people):
        timed._seconds = lambda: clock.now().timestamp()


@asynccontextmanager
async def _served(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()
