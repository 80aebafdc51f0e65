"""What only Microsoft Graph can tell: whether a team is private, and which groups somebody belongs to.

Nothing else is asked of it, so that the app needs the least of permissions. Without an answer nobody is let in.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol
from urllib.parse import quote

import aiohttp

from adapters.teams.calls import Call, Calls, Service
from adapters.teams.credentials import Tokens
from adapters.teams.refusals import FORBIDDEN, UNPROVED
from adapters.teams.us import GRAPH, Json
from bot.errors import SendAmbiguous

PRIVATE, PUBLIC, ARCHIVED = "private", "public", "archived"

_AT_ONCE = 20
"""As many groups as Graph checks in one call."""


class Groups(Protocol):
    """Who can be asked about teams and groups. Raises as `adapters.teams.calls.Calls.make`."""

    @property
    def trouble(self) -> str: ...
    @property
    def alarms(self) -> Counter[str]: ...

    async def visibility(self, group: str) -> str:
        """How a team can be seen, as Graph says it in small letters; ARCHIVED of one that is; '' when it is not said.

        `group` is the team's id in Entra.
        """
        ...

    async def groups_of(self, person: str, groups: Iterable[str]) -> frozenset[str]:
        """To which of these groups somebody belongs, by itself or through another group."""
        ...


class Graph:
    """Microsoft Graph. What is not permitted there (403) is a matter for the trust's IT, like a token not taken."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: Tokens,
        base_url: str,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._calls = Calls(session, tokens, Service(GRAPH, frozenset({UNPROVED, FORBIDDEN})), seconds)
        self._base = base_url.rstrip("/")

    @property
    def trouble(self) -> str:
        """What only somebody with the app's settings can mend, or '' (P4)."""
        return self._calls.breaker.trouble

    @property
    def alarms(self) -> Counter[str]:
        """How often an answer had no class (P3)."""
        return self._calls.breaker.alarms

    async def visibility(self, group: str) -> str:
        """See `Groups`."""
        url = f"{self._base}/teams/{quote(group, safe='')}?$select=visibility,isArchived"
        said = await self._calls.make(Call("GET", url, key=f"team {group}"))
        how = said.get("visibility")
        if said.get("isArchived") not in (None, False):
            return ARCHIVED
        return how.lower() if isinstance(how, str) else ""

    async def groups_of(self, person: str, groups: Iterable[str]) -> frozenset[str]:
        """See `Groups`."""
        asked = list(groups)
        found = [await self._some_of(person, asked[at : at + _AT_ONCE]) for at in range(0, len(asked), _AT_ONCE)]
        return frozenset[str]().union(*found)

    async def _some_of(self, person: str, groups: list[str]) -> frozenset[str]:
        url = f"{self._base}/users/{quote(person, safe='')}/checkMemberGroups"
        said = await self._calls.make(Call("POST", url, {"groupIds": groups}, key="groups"))
        return frozenset(_ids(said))


class NoGraph:
    """Local mode: on one's own computer nothing is private or public, and nobody belongs to anything."""

    def __init__(self) -> None:
        self.trouble, self.alarms = "", Counter[str]()

    async def visibility(self, group: str) -> str:
        return PRIVATE

    async def groups_of(self, person: str, groups: Iterable[str]) -> frozenset[str]:
        return frozenset()


def _ids(said: Json) -> list[str]:
    values = said.get("value")
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise SendAmbiguous("no_groups")
    return values
