"""The composition of `handrail serve` for Teams as a process that can really be killed, with Microsoft's parts played.

Where those parts are is nothing that can be set from outside, on purpose: so the way is put together here.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from adapters.clock import SystemClock
from adapters.seal import Keyring, new_key
from adapters.store import migrate, open_store
from adapters.teams.acts import Act
from adapters.teams.credentials import AppTokens, Identity, msal_acquire
from adapters.teams.front import Front
from adapters.teams.tenant import Way
from adapters.teams.us import Endpoints, ServiceUrls, Us
from adapters.trust_file import TrustFile
from bot import composition
from bot.message import Card, Incoming
from bot.platforms import Books, teams
from bot.ports import Tx
from tests.teams.fake import APP, TENANT, FakeTeams
from tests.teams.login import SECRET, LoginClient
from tests.teams_school import teams_trust

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.teams_process"])


@dataclass(frozen=True)
class Given:
    """What the process is told: the school's files, and where the played Microsoft is."""

    trust: Path
    url: str
    key: str
    cloud: str
    endpoints: Mapping[str, str]
    acknowledge_first: bool = False


def serve(given: Given, opened: Connection) -> None:
    """`acknowledge_first` answers before anything is kept, for the control."""
    if given.acknowledge_first:
        Front.hear = _answering_first  # type: ignore[assignment,method-assign]
    asyncio.run(_serve(given, opened))


async def _answering_first(front: Front, act: Act, incoming: Incoming) -> Card | None:
    async def hear() -> None:
        await front.bot.hear(incoming)

    front.behind.go(hear())
    return None


async def _serve(given: Given, opened: Connection) -> None:
    store = open_store(given.url, Keyring.from_setting(given.key))
    try:
        async with AsyncExitStack() as stack:
            books = Books(store, TrustFile(given.trust), composition.script().phrases.say, SystemClock())
            platform = await teams(_way(given), books, stack)
            await composition._serve_on("127.0.0.1", 0, books, [platform], opened.send)
    finally:
        store.close()


def _way(given: Given) -> Way:
    identity = Identity(APP, SECRET, TENANT)
    tokens = AppTokens(msal_acquire(identity, given.endpoints["login"], http_client=LoginClient(given.cloud)))
    return Way(Us(APP, TENANT), ServiceUrls(loopback=True), tokens, Endpoints(**given.endpoints))


@dataclass
class Served:
    """One database, and the process that serves it now."""

    folder: Path
    teams: FakeTeams
    acknowledge_first: bool = False
    key: str = field(default_factory=new_key)
    process: ForkServerProcess | None = None

    def __post_init__(self) -> None:
        self.file = self.folder / "handrail.db"
        self.url = f"sqlite:///{self.file}"
        self.trust = teams_trust(self.folder)
        migrate(self.url, Keyring.from_setting(self.key))

    async def start(self) -> None:
        """Start it, and wait until Teams can reach it."""
        ours, theirs = _FORKS.Pipe()
        cloud, endpoints = self.teams.address, self.teams.endpoints
        given = Given(self.trust, self.url, self.key, cloud, endpoints, self.acknowledge_first)
        self.process = _FORKS.Process(target=serve, args=(given, theirs), daemon=True)
        await asyncio.to_thread(self.process.start)
        theirs.close()
        self.teams.deliver_to(str(await asyncio.to_thread(ours.recv)))

    async def kill(self) -> None:
        """End it with -9, in the middle of whatever it does."""
        assert self.process is not None and self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)
        await asyncio.to_thread(self.process.join)

    async def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        await asyncio.to_thread(self.process.join, 10)

    async def kept(self) -> list[str]:
        """Every word that stands in the books, opened with the key, while nobody serves them."""
        store = await asyncio.to_thread(open_store, self.url, Keyring.from_setting(self.key))
        try:
            return await store.transact(_words)
        finally:
            store.close()


def _words(tx: Tx) -> list[str]:
    from adapters.store.tables import refs

    found = tx._desk.all(refs.select())  # type: ignore[attr-defined]
    return [entry.words for _, ref in found for entry in tx.chronology(ref) if entry.words]
