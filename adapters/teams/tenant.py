"""The school's own tenant, put together: the door, the way in, and what they share.

Nothing is decided here. What a token or a secret says must never enter a log or an error.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from adapters.pace import Pace
from adapters.server import Part
from adapters.teams import gate as edge
from adapters.teams.addresses import Addresses, Shelf
from adapters.teams.connector import Connector, open_session
from adapters.teams.credentials import AppTokens, Identity, NoTokens, Tokens, msal_acquire
from adapters.teams.graph import Graph, Groups, NoGraph
from adapters.teams.keys import SigningKeys
from adapters.teams.people import People
from adapters.teams.places import Places
from adapters.teams.proof import NoProof, Proof, TokenProof
from adapters.teams.receive import Hearing, Reception
from adapters.teams.sdk import hush
from adapters.teams.send import Teams, teams_pace
from adapters.teams.us import Endpoints, ServiceUrls, Us
from bot.ports import Clock
from bot.trust import StaffRule

UNWELL_SECONDS = 60.0
_STOP_SECONDS = 3.0


@dataclass(frozen=True)
class Way:
    """How we and Microsoft know each other: who we are, where it may be spoken to, what proves us and it."""

    us: Us
    urls: ServiceUrls
    tokens: Tokens
    endpoints: Endpoints = field(default_factory=Endpoints)


@dataclass(frozen=True)
class School:
    """What the trust's own file and the books give: `is_rostered` and `is_ours` know the file's people and channels."""

    shelf: Shelf
    rule: Callable[[], StaffRule]
    is_rostered: Callable[[str], bool]
    is_ours: Callable[[str], bool]


@dataclass(frozen=True)
class Core:
    """What the way in is given of the bot's side."""

    bot: Hearing
    say: Callable[[str], str]
    clock: Clock


class Tenant:
    """The door of one tenant, with what stands behind it."""

    def __init__(self, session: aiohttp.ClientSession, way: Way, school: School, pace: Pace | None = None) -> None:
        self._session, self.way, self._school = session, way, school
        self.connector = Connector(session, way.tokens, way.urls)
        self.graph: Groups = NoGraph() if way.us.is_local else Graph(session, way.tokens, way.endpoints.graph)
        self.addresses = Addresses(school.shelf, way.us, way.urls)
        self.places = Places(self.connector, self.graph, self.addresses, way.us)
        self.people = People(self.connector, self.graph, school.rule, school.is_rostered, way.us)
        self.door = Teams(self.connector, self.addresses, self.places, pace or teams_pace(), way.us)

    def open(self, core: Core) -> tuple[Part, ...]:
        """The way in, as a part for the web server."""
        self._reception = Reception(
            core.bot,
            self.door,
            self.people,
            self.addresses,
            self.way.us,
            core.say,
            core.clock,
            self._school.is_ours,
            self.places.forget,
        )
        return (edge.mount(self._proof(core.clock), edge.Ours(self.way.us, self.way.urls), self._reception.take),)

    def _proof(self, clock: Clock) -> Proof:
        if self.way.us.is_local:
            return NoProof()
        at = self.way.endpoints
        return TokenProof(SigningKeys(self._session, at.openid), self.way.us.app, at.issuer, clock)

    async def settled(self) -> None:
        """Until all that goes on behind is done, or has had its time."""
        await self._reception.behind.done(_STOP_SECONDS)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Until the block ends; what is being shown then is still shown."""
        try:
            yield
        finally:
            await self.settled()

    def health(self) -> Mapping[str, object]:
        """For a monitor: what only a person can mend."""
        alarms = {**self.connector.alarms, **self.graph.alarms}
        return {"trouble": self._trouble() or None, "unknown_errors": alarms}

    def is_well(self) -> bool:
        """Whether nothing waits for somebody to mend it."""
        return not self._trouble() and self.connector.unreached_seconds < UNWELL_SECONDS

    def _trouble(self) -> str:
        return self.way.tokens.trouble or self.connector.trouble or self.graph.trouble


@asynccontextmanager
async def open_tenant(way: Way, school: School) -> AsyncIterator[Tenant]:
    """The tenant with one session for all calls, closed at the end."""
    hush()
    async with open_session() as session:
        yield Tenant(session, way, school)


def registered(identity: Identity, hosts: frozenset[str]) -> Way:
    """The way of an app that is registered in the school's tenant. Nothing is called yet."""
    endpoints = Endpoints()
    tokens = AppTokens(msal_acquire(identity, endpoints.login))
    urls = ServiceUrls()
    return Way(Us(identity.app, identity.tenant), ServiceUrls(urls.hosts | hosts), tokens, endpoints)


def local() -> Way:
    """The way of practice on one's own computer: nothing is proved, and nothing but this computer is spoken to."""
    return Way(Us("", ""), ServiceUrls(loopback=True), NoTokens())
