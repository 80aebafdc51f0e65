"""What the tests of Teams' delivery share: short ways to a case, and what was posted where, from the ledger alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from adapters.pace import Pace
from adapters.seal import Keyring
from adapters.server import build_app
from adapters.store import open_store
from adapters.teams.connector import open_session
from adapters.teams.tenant import Tenant
from adapters.trust_file import TrustFile
from bot import composition
from bot.bot import Bot
from bot.platforms import Books, of_tenant, school_of
from tests.on_the_way import FIRST
from tests.teams.fake import Message, text_of
from tests.teams.ledger import Call
from tests.teams_school import TeamsSchool, by_practice_clock, entra_id, served, way_to

DSL, DEPUTY, LEAD = entra_id("dsl-north"), entra_id("deputy-north"), entra_id("trust-lead")
HELLO, DANGER = "You’ve done the right thing", "Is anyone in danger right now?"
ACADEMY = "Which academy is this about?"


@asynccontextmanager
async def restarted(here: TeamsSchool) -> AsyncIterator[TeamsSchool]:
    """The process is gone, and another serves the same books and the same Teams: it remembers nothing else."""
    here.store.close()
    async with AsyncExitStack() as stack:
        store = open_store(f"sqlite:///{here.file}", Keyring.from_setting(here.key))
        stack.callback(store.close)
        books = Books(store, TrustFile(here.file.parent / "trust.toml"), composition.script().phrases.say, here.clock)
        session = await stack.enter_async_context(open_session())
        tenant = Tenant(session, way_to(here.teams), school_of(books), Pace.open())
        bot = Bot(composition.script(), books.trust, store, {"teams": tenant.door}, here.clock)
        parts = of_tenant(tenant, books).open(bot)
        here.teams.deliver_to(await stack.enter_async_context(served(build_app(parts, bot.health))))
        yield by_practice_clock(replace(here, bot=bot, store=store, tenant=tenant))
        await tenant.settled()


def chat(here: TeamsSchool, who: str) -> str:
    """The conversation that somebody has with the bot."""
    return here.teams.world.personal(who).id


def posts(here: TeamsSchool, place: str = "") -> list[Call]:
    """What was posted anew, or tried to be, in order."""
    found = [call for call in here.written(place) if call.method != "activities.update"]
    return sorted(found, key=lambda call: call.number)


def cards(here: TeamsSchool, place: str) -> list[Message]:
    """The case's own cards that stand in a place."""
    return [message for message in here.teams.from_bot(place) if f"\nCase {here.ref}\n" in text_of(message)]


async def hands_off(here: TeamsSchool) -> None:
    """The shortest way to a handoff."""
    await here.says(FIRST)
    await here.says("no")
    await here.submits_place()
    await here.presses("Send now")


async def waits(here: TeamsSchool, times: int = 4, seconds: float = 20) -> None:
    for _ in range(times):
        await here.passes(seconds=seconds)
