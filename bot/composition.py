"""The composition root: where the doors, the store and the bot are put together. With `bot.__main__` it is the only
place that sees everything; no rule may enter."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import ConfigError
from bot.platforms import Books, Platform, platforms_of, teams
from bot.practice import Practised
from bot.settings import Settings

if TYPE_CHECKING:
    from adapters.clock import PracticeClock
    from adapters.console import Console
    from adapters.seal import Keyring
    from adapters.trust_file import TrustFile
    from adapters.web import ChannelView, PersonView, Playground
    from bot.bot import Bot
    from bot.directory import Directory
    from bot.moment import Script
    from bot.ports import Clock, Door, Store
    from bot.ports import TrustFile as Trusted
    from flows.flow import Flow

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "staffordshire" / "trust.toml"
FLOWS = ROOT / "flows"


def trust_of(settings: Settings, *, example: bool = False) -> TrustFile:
    """The trust's file. With `example`, the fictional one serves where the environment names none, and says so.

    Raises ConfigError.
    """
    from adapters.trust_file import TrustFile

    if settings.trust is not None:
        return TrustFile(settings.trust)
    if not example:
        write = "Write the path of the trust's own file, such as HANDRAIL_TRUST=trust.toml"
        raise ConfigError("environment", "HANDRAIL_TRUST", "is not set", write)
    print("HANDRAIL_TRUST is not set: this is the example trust.", file=sys.stderr)  # noqa: T201
    return TrustFile(EXAMPLE)


@cache
def script() -> Script:
    """What is asked and said. Raises FlowError when a flow is wrong."""
    from bot.moment import Script
    from flows.phrases import read_phrases
    from flows.words import read_words

    return Script(flow_of(), read_phrases(FLOWS / "phrases.toml"), read_words(FLOWS / "words.toml"))


def flow_of(file: Path = FLOWS / "disclosure.toml") -> Flow:
    """A flow, checked by itself and against the facts. Raises FlowError."""
    from bot.flow_facts import check_flow
    from flows.flow import read_flow

    flow = read_flow(file)
    check_flow(flow)
    return flow


def keyring(settings: Settings) -> Keyring:
    from adapters.seal import Keyring

    return Keyring.from_setting(settings.key_text())


def leave_be() -> None:
    """What is loaded by now stays for good: it is not looked through for garbage again, and new things less often.

    Measured: a twentieth of a turn.
    """
    import gc

    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


@asynccontextmanager
async def bot_over(store: Store, trust: Trusted, doors: Mapping[str, Door], clock: Clock) -> AsyncIterator[Bot]:
    """A bot that delivers and watches until the block ends."""
    import asyncio

    from bot.bot import Bot

    bot = Bot(script(), trust, store, doors, clock)
    leave_be()
    running = asyncio.create_task(bot.run())
    try:
        yield bot
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await bot.close()


async def serve(settings: Settings, opened: Callable[[str], None]) -> None:
    """Serve until told to stop. The port opens only when everything it needs is there and right."""
    from adapters.clock import SystemClock
    from adapters.store import open_store

    settings.teams(), settings.slack()
    trust = trust_of(settings)
    store = open_store(settings.database_url, keyring(settings))
    try:
        async with AsyncExitStack() as stack:
            books = Books(store, trust, script().phrases.say, SystemClock())
            platforms = await platforms_of(settings, books, stack)
            await _serve_on("0.0.0.0", settings.port, books, platforms, opened)  # noqa: S104
    finally:
        store.close()


async def _serve_on(
    host: str, port: int, books: Books, platforms: Sequence[Platform], opened: Callable[[str], None]
) -> None:
    from adapters.server import build_app, run

    doors = {platform.door.name: platform.door for platform in platforms}
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(bot_over(books.store, books.trust, doors, books.clock))
        parts = [part for platform in platforms for part in platform.open(bot)]
        for platform in platforms:
            await stack.enter_async_context(platform.running())
        await run(build_app(parts, lambda: _health(bot, books.trust, platforms)), host, port, opened)


async def teams_local(settings: Settings, me: str, folder: Path, opened: Callable[[str], None]) -> None:
    """Teams on this computer alone, for Microsoft's playground: a practice database, and made-up ids for everybody.

    `me` is the roster id of whoever sits at the playground, its first DSL when left out. Its configuration is written
    into `folder`, and what to type there is told to `opened`.
    """
    import tempfile

    from adapters.clock import SystemClock
    from adapters.seal import Keyring, new_key
    from adapters.store import open_store
    from adapters.teams import playground
    from adapters.teams.tenant import local

    trust = Practised(trust_of(settings, example=True))
    directory = trust.current()
    playground.write(folder, directory, me or directory.academies[0].dsl)
    with tempfile.TemporaryDirectory(prefix="handrail-practice-") as room:
        store = open_store(f"sqlite:///{room}/practice.db", Keyring.from_setting(new_key()), create=True)
        try:
            async with AsyncExitStack() as stack:
                books = Books(store, trust, script().phrases.say, SystemClock())
                platform = await teams(local(), books, stack)
                await _serve_on(
                    "127.0.0.1", settings.port, books, [platform], lambda url: opened(playground.told(url, folder))
                )
        finally:
            store.close()


async def demo(settings: Settings, opened: Callable[[str], None]) -> None:
    """The playground, on this computer alone and on a fresh practice database, which is gone when it ends."""
    import tempfile

    from adapters.clock import PracticeClock
    from adapters.seal import Keyring, new_key
    from adapters.server import build_app, run
    from adapters.store import open_store
    from adapters.web import mount

    trust, clock = trust_of(settings, example=True), PracticeClock()
    with tempfile.TemporaryDirectory(prefix="handrail-practice-") as folder:
        store = open_store(f"sqlite:///{folder}/practice.db", Keyring.from_setting(new_key()), create=True)
        try:
            page = playground_of(trust.current(), clock)
            async with bot_over(store, trust, {page.name: page}, clock) as bot:
                app = build_app([mount(page, bot.hear)], lambda: _health(bot, trust))
                await run(app, "127.0.0.1", settings.port, opened)
        finally:
            store.close()


async def _health(bot: Bot, trust: Trusted, platforms: Sequence[Platform] = ()) -> dict[str, object]:
    """What a monitor asks: the bot's own state, the platforms', and whether the trust's file can be used as it is."""
    trust.current()
    found = await bot.health()
    for platform in platforms:
        name = platform.door.name
        found |= {name: platform.health()} | ({} if platform.is_well() else {"status": f"{name} needs somebody"})
    return found if trust.fault is None else found | {"status": "trust file damaged", "trust_file": str(trust.fault)}


async def chat(settings: Settings) -> None:
    """The whole conversation in a terminal, on a practice database."""
    import tempfile

    from adapters.clock import PracticeClock
    from adapters.seal import Keyring, new_key
    from adapters.store import open_store

    trust, clock = trust_of(settings, example=True), PracticeClock()
    with tempfile.TemporaryDirectory(prefix="handrail-practice-") as folder:
        store = open_store(f"sqlite:///{folder}/practice.db", Keyring.from_setting(new_key()), create=True)
        try:
            console = console_of(trust.current(), clock)
            async with bot_over(store, trust, {console.name: console}, clock) as bot:
                await console.run(bot.hear)
        finally:
            store.close()


def playground_of(directory: Directory, clock: PracticeClock) -> Playground:
    """The practice page, peopled from the trust's roster."""
    from adapters.web import Playground

    return Playground(_people(directory, "web"), _channels(directory, "web"), clock)


def console_of(directory: Directory, clock: PracticeClock) -> Console:
    from adapters.console import Console

    return Console(_people(directory, "web"), _channels(directory, "web"), clock)


def _people(directory: Directory, door: str) -> list[PersonView]:
    from adapters.web import PersonView

    academies = {academy.id: academy for academy in directory.academies}
    found = []
    for person in directory.people:
        if door in person.ids:
            at = [academy.name for id, academy in academies.items() if directory.roles(id, person.id) - {"trust_lead"}]
            found.append(PersonView(person.ids[door], person.name, person.title, at[0] if len(at) == 1 else ""))
    return found


def _channels(directory: Directory, door: str) -> list[ChannelView]:
    from adapters.web import ChannelView

    return [
        ChannelView(id, academy.name, academy.name, _members(directory, academy.id, door))
        for academy in directory.academies
        if (id := directory.channel(academy.id, door))
    ]


def _members(directory: Directory, academy: str, door: str) -> tuple[str, ...]:
    people = [p for role in ("dsl", "deputy") for p in directory.holders(academy, role)]
    return tuple(dict.fromkeys(person.ids[door] for person in people if door in person.ids))
