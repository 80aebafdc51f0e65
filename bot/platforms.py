"""The chat platforms of a school, each put together from the environment. Part of the composition root
(`bot.composition`): no rule may enter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.settings import Settings, SlackSettings, TeamsSettings

if TYPE_CHECKING:
    from adapters.server import Part
    from adapters.slack.workspace import Workspace
    from adapters.teams.tenant import School, Tenant, Way
    from bot.bot import Bot
    from bot.directory import Directory
    from bot.ports import Clock, Door, Store, TrustFile

Say = Callable[[str], str]


@dataclass(frozen=True)
class Books:
    """What every platform is given: the store, the trust's file, the sentences and the time."""

    store: Store
    trust: TrustFile
    say: Say
    clock: Clock


@dataclass(frozen=True)
class Platform:
    """One platform: its door, its ways in once there is a bot, and what goes on while it is served."""

    door: Door
    open: Callable[[Bot], Sequence[Part]]
    running: Callable[[], AbstractAsyncContextManager[None]]
    health: Callable[[], Mapping[str, object]]
    is_well: Callable[[], bool]


async def platforms_of(settings: Settings, books: Books, stack: AsyncExitStack) -> list[Platform]:
    """Every platform that the environment names. Raises ConfigError when one is only half there, or refuses us."""
    found = []
    if chosen := settings.teams():
        found.append(await teams(registered(chosen), books, stack))
    if named := settings.slack():
        found.append(await _slack(named, books, stack))
    return found


# --- Slack ---


async def _slack(chosen: SlackSettings, books: Books, stack: AsyncExitStack) -> Platform:
    from adapters.slack.workspace import Way, open_workspace

    app_token = chosen.app_token.get_secret_value() if chosen.app_token else ""
    way = Way(app_token, chosen.secrets())
    opened = open_workspace(chosen.bot_token.get_secret_value(), way, chosen.api_url)
    return of_workspace(await stack.enter_async_context(opened), books)


def of_workspace(it: Workspace, books: Books) -> Platform:
    """A workspace of Slack as a platform."""
    from adapters.slack.workspace import Core

    def open(bot: Bot) -> Sequence[Part]:
        return it.open(Core(bot, books.say, books.clock, _Marks(books.store), lambda id: _is_ours(books, id, "slack")))

    return Platform(it.door, open, it.running, it.health, it.is_well)


class _Marks:
    """Times that outlive the process, kept in the books (`adapters.slack.sweep.Marks`)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, name: str) -> datetime | None:
        return await self._store.transact(lambda tx: tx.mark(name))

    async def write(self, name: str, at: datetime) -> None:
        await self._store.transact(lambda tx: tx.set_mark(name, at))


# --- Teams ---


def registered(chosen: TeamsSettings) -> Way:
    """How an app that is registered in the school's tenant is known."""
    from adapters.teams.credentials import Identity
    from adapters.teams.tenant import registered

    password = chosen.password.get_secret_value() if chosen.password else ""
    return registered(Identity(chosen.app, password, chosen.tenant, chosen.kind), chosen.hosts)


async def teams(way: Way, books: Books, stack: AsyncExitStack) -> Platform:
    from adapters.teams.tenant import open_tenant

    return of_tenant(await stack.enter_async_context(open_tenant(way, school_of(books))), books)


def school_of(books: Books) -> School:
    """What Teams is given of the trust's file and the books."""
    from adapters.teams.tenant import School

    trust = books.trust
    return School(
        _Shelf(books.store),
        lambda: trust.current().trust.staff.teams,
        lambda id: id.lower() in _rostered(trust.current()),
        lambda id: _is_ours(books, id, "teams"),
    )


def of_tenant(it: Tenant, books: Books) -> Platform:
    """A tenant of Teams as a platform."""
    from adapters.teams.tenant import Core

    return Platform(it.door, lambda bot: it.open(Core(bot, books.say, books.clock)), it.running, it.health, it.is_well)


def _rostered(directory: Directory) -> frozenset[str]:
    """Everybody whom the trust's file names, as Teams knows them."""
    return frozenset(person.ids["teams"].lower() for person in directory.people if "teams" in person.ids)


class _Shelf:
    """Where people are reached, kept in the books (`adapters.teams.addresses.Shelf`)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, key: str) -> str | None:
        return await self._store.transact(lambda tx: tx.address(key))

    async def write(self, key: str, text: str) -> None:
        await self._store.transact(lambda tx: tx.keep_address(key, text))


# --- both ---


def _is_ours(books: Books, channel: str, door: str) -> bool:
    """Whether the trust's own file names the channel."""
    directory: Directory = books.trust.current()
    of_academies = {academy.channel.get(door) for academy in directory.academies}
    return channel in of_academies | {directory.trust.channel.get(door)}
